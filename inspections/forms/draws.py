"""The shapes of what people enter about a draw; what is right or wrong about it the services decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from inspections.models import Draw


class FreezeForm(forms.Form):
    scheme = forms.CharField(widget=forms.HiddenInput)
    year = forms.IntegerField(widget=forms.HiddenInput)
    month = forms.IntegerField(widget=forms.HiddenInput)
    lottery = forms.CharField(
        label=_("指定彩票期号"),
        required=False,
        max_length=200,
        help_text=_("不掷骰、改用开奖结果时才填，现在就要说定是哪一期"),
    )


class WitnessForm(forms.Form):
    source = forms.ChoiceField(
        label=_("来源"),
        choices=[
            (Draw.Source.WITNESS, _("现场见证，掷骰 20 次")),
            (Draw.Source.LOTTERY, _("冻结时指定的彩票")),
        ],
        initial=Draw.Source.WITNESS,
    )
    value = forms.CharField(label=_("随机文本"), strip=False, widget=forms.TextInput(attrs={"class": "mono"}))
    witnesses = forms.CharField(
        label=_("见证人"),
        max_length=200,
        help_text=_("会随证据公开：只写姓和身份，比如“周*（区人大代表）”"),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("理由"), max_length=200, help_text=_("会公开，不写机构和人名"))


class ReplaceForm(forms.Form):
    inspector = forms.ModelChoiceField(label=_("谁退出"), queryset=None, to_field_name="code")
    reason = forms.CharField(label=_("为什么"), max_length=200, help_text=_("会随证据公开，不写人名"))

    def __init__(self, *args, inspectors, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["inspector"].queryset = inspectors


class NameForm(forms.Form):
    inspector = forms.ModelChoiceField(label=_("指派谁"), queryset=None, to_field_name="code")

    def __init__(self, *args, inspectors, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["inspector"].queryset = inspectors
