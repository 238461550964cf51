"""A year's support by street and subsidy: what was claimed, approved, paid and taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, DecimalField, Q, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Denied
from portal.rules.rights import Reach
from portal.services import messages
from targets.models.subsidies import SubsidyClaim
from targets.rules.subsidies import GRANTED

#: Claims that were handed in and not taken back by the facility.
HANDED_IN = ("submitted", "returned", "checked", "refused", *GRANTED)
ZERO = Decimal("0.00")
#: The kind of the unit that pays.
FINANCE = "finance"


@dataclass
class Line:
    """`claims` and `claimed` of what was handed in; the rest of it what the district said yes to."""

    name: str
    rule: int = 0
    claims: int = 0
    claimed: Decimal = ZERO
    granted: int = 0
    approved: Decimal = ZERO
    paid: Decimal = ZERO
    recovered: Decimal = ZERO
    url: str = ""

    @property
    def net(self) -> Decimal:
        return self.paid - self.recovered

    def add(self, other: Line) -> None:
        for name in ("claims", "claimed", "granted", "approved", "paid", "recovered"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class StreetLine(Line):
    pk: int = 0
    lines: list[Line] = field(default_factory=list)


@dataclass
class Table:
    streets: list[StreetLine]
    total: Line


def total(name: str, condition: Q | None = None) -> Coalesce:
    money = DecimalField(max_digits=14, decimal_places=2)
    return Coalesce(Sum(name, filter=condition), Value(ZERO), output_field=money)


def of_finance(actor: Actor) -> bool:
    """Of the unit that pays: the finance bureau, as the plans' units say which it is."""
    return Reach.UNIT in actor.reaches("subsidy_sums.view") and any(
        one.unit_id and one.unit.kind == FINANCE for one in actor.memberships
    )


def may_pay(actor: Actor) -> bool:
    """The same for the navigation of every page: told for some minutes after a change of the person's units."""
    return Reach.UNIT in actor.reaches("subsidy_sums.view") and FINANCE in messages.unit_kinds(actor)


def summed(actor: Actor):
    """The claims whose sums the person sees: the finance bureau the district's, without a right to any one of them."""
    rows = SubsidyClaim.objects
    return rows.all() if of_finance(actor) else rows.allowed(actor, "subsidy_sums.view")


def demand(actor: Actor) -> None:
    """Denied for who sees no sums: of the departments all but the finance bureau."""
    actor.demand("subsidy_sums.view")
    if actor.reaches("subsidy_sums.view") == {Reach.UNIT} and not of_finance(actor):
        raise Denied(_("补贴的合计，各部门里只有财政局看。要看的，请区教育局提供"))


def table(actor: Actor, year: int) -> Table:
    """Streets with claims whose sums the person sees, each with a line for each subsidy; one query."""
    yes = Q(state__in=GRANTED)
    rows = (
        summed(actor)
        .filter(starts_on__year=year, state__in=HANDED_IN)
        .order_by("facility__street__code", "rule__kind", "rule__name")
        .values("facility__street", "facility__street__name", "rule", "rule__name")
        .annotate(
            claims=Count("pk"), claimed=total("amount"), granted=Count("pk", filter=yes),
            approved=total("amount", yes), sum_paid=total("paid"), sum_recovered=total("recovered"),
        )
    )  # fmt: skip
    streets: dict[int, StreetLine] = {}
    whole = Line("")
    for row in rows:
        line = Line(
            row["rule__name"], row["rule"], row["claims"], row["claimed"], row["granted"], row["approved"],
            row["sum_paid"], row["sum_recovered"],
        )  # fmt: skip
        pk = row["facility__street"]
        street = streets.setdefault(pk, StreetLine(row["facility__street__name"], pk=pk))
        street.lines.append(line)
        street.add(line)
        whole.add(line)
    return Table(list(streets.values()), whole)


def years(actor: Actor) -> set[int]:
    """The years that have claims."""
    found = summed(actor).order_by()
    return {day.year for day in found.dates("starts_on", "year")}
