"""What of risk grades shows on pages of others: 'today', and what a new value of a parameter would change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.models import GradeObjection, GradeProposal
from inspections.rules import grades as rules
from inspections.services import grade_factors
from inspections.services.grades import in_force, points_words, scored
from portal.access import Actor
from portal.errors import NotFound
from portal.navigation import Effect, Waiting
from portal.templatetags.ui import day_words

NAMED = 12
MOST = 30


def waiting(actor: Actor, on: date | None = None) -> list[Waiting]:
    """For who confirms one line about the proposals, and each objection that has no answer."""
    if actor.user is None or not actor.may("grade.confirm"):
        return []
    slug = actor.district.slug
    found = []
    count = GradeProposal.objects.allowed(actor, "grade.confirm").waiting().count()
    if count:
        words = ngettext("%(n)d 家机构的风险等级等你定", "%(n)d 家机构的风险等级等你定", count)
        found.append(
            Waiting(
                title=words % {"n": count},
                facts=_("系统按记录提出建议，确认以后才生效"),
                url=reverse("grades", args=[slug]),
                verb=_("看建议"),
                state="warn",
                order=55,
            )
        )
    rows = GradeObjection.objects.allowed(actor, "grade.answer").filter(state="open")
    for row in rows.select_related("facility", "decision").order_by("pk")[:MOST]:
        if row.decision is None or not actor.same_person(row.decision.by):
            found.append(
                Waiting(
                    title=_("答复对风险等级的异议：%(name)s") % {"name": row.facility.name},
                    facts=_("现在是 %(grade)s") % {"grade": row.facility.grade},
                    url=reverse("facility-grade", args=[slug, row.facility_id]),
                    verb=_("答复"),
                    state="warn",
                    order=50,
                )
            )
    return found


def letters(facts: Mapping, places: Mapping[int, tuple], values: Mapping) -> dict[int, tuple]:
    return {pk: scored(facts[pk], values)[1:] for pk in places}


def effect(key: str, value, starts_on: date, actor: Actor) -> Effect | None:
    """Which facilities would be proposed another grade than with the present value, by today's records."""
    if key not in rules.PARAMETERS:
        return None
    on = timezone.localdate()
    try:
        values = {name: row.value for name, row in in_force(on).items()}
    except NotFound:
        return None
    tried = values | {key: value}
    places = {pk: (code, name) for pk, code, name in grade_factors.graded().values_list("pk", "code", "name")}
    facts = grade_factors.gathered(on, values, actor=actor)
    before = letters(facts, places, values)
    if key.startswith("grade.months_") and key != "grade.months_unvisited":
        facts = grade_factors.gathered(on, tried, actor=actor)
    after = letters(facts, places, tried)
    graver, lighter = [], []
    for pk, (total, grade) in after.items():
        step = rules.steps(before[pk][1], grade)
        if step:
            (graver if step > 0 else lighter).append((total, pk, before[pk][1], grade))
    parts = []
    for rows, state, words in (
        (graver, "bad", ngettext("%(n)d 家会建议更重的等级", "%(n)d 家会建议更重的等级", len(graver))),
        (lighter, "ok", ngettext("%(n)d 家会建议更轻的等级", "%(n)d 家会建议更轻的等级", len(lighter))),
    ):
        words %= {"n": len(rows)}
        if len(rows) > NAMED:
            words += _("，先列 %(n)d 家") % {"n": NAMED}
        lines = [
            (
                " ".join(places[pk]),
                f"{old} → {new}　{points_words(total)}",
                reverse("facility-grade", args=[actor.district.slug, pk]),
            )
            for total, pk, old, new in sorted(rows, key=lambda row: (-row[0], places[row[1]][0]))[:NAMED]
        ]
        parts.append((words, state if rows else "none", len(rows), lines))
    return Effect(
        _("改了以后建议的风险等级会怎样"),
        _("按今天的记录试算，从 %(day)s 起才算数；已经定的等级不变，等有人确认")
        % {"day": day_words(starts_on)},
        tuple(parts),
    )
