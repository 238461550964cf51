"""The list of what may be inspected (抽查事项清单): drafts, publication, withdrawal. What is not on it is not inspected.

Three places hold that: a checklist's version is published only with items of published matters, a matter that a
checklist still uses cannot be withdrawn, and a visit does not start with an item whose matter is not published.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import yaml
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Checklist, ChecklistVersion, Matter, MatterVersion
from inspections.rules import matters as rules
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.models import Unit
from portal.services import audit, publicity

SHIPPED = Path(__file__).resolve().parent.parent / "reference" / "matters.yaml"
FIELDS = ("name", "basis", "subject", "kinds", "ratio", "frequency", "method")


@lru_cache(maxsize=1)
def shipped() -> dict:
    return yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))


def load_matters(district, *, actor: Actor) -> dict[str, Matter]:
    """The shipped matters by key, published; what the district has already is left as it is."""
    content = shipped()
    found = {one.key: one for one in Matter.objects.all()}
    units = {one.slug: one for one in Unit.objects.filter(slug__startswith=f"{district.slug}-")}
    made = []
    for position, one in enumerate(content["matters"], start=1):
        if one["key"] in found:
            continue
        matter = Matter.objects.create(
            key=one["key"], position=position, unit=units.get(f"{district.slug}-{one['unit']}")
        )
        MatterVersion.objects.create(
            matter=matter,
            number=1,
            **{name: one.get(name, content.get(name)) for name in FIELDS},
            starts_on=content["starts_on"],
            published_on=content["starts_on"],
        )
        found[matter.key] = matter
        made.append(matter.key)
    if made:
        audit.record("inspections.matter.load", None, actor=actor, name="", changes={"keys": made})
    return found


# --- What is published ------------------------------------------------------------------------------


def published(on: date):
    """The versions in force on a day, in the list's order."""
    return (
        MatterVersion.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on), starts_on__lte=on)
        .filter(published_on__lte=on)
        .select_related("matter__unit")
        .order_by("matter__position", "matter__key")
    )


def of_versions(versions: Iterable[ChecklistVersion]) -> list[Matter]:
    """The matters that the items of these checklists belong to."""
    return list(Matter.objects.filter(items__version__in=list(versions)).distinct())


def demand_published(wanted: Iterable[Matter], on: date) -> None:
    """Refused, with the names, where one of the matters is not on the published list on the day."""
    wanted = {one.pk: one for one in wanted}
    there = set(published(on).filter(matter__in=list(wanted)).values_list("matter_id", flat=True))
    missing = [one for pk, one in wanted.items() if pk not in there]
    if missing:
        latest = MatterVersion.objects.filter(matter__in=missing).order_by("matter_id", "-number")
        names = {version.matter_id: version.name for version in reversed(latest)}
        raise Refused(
            _("抽查事项“%(names)s”在 %(day)s 没有公布，不能检查。先公布它，或者换一张检查表")
            % {
                "names": _("、").join(sorted(names.get(one.pk, one.key) for one in missing)),
                "day": on.isoformat(),
            },
            code="matter",
        )


def lists_using(matter: Matter, on: date) -> list[Checklist]:
    """The checklists whose version in force on the day, or a later one, has items of the matter."""
    versions = ChecklistVersion.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=on), items__matter=matter
    )
    return list(Checklist.objects.filter(versions__in=versions).distinct())


# --- Changes ----------------------------------------------------------------------------------------


def _refuse(problems: list[tuple[str, str]]) -> None:
    errors: dict[str, str] = {}
    for field, key in problems:
        errors.setdefault(field, _(rules.PROBLEMS[key]))
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)


def _locked(matter: Matter) -> Matter:
    return Matter.objects.select_for_update(of=("self",)).get(pk=matter.pk)


def draft_of(matter: Matter) -> MatterVersion | None:
    return matter.versions.filter(published_on__isnull=True).first()


def enter_matter(*, key: str, unit: Unit | None, actor: Actor, **values) -> Matter:
    """A new matter with its first draft."""
    actor.demand("matter.manage")
    _refuse(rules.problems(values | {"key": key}))
    if Matter.objects.filter(key=key).exists():
        sentence = _("这个代号已经有了")
        raise Conflict(sentence, field="key", errors={"key": sentence})
    last = Matter.objects.aggregate(last=Max("position"))["last"] or 0
    matter = Matter.objects.create(key=key, unit=unit, position=last + 1)
    MatterVersion.objects.create(matter=matter, number=1, **{name: values[name] for name in FIELDS})
    audit.record("inspections.matter.enter", matter, actor=actor, name=values["name"], changes=values)
    return matter


def change_matter(
    matter: Matter, *, unit: Unit | None, version: int, actor: Actor, **values
) -> MatterVersion:
    """Rewords the draft, or begins one beside the published wording. `version` is the draft's, 0 where there is none.
    Conflict when it is stale."""
    actor.demand("matter.manage")
    _refuse(rules.problems(values | {"key": matter.key}))
    row = _locked(matter)
    draft = draft_of(row)
    if (draft.version if draft else 0) != version:
        raise Conflict(
            _("%(name)s刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": values["name"]},
            code="stale",
        )
    row.unit = unit
    row.save(update_fields=["unit"])
    if draft is None:
        number = (row.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        draft = MatterVersion(matter=row, number=number, version=0)
    before = {name: getattr(draft, name) for name in FIELDS}
    for name in FIELDS:
        setattr(draft, name, values[name])
    draft.version += 1
    draft.save()
    changes = {name: [before[name], values[name]] for name in FIELDS if before[name] != values[name]}
    audit.record("inspections.matter.change", row, actor=actor, name=draft.name, changes=changes)
    return draft


def publish_matter(matter: Matter, *, actor: Actor, version: int, on: date | None = None) -> MatterVersion:
    """Publishes the draft, in force from the day on; the wording before it ends the day before."""
    actor.demand("matter.manage")
    on = on or timezone.localdate()
    row = _locked(matter)
    draft = draft_of(row)
    if draft is None:
        raise Conflict(_("没有要公布的草稿"), code="state")
    if draft.version != version:
        raise Conflict(
            _("%(name)s刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": draft.name}, code="stale"
        )
    publicity.demand_none((getattr(draft, name) for name in rules.LENGTHS), _("先改草稿"))
    last = row.versions.filter(published_on__isnull=False).order_by("-number").first()
    if last is not None and last.starts_on >= on:
        raise Conflict(_("上一版今天才起用，明天再公布新的一版"), code="state")
    if last is not None and (last.ends_on is None or last.ends_on >= on):
        last.ends_on = on - timedelta(days=1)
        last.save(update_fields=["ends_on"])
    draft.starts_on = draft.published_on = on
    draft.version += 1
    draft.save(update_fields=["starts_on", "published_on", "version"])
    audit.record(
        "inspections.matter.publish", row, actor=actor, name=draft.name, changes={"number": draft.number}
    )
    return draft


def withdraw_matter(matter: Matter, *, note: str, actor: Actor, on: date | None = None) -> MatterVersion:
    """Takes a matter off the list from the day on. Conflict while a checklist uses it."""
    actor.demand("matter.manage")
    on = on or timezone.localdate()
    note = note.strip()
    if not 2 <= len(note) <= 200:
        raise Refused(_("为什么撤下：写 2 到 200 个字"), field="note")
    row = _locked(matter)
    last = published(on).filter(matter=row).select_for_update(of=("self",)).first()
    if last is None:
        raise Conflict(_("这一项现在没有公布"), code="state")
    using = lists_using(row, on)
    if using:
        raise Conflict(
            _("检查表“%(names)s”还在用这一项。先公布不含它的新一版")
            % {"names": _("、").join(one.name for one in using)},
            code="used",
        )
    last.ends_on, last.withdrawn_note = on - timedelta(days=1), note
    last.version += 1
    last.save(update_fields=["ends_on", "withdrawn_note", "version"])
    audit.record("inspections.matter.withdraw", row, actor=actor, name=last.name, changes={"note": note})
    return last
