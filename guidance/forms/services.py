"""Forms of the children on the list and of the services they were given."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.facilities import DayField, worded
from facilities.models import Consent
from guidance.models import GuidanceSession, GuidedChild
from guidance.rules import services as rules
from portal.choices import in_language

CARD = _("《母子健康手册》编号")


def label(model, name: str):
    return model._meta.get_field(name).verbose_name


class MonthField(forms.DateField):
    """A month by the browser's own calendar; its first day."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "month"}, format="%Y-%m"))
        kwargs.setdefault("input_formats", ["%Y-%m"])
        super().__init__(**kwargs)
        self.error_messages |= {"invalid": _("写成 2026-03 这样的月份")}

    def to_python(self, value):
        day = super().to_python(value)
        if day is not None and not 2000 <= day.year <= 2100:
            raise forms.ValidationError(_("年份要在 2000 到 2100 之间"))
        return day


class Worded(forms.Form):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worded(self)


class CardForm(Worded):
    card = forms.CharField(label=CARD, max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class GuidedForm(Worded):
    card = forms.CharField(
        label=CARD,
        max_length=40,
        help_text=_("只用来认出这个孩子，不显示，停止登记后删除"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    birth_month = MonthField(label=label(GuidedChild, "birth_month"))
    street = forms.ModelChoiceField(None, label=_("居住街镇"), empty_label=_("选街镇"))
    place = forms.ModelChoiceField(
        None, label=label(GuidedChild, "place"), required=False, empty_label=_("没有")
    )
    asked_on = DayField(label=label(GuidedChild, "asked_on"), help_text=_("家长提出需要、同意登记的那天"))
    channel = forms.ChoiceField(label=label(GuidedChild, "channel"), choices=Consent.Channel.choices)

    def __init__(self, *args, streets, stations, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["street"].queryset = streets
        self.fields["place"].queryset = stations


class TakeOffForm(Worded):
    reason = forms.ChoiceField(
        label=label(GuidedChild, "end_reason"),
        choices=in_language((key, rules.REASONS[key]) for key in rules.GIVEN_REASONS),
    )
    ended_on = DayField(label=_("哪天起"))


class SessionForm(Worded):
    where = forms.ChoiceField(label=_("场所"))
    kind = forms.ChoiceField(label=label(GuidanceSession, "kind"), choices=in_language(rules.KINDS.items()))
    online = forms.BooleanField(label=label(GuidanceSession, "online"), required=False)
    served_on = DayField(label=label(GuidanceSession, "served_on"))
    hours = forms.DecimalField(
        label=label(GuidanceSession, "hours"), max_digits=4, decimal_places=1, initial=1
    )
    topic = forms.CharField(label=label(GuidanceSession, "topic"), max_length=100)
    giver = forms.CharField(
        label=label(GuidanceSession, "giver"), max_length=60, help_text=_("谁提供的，不写家长和幼儿的姓名")
    )
    children = forms.CharField(
        label=_("参加的幼儿"),
        max_length=4000,
        help_text=_("幼儿编号，一行一个；一次最多 200 个"),
        widget=forms.Textarea(attrs={"rows": 8, "class": "mono"}),
    )

    def __init__(self, *args, venues: list[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["where"].choices = venues


class StrikeForm(Worded):
    reason = forms.CharField(label=_("为什么作废"), max_length=100, widget=forms.Textarea(attrs={"rows": 2}))
