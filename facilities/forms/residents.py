"""The shape of a year's figures of a street."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, worded
from facilities.rules.residents import KINDS

HINTS = {
    "under_three": _("不满 3 周岁"),
    "one_to_three": _("满 1 周岁、不满 3 周岁；宝宝屋托额按这个数"),
    "births": _("当年出生、随父母常住的"),
    "moved_in": _("当年迁入的 3 岁以下幼儿；不知道就空着"),
    "moved_out": _("当年迁出的 3 岁以下幼儿；不知道就空着"),
}


class FiguresForm(forms.Form):
    """What is known of a street's year; an empty field says nothing."""

    counted_on = DayField(label=_("统计时点"), help_text=_("全年的数写 12 月 31 日；预测只用全年的数"))
    source = forms.CharField(label=_("来源"), max_length=200)
    note = forms.CharField(
        label=_("更正说明"), max_length=200, required=False, help_text=_("改已有的数才填，旧数会留着")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        numbers = {
            kind: forms.IntegerField(label=_(label), required=False, help_text=HINTS.get(kind, ""))
            for kind, label in KINDS.items()
        }
        self.fields = numbers | self.fields
        worded(self)

    def counts(self) -> dict[str, int | None]:
        return {kind: self.cleaned_data[kind] for kind in KINDS}


class DecisionForm(forms.Form):
    """The bureau's word on what a street proposed."""

    accept = forms.ChoiceField(choices=[("yes", _("核定")), ("no", _("不采用"))], widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput)
    note = forms.CharField(label=_("不采用的原因"), max_length=200, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)

    def clean_seen(self) -> list[int]:
        words = self.cleaned_data["seen"].split(",")
        if not all(word.isascii() and word.isdigit() and len(word) < 19 for word in words):
            raise forms.ValidationError(_("页面旧了，重新打开再定"))
        return [int(word) for word in words]
