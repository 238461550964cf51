"""Shapes of input about places: a pasted pair with its datum, a neighbourhood."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, worded
from facilities.rules.geo import DATUMS, WGS84


class PointForm(forms.Form):
    """A pair as a map service gives it to the clipboard, and in which datum."""

    point = forms.CharField(
        label=_("坐标"),
        max_length=80,
        help_text=_("从地图上复制，比如 31.112345,121.381234；先后不限"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    datum = forms.ChoiceField(
        label=_("坐标系"), widget=forms.RadioSelect, initial=WGS84, help_text=_("选错会差半公里")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["datum"].choices = [(key, _(label)) for key, label in DATUMS.items()]
        worded(self)


class LocationForm(PointForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


class NeighbourhoodForm(PointForm):
    street = forms.ModelChoiceField(None, label=_("街镇"), empty_label=_("选街镇"))
    name = forms.CharField(label=_("名称"), max_length=60)
    under_three = forms.IntegerField(
        label=_("3 岁以下"), required=False, help_text=_("常住的、不满 3 周岁的幼儿；不知道就空着")
    )
    source = forms.CharField(label=_("来源"), max_length=200)
    counted_on = DayField(label=_("统计时点"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    field_order = ["street", "name", "point", "datum", "under_three", "source", "counted_on"]

    def __init__(self, *args, streets, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets

    def facts(self) -> dict:
        return {
            name: self.cleaned_data[name]
            for name in ("street", "name", "under_three", "source", "counted_on")
        }


class EndForm(forms.Form):
    ended_on = DayField(label=_("撤并日期"))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)


class MapForm(forms.Form):
    """What the map shows; nonsense in the address is passed over."""

    street = forms.ModelChoiceField(None, required=False)
    kind = forms.CharField(required=False, max_length=30)
    layer = forms.MultipleChoiceField(
        required=False, choices=[(key, key) for key in ("facilities", "neighbourhoods", "circles")]
    )

    def __init__(self, *args, streets, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets
