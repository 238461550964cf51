"""The public log of draws, as people without sign-in read it: from PublicRecord and from nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from inspections.models import PublicRecord
from portal.models.places import District

Kind = PublicRecord.Kind


@dataclass
class PublicDraw:
    """One draw as the log tells it; a void one stays. `number`: first, second … draw of the month."""

    number: int = 1
    frozen: PublicRecord | None = None
    drawn: PublicRecord | None = None
    published: PublicRecord | None = None
    void: PublicRecord | None = None
    addenda: list[PublicRecord] = field(default_factory=list)

    @property
    def state(self) -> str:
        for name in ("void", "published", "drawn"):
            if getattr(self, name) is not None:
                return name
        return "frozen"

    @property
    def evidence(self) -> dict | None:
        return json.loads(bytes(self.published.body)) if self.published else None


@dataclass
class PublicMonth:
    scheme_key: str
    scheme_name: str
    year: int
    month: int
    draws: list[PublicDraw]

    @property
    def last(self) -> PublicDraw:
        return self.draws[-1]

    @property
    def voids(self) -> int:
        """How many of the month's draws were voided."""
        return sum(one.void is not None for one in self.draws)


@dataclass
class PublicYear:
    """A scheme's year: its anchor and its months, latest first."""

    scheme_key: str
    scheme_name: str
    year: int
    anchor: str = ""
    anchored_at: datetime | None = None
    months: list[PublicMonth] = field(default_factory=list)


def draws_of(records: list[PublicRecord]) -> list[PublicDraw]:
    """The draws of one month from its log, in order of time."""
    found: dict[int, PublicDraw] = {}
    places = {
        Kind.FROZEN: "frozen",
        Kind.EVIDENCE_HASH: "drawn",
        Kind.EVIDENCE: "published",
        Kind.VOID: "void",
    }
    for record in records:
        if record.draw_id is None:
            continue
        one = found.setdefault(record.draw_id, PublicDraw(number=len(found) + 1))
        if record.kind == Kind.ADDENDUM:
            one.addenda = [a for a in one.addenda if a.sha256 != record.sha256] + [record]
        else:
            setattr(one, places[record.kind], record)
    return list(found.values())


def month_log(district: District, scheme_key: str, year: int, month: int) -> PublicMonth | None:
    """A month's draws with their files; None where nothing is public."""
    records = list(
        PublicRecord.objects.filter(district=district, scheme_key=scheme_key, year=year, month=month)
    )
    if not records:
        return None
    return PublicMonth(scheme_key, records[-1].scheme_name, year, month, draws_of(records))


def anchor(district: District, scheme_key: str, year: int) -> PublicRecord | None:
    return PublicRecord.objects.filter(
        district=district, scheme_key=scheme_key, year=year, kind=Kind.ANCHOR
    ).first()


def years(district: District) -> list[PublicYear]:
    """Everything public of the district's draws, latest year first; without the files themselves."""
    records = PublicRecord.objects.filter(district=district).defer("body").order_by("at", "pk")
    found: dict[tuple[int, str], PublicYear] = {}
    months: dict[tuple[int, str, int], list[PublicRecord]] = {}
    for record in records:
        key = (record.year, record.scheme_key)
        year = found.setdefault(key, PublicYear(record.scheme_key, record.scheme_name, record.year))
        year.scheme_name = record.scheme_name
        if record.kind == Kind.ANCHOR:
            year.anchor, year.anchored_at = record.sha256, record.at
        else:
            months.setdefault((*key, record.month), []).append(record)
    for (year, scheme_key, month), rows in sorted(months.items(), reverse=True):
        one = found[year, scheme_key]
        one.months.append(PublicMonth(scheme_key, one.scheme_name, year, month, draws_of(rows)))
    return [found[key] for key in sorted(found, key=lambda key: (-key[0], key[1]))]
