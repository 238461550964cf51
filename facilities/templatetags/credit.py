"""The mark of a facility that stands on a list of the credit record: the same wherever its name appears."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from facilities import credit
from facilities.rules.credit import DISCIPLINE, LISTED
from portal.templatetags.ui import drawing

register = template.Library()
NONE = mark_safe("")


@register.simple_tag
def listed(listing) -> str:
    """Of a row's column `listing` (facilities/models/credit.py): the mark with a blank before it, or nothing."""
    return _mark(listing, get_language()) if listing else NONE


@lru_cache(maxsize=16)
def _mark(listing: str, language: str) -> str:
    kind, icon = ("veto", "gavel") if listing == DISCIPLINE else ("warm", "award")
    return format_html(
        ' <span class="tag listed {}">{}{}</span>', kind, drawing(icon, 12), _(LISTED[listing])
    )


@register.simple_tag
def listed_of(facility) -> str:
    """Of one facility, on a page that is about it: one query."""
    return listed(credit.listings([facility.pk]).get(facility.pk)) if facility else ""
