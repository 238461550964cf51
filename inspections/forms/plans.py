"""The shapes of what people enter about the yearly plan; what is right or wrong about it the services decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import worded
from facilities.models import Facility
from inspections.models import Checklist, Scheme
from inspections.rules import plans as rules
from inspections.rules.frozen import GRADES
from portal.models import Unit

#: A guidance point is no facility that is inspected.
KINDS = [(value, label) for value, label in Facility.Kind.choices if value != Facility.Kind.GUIDANCE_POINT]


def whole(label, **options) -> forms.IntegerField:
    """A number that fits the column; its bounds in the domain are the service's."""
    options.setdefault("widget", forms.NumberInput(attrs={"class": "short"}))
    return forms.IntegerField(label=label, min_value=0, max_value=9999, **options)


class NumbersForm(forms.Form):
    """Refuses digits of other scripts, which int() would take, and says errors of shape in our tone."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)
        for field in self.fields.values():
            if isinstance(field, forms.IntegerField):
                field.to_python = ascii_only(field)


def ascii_only(field: forms.IntegerField):
    inner = field.to_python

    def to_python(value):
        if isinstance(value, str) and not value.isascii():
            raise forms.ValidationError(field.error_messages["invalid"], code="invalid")
        return inner(value)

    return to_python


class YearForm(NumbersForm):
    year = forms.IntegerField(label=_("年份"), min_value=2000, max_value=2999)


class PlanForm(NumbersForm):
    title = forms.CharField(label=_("标题"), max_length=120)
    inspector_days = whole(_("每名检查人员每月能出去几天"), help_text=_("演练按这个数算人手够不够，不公布"))
    visits_a_day = whole(_("一天能查几家"))
    version = forms.IntegerField(widget=forms.HiddenInput)


class SchemeForm(NumbersForm):
    key = forms.CharField(
        label=_("代号"),
        max_length=40,
        help_text=_("小写字母、数字和短横，比如 safety-health。公布的证据里用它，以后不改"),
        widget=forms.TextInput(attrs={"class": "mono"}),
    )
    name = forms.CharField(label=_("名称"), max_length=80)
    subject = forms.CharField(label=_("检查事项"), max_length=200)
    kinds = forms.MultipleChoiceField(
        label=_("检查哪些机构"), choices=KINDS, widget=forms.CheckboxSelectMultiple
    )
    checklists = forms.MultipleChoiceField(
        label=_("用哪些检查表"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("一张也不选，就用适合这种机构的全部检查表"),
    )
    units = forms.MultipleChoiceField(
        label=_("由哪些单位检查"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("一个也不选，就从全部有执法证的人员里抽"),
    )
    rate_a = whole(_("A 级每月再抽"), help_text=_("千分之几"))
    rate_b = whole(_("B 级每月再抽"), help_text=_("千分之几"))
    rate_c = whole(_("C 级每月再抽"), help_text=_("千分之几"))
    rate_d = whole(_("D 级每月再抽"), help_text=_("千分之几"))
    team_size = whole(_("每组人数"))
    cap = whole(_("年度上限"), help_text=_("一家一年最多抽到几次，几个方案合起来算"))
    freeze_days_before = whole(_("提前几天冻结"), help_text=_("从当月 1 日往前数"))
    window_days = whole(_("见证期有几个工作日"))
    last_day = whole(_("最迟几日抽取"))
    chained_allowed = forms.BooleanField(
        label=_("见证期过了可以接链抽取"), required=False, help_text=_("接链的抽取运行方能事先算出来")
    )
    joint = forms.BooleanField(
        label=_("几个部门联合检查"),
        required=False,
        help_text=_("检查项归几个部门，就各到一人，一次查完；每个部门的部分可以单独取出"),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, scheme: Scheme | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["checklists"].choices = list(Checklist.objects.published().values_list("key", "name"))
        units = Unit.objects.filter(collective=False, inspectors__active=True).distinct().order_by("position")
        choices = list(units.values_list("slug", "name"))
        if scheme is not None:
            gone = set(scheme.units) - {slug for slug, _name in choices}
            choices += list(Unit.objects.filter(slug__in=gone).values_list("slug", "name"))
            del self.fields["key"]
        self.fields["units"].choices = choices

    def facts(self) -> dict:
        """The service's keywords."""
        data = self.cleaned_data
        names = (
            "key", "name", "subject", "kinds", "checklists", "units", "team_size", "cap", "freeze_days_before",
            "window_days", "last_day", "chained_allowed", "joint",
        )  # fmt: skip
        return {name: data[name] for name in names if name in data} | {
            "rates_permille": {grade: data[f"rate_{grade.lower()}"] for grade in GRADES}
        }

    @staticmethod
    def initial_of(scheme: Scheme) -> dict:
        names = (
            "name", "subject", "kinds", "checklists", "units", "team_size", "cap", "freeze_days_before",
            "window_days", "last_day", "chained_allowed", "joint", "version",
        )  # fmt: skip
        return {name: getattr(scheme, name) for name in names} | {
            f"rate_{grade.lower()}": scheme.rates_permille.get(grade, 0) for grade in GRADES
        }


class ReviseForm(NumbersForm):
    """Why a published plan is revised."""

    reason = forms.CharField(
        label=_("为什么修订"),
        max_length=rules.REASON[1],
        help_text=_("会公开，不写人名"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class StepForm(NumbersForm):
    """One step of the plan's machine."""

    what = forms.ChoiceField(
        choices=[(one, one) for one in ("submit", "approve", "return", "publish", "drop")],
        widget=forms.HiddenInput,
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(label=_("要改什么"), required=False, max_length=200)
