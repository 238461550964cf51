"""Checklists: loading the shipped ones, publishing the next version, and which items a visit has to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import yaml
from django.db.models import Q
from django.utils.translation import gettext as _

from inspections.models import Checklist, ChecklistItem, ChecklistVersion, Inspection, InspectionChecklist
from portal.access import Actor
from portal.errors import Conflict, NotFound, Refused
from portal.models import Clause
from portal.services import audit

SHIPPED = Path(__file__).resolve().parent.parent / "reference" / "checklists.yaml"


@dataclass(frozen=True)
class Wording:
    """One item as it is to be published. `clause` is of the district's own document, else `basis` says the law."""

    key: str
    section: str
    text: str
    weight: str
    hint: str = ""
    clause: Clause | None = None
    quote: str = ""
    basis: str = ""
    weak: bool = False
    kinds: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def shipped() -> dict:
    return yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))


def _clauses(content: dict, slug: str) -> dict[str, tuple[Clause, str]]:
    """The district's citations by name: the clause row and the verbatim words."""
    wanted = content["quotes"].get(slug, {})
    if not wanted:
        return {}
    number = content["documents"][slug]
    rows = {c.label: c for c in Clause.objects.filter(document__number=number).select_related("document")}
    missing = sorted({q["clause"] for q in wanted.values()} - rows.keys())
    if missing:
        raise NotFound(
            _("检查表引用的条款没有录入：%(document)s %(clauses)s。先装载政策文件")
            % {"document": number, "clauses": "、".join(missing)},
            code="clause",
        )
    return {name: (rows[q["clause"]], q["quote"]) for name, q in wanted.items()}


def _wordings(version: dict, cited: dict[str, tuple[Clause, str]]) -> list[Wording]:
    found = []
    for item in version["items"]:
        clause, quote = cited.get(item.get("cite", ""), (None, ""))
        found.append(
            Wording(
                key=item["key"],
                section=item["section"],
                text=item["text"],
                weight=item["weight"],
                hint=item.get("hint", ""),
                clause=clause,
                quote=quote,
                basis="" if clause else item["basis"],
                weak=clause is None,
                kinds=tuple(item.get("kinds", ())),
            )
        )
    return found


def _write_items(version: ChecklistVersion, items: Sequence[Wording]) -> None:
    ChecklistItem.objects.bulk_create(
        ChecklistItem(
            version=version,
            number=number,
            key=item.key,
            section=item.section,
            text=item.text,
            clause=item.clause,
            quote=item.quote,
            basis=item.basis,
            weak=item.weak,
            weight=item.weight,
            kinds=list(item.kinds),
            hint=item.hint,
        )
        for number, item in enumerate(items, start=1)
    )


def _same(version: ChecklistVersion, items: Sequence[Wording]) -> bool:
    stored = [
        Wording(
            i.key, i.section, i.text, i.weight, i.hint, i.clause, i.quote, i.basis, i.weak, tuple(i.kinds)
        )
        for i in version.items.select_related("clause").order_by("number")
    ]
    return stored == list(items)


def is_used(version: ChecklistVersion) -> bool:
    """Whether a visit was started with this version; from then on its wording stands."""
    return InspectionChecklist.objects.filter(version=version).exists()


def load_checklists(district, *, actor: Actor | None = None) -> None:
    """Loads the shipped lists into the open district, again and again without harm.

    A shipped version that the district does not have is published; one that it has and nobody used yet is
    brought up to date; a used one is left as it is. NotFound when a cited clause is not in the database.
    """
    actor = actor or Actor.system(district, "load_checklists")
    content = shipped()
    cited = _clauses(content, district.slug)
    for position, one in enumerate(content["checklists"], start=1):
        checklist, _made = Checklist.objects.get_or_create(
            key=one["key"], defaults={"name": one["name"], "kinds": one["kinds"], "position": position}
        )
        versions = {v.number: v for v in checklist.versions.all()}
        for wanted in one["versions"]:
            items = _wordings(wanted, cited)
            stored = versions.get(wanted["number"])
            if stored is None:
                publish_version(checklist, items=items, starts_on=wanted["starts_on"], actor=actor)
            elif not is_used(stored) and not _same(stored, items):
                stored.items.all().delete()
                _write_items(stored, items)
                audit.record(
                    "inspections.checklist.reload", stored, actor=actor, changes={"items": len(items)}
                )


def publish_version(
    checklist: Checklist, *, items: Sequence[Wording], starts_on: date, actor: Actor
) -> ChecklistVersion:
    """The next version of a checklist, in force from `starts_on`; the one before ends the day before."""
    actor.demand("plan.manage")
    checklist = Checklist.objects.select_for_update().get(pk=checklist.pk)
    last = checklist.versions.order_by("-number").first()
    if not items:
        raise Refused(_("检查项：至少要有一项"), field="items")
    repeated = {item.key for item in items if [i.key for i in items].count(item.key) > 1}
    if repeated:
        raise Refused(
            _("检查项：编号 %(keys)s 出现两次") % {"keys": "、".join(sorted(repeated))}, field="items"
        )
    if last and starts_on <= last.starts_on:
        raise Conflict(
            _("起用日期：要晚于上一版的 %(day)s") % {"day": last.starts_on.isoformat()}, field="starts_on"
        )
    if last:
        last.ends_on = starts_on - timedelta(days=1)
        last.save(update_fields=["ends_on"])
    version = ChecklistVersion.objects.create(
        checklist=checklist,
        number=last.number + 1 if last else 1,
        starts_on=starts_on,
        published_on=starts_on,
    )
    _write_items(version, items)
    audit.record(
        "inspections.checklist.publish",
        checklist,
        actor=actor,
        changes={"version": version.number, "items": len(items), "starts_on": starts_on.isoformat()},
    )
    return version


def versions_for(kind: str, on: date) -> list[ChecklistVersion]:
    """The versions in force on the day of the lists that fit a kind of facility, in order."""
    return list(
        ChecklistVersion.objects.current(on)
        .filter(checklist__kinds__contains=[kind])
        .select_related("checklist")
        .order_by("checklist__position", "checklist__key")
    )


def items_of(inspection: Inspection):
    """The items that a started visit has to answer, in order; what does not apply to the facility's kind is left out."""
    kind = inspection.facility.kind
    return (
        ChecklistItem.objects.filter(
            Q(kinds=[]) | Q(kinds__contains=[kind]),
            version__in=InspectionChecklist.objects.filter(inspection=inspection).values("version"),
        )
        .select_related("clause__document", "version__checklist")
        .order_by("version__checklist__position", "version__checklist__key", "number")
    )
