"""The form of a kindergarten."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.records import RecordForm, label
from facilities.models import Facility, Kindergarten


class KindergartenForm(RecordForm):
    code = forms.CharField(label=label(Kindergarten, "code"), max_length=12)
    name = forms.CharField(label=label(Kindergarten, "name"), max_length=100)
    street = forms.ModelChoiceField(None, label=label(Kindergarten, "street"), empty_label=_("选街镇"))
    ownership = forms.ChoiceField(label=label(Kindergarten, "ownership"), choices=Facility.Ownership.choices)
    opened_on = DayField(label=label(Kindergarten, "opened_on"))
    closed_on = DayField(label=label(Kindergarten, "closed_on"), required=False)
    works = forms.ChoiceField(
        label=label(Kindergarten, "works"), choices=Kindergarten.Works.choices, required=False
    )
    works_on = DayField(label=label(Kindergarten, "works_on"), required=False)
    facility = forms.ModelChoiceField(
        None,
        label=label(Kindergarten, "facility"),
        required=False,
        to_field_name="code",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("名册里托幼一体的机构编号；没有托班的空着"),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, streets, facilities, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets
        self.fields["facility"].queryset = facilities

    def given(self, row) -> dict:
        return super().given(row) | {"facility": row.facility.code if row.facility else ""}
