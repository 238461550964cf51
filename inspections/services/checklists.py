"""Checklists: loading the shipped ones, publishing the next version, and which items a visit has to answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import yaml
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _

from inspections.models import (
    Answer,
    Checklist,
    ChecklistItem,
    ChecklistVersion,
    Inspection,
    InspectionChecklist,
    Matter,
    VisitItem,
)
from inspections.services import matters
from portal.access import Actor
from portal.errors import Conflict, NotFound, Refused
from portal.models import Clause
from portal.services import audit, publicity

SHIPPED = Path(__file__).resolve().parent.parent / "reference" / "checklists.yaml"


@dataclass(frozen=True)
class Wording:
    """One item as it is to be published. `clause` is of the district's own document, else `basis` says the law."""

    key: str
    section: str
    text: str
    weight: str
    hint: str = ""
    matter: Matter | None = None
    clause: Clause | None = None
    quote: str = ""
    basis: str = ""
    weak: bool = False
    kinds: tuple[str, ...] = ()
    short: bool = False


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


def _wordings(
    checklist: str, version: dict, cited: dict[str, tuple[Clause, str]], found_matters: dict[str, Matter]
) -> list[Wording]:
    found = []
    sections = matters.shipped()["sections"][checklist]
    for item in version["items"]:
        clause, quote = cited.get(item.get("cite", ""), (None, ""))
        found.append(
            Wording(
                key=item["key"],
                section=item["section"],
                text=item["text"],
                weight=item["weight"],
                hint=item.get("hint", ""),
                matter=found_matters[sections[item["section"]]],
                clause=clause,
                quote=quote,
                basis="" if clause else item["basis"],
                weak=clause is None,
                kinds=tuple(item.get("kinds", ())),
                short=item.get("short", False),
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
            matter=item.matter,
            clause=item.clause,
            quote=item.quote,
            basis=item.basis,
            weak=item.weak,
            weight=item.weight,
            kinds=list(item.kinds),
            hint=item.hint,
            short=item.short,
        )
        for number, item in enumerate(items, start=1)
    )


def _same(version: ChecklistVersion, items: Sequence[Wording]) -> bool:
    stored = [
        Wording(
            i.key,
            i.section,
            i.text,
            i.weight,
            i.hint,
            i.matter,
            i.clause,
            i.quote,
            i.basis,
            i.weak,
            tuple(i.kinds),
            i.short,
        )
        for i in version.items.select_related("clause", "matter").order_by("number")
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
    found_matters = matters.load_matters(district, actor=actor)
    for position, one in enumerate(content["checklists"], start=1):
        checklist, _made = Checklist.objects.get_or_create(
            key=one["key"], defaults={"name": one["name"], "kinds": one["kinds"], "position": position}
        )
        versions = {v.number: v for v in checklist.versions.all()}
        for wanted in one["versions"]:
            items = _wordings(one["key"], wanted, cited, found_matters)
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
    return put_in_force(checklist, items=items, starts_on=starts_on, actor=actor)


def put_in_force(
    checklist: Checklist, *, items: Sequence[Wording], starts_on: date, actor: Actor
) -> ChecklistVersion:
    """As `publish_version`, for a caller that has asked for the right: a draft is published by somebody else."""
    checklist = Checklist.objects.select_for_update().get(pk=checklist.pk)
    last = checklist.versions.order_by("-number").first()
    if not items:
        raise Refused(_("检查项：至少要有一项"), field="items")
    repeated = {item.key for item in items if [i.key for i in items].count(item.key) > 1}
    if repeated:
        raise Refused(
            _("检查项：编号 %(keys)s 出现两次") % {"keys": "、".join(sorted(repeated))}, field="items"
        )
    unlisted = sorted({item.section for item in items if item.matter is None})
    if unlisted:
        raise Refused(
            _("检查项：“%(sections)s”没有归到抽查事项。没有公布的事项不能检查")
            % {"sections": _("、").join(unlisted)},
            field="items",
            code="matter",
        )
    texts = (text for one in items for text in (one.section, one.text, one.basis, one.hint, one.quote))
    publicity.demand_none(texts, _("先改这一项"))
    matters.demand_published({item.matter for item in items}, starts_on)
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


def versions_for(kind: str, on: date, keys: Sequence[str] = ()) -> list[ChecklistVersion]:
    """The versions in force on the day of the lists that fit a kind of facility, in order; `keys`: of these lists
    only, as a scheme of the plan names them."""
    rows = ChecklistVersion.objects.current(on).filter(checklist__kinds__contains=[kind])
    if keys:
        rows = rows.filter(checklist__key__in=keys)
    return list(rows.select_related("checklist").order_by("checklist__position", "checklist__key"))


def all_items_of(inspection: Inspection) -> QuerySet:
    """The items of the lists that a started visit uses, in order, each with `shown`: whether it has to be answered. What
    does not apply to the facility's kind is left out.

    Of a list that was begun as a short one the key items have to be, until one of them fails, and what was answered.
    """
    if inspection.chooses_items:  # merged and in the departments' order, as fixed at the start
        chosen = VisitItem.objects.filter(inspection=inspection, item=OuterRef("pk"))
        return (
            ChecklistItem.objects.annotate(place=Subquery(chosen.values("position")[:1]), shown=Value(True))
            .filter(place__isnull=False)
            .select_related("clause__document", "version__checklist")
            .order_by("place")
        )
    kind = inspection.facility.kind
    used = InspectionChecklist.objects.filter(inspection=inspection)
    narrow = used.filter(version=OuterRef("version"), short=True, opened_at__isnull=True)
    answered = Answer.objects.filter(inspection=inspection, item=OuterRef("pk"))
    return (
        ChecklistItem.objects.filter(
            Q(kinds=[]) | Q(kinds__contains=[kind]), version__in=used.values("version")
        )
        .annotate(
            shown=Case(
                When(Q(short=True) | ~Exists(narrow) | Exists(answered), then=Value(True)),
                default=Value(False),
            )
        )
        .select_related("clause__document", "version__checklist")
        .order_by("version__checklist__position", "version__checklist__key", "number")
    )


def items_of(inspection: Inspection) -> QuerySet:
    """The items that a started visit has to answer, in order."""
    return all_items_of(inspection).filter(shown=True)


def numbered(inspection: Inspection) -> list[tuple[int, ChecklistItem]]:
    """The same, each with its number among all items of the lists: it does not change when a short list opens."""
    return [(n, item) for n, item in enumerate(all_items_of(inspection), start=1) if item.shown]


def begins_short(items: Iterable[ChecklistItem], kind: str) -> bool:
    """Whether a list begins as a short one at a kind of facility: some of its items, not all, are key items."""
    here = [item.short for item in items if not item.kinds or kind in item.kinds]
    return any(here) and not all(here)


def use(inspection: Inspection, versions: Sequence[ChecklistVersion]) -> None:
    """Fixes which versions a visit uses, and which of them it begins as short lists; those of a joint visit or a
    campaign are whole, because their items are chosen one by one."""
    items: dict[int, list[ChecklistItem]] = {}
    for item in ChecklistItem.objects.filter(version__in=versions).only("version", "short", "kinds"):
        items.setdefault(item.version_id, []).append(item)
    kind = inspection.facility.kind
    InspectionChecklist.objects.bulk_create(
        InspectionChecklist(
            inspection=inspection,
            version=one,
            short=not inspection.chooses_items and begins_short(items.get(one.pk, ()), kind),
        )
        for one in versions
    )


def open_full(inspection: Inspection, failed: Iterable[ChecklistItem], *, actor: Actor, now: datetime) -> int:
    """Makes short lists full ones whose key items failed: for good, whatever the answer becomes. How many opened."""
    opened = 0
    for item in failed:
        if item.short:
            rows = InspectionChecklist.objects.filter(
                inspection=inspection, version=item.version_id, short=True, opened_at__isnull=True
            )
            count = rows.update(opened_at=now, opened_by_item=item)
            if count:
                audit.record(
                    "inspections.checklist.open", inspection, actor=actor, changes={"item": item.number}
                )
            opened += count
    return opened


def lists_used(inspection: Inspection) -> list[InspectionChecklist]:
    """The versions of a started visit, with how each was used."""
    rows = inspection.checklists.select_related("version__checklist", "opened_by_item")
    return list(rows.order_by("version__checklist__position", "version__checklist__key"))


def used_words(row: InspectionChecklist) -> str:
    """What the record says of a list: its name and version, and that it was the short one."""
    name = _("%(name)s第 %(n)d 版") % {"name": row.version.checklist.name, "n": row.version.number}
    if not row.short:
        return name
    if row.opened_at is None:
        return _("%(name)s（简表，只查关键项）") % {"name": name}
    return _("%(name)s（简表，因“%(item)s”不符合展开全表）") % {"name": name, "item": row.opened_by_item.text}
