"""The facts behind risk grades: one set-based query per factor, for all facilities at once.

What a facility objects to counts only once it is decided: findings of a visit whose result is not final are left out.
What comes unannounced stays so: the time since the last visit looks at drawn visits only when the evidence of their month
is public, and at the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import Case, Count, F, Max, Q, QuerySet, Value, When
from django.utils import timezone

from facilities.models import Facility
from inspections.models import Complaint, Finding, Incident, Inspection, Order
from inspections.rules import grades as rules
from inspections.rules.visits import repeats_since
from inspections.rules.voices import TRUE
from portal.access import Actor
from portal.clocks.board import Board, Wanted
from portal.rules.clocks import OVER, months_after

#: What counts as an expired paper, of the board of clocks.
PAPERS = ("insurance", "policy", "permit", "lease", "certificate", "health-check", "record-check")
#: A result that the facility can no longer object to.
FINAL = ("final", "changing")
#: From when on a facility counts as not visited that nobody visited and whose opening is not known.
UNKNOWN = date(2000, 1, 1)


@dataclass
class Counted:
    """A factor of one facility: how many, and the rows behind, the latest first."""

    number: int = 0
    rows: list[dict] = field(default_factory=list)

    def add(self, page: str, pk: int | None, words: str, day: date | None, kind: str = "") -> None:
        self.number += 1
        if len(self.rows) < rules.ROWS_KEPT:
            row = {"page": page, "id": pk, "words": words, "day": day.isoformat() if day else ""}
            self.rows.append(row | ({"kind": kind} if kind else {}))


#: {facility's id: {factor: Counted}}
Facts = dict[int, dict[str, Counted]]


def graded() -> QuerySet:
    """The facilities that get a grade: operating, and of a kind that is inspected."""
    return Facility.objects.operating().exclude(kind=Facility.Kind.GUIDANCE_POINT)


def begin(on: date, months) -> date:
    """The first day of a window that ends with `on`."""
    return months_after(on, -min(int(months), 1200))


def gathered(on: date, values: Mapping, *, actor: Actor, facility: Facility | None = None) -> Facts:
    """All factors of all facilities, or of one, on a day. `values`: the parameters by key."""
    found: Facts = defaultdict(lambda: defaultdict(Counted))
    only = {} if facility is None else {"facility": facility.pk}
    visits, voices = (begin(on, values[f"grade.months_{name}"]) for name in ("visits", "voices"))
    of_findings(found, visits, on, only)
    of_themes(found, visits, on, only)
    of_orders(found, visits, on, only)
    of_voices(found, voices, on, only)
    of_papers(found, on, actor, facility)
    of_last_visits(found, on, only)
    return found


def standing() -> Q:
    """Findings that nobody withdrew, of visits whose result is final."""
    return ~Q(state="withdrawn") & Q(inspection__review__state__in=FINAL)


def of_findings(found: Facts, since: date, on: date, only: dict) -> None:
    """Veto items, and items that failed before."""
    again = Q(repeat_of__isnull=False) & ~Q(repeat_of__state="withdrawn")
    rows = (
        Finding.objects.filter(standing(), Q(weight="veto") | again, **only)
        .filter(inspection__finished_on__gt=since, inspection__finished_on__lte=on)
        .annotate(again=Case(When(again, then=Value(True)), default=Value(False)))
        .order_by("-inspection__finished_on", "-pk")
    )
    for place, weight, repeated, review, text, day in rows.values_list(
        "facility", "weight", "again", "inspection__review", "item__text", "inspection__finished_on"
    ):
        if weight == "veto":
            found[place]["veto"].add("result", review, text, day)
        if repeated:
            found[place]["repeat"].add("result", review, text, day)


def of_themes(found: Facts, since: date, on: date, only: dict) -> None:
    """Sections of which different items failed at two visits or more within two years, the last one in the window."""
    rows = (
        Finding.objects.filter(standing(), **only)
        .filter(inspection__finished_on__gte=repeats_since(on), inspection__finished_on__lte=on)
        .order_by()
        .values("facility", "item__section")
        .annotate(
            visits=Count("inspection", distinct=True),
            items=Count("item_key", distinct=True),
            last=Max("inspection__finished_on"),
        )
        .filter(visits__gt=1, items__gt=1, last__gt=since)
        .order_by("facility_id", "-last", "item__section")
    )
    for row in rows:
        found[row["facility"]]["theme"].add("", None, row["item__section"], row["last"])


def of_orders(found: Facts, since: date, on: date, only: dict) -> None:
    """Orders that were answered late, or are late now. A deadline that was moved counts as moved."""
    late = Q(answered_on__isnull=True, due_on__lt=on) & ~Q(state="closed") | Q(answered_on__gt=F("due_on"))
    rows = Order.objects.filter(late, due_on__gt=since, due_on__lte=on, **only).exclude(state="withdrawn")
    for place, pk, number, day in rows.order_by("-due_on", "-pk").values_list(
        "facility", "pk", "number", "due_on"
    ):
        found[place]["overdue"].add("order", pk, number, day)


def of_voices(found: Facts, since: date, on: date, only: dict) -> None:
    """Complaints in which something was true, and incidents: by number, never by what was said."""
    complaints = Complaint.objects.filter(
        state="answered", outcome__in=TRUE, answered_on__gt=since, answered_on__lte=on, facility__isnull=False
    ).filter(**only)
    for place, pk, number, day in complaints.order_by("-answered_on", "-pk").values_list(
        "facility", "pk", "number", "answered_on"
    ):
        found[place]["complaint"].add("complaint", pk, number, day)
    incidents = Incident.objects.filter(happened_on__gt=since, happened_on__lte=on, **only)
    for place, pk, number, day in incidents.order_by("-happened_on", "-pk").values_list(
        "facility", "pk", "number", "happened_on"
    ):
        found[place]["incident"].add("incident", pk, number, day)


def of_papers(found: Facts, on: date, actor: Actor, facility: Facility | None) -> None:
    """What has ended by the board of clocks; a person's paper without the name."""
    board = Board(Actor.system(actor.district, "grades"), on)
    branches, params = [], []
    for clock, part in board.parts(Wanted(clocks=PAPERS, facility=facility.code if facility else "")):
        months = board.months(clock)
        board.within(part, [OVER], months)
        due = f"(r.c_base + make_interval(months => {months}))::date" if months else "r.c_base"
        branches.append(f"SELECT r.c_facility, '{clock.key}', r.c_what, {due}, r.c_page {part.sql()}")
        params += part.values()
    if not branches:
        return
    pages = {clock.key: clock.page for clock in board.clocks}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(branches) + " ORDER BY 1, 4 DESC, 2, 5", params)
        for place, key, what, due, page in cursor:
            found[place]["expired"].add(pages[key], page, what, due, key)


def of_last_visits(found: Facts, on: date, only: dict) -> None:
    """Whole months since the last visit that may be told; since the opening where there was none."""
    public = Q(kind=Inspection.Kind.UNSCHEDULED) | Q(draw__published_at__lt=end_of(on))
    rows = (
        Inspection.objects.finished()
        .filter(public, finished_on__lte=on, **only)
        .order_by("facility_id", "-finished_on", "-pk")
        .distinct("facility_id")
    )
    last = {
        place: (review, day) for place, review, day in rows.values_list("facility", "review", "finished_on")
    }
    places = graded().filter(**({"pk": only["facility"]} if only else {}))
    for place, opened in places.values_list("pk", "opened_on"):
        review, day = last.get(place, (None, None))
        since = day or opened
        counted = found[place]["unvisited"]
        counted.add("result" if review else "", review, "" if day else "never", day or opened)
        counted.number = rules.months_since(since, on) if since else rules.months_since(UNKNOWN, on)


def end_of(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on + timedelta(1), time()))
