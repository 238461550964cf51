"""Shapes of what is entered about children and parents: at the desk, by phone or on a computer."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, worded
from facilities.models import Clinic, Consent, ConsentText, Kinship, Parent
from facilities.models.enrolments import Mode
from facilities.rules import families as rules
from portal.models.places import Street

SEX = [("girl", _("女")), ("boy", _("男"))]
PAPER = {"accept": "image/*,application/pdf"}


def quiet(**attrs) -> forms.TextInput:
    """A text that the browser neither remembers nor fills in."""
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


class ApplyForm(forms.Form):
    """The child first, then the parent who stands at the desk."""

    name = forms.CharField(label=_("幼儿姓名"), max_length=40, widget=quiet())
    sex = forms.ChoiceField(label=_("性别"), choices=SEX, widget=forms.RadioSelect)
    born_on = DayField(label=_("出生日期"))
    identity = forms.CharField(
        label=_("证件号"), max_length=24, widget=quiet(),
        help_text=_("身份证号，还没有就写出生医学证明编号。加密保存，打开要写事由"),
    )  # fmt: skip
    street = forms.ModelChoiceField(
        queryset=None, label=_("居住街镇"), required=False, empty_label=_("不在本区或不知道")
    )
    address = forms.CharField(label=_("住址"), max_length=120, required=False, widget=quiet())
    mode = forms.ChoiceField(label=_("照护方式"), widget=forms.RadioSelect)
    parent_name = forms.CharField(label=_("家长姓名"), max_length=40, widget=quiet())
    parent_phone = forms.CharField(label=_("家长手机"), max_length=11, widget=quiet(inputmode="tel"))
    relation = forms.ChoiceField(label=_("关系"), choices=Kinship.Relation.choices)
    signs = forms.BooleanField(label=_("可以替幼儿签字（父母）"), required=False, initial=True)

    CHILD = ("name", "sex", "born_on", "identity", "street", "address", "mode")
    PARENT = ("parent_name", "parent_phone", "relation", "signs")

    def __init__(self, *args, modes: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = Street.objects.only("id", "name")
        self.fields["mode"].choices = [(m, Mode(m).label) for m in modes]
        if not modes:
            del self.fields["mode"]
        worded(self)

    def child(self):
        return [self[name] for name in self.CHILD if name in self.fields]

    def parent(self):
        return [self[name] for name in self.PARENT]


class ParentForm(forms.Form):
    parent_name = forms.CharField(label=_("家长姓名"), max_length=40, widget=quiet())
    parent_phone = forms.CharField(label=_("家长手机"), max_length=11, widget=quiet(inputmode="tel"))
    relation = forms.ChoiceField(label=_("关系"), choices=Kinship.Relation.choices)
    signs = forms.BooleanField(label=_("可以替幼儿签字（父母）"), required=False)
    collects = forms.BooleanField(label=_("可以接送"), required=False, initial=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)


class CorrectForm(forms.Form):
    """Only what is wrong is filled in; what stands on file is not shown."""

    name = forms.CharField(label=_("幼儿姓名"), max_length=40, required=False, widget=quiet())
    sex = forms.ChoiceField(label=_("性别"), choices=[("", _("不改")), *SEX], required=False)
    born_on = DayField(label=_("出生日期"), required=False)
    identity = forms.CharField(label=_("证件号"), max_length=24, required=False, widget=quiet())
    street = forms.ModelChoiceField(queryset=None, label=_("居住街镇"), required=False, empty_label=_("不改"))
    address = forms.CharField(label=_("住址"), max_length=120, required=False, widget=quiet())
    reason = forms.CharField(label=_("事由"), max_length=200, help_text=_("谁要求更正，凭什么证件"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = Street.objects.only("id", "name")
        worded(self)


class OfParent(forms.Form):
    """The parent is one of the child's; those who do not sign are not offered."""

    parent = forms.ModelChoiceField(queryset=None, label=_("签字的家长"), empty_label=None)

    def __init__(self, *args, child, **kwargs):
        super().__init__(*args, **kwargs)
        signing = child.kinships.filter(signs=True).values("parent")
        self.fields["parent"].queryset = Parent.objects.filter(pk__in=signing)
        words = {k.parent_id: k.get_relation_display() for k in child.kinships.all()}
        self.fields["parent"].label_from_instance = lambda p: f"{p.shown} {words.get(p.pk, '')}"
        worded(self)


class ConsentForm(OfParent):
    purpose = forms.ChoiceField(
        label=_("目的"),
        choices=[c for c in ConsentText.Purpose.choices if c[0] not in rules.NOT_OF_CHILDREN],
    )
    channel = forms.ChoiceField(
        label=_("方式"), choices=[c for c in Consent.Channel.choices if c[0] != "online"]
    )
    on = DayField(label=_("同意日期"))
    upload = forms.FileField(
        label=_("签字的同意书"), required=False, help_text=_("拍照或扫描，JPEG、PNG 或 PDF"),
        widget=forms.FileInput(attrs=PAPER),
    )  # fmt: skip
    field_order = ["purpose", "parent", "channel", "on", "upload"]


class AgreementForm(OfParent):
    fee = forms.CharField(
        label=_("约定的收费"), max_length=80, help_text=_("例如：每小时 20 元，每年前 12 次免费")
    )
    on = DayField(label=_("签订日期"))
    upload = forms.FileField(
        label=_("签好的协议"), required=False, help_text=_("拍照或扫描，JPEG、PNG 或 PDF"),
        widget=forms.FileInput(attrs=PAPER),
    )  # fmt: skip


class DeclarationForm(forms.Form):
    allergies = forms.CharField(
        label=_("过敏史"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("没有就写“无”"),
    )
    history = forms.CharField(
        label=_("既往病史"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("没有就写“无”"),
    )
    on = DayField(label=_("申报日期"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)


class HealthForm(forms.Form):
    clinic = forms.ModelChoiceField(queryset=None, label=_("体检机构"), empty_label=_("选体检机构"))
    issued_on = DayField(label=_("体检日期"))
    valid_until = DayField(label=_("有效期至"), required=False, help_text=_("证上没写就空着，按本区参数算"))
    fit = forms.ChoiceField(
        label=_("结论"), choices=[("yes", _("合格，可以入托")), ("no", _("不合格"))], widget=forms.RadioSelect
    )
    medical_notes = forms.CharField(
        label=_("医生写的注意事项"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("加密保存，照护的人打开档案时看"),
    )  # fmt: skip
    upload = forms.FileField(
        label=_("体检证明"), required=False, help_text=_("拍照或扫描，JPEG、PNG 或 PDF"),
        widget=forms.FileInput(attrs=PAPER),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["clinic"].queryset = Clinic.objects.filter(ends_on__isnull=True)
        worded(self)

    def values(self) -> dict:
        return {**self.cleaned_data, "fit": self.cleaned_data["fit"] == "yes"}


class AdmitForm(forms.Form):
    starts_on = DayField(label=_("入托日期"))
    mode = forms.ChoiceField(label=_("照护方式"), required=False)

    care_class = forms.ModelChoiceField(queryset=None, label=_("班级"), empty_label=_("选班级"))

    def __init__(self, *args, modes: list[str], classes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["mode"].choices = [(m, Mode(m).label) for m in modes]
        self.fields["care_class"].queryset = classes
        if not modes:
            del self.fields["mode"]
        if not classes.exists():
            del self.fields["care_class"]
        worded(self)


class LeaveChildForm(forms.Form):
    on = DayField(label=_("最后一天"))
    reason = forms.CharField(label=_("原因"), max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)


class OpenForm(forms.Form):
    purpose = forms.ChoiceField(label=_("用途"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("事由"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("家长以后能看到这句话"),
    )  # fmt: skip

    def __init__(self, *args, purposes=rules.OF_FACILITIES, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = [
            (
                p,
                f"{gettext(rules.PURPOSES[p])}（{'；'.join(gettext(rules.PARTS[x]) for x in rules.NEEDED_PARTS[p])}）",
            )
            for p in purposes
        ]
        worded(self)


class RequestForm(OpenForm):
    hours = forms.IntegerField(label=_("看几个小时"), initial=4, help_text=_("从同意那一刻起算"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, purposes=rules.OF_DISTRICT, **kwargs)


class PaperForm(forms.Form):
    reason = forms.CharField(label=_("事由"), max_length=200, help_text=_("家长以后能看到这句话"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)


class DecideForm(forms.Form):
    agree = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])
    note = forms.CharField(label=_("意见"), max_length=200, required=False)


class ConsentTextForm(forms.Form):
    purpose = forms.ChoiceField(label=_("目的"), choices=ConsentText.Purpose.choices)
    title = forms.CharField(label=_("标题"), max_length=80)
    text = forms.CharField(
        label=_("全文"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("写清收集谁的什么信息、为什么、保存多久、怎么撤回"),
    )  # fmt: skip
    starts_on = DayField(label=_("启用日期"))
    renew = forms.BooleanField(
        label=_("启用后所有家长重新签"), required=False, help_text=_("不勾，已经签的继续有效")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)


class AgreementTextForm(forms.Form):
    title = forms.CharField(label=_("标题"), max_length=80)
    duties = forms.CharField(
        label=_("双方的权利义务"), max_length=5000, widget=forms.Textarea(attrs={"rows": 6})
    )
    fees = forms.CharField(label=_("收费标准"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))
    refunds = forms.CharField(
        label=_("收（退）费方法"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    disputes = forms.CharField(
        label=_("纠纷怎么解决"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    starts_on = DayField(label=_("启用日期"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)


class ClinicForm(forms.Form):
    name = forms.CharField(label=_("体检机构"), max_length=100)
    starts_on = DayField(label=_("认可日期"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)
