"""The small district with a joint line in its plan: four departments have items, and in the first street the market
administration has nobody."""

from __future__ import annotations

from datetime import date

from inspections.models import Inspection, Matter, Scheme
from inspections.services import answers, confirmations, visits
from inspections.services.checklists import items_of
from portal.access import Actor
from portal.models import Membership, Unit, User
from portal.rules.rights import Role
from tests.inspections import factories, small_district
from tests.inspections.small_district import Small

DEPARTMENTS = ("education", "health", "fire", "market")


def make() -> Small:
    """Every inspector has an account."""
    it = small_district.make()
    with it.scope():
        factories.reference(it.district)
        Unit.objects.filter(slug="small-education").update(kind="education", full_name="小样区教育局")
        Matter.objects.filter(unit=None).update(unit=Unit.objects.get(slug="small-fire"))
        Scheme.objects.filter(pk=it.scheme.pk).update(
            joint=True, team_size=4, units=[f"small-{name}" for name in DEPARTMENTS],
            kinds=["integrated_kindergarten", "nursery", "inclusive_site"],
        )  # fmt: skip
        it.scheme.refresh_from_db()
        for code in ("JC001", "JC002", "JC003", "JC004", "JC005"):
            one = it.inspector(code)
            one.user = it.users[code] = User.objects.create(username=f"small-{code}", name=code, password="!")
            one.save()
            Membership.objects.create(
                user=one.user, role=Role.INSPECTOR, unit=one.unit, starts_on=date(2020, 1, 1)
            )
        for name in ("market", "fire"):
            user = it.users[name] = User.objects.create(username=f"small-{name}", name=name, password="!")
            unit = Unit.objects.get(slug=f"small-{name}")
            Membership.objects.create(user=user, role=Role.DEPARTMENT, unit=unit, starts_on=date(2020, 1, 1))
        head = it.users["market_head"] = User.objects.create(username="small-mh", name="mh", password="!")
        Membership.objects.create(
            user=head,
            role=Role.UNIT_HEAD,
            unit=Unit.objects.get(slug="small-market"),
            starts_on=date(2020, 1, 1),
        )
    return it


def named(it: Small, facility: str, *codes: str) -> Inspection:
    """A joint visit with a team of one's choice, as if the month's draw had given it."""
    visit = factories.drawn(
        it.facility(facility), [it.inspector(code) for code in codes], number=f"JC-2603-{facility[-3:]}"
    )
    Inspection.objects.filter(pk=visit.pk).update(joint=True)
    visit.refresh_from_db()
    return visit


def made(it: Small, visit: Inspection, failing: dict[str, str], on: date = factories.MARCH) -> Inspection:
    """Started, answered, signed and confirmed by two of the team; what is written down already stays."""
    first, second = (Actor.of(member.inspector.user, it.district) for member in visits.team_of(visit)[:2])
    visit = visits.start(visit, actor=first, now=factories.at(on, 9))
    there = set(visit.answers.values_list("item_id", flat=True))
    given = {
        item.pk: answers.Given("bad", failing[item.key]) if item.key in failing else answers.Given("ok")
        for item in items_of(visit)
        if item.pk not in there
    }
    answers.save_answers(visit, given, actor=first, now=factories.at(on, 10))
    visits.sign_off(visit, present="示例园长", actor=first, now=factories.at(on, 11))
    return confirmations.confirm_visit(visit, actor=second, now=factories.at(on, 12))
