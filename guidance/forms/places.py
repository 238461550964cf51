"""The form of a guidance place."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField
from facilities.forms.records import RecordForm, label
from facilities.widgets import Boxes
from guidance.models import GuidancePlace
from guidance.rules import places as rules
from portal.choices import in_language


class PlaceForm(RecordForm):
    kind = forms.ChoiceField(label=label(GuidancePlace, "kind"), choices=in_language(rules.KINDS.items()))
    name = forms.CharField(label=label(GuidancePlace, "name"), max_length=80)
    street = forms.ModelChoiceField(None, label=label(GuidancePlace, "street"), empty_label=_("选街镇"))
    community = forms.CharField(
        label=label(GuidancePlace, "community"),
        max_length=60,
        required=False,
        help_text=_("在哪个居委、村委"),
    )
    address = forms.CharField(label=label(GuidancePlace, "address"), max_length=200)
    phone = forms.CharField(
        label=label(GuidancePlace, "phone"), max_length=30, required=False, help_text=_("对外公布的电话")
    )
    unit = forms.ModelChoiceField(
        None, label=label(GuidancePlace, "unit"), required=False, empty_label=_("没有")
    )
    services = forms.MultipleChoiceField(
        label=label(GuidancePlace, "services"),
        choices=in_language(rules.SERVICES.items()),
        required=False,
        widget=Boxes,
    )
    tier = forms.ChoiceField(
        label=label(GuidancePlace, "tier"),
        choices=[("", _("没有")), *((one, one) for one in rules.TIERS)],
        required=False,
        help_text=_("儿童早期发展基地“1+4+X+Y”里的哪一层，别的类型空着"),
    )
    kit_from = DayField(
        label=label(GuidancePlace, "kit_from"),
        required=False,
        help_text=_("儿童早期发展基地从哪天起用“上海市科学育儿资源包”"),
    )
    opened_on = DayField(label=label(GuidancePlace, "opened_on"))
    closed_on = DayField(label=label(GuidancePlace, "closed_on"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args, streets, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets
        self.fields["unit"].queryset = units
