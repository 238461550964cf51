"""Shapes of what people and phones enter about the field app."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from inspections.models import Inspection


class ListedField(forms.ModelMultipleChoiceField):
    """Visits by id. One that is not the person's any more, struck off or given to others, is passed over: the phone
    learns from the day that it is gone, and what else it asks for must not wait for that."""

    @staticmethod
    def could_be(text: str) -> bool:
        return text.isascii() and text.isdecimal() and len(text) < 19

    def clean(self, value):
        if value:
            listed = {str(pk) for pk in self.queryset.values_list("pk", flat=True)}
            value = [one for one in value if one in listed or not self.could_be(one)]
        return super().clean(value)


class OpenForm(forms.Form):
    """A phone as it opens the day: which it is, how far its clock is off, for which visits it lacks a pass."""

    device = forms.UUIDField(error_messages={"required": _("手机没有编号"), "invalid": _("手机的编号看不懂")})
    label = forms.CharField(required=False, max_length=200)
    offset_ms = forms.IntegerField(required=False, min_value=-(10**13), max_value=10**13)
    passes = ListedField(
        required=False,
        queryset=Inspection.objects.none(),
        error_messages={
            "invalid_choice": _("有检查不在你的名单里"),
            "invalid_pk_value": _("有检查不在你的名单里"),
        },
    )

    def __init__(self, *args, visits, **kwargs):
        """`visits`: those that the person takes along."""
        super().__init__(*args, **kwargs)
        self.fields["passes"].queryset = visits

    def clean_offset_ms(self) -> int:
        return self.cleaned_data["offset_ms"] or 0

    @property
    def sentence(self) -> str:
        return " ".join(str(error) for errors in self.errors.values() for error in errors)


class BringForm(forms.Form):
    file = forms.FileField(
        label=_("手机存出来的文件"),
        help_text=_("名字以 shanyu- 开头、以 .ndjson 结尾。是加密的，别处打不开"),
        widget=forms.ClearableFileInput(attrs={"accept": ".ndjson"}),
        error_messages={"required": _("选一个文件"), "empty": _("文件是空的"), "missing": _("选一个文件")},
    )


class DecisionForm(forms.Form):
    """What becomes of one operation of a phone that waits for people."""

    operation = forms.UUIDField(error_messages={"required": _("没有选哪一条"), "invalid": _("没有这一条")})
    what = forms.ChoiceField(
        choices=[("use", _("采用手机上的")), ("set_aside", _("不采用"))],
        error_messages={"required": _("选采用或不采用"), "invalid_choice": _("选采用或不采用")},
    )
    reason = forms.CharField(required=False, max_length=200)
