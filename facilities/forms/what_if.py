"""What is supposed: so many sites, of a kind, with so many places, where."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import worded
from facilities.models import Facility
from facilities.rules.what_if import MOST_PLACES, MOST_SITES
from facilities.what_if import KINDS
from portal.models.places import Street


class WhatIfForm(forms.Form):
    sites = forms.IntegerField(label=_("新开几家"), min_value=1, max_value=MOST_SITES)
    kind = forms.ChoiceField(label=_("类型"))
    places = forms.IntegerField(
        label=_("每家托位"), min_value=0, max_value=MOST_PLACES, required=False,
        help_text=_("空着就按本区同类机构的平均数"),
    )  # fmt: skip
    street = forms.TypedChoiceField(label=_("街镇"), coerce=int, empty_value=None, required=False)
    gap = forms.ChoiceField(
        label=_("补谁的缺口"),
        choices=[("any", _("圈内什么机构都没有的")), ("same", _("圈内没有这一类的"))],
    )

    def __init__(self, *args, streets: list[Street], **kwargs):
        super().__init__(*args, **kwargs)
        words = dict(Facility.Kind.choices)
        self.fields["kind"].choices = [(kind, words[kind]) for kind in KINDS]
        self.fields["street"].choices = [("", _("全区")), *((one.pk, one.name) for one in streets)]
        worded(self)
