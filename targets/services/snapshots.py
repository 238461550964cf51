"""Snapshots: the figures of a roll-up as they are kept, and what differs from those that were kept before."""

from __future__ import annotations

import json
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery

from targets.metrics.base import Period
from targets.models.targets import Snapshot
from targets.rules.verdicts import Judged

if TYPE_CHECKING:
    from targets.services.rollup import RollUp

NEWEST = ("-as_of", "-taken_at", "-pk")
STEP = {name: Decimal(1).scaleb(-places) for name, places in (("number", 3), ("value", 4))}


class Key(NamedTuple):
    """What a figure is of: a metric, judged by a target (None: by none), in a street (None: the district)."""

    metric: str
    target_id: int | None
    street_id: int | None


def rounded(number: Decimal | None, kind: str = "number") -> Decimal | None:
    return None if number is None else number.quantize(STEP[kind], ROUND_HALF_UP)


def written(judged: Judged) -> tuple[str, ...]:
    """The figure as it is kept and hashed."""
    numbers = (
        rounded(judged.numerator),
        rounded(judged.denominator),
        rounded(judged.value, "value"),
        rounded(judged.limit, "value"),
    )
    return (*("" if n is None else str(n) for n in numbers), judged.verdict)


def keep(snapshot: Snapshot, found: RollUp) -> None:
    """All figures by one statement."""
    rows = []
    for key, text in found.texts.items():
        due = found.on_due_day.get(key)
        numbers = (part or None for part in text[:4])
        rows.append([*key, *numbers, text[4], due and as_json(due)])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO targets_snapshotvalue (snapshot_id, metric, target_id, street_id, numerator, denominator,"
            ' value, "limit", verdict, on_due_day)'
            " SELECT %s, r->>0, (r->>1)::bigint, (r->>2)::bigint, (r->>3)::numeric, (r->>4)::numeric,"
            " (r->>5)::numeric, (r->>6)::numeric, r->>7, nullif(r->8, 'null'::jsonb)"
            " FROM jsonb_array_elements(%s::jsonb) r",
            [snapshot.pk, json.dumps(rows)],
        )


def as_json(judged: Judged) -> dict:
    numerator, denominator, value, limit, verdict = written(judged)
    return {
        "numerator": numerator or None,
        "denominator": denominator or None,
        "value": value or None,
        "limit": limit or None,
        "verdict": verdict,
    }


def differences(before: Snapshot, found: RollUp) -> list[dict]:
    """What a snapshot of the same day had otherwise: [{metric, target, street, was, now}]."""
    targets = {t.pk: t.key for t in found.targets}
    names = {s.pk: s.name for s in found.streets}
    was = {
        Key(v.metric, v.target_id, v.street_id): (v.numerator, v.denominator, v.value, v.verdict)
        for v in before.values.all()
    }
    now = {
        key: (rounded(j.numerator), rounded(j.denominator), rounded(j.value, "value"), j.verdict)
        for key, j in found.values.items()
    }
    changed = [key for key in was.keys() | now.keys() if was.get(key) != now.get(key)]

    def words(figure) -> str:
        return "—" if figure is None else " ".join("—" if p is None else str(p) for p in figure)

    return sorted(
        (
            {
                "metric": key.metric,
                "target": targets.get(key.target_id, ""),
                "street": names.get(key.street_id, ""),
                "was": words(was.get(key)),
                "now": words(now.get(key)),
            }
            for key in changed
        ),
        key=lambda d: (d["metric"], d["target"], d["street"]),
    )


def discard_interim(snapshot: Snapshot) -> None:
    """Daily states of a running period give way to the next day's, unless a report or a supervision rests on them."""
    Snapshot.objects.filter(
        period=snapshot.period,
        starts_on=snapshot.starts_on,
        ends_on=snapshot.ends_on,
        as_of__lt=snapshot.as_of,
        reports__isnull=True,
        supervisions__isnull=True,
    ).delete()


def latest(kind: str, starts_on: date) -> Snapshot | None:
    """The newest snapshot of a month, quarter or year."""
    return newest(Snapshot.objects.filter(period=kind, starts_on=starts_on))


def newest(rows) -> Snapshot | None:
    return rows.order_by(*NEWEST).first()


def latest_of(period: Period, among: QuerySet | None = None) -> Snapshot | None:
    """The newest snapshot of any period; of a day that of this very day."""
    rows = Snapshot.objects.all() if among is None else among
    rows = rows.filter(period=period.kind, starts_on=period.starts_on)
    return newest(rows.filter(ends_on=period.ends_on) if period.kind == "day" else rows)


def with_newest(rows: QuerySet) -> QuerySet:
    """Each with `newest`, the id of what `latest_of` its period gives."""
    others = Snapshot.objects.filter(period=OuterRef("period"), starts_on=OuterRef("starts_on"))
    others = others.filter(~Q(period="day") | Q(ends_on=OuterRef("ends_on")))
    return rows.annotate(newest=Subquery(others.order_by(*NEWEST).values("pk")[:1]))


def period_of_snapshot(snapshot: Snapshot) -> Period:
    return Period(snapshot.period, snapshot.starts_on, snapshot.ends_on, snapshot.as_of)


def target_that_asks(snapshot: Snapshot, metric: str) -> int | None:
    """The id of a target whose figure this is in the snapshot; None where the figure stands for itself."""
    rows = snapshot.values.filter(metric=metric, street=None).exclude(target=None)
    return rows.order_by("target").values_list("target", flat=True).first()
