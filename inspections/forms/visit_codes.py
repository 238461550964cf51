"""Shapes of the facility's rating and of the photograph of a licence."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from facilities.forms.people import Worded
from inspections.rules import visit_codes as rules


class LicenceForm(Worded):
    photo = forms.FileField(
        label=_("执法证照片"),
        help_text=_("扫检查码的人当天看得到；10 MB 以内"),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
    )


class RatingForm(Worded):
    """One score for each question, and what else there is to say."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        words = {5: _("5 很好"), 4: _("4 好"), 3: _("3 一般"), 2: _("2 不好"), 1: _("1 很不好")}
        for key, label in rules.QUESTIONS.items():
            self.fields[key] = forms.TypedChoiceField(
                label=_(label),
                coerce=int,
                choices=[(score, words[score]) for score in reversed(rules.SCORES)],
                widget=forms.RadioSelect,
                error_messages={"required": _("选 1 到 5 分"), "invalid_choice": _("选 1 到 5 分")},
            )
        self.fields["comment"] = forms.CharField(
            label=_("想说的"),
            help_text=_("检查组看不到，区教育局看得到"),
            required=False,
            max_length=rules.COMMENT,
            widget=forms.Textarea(attrs={"rows": 3}),
        )

    def scores(self) -> dict[str, int]:
        return {key: self.cleaned_data[key] for key in rules.QUESTIONS}
