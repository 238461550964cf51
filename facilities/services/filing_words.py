"""An answer of a filing in words, as reviewer, department and applicant read it."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from facilities.rules.filing_form import Field
from portal.models.places import Street
from portal.templatetags.ui import day_words


def shown(field: Field, value, streets: dict[int, str] | None = None) -> str:
    """'' for no answer; of a file its name."""
    if value in (None, ""):
        return ""
    if field.of == "yes":
        return _("是") if value else _("否")
    if field.of == "choice":
        return _(dict(field.choices).get(value, value))
    if field.of == "street":
        if streets is None:
            streets = dict(Street.objects.filter(pk=value).values_list("pk", "name"))
        return streets.get(value, str(value))
    if field.of == "day":
        return day_words(date.fromisoformat(value))
    return f"{value} {_(field.unit)}" if field.unit else str(value)
