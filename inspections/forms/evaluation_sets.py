"""The shapes of an indicator set, an indicator and a step of the set."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from inspections.forms.plans import KINDS, NumbersForm, whole
from inspections.models import Indicator, IndicatorSet
from inspections.models.evaluation_sets import DIMENSION_WORDS
from inspections.rules import evaluation_sets as rules


def points_of(name: str) -> forms.IntegerField:
    return whole(_(rules.DIMENSIONS[name][0]))


class SetForm(NumbersForm):
    key = forms.CharField(
        label=_("代号"),
        max_length=40,
        help_text=_("小写字母、数字和短横，比如 nursery，以后不改"),
        widget=forms.TextInput(attrs={"class": "mono"}),
    )
    title = forms.CharField(label=_("名称"), max_length=rules.LENGTHS["title"])
    basis = forms.CharField(label=_("依据"), max_length=rules.LENGTHS["basis"], required=False)
    kinds = forms.MultipleChoiceField(
        label=_("评估哪些机构"), choices=KINDS, widget=forms.CheckboxSelectMultiple
    )
    points_conditions = points_of("conditions")
    points_staff = points_of("staff")
    points_care = points_of("care")
    points_health = points_of("health")
    points_family = points_of("family")
    points_safety = points_of("safety")
    points_management = points_of("management")
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, known: IndicatorSet | None = None, **kwargs):
        points = known.points if known else {name: n for name, (_words, n) in rules.DIMENSIONS.items()}
        kwargs["initial"] = {f"points_{name}": number for name, number in points.items()}
        if known is not None:
            names = ("title", "basis", "kinds", "version")
            kwargs["initial"] |= {name: getattr(known, name) for name in names}
        super().__init__(*args, **kwargs)
        if known is not None:
            del self.fields["key"]

    def facts(self) -> dict:
        """The service's keywords."""
        data = self.cleaned_data
        return {name: data[name] for name in ("key", "title", "basis", "kinds") if name in data} | {
            "points": {name: data[f"points_{name}"] for name in rules.DIMENSIONS}
        }


class IndicatorForm(NumbersForm):
    dimension = forms.ChoiceField(
        label=_("维度"), choices=[(name, _(words)) for name, words in DIMENSION_WORDS]
    )
    code = forms.CharField(
        label=_("编号"), max_length=10, help_text=_("数字和点，比如 2.3"),
        widget=forms.TextInput(attrs={"class": "mono short"}),
    )  # fmt: skip
    text = forms.CharField(
        label=_("指标"), max_length=rules.LENGTHS["text"], widget=forms.Textarea(attrs={"rows": 2})
    )
    points = whole(_("分值"), required=False, help_text=_("否决项不计分，留空"))
    steps = forms.CharField(
        label=_("档次"),
        required=False,
        max_length=1000,
        help_text=_("一档一行，先写分再写说明，比如“10 全部做到”。留空就在 0 分到满分之间打分"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    evidence = forms.CharField(label=_("要什么佐证"), required=False, max_length=rules.LENGTHS["evidence"])
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @staticmethod
    def initial_of(one: Indicator) -> dict:
        names = ("dimension", "code", "text", "evidence", "version")
        return {name: getattr(one, name) for name in names} | {
            "points": one.points or None,
            "steps": rules.show_steps(one.steps),
        }

    def facts(self) -> dict:
        names = ("dimension", "code", "text", "points", "steps", "evidence")
        return {name: self.cleaned_data[name] for name in names}


class SetStepForm(NumbersForm):
    """One step of the set's machine."""

    what = forms.ChoiceField(
        choices=[(one, one) for one in ("submit", "publish", "return")], widget=forms.HiddenInput
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(label=_("要改什么"), required=False, max_length=200)
