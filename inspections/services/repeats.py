"""Repeats: the same item again (Finding.repeat_of), and the same theme again: the section of a checklist, or the clause
on which the item rests. Two years back, what was withdrawn does not count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.models import Finding
from inspections.rules.visits import repeats_since
from portal.navigation import Line


def earlier_by_theme(findings: Iterable[Finding]) -> dict[int, list[Finding]]:
    """Finding's id -> earlier findings of the facility with the same section or clause and another item.

    `findings` are of one visit, with item and inspection. Two queries at most.
    """
    rows = [one for one in findings if one.state != "withdrawn"]
    if not rows or rows[0].inspection.finished_on is None:
        return {}
    visit = rows[0].inspection
    since = repeats_since(visit.finished_on)
    past = (
        Finding.objects.filter(
            facility=visit.facility_id,
            inspection__finished_on__gte=since,
            inspection__finished_on__lte=visit.finished_on,
        )
        .exclude(state="withdrawn")
        .exclude(inspection=visit)
        .select_related("item", "inspection")
        .order_by("-inspection__finished_on", "pk")
    )
    found: dict[int, list[Finding]] = {}
    for earlier in past:
        for one in rows:
            if earlier.item_key != one.item_key and same_theme(earlier, one):
                found.setdefault(one.pk, []).append(earlier)
    return found


def same_theme(one: Finding, other: Finding) -> bool:
    """By the section's name, which all versions of a list share, or by the clause."""
    a, b = one.item, other.item
    return (bool(a.section) and a.section == b.section) or (
        a.clause_id is not None and a.clause_id == b.clause_id
    )


def of_facility(facility, on: date) -> list[dict]:
    """Themes with findings at two visits or more in the last two years, most first: section, visits, findings, items
    that came again."""
    past = Finding.objects.filter(
        facility=facility, inspection__finished_on__gte=repeats_since(on), inspection__finished_on__lte=on
    ).exclude(state="withdrawn")
    visits: dict[str, set[int]] = defaultdict(set)
    count: dict[str, int] = defaultdict(int)
    items: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    rows = past.values_list("item__section", "inspection", "item__text", "item_key")
    names = {}
    for section, visit, text, key in rows.order_by("inspection", "pk"):
        visits[section].add(visit)
        count[section] += 1
        items[section][key].add(visit)
        names[key] = text
    found = [
        {
            "section": section,
            "visits": len(visits[section]),
            "findings": count[section],
            "again": [names[key] for key, seen in items[section].items() if len(seen) > 1],
        }
        for section in visits
        if len(visits[section]) > 1
    ]
    return sorted(found, key=lambda one: (-one["visits"], -one["findings"], one["section"]))


def facts(facility, actor) -> list[Line]:
    """The themes that came back, for the facility's page, for those who see its orders."""
    if not actor.may("order.view"):
        return []
    lines = []
    for one in of_facility(facility, timezone.localdate()):
        words = ngettext(
            "“%(section)s”两年里 %(n)d 次检查都有问题",
            "“%(section)s”两年里 %(n)d 次检查都有问题",
            one["visits"],
        ) % {"section": one["section"], "n": one["visits"]}
        if one["again"]:
            words += _("，同一项又发现：%(items)s") % {"items": _("、").join(one["again"][:3])}
        lines.append(Line(words, "bad" if one["again"] else "warn"))
    return lines
