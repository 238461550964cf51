"""Shapes of what people enter about risk grades."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.people import Worded
from facilities.models import Facility
from inspections.rules import grades as rules
from portal.models import Street


def identity(**options) -> forms.IntegerField:
    return forms.IntegerField(min_value=0, max_value=2**62, widget=forms.HiddenInput, **options)


class GradeForm(Worded):
    """A decision: the grade, why, and what the person saw."""

    grade = forms.ChoiceField(label=_("风险等级"), choices=Facility.Grade.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("原因"),
        required=False,
        help_text=_("机构看得到；照建议确认的可以不写"),
        max_length=rules.REASON[1],
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    proposal = identity(required=False)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class GradeObjectForm(Worded):
    text = forms.CharField(
        label=_("哪里不对"),
        help_text=_("写明哪一项、事实是什么，10 到 1000 个字"),
        max_length=rules.OBJECTION[1],
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class GradeAnswerForm(Worded):
    grade = forms.ChoiceField(
        label=_("答复以后的等级"), choices=Facility.Grade.choices, widget=forms.RadioSelect
    )
    answer = forms.CharField(
        label=_("答复"), help_text=_("机构看得到"), max_length=rules.REASON[1],
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class GradePicks(forms.Form):
    """The proposals that somebody ticked."""

    proposal = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        given = self.data.getlist("proposal") if hasattr(self.data, "getlist") else []
        known = [one for one in given if one.isascii() and one.isdigit() and len(one) < 18]
        self.fields["proposal"].choices = [(one, one) for one in known]


class GradeFilter(forms.Form):
    q = forms.CharField(
        label=_("机构编号或名称"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    street = forms.ModelChoiceField(label=_("街镇"), required=False, queryset=Street.objects.none())
    now = forms.ChoiceField(
        label=_("现在的等级"),
        required=False,
        choices=[("", "—"), ("-", _("没有定")), *Facility.Grade.choices],
    )
    grade = forms.ChoiceField(
        label=_("建议的等级"), required=False, choices=[("", "—"), *Facility.Grade.choices]
    )
    factor = forms.ChoiceField(
        label=_("有这样的事实"),
        required=False,
        choices=[("", "—"), *((f.key, _(f.label)) for f in rules.FACTORS)],
    )

    def __init__(self, *args, streets, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets
