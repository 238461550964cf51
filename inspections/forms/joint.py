"""Shapes of what people decide about a department's part of a joint visit."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from inspections.models import VisitPart
from portal.choices import in_language


class ExcuseForm(forms.Form):
    reason = forms.CharField(
        label=_("为什么不到场"),
        help_text=_("5 到 200 个字，会写进检查记录，它的检查项记为未查"),
        max_length=200,
        error_messages={"required": _("理由：写 5 到 200 个字，会写进检查记录")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class HandOverForm(forms.Form):
    case_number = forms.CharField(
        label=_("立案编号"), max_length=40, error_messages={"required": _("写立案编号，2 到 40 个字")},
        widget=forms.TextInput(attrs={"class": "short", "autocomplete": "off"}),
    )  # fmt: skip
    handed_to = forms.CharField(
        label=_("移送给"), max_length=80, help_text=_("比如区城市管理行政执法局执法大队"),
        error_messages={"required": _("写移送给哪个单位，2 到 80 个字")},
    )  # fmt: skip
    note = forms.CharField(
        label=_("说明"), required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class PartFilter(forms.Form):
    """Conditions of the list; what is nonsense is left out rather than refused."""

    q = forms.CharField(
        label=_("检查编号或机构编号"), required=False, max_length=20,
        widget=forms.TextInput(attrs={"class": "short"}),
    )  # fmt: skip
    state = forms.ChoiceField(label=_("结果"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choices = VisitPart._meta.get_field("state").choices
        self.fields["state"].choices = [("", _("不限")), *in_language(choices)]
