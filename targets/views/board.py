"""All figures of a snapshot as the list of targets shows them, in a handful of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import IntegerField, QuerySet, Value
from django.db.models.functions import ExtractMonth

from portal.models.places import Street
from targets.metrics.base import Period
from targets.metrics.registry import METRICS, OWN
from targets.models.targets import Snapshot, SnapshotValue, Target
from targets.rules import attestations as proofs
from targets.services import attestations, promises, snapshots
from targets.views.shown import FIGURE, Shown


@dataclass
class Board:
    """All that the list of targets of a snapshot shows; a handful of queries."""

    snapshot: Snapshot | None
    rows: list[Shown]
    streets: list[Street]

    @property
    def plans_over(self) -> list:
        seen = {}
        for row in self.rows:
            if row.over:
                seen[row.target.document_id] = row.target.document
        return list(seen.values())


def board(
    snapshot: Snapshot | None,
    district_slug: str,
    *,
    on: date,
    street_values: bool = True,
    only=None,
    metric=None,
    veiled: frozenset[str] = frozenset(),
    streets: QuerySet | None = None,
) -> Board:
    """The targets in force with their figures in the snapshot (None: none was taken yet).

    `veiled`: metrics of which no street's figure is shown.
    `streets`: them, with what else a page asks about them.
    `only`: one target's id; `metric`: one figure of the product.
    """
    period = snapshots.period_of_snapshot(snapshot) if snapshot else Period.month(on.year, on.month, on)
    targets = [] if metric else promises.targets_in_force(period.as_of, only=only)
    streets = list(Street.objects.all() if streets is None else streets)
    values = SnapshotValue.objects.filter(snapshot=snapshot) if snapshot else SnapshotValue.objects.none()
    if only is not None:
        values = values.filter(target=only)
    if metric:
        values = values.filter(metric=metric, target=None)
    if not street_values:
        values = values.filter(street=None)
    if veiled:
        values = values.exclude(metric__in=veiled, street__isnull=False)
    whole, by_street = {}, {}
    paths: dict[tuple, list[Decimal | None]] = {}
    # the figures of the snapshot, and those of the district at the end of each month: one query
    found = values.annotate(of_month=Value(None, IntegerField())).values_list(*FIGURE, "of_month", named=True)
    if snapshot:
        found = found.union(months(period, only=only, metric=metric), all=True)
    for value in found:
        key = (value.metric, value.target_id)
        if value.of_month is not None:
            paths.setdefault(key, [None] * period.as_of.month)[value.of_month - 1] = value.value
        elif value.street_id is None:
            whole[key] = value
        else:
            by_street.setdefault(key, {})[value.street_id] = value
    unknown = snapshot.unknown if snapshot else {}

    def shown(target: Target | None, key: str) -> Shown:
        proved = attestations.standing(target, period.as_of) if target else (proofs.MISSING, None)
        found = by_street.get((key, target.pk if target else None), {})
        return Shown(
            target, METRICS.get(key), whole.get((key, target.pk if target else None)), period, district_slug,
            [(s, found[s.pk]) for s in streets if s.pk in found],
            paths.get((key, target.pk if target else None), []), unknown.get(key, ""), snapshot,
            streets, key in veiled, *proved,
        )  # fmt: skip

    rows = [shown(t, t.metric if t.proof == Target.Proof.COUNTED else "") for t in targets]
    if only is None:
        alone = [key for key, target_id in whole if target_id is None]
        asked = {row.metric.key for row in rows if row.metric}
        # the district's part of the city's targets stands on the city's page, and here when it is asked for
        rows += [shown(None, key) for key in alone if key == metric or (key in OWN and key not in asked)]
    return Board(snapshot, rows, streets)


def months(period: Period, *, only=None, metric=None) -> QuerySet:
    """The district's figures at the end of each month of the year so far, of each month's newest snapshot."""
    newest = Snapshot.objects.filter(
        period="month", starts_on__year=period.as_of.year, starts_on__lte=period.as_of
    ).order_by("starts_on", *snapshots.NEWEST)
    rows = SnapshotValue.objects.filter(street=None, snapshot__in=newest.distinct("starts_on").values("pk"))
    if only is not None:
        rows = rows.filter(target=only)
    if metric:
        rows = rows.filter(metric=metric, target=None)
    return rows.annotate(of_month=ExtractMonth("snapshot__starts_on")).values_list(
        *FIGURE, "of_month", named=True
    )
