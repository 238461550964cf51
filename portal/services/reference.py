"""Reference data: what ships with the product, loaded by `manage.py load_reference` again and again without harm.

Each app registers a Loader in its `AppConfig.ready`, because imports go down only. A loader reads and checks
all of its files before anything is written; everything is written in one transaction. Rows keep their ids;
what a file no longer has stays in the database, because others may rest on it.
"""

from __future__ import annotations

import hashlib
import inspect
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Refused
from portal.models.places import District
from portal.models.policy import ShippedFile
from portal.services import audit
from portal.tenancy import district_scope


class BrokenReference(Refused):
    """A shipped file that cannot be loaded: which file, which entry, what is wrong. Nothing was written."""

    def __init__(self, file: str, faults: Iterable[tuple[str, str]]):
        self.faults = list(faults)
        lines = [f"{file}  {entry}：{what}" for entry, what in self.faults]
        super().__init__("\n".join(lines), code="broken_reference", file=file)


@dataclass
class Tally:
    """How many rows of each model were created or changed."""

    created: Counter = field(default_factory=Counter)
    changed: Counter = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.created.total() + self.changed.total()

    def facts(self) -> dict:
        return {
            label: [self.created[label], self.changed[label]]
            for label in sorted(self.created.keys() | self.changed.keys())
            if self.created[label] or self.changed[label]
        }


@dataclass(frozen=True)
class Loader:
    """One app's part. `files` decide whether there is something to do; `read` returns the checked content or
    raises BrokenReference; `load(district, content, tally)` writes inside the district's scope; `common`
    writes what belongs to no district, before."""

    name: str
    order: int
    files: Callable[[], list[Path]]
    read: Callable[[], Any]
    load: Callable[[District, Any, Tally], None]
    common: Callable[[Any, Tally], None] | None = None

    def fingerprint(self) -> str:
        """Of the files and of the code that loads them."""
        parts = hashlib.sha256()
        for path in [*self.files(), Path(inspect.getsourcefile(self.load))]:
            parts.update(path.name.encode() + b"\n" + path.read_bytes())
        return parts.hexdigest()


LOADERS: dict[str, Loader] = {}
SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def register(loader: Loader) -> None:
    LOADERS[loader.name] = loader


def read_yaml(path: Path) -> Any:
    """The file's content; BrokenReference with the line for one that is missing or no YAML."""
    try:
        return yaml.load(path.read_bytes(), Loader=SAFE)  # noqa: S506 - it is the safe one, in C
    except OSError:
        raise BrokenReference(path.name, [("", _("文件读不到"))]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = _("第 %(line)d 行") % {"line": mark.line + 1} if mark else ""
        what = getattr(error, "problem", None) or _("不是 YAML")
        raise BrokenReference(path.name, [(where, what)]) from None


def upsert(model, keys: tuple[str, ...], rows: Iterable[dict], tally: Tally, within=None) -> dict:
    """Creates or changes rows so that they equal `rows`; returns {key values: instance} for these rows.

    `keys` name the fields (of references the attname, as `document_id`) that identify a row; `within` narrows
    the rows that are looked at. Values are plain or attnames of references.
    """
    existing = {
        tuple(getattr(r, k) for k in keys): r for r in (within if within is not None else model.objects.all())
    }
    found, new, changed, fields = {}, [], [], set()
    for row in rows:
        key = tuple(row[k] for k in keys)
        instance = existing.get(key)
        if instance is None:
            instance = model(**row)
            new.append(instance)
        else:
            different = [name for name, value in row.items() if getattr(instance, name) != value]
            for name in different:
                setattr(instance, name, row[name])
            if different:
                changed.append(instance)
                fields.update(different)
        existing[key] = found[key] = instance
    model.objects.bulk_create(new)
    if changed:
        names = {model._meta.get_field(name.removesuffix("_id")).name for name in fields}
        model.objects.bulk_update(changed, sorted(names))
    tally.created[model._meta.label] += len(new)
    tally.changed[model._meta.label] += len(changed)
    return found


def keep_only(queryset, wanted: set, key: Callable, tally: Tally) -> None:
    """Takes away links of shipped rows that the file no longer has; nothing else refers to a link."""
    stale = [row.pk for row in queryset if key(row) not in wanted]
    if stale:
        queryset.model.objects.filter(pk__in=stale).delete()
        tally.changed[queryset.model._meta.label] += len(stale)


def load_into(district: District) -> Tally:
    """Loads all reference data into the open district, which is new. Raises BrokenReference."""
    tally = Tally()
    for loader in sorted(LOADERS.values(), key=lambda one: one.order):
        loader.load(district, loader.read(), tally)
    return tally


@transaction.atomic
def load_reference(*, force: bool = False) -> dict[str, Tally]:
    """Loads what changed since the last time (`force`: everything); {district's slug: Tally}, empty when nothing did.

    Raises BrokenReference; then nothing is loaded.
    """
    due, prints = [], {}
    kept = dict(ShippedFile.objects.values_list("name", "sha256"))
    for loader in sorted(LOADERS.values(), key=lambda one: one.order):
        prints[loader.name] = loader.fingerprint()
        if force or kept.get(loader.name) != prints[loader.name]:
            due.append((loader, loader.read()))
    tallies: dict[str, Tally] = {}
    common = Tally()
    for loader, content in due:
        if loader.common:
            loader.common(content, common)
    if common.total:
        tallies[""] = common
    for district in District.objects.filter(opening__isnull=True) if due else []:
        tally = Tally()
        with district_scope(district):
            for loader, content in due:
                loader.load(district, content, tally)
            if tally.total:
                audit.record(
                    "portal.reference.load",
                    None,
                    actor=Actor.system(district, "load_reference"),
                    changes=tally.facts(),
                    name=", ".join(loader.name for loader, _content in due),
                )
        tallies[district.slug] = tally
    for loader, _content in due:
        ShippedFile.objects.update_or_create(name=loader.name, defaults={"sha256": prints[loader.name]})
    return tallies
