"""The second inspector's own answers: one choice and a note for each drawn item."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from inspections.forms.plans import NumbersForm
from inspections.models import ChecklistItem
from inspections.rules.agreement import NOTE
from inspections.rules.states import ANSWERS
from inspections.services.answers import Given


class AgainForm(NumbersForm):
    """`value-<id>`, `note-<id>`; what is left open is answered later."""

    def __init__(self, *args, items: list[ChecklistItem], **kwargs):
        super().__init__(*args, **kwargs)
        self.items = items
        for one in items:
            self.fields[f"value-{one.pk}"] = forms.ChoiceField(
                label=one.text,
                required=False,
                choices=[(value, _(words)) for value, words in ANSWERS.items()],
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": _("选“符合”“不符合”或“未查”")},
            )
            self.fields[f"note-{one.pk}"] = forms.CharField(
                label=_("说明"), required=False, max_length=NOTE, widget=forms.Textarea(attrs={"rows": 1})
            )

    def clean(self):
        data = super().clean()
        if not self.errors and not self.given():
            raise forms.ValidationError(_("至少判一项"))
        return data

    def rows(self):
        return [(one, self[f"value-{one.pk}"], self[f"note-{one.pk}"]) for one in self.items]

    def given(self) -> dict[int, Given]:
        data = self.cleaned_data
        return {
            one.pk: Given(data[f"value-{one.pk}"], data.get(f"note-{one.pk}", ""))
            for one in self.items
            if data.get(f"value-{one.pk}")
        }
