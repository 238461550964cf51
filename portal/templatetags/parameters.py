"""Where a page shows a number that is second-hand or a default of the product, it asks to check it."""

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from portal.models.policy import Parameter

register = template.Library()


@register.simple_tag(takes_context=True)
def to_check(context, *keys: str, weak: bool | None = None) -> str:
    """参数待核对, if one of the district's parameters is not checked yet today; for who may read it, with the way there.
    `weak`: whether the only one is not checked, where the page has read it."""
    request = context["request"]
    actor, district = getattr(request, "actor", None), getattr(request, "district", None)
    if actor is None or district is None:
        return ""
    if weak is None:
        found = Parameter.objects.filter(key__in=keys, weak=True).current(timezone.localdate())
        unsure = set(found.values_list("key", flat=True))
    else:
        unsure = set(keys) if weak else set()
    first = next((key for key in keys if key in unsure), None)
    if first is None:
        return ""
    if not actor.may("document.view"):
        return format_html(' <span class="tag warm">{}</span>', _("参数待核对"))
    to = reverse("parameter", args=[district.slug, first])
    return format_html(' <a class="tag warm" href="{}">{}</a>', to, _("参数待核对"))
