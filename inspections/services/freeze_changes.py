"""Two freezings compared: which facility and which inspector came, left or changed since the one before, and why."""

from __future__ import annotations

from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility, FacilityTransition
from inspections.models import Draw, Inspector
from inspections.rules import inspectors as rules
from inspections.services import pools
from portal.models import Street
from portal.templatetags.ui import day_words


class Change(NamedTuple):
    """kind: facility or inspector; what: came, left or changed; `why` in words, '' where the records say nothing."""

    kind: str
    code: str
    name: str
    what: str
    why: str


def before(draw: Draw) -> Draw | None:
    """The freezing of the same scheme before this one: also one that was voided, for it was frozen all the same."""
    rows = Draw.objects.filter(chain__scheme_key=draw.chain.scheme_key, pk__lt=draw.pk).defer("evidence")
    return rows.order_by("-pk").first()


def changes(draw: Draw, earlier: Draw, *, visited: bool) -> list[Change]:
    """`visited`: whether the reader may know who counts as visited, which before the evidence tells of drawn visits."""
    old, new = earlier.frozen_dict, draw.frozen_dict
    fields = ("street", "grade", "visited") if visited else ("street", "grade")
    came, left, changed = rules.changes(old["objects"], new["objects"], fields)
    if not visited:
        # a facility at its cap has been drawn: with the other left ones it would be told apart
        left = [row for row in left if row["id"] not in new["capped"]]
        came = [row for row in came if row["id"] not in old["capped"]]
    codes = [row["id"] for row in (*came, *left)] + [new_row["id"] for _old, new_row, _names in changed]
    facilities = {one.code: one for one in Facility.objects.filter(code__in=codes)}
    moves: dict[str, FacilityTransition] = {}
    for one in FacilityTransition.objects.filter(
        facility__code__in=codes,
        on__gt=timezone.localdate(earlier.frozen_at),
        on__lte=timezone.localdate(draw.frozen_at),
    ).select_related("facility"):
        moves[one.facility.code] = one
    streets = dict(Street.objects.values_list("code", "name"))

    def moved(code: str) -> str:
        if code in moves:
            one = moves[code]
            return _("%(day)s %(state)s：%(reason)s") % {
                "day": day_words(one.on), "state": one.get_target_display(), "reason": one.reason
            }  # fmt: skip
        return ""

    def name(code: str) -> str:
        return facilities[code].name if code in facilities else code

    found = []
    for row in came:
        why = moved(row["id"])
        if not why and row["id"] in old["capped"]:
            why = _("新的一年，上限重新算")
        elif not why and draw.year == earlier.year:
            why = _("新登记，或改了种类")
        found.append(Change("facility", row["id"], name(row["id"]), "came", why))
    for row in left:
        why = _("到了年度上限") if row["id"] in new["capped"] else moved(row["id"])
        found.append(Change("facility", row["id"], name(row["id"]), "left", why))
    for was, now, names in changed:
        parts = []
        if "grade" in names:
            parts.append(_("等级 %(old)s → %(new)s") % {"old": was["grade"], "new": now["grade"]})
        if "street" in names:
            told = {"old": streets.get(was["street"], ""), "new": streets.get(now["street"], "")}
            parts.append(_("街镇 %(old)s → %(new)s") % told)
        if "visited" in names:
            parts.append(_("今年已查或已抽中待查") if now["visited"] else _("新的一年，还没有查"))
        found.append(Change("facility", now["id"], name(now["id"]), "changed", "；".join(parts)))  # content
    # a recusal by the previous team tells of a visit that is still to be made
    of_people = ("unit", "streets", "recused") if visited else ("unit", "streets")
    found += _people(draw, old, new, streets, of_people)
    return found


def _people(
    draw: Draw, old: dict, new: dict, streets: dict[str, str], fields: tuple[str, ...]
) -> list[Change]:
    came, left, changed = rules.changes(old["inspectors"], new["inspectors"], fields)
    first, last = pools.month_days(draw.year, draw.month)
    known = {
        one.code: one
        for one in Inspector.objects.filter(code__in=[row["id"] for row in left]).prefetch_related("streets")
    }
    found = []
    for row in came:
        found.append(Change("inspector", row["id"], row["id"], "came", _("新登记、回到岗位，或换了执法证")))
    for row in left:
        why = ""
        if one := known.get(row["id"]):
            key = rules.out_of_pool(one.active, one.licence_from, one.licence_until, 1, first, last)
            why = _(rules.OUT[key]) if key else _("单位不在方案里")
        found.append(Change("inspector", row["id"], row["id"], "left", why))
    for was, now, names in changed:
        parts = []
        if "unit" in names:
            parts.append(_("换了单位"))
        if "streets" in names:
            parts += _both(_("街镇"), was["streets"], now["streets"], streets)
        if "recused" in names:
            parts += _both(_("回避"), was["recused"], now["recused"], {})
        found.append(Change("inspector", now["id"], now["id"], "changed", "；".join(parts)))  # content
    return found


def _both(label: str, was: list[str], now: list[str], names: dict[str, str]) -> list[str]:
    """What was added and what was taken away, by name."""
    parts = []
    for sign, codes in (("+", sorted(set(now) - set(was))), ("−", sorted(set(was) - set(now)))):
        if codes:
            parts.append(f"{label} {sign} " + _("、").join(names.get(code, code) for code in codes))
    return parts
