"""A document's content as its rows have it, and what the district has that a content may name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.models.places import Unit
from portal.models.policy import Clause, DocumentVersion, Parameter, PolicyDocument
from portal.rules import cells
from portal.rules.parameters import WrongValue, group_order, read_value, show_value
from portal.services.known_parameters import missing
from targets.metrics.registry import METRICS
from targets.models.targets import Target, TargetTask
from targets.models.tasks import Task, TaskUnit
from targets.rules.plan_content import Known, day, empty


def written(moment: date | None) -> str | None:
    return moment.isoformat() if moment else None


def number_of(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def last_rows(model, document: PolicyDocument):
    """The rows of a document that were in force last: without an end, or until the day before its successor."""
    last = Q(ends_on__isnull=True)
    if document.superseded_on:
        last |= Q(ends_on=document.superseded_on - timedelta(days=1))
    return model.objects.filter(last, document=document)


def rows_of(document: PolicyDocument | None) -> dict[str, list[dict]]:
    """The document's tasks and targets as a content has them, each with its row's `id`."""
    if document is None:
        return {"tasks": [], "targets": []}
    tasks = list(last_rows(Task, document).select_related("clause").order_by("origin", "number"))
    named: dict[int, dict[str, list]] = defaultdict(lambda: {"lead": [], "support": []})
    links = TaskUnit.objects.filter(task__in=tasks).select_related("unit").order_by("position", "pk")
    for link in links:
        named[link.task_id][link.role].append({"unit": link.unit.slug, "name": link.name})
    targets = list(last_rows(Target, document).select_related("clause").order_by("position", "pk"))
    numbers: dict[int, list[int]] = defaultdict(list)
    pairs = TargetTask.objects.filter(target__in=targets, task__in=tasks).order_by("task__number")
    for target, number in pairs.values_list("target_id", "task__number"):
        numbers[target].append(number)
    return {
        "tasks": [task_entry(task, named[task.pk]) for task in tasks],
        "targets": [target_entry(target, numbers[target.pk]) for target in targets],
    }


def task_entry(task: Task, named: Mapping[str, list]) -> dict:
    return {
        "id": task.pk,
        "follows": task.pk,
        "origin": task.origin,
        "number": task.number,
        "category": task.category,
        "project": task.project,
        "text": task.text,
        "clause": task.clause.label if task.clause else "",
        "leads": named["lead"],
        "supports": named["support"],
        "carried": task.carried,
        "key_project": task.key_project,
        "in_section_five": task.in_section_five,
        "note": task.note,
    }


def target_entry(target: Target, numbers: list[int]) -> dict:
    return {
        "id": target.pk,
        "follows": target.pk,
        "key": target.key,
        "clause": target.clause.label,
        "text": target.text,
        "display_text": target.display_text,
        "kind": target.kind,
        "comparator": target.comparator,
        "value": target.value,
        "value_min": number_of(target.value_min),
        "value_max": number_of(target.value_max),
        "value_text": target.value_text,
        "unit": target.unit,
        "period": target.period,
        "due": written(target.due),
        "scope": target.scope,
        "formula": target.formula,
        "conditions": target.conditions,
        "also": target.also,
        "extra": target.extra,
        "note": target.note,
        "tasks": numbers,
        "proof": target.proof,
        "proof_reason": target.proof_reason,
        "metric": target.metric,
        "streets": target.streets_counted,
    }


def last_version(document: PolicyDocument) -> DocumentVersion | None:
    return DocumentVersion.objects.filter(document=document).order_by("-number").first()


def facts_of(document: PolicyDocument) -> dict:
    return {
        "title": document.title,
        "number": document.number,
        "issued_on": written(document.issued_on),
        "printed_on": written(document.printed_on),
        "issuers": document.issuers,
        "period": {
            "from": written(document.period_from),
            "to": written(document.period_to),
            "stated": document.period_stated,
            "derived": document.period_derived,
        },
        "plan_title": document.plan_title,
        "plan_number": document.plan_number,
        "publicity": document.publicity,
        "bases": document.bases,
        "notes": document.notes,
        "source": document.source,
    }


def texts_of(document: PolicyDocument) -> dict[str, str]:
    """The words of its clauses, by label, as its last version has them; without a version as it shipped."""
    version = last_version(document)
    if version is None:
        found = Clause.objects.filter(document=document).order_by("position").values_list("label", "text")
        return dict(found) if document is not None else {}
    return {one["label"]: one.get("text", "") for one in version.content["clauses"]}


def content_of(document: PolicyDocument) -> dict:
    """The whole document as it was in force last; parameters change by versions of their own, so there are none."""
    texts = texts_of(document)
    rows = rows_of(document)
    return empty() | {
        "document": facts_of(document),
        "clauses": [{"label": label, "text": text} for label, text in texts.items()],
        **{part: [without_id(one) for one in rows[part]] for part in rows},
    }


def without_id(entry: Mapping) -> dict:
    return {name: value for name, value in entry.items() if name != "id"}


# --- What the district has --------------------------------------------------------------------------


def known(on: date | None = None) -> Known:
    """What a content may name on the day, which is today."""
    units = list(Unit.objects.order_by("position", "slug"))
    called: dict[str, str] = {}
    for unit in units:
        for word in filter(None, (unit.name, unit.full_name, *unit.aliases)):
            called.setdefault(cells.key_of(word), unit.name)
    parameters = {one.key: (one.like, date.min) for one in missing()}
    for one in Parameter.objects.order_by("key", "starts_on"):
        parameters[one.key] = (one.value, one.starts_on)
    return Known(
        units={unit.slug: unit.name for unit in units},
        called=called,
        on=on or timezone.localdate(),
        metrics=frozenset(METRICS),
        measures={key: metric.measure for key, metric in METRICS.items()},
        parameters=parameters,
    )


def parameter_names() -> dict[str, str]:
    """What each parameter is called, by key, in the order of their groups: the same whatever its value is."""
    found = {one.key: one.label for one in missing()}
    found |= dict(Parameter.objects.order_by("key", "starts_on").values_list("key", "label"))
    twice = Counter(found.values())
    found = {key: f"{label}（{key}）" if twice[label] > 1 else label for key, label in found.items()}
    return dict(sorted(found.items(), key=lambda one: (group_order(one[0]), one[1])))


def parameter_values(on: date) -> dict[str, str]:
    """The value of the day in words, by key; of one that begins later the first, with its day."""
    found: dict[str, str] = {}
    for one in Parameter.objects.order_by("key", "starts_on"):
        words = f"{show_value(one.value, one.key)} {one.unit}".strip()
        if one.starts_on <= on:
            found[one.key] = words
        elif one.key not in found:
            found[one.key] = _("%(day)s 起 %(value)s") % {"day": one.starts_on.isoformat(), "value": words}
    return found


def parameter_labels(on: date | None = None) -> dict[str, str]:
    """Each parameter's name with its value of the day, by key; those without a value say so."""
    values = parameter_values(on or timezone.localdate())
    return {
        key: _("%(label)s（现在 %(value)s）") % {"label": name, "value": values[key]}
        if key in values
        else _("%(label)s（还没有取值）") % {"label": name}
        for key, name in parameter_names().items()
    }


def in_force_already(entry: Mapping) -> bool:
    """Whether the district has this very value from this very day on: a version that was published, as a file again."""
    row = Parameter.objects.filter(key=entry.get("key"), starts_on=day(entry.get("starts_on"))).first()
    if row is None:
        return False
    try:
        return read_value(entry.get("value") or "", row.value, row.key) == row.value
    except WrongValue:
        return False


def unit_names(units: Iterable[Mapping] = ()) -> dict[str, str]:
    """What units are called, by `cells.key_of`, -> slug: names, aliases, and as documents have called them; `units`:
    those that a draft adds. A word that two units share means neither, unless it is one's own name."""
    own, others = {}, defaultdict(set)
    for unit in Unit.objects.order_by("position", "slug"):
        own.setdefault(cells.key_of(unit.name), unit.slug)
        for word in (unit.full_name, unit.slug, *unit.aliases):
            others[cells.key_of(word)].add(unit.slug)
    for name, slug in TaskUnit.objects.order_by().values_list("name", "unit__slug").distinct():
        others[cells.key_of(name)].add(slug)
    for unit in units:
        own.setdefault(cells.key_of(unit["name"]), unit["slug"])
        for word in (unit["slug"], unit.get("full_name") or "", *(unit.get("aliases") or ())):
            others[cells.key_of(word)].add(unit["slug"])
    return {word: next(iter(slugs)) for word, slugs in others.items() if word and len(slugs) == 1} | own


def named_units(words: Iterable[str], names: Mapping[str, str]) -> list[dict]:
    """[{unit, name}] of the names that somebody wrote; the unit is '' where there is none of that name."""
    return [{"unit": names.get(cells.key_of(word), ""), "name": word} for word in words]
