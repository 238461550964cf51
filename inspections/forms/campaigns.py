"""Shapes of what people enter about special campaigns and joint operations of a street."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, worded
from inspections.forms.plans import KINDS
from inspections.models import Campaign, Inspector
from inspections.rules.campaigns import codes_of
from inspections.rules.frozen import GRADES
from inspections.services import matters
from portal.models import Street, Unit


def wide(rows: int = 2) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class CampaignForm(forms.Form):
    """`kind` says which fields there are: a street's operation has its street and asks departments; a special campaign
    may choose streets, and names inspectors where it asks nobody."""

    theme = forms.CharField(label=_("主题"), max_length=80, help_text=_("比如：夏季食品安全"))
    occasion = forms.CharField(
        label=_("起因"), max_length=500, widget=wide(), help_text=_("为什么要查；专项检查会公布")
    )
    basis = forms.CharField(
        label=_("依据"), max_length=300, widget=wide(), help_text=_("文件、会议或者法律条款")
    )
    street = forms.ModelChoiceField(label=_("街镇"), queryset=Street.objects.none(), empty_label=_("选一个"))
    starts_on = DayField(label=_("开始"))
    ends_on = DayField(label=_("结束"))
    kinds = forms.MultipleChoiceField(
        label=_("检查哪些机构"), choices=KINDS, widget=forms.CheckboxSelectMultiple
    )
    streets = forms.MultipleChoiceField(
        label=_("哪些街镇"), required=False, widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("一个也不选，就是全区"),
    )  # fmt: skip
    grades = forms.MultipleChoiceField(
        label=_("哪些风险等级"), required=False, choices=[(one, one) for one in GRADES],
        widget=forms.CheckboxSelectMultiple, help_text=_("一个也不选，就不论等级"),
    )  # fmt: skip
    codes = forms.CharField(
        label=_("只查这几家"), required=False, max_length=6000, widget=wide(),
        help_text=_("机构编号，用空格或逗号隔开；不填，符合上面条件的都查"),
    )  # fmt: skip
    matters = forms.MultipleChoiceField(
        label=_("抽查事项"), widget=forms.CheckboxSelectMultiple, help_text=_("只有公布了的事项能查")
    )
    units = forms.ModelMultipleChoiceField(
        label=_("约哪些部门一起"), queryset=Unit.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("部门自己报人员；查的是它主管的事项。这里没有的部门，先在抽查事项里选上本区的单位"),
    )  # fmt: skip
    reply_by = DayField(label=_("部门最迟哪天回复"), required=False)
    inspectors = forms.ModelMultipleChoiceField(
        label=_("检查人员"), queryset=Inspector.objects.none(), required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}), help_text=_("不约部门的，在这里选，至少两名"),
    )  # fmt: skip
    version = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args, kind: str, actor, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind = kind
        versions = list(matters.published(on))
        self.fields["matters"].choices = [(one.matter.key, one.name) for one in versions]
        owners = {one.matter.unit_id for one in versions if one.matter.unit_id}
        self.fields["units"].queryset = Unit.objects.filter(pk__in=owners).order_by("position", "pk")
        if kind == Campaign.Kind.STREET:
            self.fields["street"].queryset = Street.objects.allowed(actor, "campaign.manage")
            for name in ("streets", "inspectors"):
                del self.fields[name]
        else:
            del self.fields["street"]
            self.fields["streets"].choices = list(Street.objects.order_by("code").values_list("code", "name"))
            able = Inspector.objects.filter(active=True, licence_from__lte=on, licence_until__gte=on)
            self.fields["inspectors"].queryset = able.select_related("unit")
            self.fields["inspectors"].label_from_instance = lambda i: f"{i.code} {i.name}（{i.unit}）"
        worded(self)

    def facts(self) -> dict:
        """The service's keywords."""
        data = self.cleaned_data
        names = (
            "theme",
            "occasion",
            "basis",
            "starts_on",
            "ends_on",
            "kinds",
            "grades",
            "matters",
            "reply_by",
        )
        return {name: data[name] for name in names} | {
            "street": data.get("street"),
            "streets": data.get("streets", []),
            "codes": codes_of(data["codes"]),
            "units": list(data["units"]),
            "inspectors": list(data.get("inspectors", ())),
        }

    @staticmethod
    def initial_of(row: Campaign) -> dict:
        names = (
            "theme", "occasion", "basis", "street", "starts_on", "ends_on", "kinds", "streets", "grades", "matters",
            "reply_by", "version",
        )  # fmt: skip
        return {name: getattr(row, name) for name in names} | {
            "codes": " ".join(row.codes),
            "units": list(row.units.values_list("unit_id", flat=True)),
            "inspectors": list(row.inspectors.values_list("inspector_id", flat=True)),
        }


class StepForm(forms.Form):
    what = forms.ChoiceField(
        choices=[
            (one, one) for one in ("ask", "submit", "approve", "return", "publish", "send", "close", "drop")
        ],
        widget=forms.HiddenInput,
    )
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    note = forms.CharField(label=_("要改什么"), required=False, max_length=200, widget=wide())
    conclusion = forms.CharField(
        label=_("情况小结"), required=False, max_length=2000, widget=wide(5),
        help_text=_("10 到 2000 个字，写进情况报告或者纪要，不写人名"),
    )  # fmt: skip


class ReplyForm(forms.Form):
    accept = forms.ChoiceField(
        label=_("参加不参加"), choices=[("yes", _("参加")), ("no", _("不参加"))], widget=forms.RadioSelect,
        error_messages={"required": _("选一个")},
    )  # fmt: skip
    inspectors = forms.ModelMultipleChoiceField(
        label=_("派谁去"), required=False, queryset=Inspector.objects.none(),
        widget=forms.CheckboxSelectMultiple, help_text=_("本单位执法证有效的检查人员"),
    )  # fmt: skip
    note = forms.CharField(
        label=_("说明"), required=False, max_length=200, widget=wide(), help_text=_("不参加的，写明理由")
    )

    def __init__(self, *args, able, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["inspectors"].queryset = able
        self.fields["inspectors"].label_from_instance = lambda i: f"{i.code} {i.name}"
