"""The stages of the demonstration. Each is one transaction that ends with its mark in the audit log: what was
killed in the middle left nothing of its stage, and the next run goes on with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict
from portal.models.places import District
from portal.models.records import AuditEntry
from portal.services import audit, statistics
from portal.tenancy import district_scope

BEGUN, DONE = "targets.demonstration.begin", "targets.demonstration.stage"
PROCESS = "demonstration"


@dataclass(frozen=True)
class Terms:
    """What decides the content: the same terms give the same content."""

    seed: str
    today: date
    scale: float = 1.0

    def facts(self) -> dict:
        return {"seed": self.seed, "today": self.today.isoformat(), "scale": self.scale}

    @classmethod
    def of(cls, facts: dict) -> Terms:
        return cls(facts["seed"], date.fromisoformat(facts["today"]), facts["scale"])


@dataclass(frozen=True)
class Stage:
    """`run(terms, actor)` fills in one part of the open district and may answer a few words on what it made;
    `heavy`: its queries need the planner's statistics of what came before."""

    key: str
    label: str
    run: Callable[[Terms, Actor], object]
    heavy: bool = False


def begin(district: District, terms: Terms) -> Terms:
    """The terms on which this district's demonstration was begun: these, or those of an earlier run."""
    with district_scope(district):
        actor = Actor.system(district, PROCESS)
        found = AuditEntry.objects.filter(action=BEGUN).order_by("pk").first()
        if found is not None:
            return Terms.of(found.changes)
        audit.record(BEGUN, district, actor=actor, changes=terms.facts())
    return terms


def done(district: District) -> set[str]:
    with district_scope(district):
        return set(AuditEntry.objects.filter(action=DONE).values_list("subject", flat=True))


def run(district: District, stages: list[Stage], terms: Terms, tell: Callable[[str], None]) -> int:
    """Runs the stages that are not done yet; returns how many it were."""
    finished, ran = done(district), 0
    for stage in stages:
        if stage.key in finished:
            continue
        begun = time.monotonic()
        if stage.heavy:
            statistics.refresh()
        with district_scope(district):
            actor = Actor.system(district, PROCESS)
            if AuditEntry.objects.filter(action=DONE, subject=stage.key).exists():
                raise Conflict(_("另一个进程也在填演示数据，等它做完"), code="running")
            made = stage.run(terms, actor)
            audit.record(DONE, None, actor=actor, name=stage.key)
        ran += 1
        words = f"　{made}" if isinstance(made, str) and made else ""
        tell(f"{district.name}　{stage.label}{words}　{time.monotonic() - begun:.1f} 秒")
    return ran
