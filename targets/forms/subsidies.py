"""Forms of the support of facilities: shape only, the rules are in the services."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, worded
from facilities.models import Facility
from portal.choices import in_language
from portal.models import Street
from portal.models.policy import Clause
from targets.forms.tasks import SeveralFiles
from targets.models.subsidies import SubsidyRule, SubsidyVersion
from targets.rules import subsidies as rules
from targets.services import subsidy_rules
from targets.services.subsidy_rules import said

WRONG = _("从列表里选")


def version() -> forms.IntegerField:
    return forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1, required=False)


def money(label, **kwargs) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, max_digits=10, decimal_places=2, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        **kwargs,
    )  # fmt: skip


class VersionForm(forms.Form):
    """What a subsidy pays. `rule`: whose next version it is; None for a new subsidy."""

    name = forms.CharField(label=_("名称"), max_length=60, help_text=_("比如“普惠托育运营补贴”"))
    kind = forms.ChoiceField(label=_("种类"), choices=in_language(rules.KINDS.items()))
    citation = forms.CharField(
        label=_("标准出自"), max_length=200, help_text=_("定金额的文件：名称、文号、条款")
    )
    clause = forms.ModelChoiceField(label=_("规划条款"), queryset=Clause.objects.none(), required=False)
    starts_on = DayField(label=_("起"), help_text=_("从一个月的 1 日起"))
    ends_on = DayField(
        label=_("止"), required=False, help_text=_("一个月的最后一天；不填就一直有效，到下一份标准")
    )
    measure = forms.ChoiceField(
        label=_("怎么算"), choices=in_language(rules.MEASURES.items()), help_text=_("选这种补贴能用的算法")
    )
    count_month = forms.IntegerField(label=_("固定的一天：月"), min_value=1, max_value=12, required=False)
    count_day = forms.IntegerField(label=_("固定的一天：日"), min_value=1, max_value=31, required=False)
    period = forms.ChoiceField(label=_("多久申报一次"), choices=in_language(rules.PERIODS.items()))
    rate = money(_("金额标准"), help_text=_("每个托位每月、每小时、每人次多少元；租金减免填百分之几"))
    cap = money(_("每家每年最多"), required=False, help_text=_("元；不填就不封顶"))
    facility_kinds = forms.MultipleChoiceField(
        label=_("哪些机构"), choices=Facility.Kind.choices, widget=forms.CheckboxSelectMultiple
    )
    inclusive = forms.BooleanField(label=_("只限普惠机构"), required=False)
    non_profit = forms.BooleanField(label=_("不含营利性机构"), required=False)
    grades = forms.MultipleChoiceField(
        label=_("限这些风险等级"), choices=Facility.Grade.choices, required=False,
        widget=forms.CheckboxSelectMultiple, help_text=_("不选就不限"),
    )  # fmt: skip
    no_discipline = forms.BooleanField(label=_("在失信联合惩戒名单上的不补"), required=False)
    no_overdue = forms.BooleanField(label=_("有逾期整改的不补"), required=False)
    version = version()

    def __init__(self, *args, rule: SubsidyRule | None = None, row: SubsidyVersion | None = None, **kwargs):
        if row is not None:
            names = (*subsidy_rules.FIELDS, "version")
            known = {name: getattr(row, name) for name in names} | {"clause": row.clause_id}
            kwargs["initial"] = known | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        worded(self)
        if rule is not None:
            del self.fields["name"], self.fields["kind"]
            self.fields["measure"].choices = in_language(
                (one, rules.MEASURES[one]) for one in rules.OF_KIND[rule.kind]
            )
        documents = Clause.objects.filter(document__superseded_on=None).exclude(document__key="own")
        self.fields["clause"].queryset = documents.select_related("document").order_by("document", "position")
        for name in ("clause", "kind", "measure", "period", "facility_kinds", "grades"):
            if name in self.fields:
                self.fields[name].error_messages["invalid_choice"] = WRONG
        self.fields["facility_kinds"].error_messages["required"] = said("facility_kinds")

    def values(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class FacilityField(forms.ModelChoiceField):
    """By the code, or by a name or a part of it that one facility alone has."""

    def to_python(self, value):
        text = str(value or "").strip()
        if text and "\0" not in text and not self.queryset.filter(code=text).exists():
            named = list(self.queryset.filter(name=text)[:2]) or list(
                self.queryset.filter(name__icontains=text)[:2]
            )
            value = named[0].code if len(named) == 1 else value
        return super().to_python(value)


class ClaimForm(forms.Form):
    """For which facility, which subsidy, which part of which year."""

    facility = FacilityField(label=_("机构"), queryset=Facility.objects.none(), to_field_name="code")
    rule = forms.ModelChoiceField(
        label=_("补贴"), queryset=SubsidyRule.objects.none(), error_messages={"invalid_choice": WRONG}
    )
    year = forms.IntegerField(label=_("年份"), min_value=rules.FIRST_YEAR, max_value=rules.LAST_YEAR)
    part = forms.ChoiceField(
        label=_("时段"),
        choices=in_language(rules.SPANS.items()),
        help_text=_("按全年、半年还是季度申报，看补贴标准"),
    )

    def __init__(self, *args, facilities, all_of_them: bool, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)
        if all_of_them:
            self.fields["facility"].widget = forms.TextInput(attrs={"class": "short"})
            self.fields["facility"].help_text = _("填编号或者名称")
        self.fields["facility"].queryset = facilities
        self.fields["facility"].error_messages["invalid_choice"] = _("没有这家机构，填名册里的编号或者名称")
        self.fields["part"].error_messages["invalid_choice"] = WRONG
        known = SubsidyRule.objects.filter(versions__state="confirmed").distinct()
        self.fields["rule"].queryset = known.order_by("name")

    def values(self) -> dict:
        period, part = self.cleaned_data["part"].split("-")
        return self.cleaned_data | {"period": period, "part": int(part)}


#: step -> the fields that it needs
NEEDS = {
    "return": ("note",),
    "refuse": ("note",),
    "withdraw": ("note",),
    "pay": ("paid_on", "reference", "amount"),
    "recover": ("on", "reference", "amount", "note"),
    "receipt": ("paid_on", "reference", "amount", "file"),
    "files": ("files",),
    "drop_file": ("pk",),
    "drop_receipt": ("pk",),
    "confirm_recovery": ("pk",),
    "end_recovery": ("pk",),
    "drop": ("note",),
}


class StepForm(forms.Form):
    """What the steps of a claim ask for; only the fields of the step stand in it."""

    paid_on = DayField(label=_("付款日期"))
    on = DayField(label=_("追回日期"))
    reference = forms.CharField(label=_("凭证号"), max_length=60)
    amount = money(_("金额"))
    file = forms.FileField(label=_("凭证"), help_text=_("照片或 PDF，不超过 10 MB"))
    files = SeveralFiles(
        label=_("材料"), help_text=_("PDF、图片、xlsx 或 docx，每个不超过 10 MB，最多 10 个")
    )
    note = forms.CharField(
        label=_("原因"), max_length=rules.NOTE[1], widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("原因：写 2 到 200 个字")},
    )  # fmt: skip
    pk = forms.IntegerField(min_value=1, max_value=2**62, widget=forms.HiddenInput)
    version = version()

    def __init__(self, *args, what: str = "", **kwargs):
        super().__init__(*args, auto_id=f"{what}-%s", **kwargs)
        worded(self)
        for name in list(self.fields):
            if name != "version" and name not in NEEDS.get(what, ()):
                del self.fields[name]
        if what == "pay":
            self.fields["paid_on"].label = _("拨付日期")
        if "files" in self.fields:
            self.fields["files"].error_messages["required"] = _("材料：选至少一个文件")

    def values(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name not in ("version", "pk")}


class ClaimFilter(forms.Form):
    """Conditions of the list; what is nonsense is left out rather than refused."""

    q = forms.CharField(
        label=_("申报编号、机构编号或名称"), required=False, max_length=40,
        widget=forms.TextInput(attrs={"class": "short"}),
    )  # fmt: skip
    year = forms.IntegerField(
        label=_("年份"), required=False, min_value=rules.FIRST_YEAR, max_value=rules.LAST_YEAR
    )
    rule = forms.ModelChoiceField(label=_("补贴"), required=False, queryset=SubsidyRule.objects.none())
    street = forms.ModelChoiceField(label=_("街镇"), required=False, queryset=Street.objects.none())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["rule"].queryset = SubsidyRule.objects.order_by("name")
        self.fields["street"].queryset = Street.objects.order_by("code")
