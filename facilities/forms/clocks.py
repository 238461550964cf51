"""The conditions of the board of clocks; the address is their state."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import worded
from facilities.widgets import Boxes, Several
from portal.clocks.board import Board
from portal.rules.clocks import LATER, OVER, Light


def light_words(light: Light) -> str:
    """`已过期`, `7 天内`, `30 天内`, `90 天以后`."""
    if light.key == OVER:
        return gettext("已过期")
    if light.key == LATER:
        return gettext("%(n)d 天以后") % {"n": light.first - 1}
    return gettext("%(n)d 天内") % {"n": light.last}


class ClockFilter(forms.Form):
    kind = forms.MultipleChoiceField(label=_("事项"), required=False, widget=Boxes)
    light = forms.MultipleChoiceField(label=_("期限"), required=False, widget=Boxes)
    street = forms.TypedMultipleChoiceField(label=_("街镇"), required=False, coerce=int, widget=Several)
    facility = forms.CharField(label=_("机构编号"), required=False, max_length=12)

    def __init__(self, *args, board: Board, streets=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(clock.key, gettext(clock.label)) for clock in board.clocks]
        self.fields["light"].choices = [(light.key, light_words(light)) for light in board.lights]
        self.fields["street"].choices = [(s.pk, s.name) for s in streets]
        worded(self)
