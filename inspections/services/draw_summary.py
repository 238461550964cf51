"""What the draw's pages show: the year's chain, the frozen list, the streets, the results with teams. Reads only.

A drawn visit is shown to the bureau and to its team; to the head of a unit and the auditor once the evidence is
public. What may be seen of a visit says `Inspection.objects.known_to`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from facilities.models.credit import listing
from inspections.models import Draw, DrawAddendum, DrawChain, Inspection, Inspector, TeamMember
from inspections.rules import draw as rules
from inspections.rules.states import DRAW, INSPECTION
from inspections.services import chains, draws, joint, month, pools
from portal.access import Actor
from portal.models.places import Street, Unit
from portal.templatetags.ui import day_words, month_word

KINDS = {"frozen": "doing", "witnessed": "doing", "drawn": "doing", "published": "ok", "void": "bad"}
VISIT_KINDS = {
    "due": "none",
    "under_way": "doing",
    "signed": "doing",
    "finished": "ok",
    "published": "ok",
    "cancelled": "none",
}


def chain_links(
    chain: DrawChain | None, year: int, draws_of_year: list[Draw], counts: dict, url, current: int = 0
):
    """The thirteen links for {% chain %}. A link's code is shown only when its evidence is public."""
    if chain is None:
        anchor = {
            "dot": _("锚"),
            "label": _("起点"),
            "note": _("还没有公布"),
            "code": "",
            "url": "",
            "state": "sealed",
        }
    else:
        made = timezone.localdate(chain.made_at)
        words = f"{made:%Y-%m}"
        if made.year == year:
            words = _("%(day)s公布") % {"day": day_words(made, made.replace(year=year))}
        anchor = {
            "dot": _("锚"), "label": _("起点"), "note": words,
            "code": chain.anchor[:6], "url": "", "state": "open",
        }  # fmt: skip
    links = [anchor]
    for number in range(1, 13):
        found = [draw for draw in draws_of_year if draw.month == number]
        valid = next((draw for draw in found if draw.state != "void"), None)
        link = {
            "dot": str(number), "label": _("%(month)s 月") % {"month": month_word(number)}, "note": _("未揭示"),
            "code": "", "url": "", "state": "sealed",
        }  # fmt: skip
        if valid is not None:
            link["url"] = url(valid)
            if valid.drawn_at:
                link["note"] = _("%(n)s 家") % {"n": counts.get(valid.pk, {}).get("drawn", 0)}
                link["state"] = "open"
            else:
                link["note"] = _("已冻结")
            if valid.published_at:
                link["code"] = chains.link(chain, number).hex()[:6]
        elif found:
            link |= {"state": "void", "note": _("已作废"), "url": url(found[-1])}
        if number == current and valid is not None and valid.drawn_at:
            link["state"] = "current"
        links.append(link)
    return links


@dataclass(frozen=True)
class FrozenList:
    """The frozen list in numbers."""

    objects: int
    due: int
    visited: int
    capped: list[str]
    inspectors: int
    left_out: int
    recused: int
    team_size: int
    rates: str


def frozen_list(draw: Draw, frozen: dict) -> FrozenList:
    first, last = pools.month_days(draw.year, draw.month)
    lapsed = Inspector.objects.filter(active=True).filter(
        Q(licence_from__gt=first) | Q(licence_until__lt=last)
    )
    due = sum(not item["visited"] for item in frozen["objects"])
    rates = frozen["rates_permille"]
    return FrozenList(
        objects=len(frozen["objects"]),
        due=due,
        visited=len(frozen["objects"]) - due,
        capped=frozen["capped"],
        inspectors=len(frozen["inspectors"]),
        left_out=lapsed.count(),
        recused=sum(len(row["recused"]) for row in frozen["inspectors"]),
        team_size=frozen["team_size"],
        rates="　".join(f"{grade} {rates[grade]}" for grade in "ABCD"),
    )


@dataclass(frozen=True)
class StreetRow:
    """A street's share: facilities, due ones and how many of them were drawn, visited ones and how many came again."""

    name: str
    objects: int
    due: int
    drawn_due: int
    visited: int
    again: int
    forced: bool
    drawn: int


def street_rows(frozen: dict, evidence: dict | None) -> list[StreetRow]:
    """Per street in order of the codes, streets whose facilities are all capped included with zeros."""
    names = dict(Street.objects.values_list("code", "name"))
    rows: list[StreetRow] = []
    if evidence is not None:
        for one in rules.breakdown(frozen, bytes.fromhex(evidence["seed"])):
            again = sum(one.again.values())
            rows.append(
                StreetRow(
                    names.get(one.street, one.street), one.objects, one.due, one.drawn_due,
                    sum(one.visited.values()), again, bool(one.forced), len(one.drawn),
                )
            )  # fmt: skip
    else:
        for code in sorted({item["street"] for item in frozen["objects"]}):
            here = [item for item in frozen["objects"] if item["street"] == code]
            due = sum(not item["visited"] for item in here)
            rows.append(StreetRow(names.get(code, code), len(here), due, 0, len(here) - due, 0, False, 0))
    emptied = set(
        Facility.objects.filter(code__in=frozen["capped"]).values_list("street__code", flat=True)
    ) - {item["street"] for item in frozen["objects"]}
    rows += [StreetRow(names.get(code, code), 0, 0, 0, 0, 0, False, 0) for code in sorted(emptied)]
    return rows


def totals(rows: list[StreetRow]) -> StreetRow:
    return StreetRow(
        _("全区"),
        *(
            sum(getattr(row, name) for row in rows)
            for name in ("objects", "due", "drawn_due", "visited", "again", "forced", "drawn")
        ),
    )


class Member(NamedTuple):
    """An inspector in a visit's team, or one who dropped out of it."""

    inspector_id: int
    code: str
    unit: str
    origin: str
    dropped_at: datetime | None
    dropped_reason: str

    @property
    def origin_word(self) -> str:
        return str(TeamMember.Origin(self.origin).label)


@dataclass(frozen=True)
class Row:
    """One drawn facility in drawn order with its team as it is now."""

    visit: Inspection
    ticket: str
    layer: str
    team: list[Member]
    dropped: list[Member]
    missing: int
    kind: str
    word: str
    #: departments with items that have nobody in the team
    lacking: tuple[str, ...] = ()


#: What a line says of a visit and its facility, of sixty columns.
OF_A_VISIT = (
    "number", "state", "position", "due_on", "draw", "joint", "facility__code", "facility__name", "facility__street__name",
)  # fmt: skip


def result_rows(draw: Draw, frozen: dict, evidence: dict, actor: Actor) -> list[Row]:
    """The drawn visits that the actor may know of: the bureau all of them, everybody else when they are public."""
    visits = draw.inspections.select_related("facility__street").only(*OF_A_VISIT).order_by("position")
    visits = visits.annotate(listing=listing("facility"))
    if draw.published_at is None:
        known = Inspection.objects.known_to(actor).filter(draw=draw).values("pk")
        mine = Q(pk__in=known)
        if actor.may("team.name"):  # a head has to know whom to send where nobody of the ranking is left
            mine |= Q(pk__in=month.short_teams(draw).values("pk"))
        visits = visits.filter(mine)
    if draw.state == "void":
        visits = visits.exclude(state="cancelled")
    visits = list(visits)
    teams: dict[tuple[int, bool], list[Member]] = {}  # by visit, and whether they dropped out
    members = TeamMember.objects.filter(inspection__in=visits).order_by("position")
    for pk, *facts in members.values_list(
        "inspection",
        "inspector",
        "inspector__code",
        "inspector__unit__name",
        "origin",
        "dropped_at",
        "dropped_reason",
    ):
        member = Member(*facts)
        teams.setdefault((pk, member.dropped_at is not None), []).append(member)
    seed = bytes.fromhex(evidence["seed"])
    of = {item["id"]: item for item in frozen["objects"]}
    lacking = joint.lacking(visits)
    rows = []
    for visit in visits:
        code = visit.facility.code
        item = of[code]
        team = teams.get((visit.pk, False), [])
        missing = max(0, frozen["team_size"] - len(team)) if visit.state == "due" else 0
        without = tuple(unit.name for unit in lacking.get(visit.pk, ())) if visit.state == "due" else ()
        rows.append(
            Row(
                visit=visit,
                ticket=rules.ticket(seed, "object", code)[:4].hex(),
                layer=_("已查 %(grade)s") % {"grade": item["grade"]} if item["visited"] else _("未查"),
                team=team,
                dropped=teams.get((visit.pk, True), []),
                missing=missing,
                kind="bad" if missing or without else VISIT_KINDS[visit.state],
                lacking=without,
                word=_("不能开检") if missing or without else _(INSPECTION.states[visit.state]),
            )
        )
    return rows


def sees_visits(draw: Draw, actor: Actor) -> bool:
    """Whether the actor sees every drawn visit of the draw: the bureau does, others when the evidence is public."""
    return draw.published_at is not None or actor.may("draw.witness")


def veiled(draw: Draw, actor: Actor) -> bool:
    """Whether the frozen list would tell the actor of somebody else's drawn visit: a visit of an earlier draw that
    is still to be made counts as visited in it, and towards the cap."""
    if actor.may("draw.witness"):
        return False
    return Inspection.objects.open().filter(draw__pk__lt=draw.pk).exists()


def addendum_words(addendum: DrawAddendum) -> str:
    """An addendum as a sentence."""
    facts = addendum.facts["content"]
    words = {"object": facts.get("object", ""), "out": facts.get("out", ""), "in": facts.get("in", "")}
    if addendum.kind == DrawAddendum.Kind.REPLACED:
        if words["in"]:
            return _("%(object)s：%(out)s 退出，按顺位由 %(in)s 递补") % words
        return _("%(object)s：%(out)s 退出，名单里没有人可以递补") % words
    if addendum.kind == DrawAddendum.Kind.NAMED:
        return _("%(object)s：单位负责人指派 %(in)s，不是抽取的") % words
    return _("%(object)s：检查销去") % words


def unit_names() -> dict[str, str]:
    return dict(Unit.objects.values_list("slug", "name"))


def state_chip(draw: Draw, counts: dict) -> tuple[str, str]:
    """Kind and words of the page's chip."""
    if draw.state == "drawn":
        words = {
            "done": counts.get("finished", 0) + counts.get("cancelled", 0),
            "all": counts.get("drawn", 0),
        }
        return "doing", _("检查进行中 %(done)s / %(all)s") % words
    return KINDS[draw.state], _(DRAW.states[draw.state])


def draws_of(year: int) -> list[Draw]:
    """All draws of a year, of all schemes, void ones too, in order of time; their evidence stays in the database."""
    rows = Draw.objects.filter(year=year).defer("evidence").select_related("scheme__plan", "chain")
    return list(rows.order_by("month", "pk"))


def months_of(scheme_key: str, year: int) -> list[Draw]:
    """Those of one scheme, without the frozen lists."""
    rows = Draw.objects.filter(year=year, chain__scheme_key=scheme_key).defer("evidence", "frozen")
    return list(rows.select_related("chain").order_by("month", "pk"))


def differences(draw: Draw) -> list[str]:
    return draws.differences(draw)
