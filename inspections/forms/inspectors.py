"""The shapes of an inspector's facts and of an interest."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.models import Facility
from inspections.forms.plans import NumbersForm
from inspections.models import Interest, NamesakeDecision
from portal.models import Membership, Street, Unit, User
from portal.rules.rights import Role


class InspectorForm(NumbersForm):
    code = forms.CharField(
        label=_("编号"),
        max_length=12,
        help_text=_("公开的证据里只用编号，以后不改"),
        widget=forms.TextInput(attrs={"class": "mono"}),
    )
    name = forms.CharField(label=_("姓名"), max_length=40)
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("单位"), empty_label=_("选单位"))
    user = forms.ModelChoiceField(
        User.objects.none(),
        label=_("账号"),
        required=False,
        help_text=_("有检查人员角色的账号，在手机上检查要用"),
    )
    licence_number = forms.CharField(label=_("执法证号"), max_length=40)
    licence_from = DayField(label=_("执法证起"))
    licence_until = DayField(label=_("执法证止"))
    expertise = forms.CharField(
        label=_("专长"), required=False, max_length=220, help_text=_("几项之间用顿号，比如：消防、卫生保健")
    )
    streets = forms.ModelMultipleChoiceField(
        Street.objects.none(), label=_("服务的街镇"), widget=forms.CheckboxSelectMultiple
    )
    active = forms.BooleanField(label=_("在岗"), required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, known: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.filter(collective=False).order_by("position", "slug")
        people = Membership.objects.filter(role=Role.INSPECTOR).values("user")
        self.fields["user"].queryset = User.objects.filter(pk__in=people).order_by("username")
        self.fields["streets"].queryset = Street.objects.order_by("code")
        if known:
            del self.fields["code"]

    def facts(self) -> dict:
        """The service's keywords."""
        data = self.cleaned_data
        names = ("code", "name", "unit", "user", "licence_number", "licence_from", "licence_until", "active")
        words = [
            word.strip() for word in re.split("[、，,；;]", data["expertise"]) if word.strip()
        ]  # content
        return {name: data[name] for name in names if name in data} | {
            "expertise": list(dict.fromkeys(words)),
            "streets": list(data["streets"]),
        }


DECLARED = [one for one in Interest.Kind.choices if one[0] != Interest.Kind.EMPLOYER]


class EmployerForm(NumbersForm):
    name = forms.CharField(label=_("单位名称"), max_length=120, help_text=_("现在和以前的工作单位，写全称"))
    starts_on = DayField(label=_("从哪天起"))
    ends_on = DayField(label=_("到哪天止"), required=False)


class NamesakeForm(NumbersForm):
    outcome = forms.ChoiceField(
        label=_("是不是本人"), choices=NamesakeDecision.Outcome.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("怎么核对的"), max_length=200, min_length=5, widget=forms.Textarea(attrs={"rows": 2})
    )


class InterestForm(NumbersForm):
    facility = forms.CharField(
        label=_("机构编号"), max_length=12, widget=forms.TextInput(attrs={"class": "mono"})
    )
    kind = forms.ChoiceField(label=_("哪种关系"), choices=DECLARED)
    starts_on = DayField(label=_("从哪天起"))
    ends_on = DayField(label=_("到哪天止"), required=False)
    note = forms.CharField(label=_("说明"), required=False, max_length=200)

    def clean_facility(self):
        found = Facility.objects.filter(code=self.cleaned_data["facility"].strip().upper()).first()
        if found is None:
            raise forms.ValidationError(_("名册里没有这个编号"))
        return found


class EndForm(NumbersForm):
    ends_on = DayField(label=_("到哪天止"))
