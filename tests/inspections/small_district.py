"""A district so small that one can work its draw out by hand, and the people who draw in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256

from django.utils import timezone

from facilities.models import Facility
from inspections.models import (
    Draw,
    Inspection,
    InspectionPlan,
    Inspector,
    InspectorStreet,
    Interest,
    Scheme,
    TeamMember,
)
from inspections.services import draw_entropy, draws, freezing, plans
from portal.access import Actor
from portal.models import District, Membership, Street, Unit, User
from portal.rules.rights import Role
from portal.tenancy import district_scope

CODE = 310199
SLUG = "small"
YEAR = 2026
DICE = "5 2 6 1 3 3 4 6 2 5 1 1 2 6 4 3 5 5 2 1"
#: Another throw for each month, or after a void one.
THROWS = [" ".join(str(b % 6 + 1) for b in sha256(bytes([m])).digest()[:20]) for m in range(40)]
FACILITIES = (
    # code, street, grade, kind
    ("SM0001", "310199001", "A", "nursery"),
    ("SM0002", "310199001", "", "nursery"),
    ("SM0003", "310199001", "D", "integrated_kindergarten"),
    ("SM0004", "310199002", "B", "baby_house"),
    ("SM0005", "310199002", "C", "inclusive_site"),
    ("SM0006", "310199003", "B", "nursery"),
)
INSPECTORS = (
    # code, unit, streets
    ("JC001", "small-education", ("310199001", "310199002", "310199003")),
    ("JC002", "small-health", ("310199001", "310199002")),
    ("JC003", "small-fire", ("310199001", "310199002", "310199003")),
    ("JC004", "small-health", ("310199001", "310199003")),
    ("JC005", "small-market", ("310199002", "310199003")),
)


def moment(day: date, hour: int = 10, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour, minute))


@dataclass
class Small:
    """The district; rows are read and written inside `with it.scope()`."""

    district: District
    scheme: Scheme
    users: dict[str, User] = field(default_factory=dict)

    def scope(self):
        return district_scope(self.district)

    def actor(self, name: str = "") -> Actor:
        if not name:
            return Actor.system(self.district, "test")
        return Actor.of(self.users[name], self.district)

    def facility(self, code: str) -> Facility:
        return Facility.objects.get(code=code)

    def inspector(self, code: str) -> Inspector:
        return Inspector.objects.get(code=code)

    # --- A month, by its services

    def freeze(self, month: int = 3, year: int = YEAR, **options) -> Draw:
        first = date(year, month, 1)
        day = date.fromordinal(first.toordinal() - 10)
        return freezing.freeze(self.scheme, year, month, actor=self.actor(), at=moment(day, 16), **options)

    def enter(self, draw: Draw, value: str = "", by: str = "bureau", **options) -> Draw:
        options.setdefault("source", "witness")
        options.setdefault("at", moment(date(draw.year, draw.month, 2), 9, 58))
        value = value or THROWS[draw.month]
        return draw_entropy.enter_witness(draw, value=value, actor=self.actor(by), **options)

    def draw(self, month: int = 3, value: str = "", year: int = YEAR) -> Draw:
        """Frozen, witnessed by the bureau and confirmed by the head of a unit."""
        draw = self.enter(self.freeze(month, year), value)
        at = moment(date(draw.year, draw.month, 2), 10, 3)
        return draws.confirm_and_draw(draw, actor=self.actor("head"), at=at)

    def finish(self, visit: Inspection, day: date) -> Inspection:
        """As if the visit had been made on the day: what pools look at, without answers."""
        visit.state, visit.finished_on, visit.finished_at = "finished", day, moment(day, 15)
        visit.started_at = moment(day, 14)
        visit.save()
        return visit

    def finish_all(self, draw: Draw, day: date | None = None) -> None:
        for visit in draw.inspections.filter(state="due"):
            self.finish(visit, day or date(draw.year, draw.month, 20))

    def past_visit(self, code: str, day: date, *team: str, **values) -> Inspection:
        """A finished visit of a facility, drawn or not, with its team."""
        defaults = {
            "number": f"T-{Inspection.objects.count() + 1:04d}",
            "kind": "unscheduled",
            "reason_kind": "complaint",
            "month": day.replace(day=1),
            "due_on": day,
            "state": "finished",
            "finished_on": day,
            "finished_at": moment(day),
        }
        visit = Inspection.objects.create(facility=self.facility(code), **(defaults | values))
        for position, name in enumerate(team, 1):
            TeamMember.objects.create(
                inspection=visit, inspector=self.inspector(name), origin="drawn", position=position
            )
        return visit

    def interest(
        self, inspector: str, facility: str, starts: date, ends: date | None = None, kind="declared"
    ):
        return Interest.objects.create(
            inspector=self.inspector(inspector),
            facility=self.facility(facility),
            kind=kind,
            starts_on=starts,
            ends_on=ends,
        )


def make(**scheme_values) -> Small:
    """Builds the district; needs no open scope. `scheme_values` change the scheme."""
    district = District.objects.create(pk=CODE, slug=SLUG, name="小样区", prefix="SM")
    with district_scope(district):
        streets = {
            code: Street.objects.create(code=code, name=name, kind="town")
            for code, name in (("310199001", "甲镇"), ("310199002", "乙镇"), ("310199003", "丙镇"))
        }
        units = {
            slug: Unit.objects.create(slug=slug, name=name, kind="department")
            for slug, name in (
                ("small-education", "区教育局"),
                ("small-health", "区卫健委"),
                ("small-fire", "区消防"),
                ("small-market", "区市场监管局"),
            )
        }
        for code, street, grade, kind in FACILITIES:
            Facility.objects.create(
                code=code,
                name=f"示例{code}",
                kind=kind,
                state="operating",
                ownership="for_profit",
                street=streets[street],
                address="示例路 1 号",
                places=60,
                grade=grade,
                opened_on=date(2021, 3, 1),
            )
        for code, unit, serves in INSPECTORS:
            inspector = Inspector.objects.create(
                code=code,
                name=f"示例{code}",
                unit=units[unit],
                licence_number=f"31-{code}",
                licence_from=date(2020, 1, 1),
                licence_until=date(2030, 12, 31),
            )
            InspectorStreet.objects.bulk_create(
                InspectorStreet(inspector=inspector, street=streets[street]) for street in serves
            )
        plan = InspectionPlan.objects.create(
            year=YEAR, title="2026 年度双随机检查计划", state="published", published_on=date(2025, 11, 30)
        )
        values = {
            "key": "safety-health",
            "name": "每月街镇双随机",
            "subject": "安全防控、卫生保健等项目",
            "kinds": ["integrated_kindergarten", "nursery", "inclusive_site", "baby_house"],
            "rates_permille": {"A": 50, "B": 100, "C": 200, "D": 500},
            "cap": 12,
        }
        scheme = Scheme.objects.create(plan=plan, **(values | scheme_values))
        users = {}
        for name, role, unit in (
            ("bureau", Role.BUREAU, "small-education"),
            ("clerk", Role.BUREAU, "small-education"),
            ("head", Role.UNIT_HEAD, "small-education"),
            ("fire_head", Role.UNIT_HEAD, "small-fire"),
            ("auditor", Role.AUDITOR, None),
            ("operator", Role.OPERATOR, None),
        ):
            users[name] = User.objects.create(username=f"small-{name}", name=f"小样{name}", password="!")
            Membership.objects.create(
                user=users[name], role=role, unit=units.get(unit), starts_on=date(2020, 1, 1)
            )
        it = Small(district, scheme, users)
        it.scheme = plans.confirm_publicity(scheme, actor=it.actor())
    return it
