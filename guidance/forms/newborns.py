"""Forms of newborns' families, of visits at home, of a month's births."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.records import RecordForm, label
from facilities.widgets import Boxes
from guidance.forms.services import MonthField, Worded
from guidance.models import BirthCount, Newborn, NewbornVisit
from guidance.rules import newborns as rules
from portal.choices import in_language


class NewbornForm(RecordForm):
    list_number = forms.CharField(
        label=label(Newborn, "list_number"),
        max_length=40,
        help_text=_("社区卫生服务中心访视册里的编号；不写姓名、电话和住址"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    birth_month = MonthField(label=label(Newborn, "birth_month"))
    street = forms.ModelChoiceField(None, label=_("居住街镇"), empty_label=_("选街镇"))
    resident = forms.BooleanField(label=_("常住家庭"), required=False, initial=True)
    asked = forms.BooleanField(label=label(Newborn, "asked"), required=False)
    planned_on = DayField(label=label(Newborn, "planned_on"), required=False)
    handbook_on = DayField(
        label=label(Newborn, "handbook_on"), required=False, help_text=_("《上海市母子健康手册》")
    )
    refused_on = DayField(
        label=label(Newborn, "refused_on"), required=False, help_text=_("家长不要上门的才填")
    )
    refused_reason = forms.CharField(label=label(Newborn, "refused_reason"), max_length=100, required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args, streets, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets
        if self.row is not None:
            self.fields["list_number"].required = False
            self.fields["list_number"].help_text = _("登记过的不显示；登记错了才重填")

    def given(self, row) -> dict:
        return super().given(row) | {"list_number": ""}


class VisitForm(Worded):
    visited_on = DayField(label=label(NewbornVisit, "visited_on"))
    topics = forms.MultipleChoiceField(
        label=label(NewbornVisit, "topics"), choices=in_language(rules.TOPICS.items()), widget=Boxes
    )
    note = forms.CharField(
        label=_("记录"),
        required=False,
        max_length=rules.NOTE,
        help_text=_("看到的、答应回访的，不写姓名和住址；只有登记上门的人看得到"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class BirthsForm(RecordForm):
    street = forms.ModelChoiceField(None, label=label(BirthCount, "street"), empty_label=_("选街镇"))
    month = MonthField(label=label(BirthCount, "month"))
    total = forms.IntegerField(label=label(BirthCount, "total"))
    resident = forms.IntegerField(label=label(BirthCount, "resident"))
    source = forms.CharField(label=label(BirthCount, "source"), max_length=200)
    counted_on = DayField(label=label(BirthCount, "counted_on"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args, streets, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets
        if self.row is not None:
            for name in ("street", "month"):
                self.fields[name].disabled = True
