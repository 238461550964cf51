"""Proofs of targets that no record counts: most confirmed, one waiting, one sent back, one that ends within the month."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.files.base import ContentFile

from portal.access import Actor
from portal.models.people import User
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew
from targets.demonstration.emergency import page
from targets.demonstration.stages import Terms
from targets.models import Attestation, Target
from targets.services import attestations, promises

#: Of each district (and of the city) so many are proved; the next one waits, the one after was sent back, all others
#: lack a proof.
PROVED, PROVED_OF_CITY = 7, 3


def make(terms: Terms, crew: Crew) -> str:
    return prove(terms.today, crew.bureau, crew.head, PROVED)


def of_the_city(terms: Terms, city: Actor) -> str:
    """The city's own targets, by its two people."""
    first, second = (
        Actor.of(User.objects.get(username=name), city.district) for name in ("sh-city", "sh-city2")
    )
    return prove(terms.today, first, second, PROVED_OF_CITY)


def prove(today: date, giver: Actor, second: Actor, proved: int) -> str:
    targets = [
        one
        for one in promises.targets_in_force(today)
        if one.proof == Target.Proof.ATTESTED and one.document.key != "own"
    ]
    scan = page("示例证明材料", "示例材料：写明做法和结果，附名单和记录。").read()
    for number, target in enumerate(targets[: proved + 2]):
        day = today - timedelta(200 if number < proved else 4)
        made = given(target, number, scan, giver, today, day)
        later = at(made.given_at.date() + timedelta(2), 10)
        if number < proved:
            attestations.confirm(made, version=made.version, actor=second, now=later)
        elif number > proved:
            attestations.send_back(
                made, note="附件没有盖章，换盖章的扫描件", version=made.version, actor=second
            )
    return f"{min(len(targets), proved + 2)} 份"


def given(target: Target, number: int, scan: bytes, giver: Actor, today: date, day: date) -> Attestation:
    return attestations.give(
        target,
        actor=giver,
        files=[ContentFile(scan, name=f"示例证明材料 {number + 1}.pdf")],
        now=at(day, 15),
        title=f"示例：{str(target)[:40]}的证明材料",
        number=f"示例〔{day.year}〕{number + 1}号",
        issuer="示例单位",
        issued_on=day,
        text="示例材料第一部分写明了做法和结果，附件是名单和记录",
        achieved=promises.promise_of(target).value,
        starts_on=day,
        valid_until=today + timedelta(20) if number == 0 else date(today.year + 1, 6, 30),
    )
