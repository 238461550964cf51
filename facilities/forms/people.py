"""The shapes of the forms about people: hires, papers, bans, hand-overs."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, worded
from facilities.models import BanDecision, Certificate, Employment, TrainingRecord
from facilities.rules import staff as rules
from portal.models.places import District


class Worded(forms.Form):
    """Errors of shape in our tone; the values as the service takes them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)
        for field in self.fields.values():
            if isinstance(field, forms.FileField):
                field.error_messages |= {"required": _("附上文件"), "empty": _("这个文件是空的")}

    def values(self) -> dict:
        return self.cleaned_data


def paper_field(label, **kwargs) -> forms.FileField:
    return forms.FileField(
        label=label,
        required=kwargs.pop("required", False),
        help_text=kwargs.pop("help_text", _("PDF 或照片，10 MB 以内")),
        widget=forms.FileInput(attrs={"accept": ".pdf,image/*"}),
    )


#: A health check has fields of its own.
PAPERS = [pair for pair in Certificate.Kind.choices if pair[0] != rules.HEALTH_CHECK]


class HireForm(Worded):
    name = forms.CharField(label=_("姓名"), max_length=40)
    identity = forms.CharField(
        label=_("身份证号"),
        max_length=24,
        help_text=_("加密保存，页面上只显示前 3 位和后 4 位"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    phone = forms.CharField(label=_("手机"), max_length=11, required=False)
    post = forms.ChoiceField(label=_("岗位"), choices=[("", _("选岗位")), *Employment.Post.choices])
    full_time = forms.BooleanField(label=_("全职"), required=False, initial=True)
    starts_on = DayField(label=_("到岗日期"))
    checked_on = DayField(
        label=_("违法犯罪记录查询日期"),
        help_text=_("聘用前一年内查过（《未成年人保护法》第六十二条）"),
    )
    found = forms.ChoiceField(
        label=_("查询结果"),
        choices=[("no", _("无")), ("yes", _("有"))],
        widget=forms.RadioSelect,
        initial="no",
    )
    certificate_kind = forms.ChoiceField(
        label=_("岗位证书种类"), required=False, choices=[("", _("选种类")), *PAPERS]
    )
    certificate_number = forms.CharField(label=_("岗位证书编号"), max_length=40, required=False)
    certificate_issued_on = DayField(label=_("发证日期"), required=False)
    certificate_valid_until = DayField(label=_("有效期至"), required=False, help_text=_("没有期限的空着"))
    certificate_upload = paper_field(_("证书照片"))
    health_check_number = forms.CharField(label=_("健康证编号"), max_length=40, required=False)
    health_check_issued_on = DayField(label=_("健康证发证日期"), required=False)
    health_check_valid_until = DayField(label=_("健康证有效期至"), required=False)
    health_check_upload = paper_field(_("健康证照片"))

    #: prefix -> what a paper needs once one of its fields is filled in
    papers = {
        "certificate": ("kind", "number", "issued_on"),
        "health_check": ("number", "issued_on", "valid_until"),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        missing = rules.PROBLEMS["check_missing"]
        self.fields["checked_on"].error_messages["required"] = _(missing)

    def clean(self):
        for prefix, needed in self.papers.items():
            if any(self.cleaned_data.get(f"{prefix}_{name}") for name in (*needed, "upload")):
                for name in needed:
                    field = f"{prefix}_{name}"
                    if not self.cleaned_data.get(field) and field not in self.errors:
                        self.add_error(field, self.fields[field].error_messages["required"])
        return self.cleaned_data

    def values(self) -> dict:
        values = {k: v for k, v in self.cleaned_data.items() if not k.startswith(tuple(self.papers))}
        for prefix in self.papers:
            paper = {
                name.removeprefix(f"{prefix}_"): value
                for name, value in self.cleaned_data.items()
                if name.startswith(f"{prefix}_")
            }
            values[prefix] = paper if paper["number"] else None
        return {**values, "found": values["found"] == "yes"}


class KeeperForm(Worded):
    username = forms.CharField(
        label=_("账号"),
        max_length=150,
        help_text=_("登录用的名字"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class LeaveForm(Worded):
    on = DayField(label=_("最后一天"))
    reason = forms.CharField(label=_("原因"), max_length=200, required=False)


class CertificateForm(Worded):
    kind = forms.ChoiceField(label=_("种类"), choices=[("", _("选种类")), *Certificate.Kind.choices])
    number = forms.CharField(label=_("证书编号"), max_length=40)
    issued_on = DayField(label=_("发证日期"))
    valid_until = DayField(label=_("有效期至"), required=False, help_text=_("没有期限的空着"))
    upload = paper_field(_("证书照片"))


class TrainingForm(Worded):
    kind = forms.ChoiceField(label=_("种类"), choices=[("", _("选种类")), *TrainingRecord.Kind.choices])
    course = forms.CharField(label=_("课程"), max_length=120)
    provider = forms.CharField(label=_("培训单位"), max_length=120)
    hours = forms.DecimalField(label=_("课时"), max_digits=5, decimal_places=1)
    done_on = DayField(label=_("完成日期"))
    passed = forms.BooleanField(label=_("考核合格"), required=False, initial=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["hours"].error_messages["max_decimal_places"] = _("最多一位小数")
        self.fields["hours"].error_messages["max_digits"] = _("填 0.5 到 200 之间的数")


class RecordCheckForm(Worded):
    checked_on = DayField(label=_("查询日期"))
    found = forms.ChoiceField(
        label=_("查询结果"), choices=[("no", _("无")), ("yes", _("有"))], widget=forms.RadioSelect
    )

    def values(self) -> dict:
        return {"checked_on": self.cleaned_data["checked_on"], "found": self.cleaned_data["found"] == "yes"}


class CheckCorrectionForm(Worded):
    answer = forms.ChoiceField(
        label=_("查询结果"),
        choices=[("no", _("无")), ("yes", _("有")), ("never", _("没有做过这次查询"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("为什么要改"), max_length=200)


class WhyForm(Worded):
    reason = forms.CharField(label=_("为什么去掉"), max_length=200)


class PersonForm(Worded):
    """`names`: whether the one who fills it in may change a name."""

    phone = forms.CharField(label=_("手机"), max_length=11, required=False, help_text=_("不变的空着"))
    name = forms.CharField(
        label=_("姓名"), max_length=40, required=False, help_text=_("照证件写，不变的空着")
    )
    reason = forms.CharField(label=_("为什么要改"), max_length=200, required=False, help_text=_("改姓名要写"))

    def __init__(self, *args, names: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not names:
            del self.fields["name"], self.fields["reason"]


class RevealForm(Worded):
    reason = forms.CharField(label=_("为什么要看"), max_length=100)


class BanForm(Worded):
    name = forms.CharField(label=_("姓名"), max_length=40)
    identity = forms.CharField(
        label=_("身份证号"),
        max_length=24,
        help_text=_("加密保存。别的区只知道这个号码不得聘用，看不到是谁、为什么"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    ground = forms.ChoiceField(label=_("事由"), choices=[("", _("选事由")), *BanDecision.Ground.choices])
    document = forms.CharField(
        label=_("文书编号"), max_length=80, help_text=_("判决书、处罚决定书或处分决定的编号")
    )
    evidence = forms.CharField(
        label=_("认定的事实和证据"), max_length=2000, widget=forms.Textarea(attrs={"rows": 5})
    )
    upload = paper_field(_("文书"), help_text=_("PDF 或照片，10 MB 以内。只留在本区"))


class BanStepForm(Worded):
    """What the second person says, or the first one on asking to lift."""

    what = forms.ChoiceField(
        choices=[(name, name) for name in ("confirm", "decline", "ask_lift", "lift", "keep")],
        widget=forms.HiddenInput,
    )
    note = forms.CharField(
        label=_("意见"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    upload = paper_field(_("申诉材料"))


class HandOverForm(Worded):
    giving = forms.ModelChoiceField(District.objects.none(), label=_("从哪个区"), empty_label=_("选区"))
    name = forms.CharField(label=_("姓名"), max_length=40)
    identity = forms.CharField(
        label=_("身份证号"), max_length=24, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    consent_on = DayField(label=_("本人同意的日期"))
    purpose = forms.CharField(
        label=_("用途"), max_length=200, help_text=_("写在同意书上的用途，两个区的记录里都会有")
    )
    upload = paper_field(_("本人签字的同意书"), required=True)

    def __init__(self, *args, district, **kwargs):
        super().__init__(*args, **kwargs)
        others = District.objects.filter(level=District.Level.DISTRICT)
        self.fields["giving"].queryset = others.exclude(pk=district.pk)
