"""The demonstration from its first stage to its last, district by district."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from facilities.models import Facility
from portal.access import Actor
from portal.models.places import District
from portal.services import bulk
from targets.demonstration import facilities, people, staff
from targets.demonstration.sizes import SIZES, Size
from targets.demonstration.stages import Stage, Terms, begin, run


def size_of(terms: Terms, actor: Actor) -> Size:
    return SIZES[actor.district.slug].scaled(terms.scale)


def make_people(terms: Terms, actor: Actor) -> str:
    bulk.mark_demonstration(actor.district, actor=actor)
    size = size_of(terms, actor)
    users = people.make(size, seed=terms.seed, actor=actor)
    inspectors = people.inspectors(size, today=terms.today, seed=terms.seed, actor=actor)
    return f"{len(users) + len(inspectors)} 人，其中检查人员 {len(inspectors)} 名"


def make_facilities(terms: Terms, actor: Actor) -> str:
    size = size_of(terms, actor)
    made = facilities.make(size, today=terms.today, seed=terms.seed, actor=actor)
    facilities.populations(size, today=terms.today, seed=terms.seed, actor=actor)
    return f"{len(made)} 家"


def make_staff(terms: Terms, actor: Actor) -> str:
    size = size_of(terms, actor)
    made = list(Facility.objects.order_by("code"))
    count = staff.make(size, made, today=terms.today, seed=terms.seed, actor=actor)
    facilities.moved(size, today=terms.today, seed=terms.seed, actor=actor)
    return f"{count} 人"


STAGES = [
    Stage("people", "账号与检查人员", make_people),
    Stage("facilities", "机构与人口", make_facilities),
    Stage("staff", "从业人员与证书、培训、查询", make_staff),
]


def make(districts: Iterable[District], terms: Terms, tell: Callable[[str], None]) -> int:
    """Runs what is left to do; returns how many stages it were."""
    return sum(run(district, STAGES, begin(district, terms), tell) for district in districts)
