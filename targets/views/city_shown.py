"""The city's figures in words: a district's cell, a row with its differences, a sum, a target of the city."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.rules.machine import marked
from targets.metrics.registry import FAMILY_OF
from targets.models.targets import Target
from targets.rules import attestations as proofs
from targets.rules import comparison, figures, verdicts
from targets.services import attestations, city, snapshots
from targets.services.city import Cell, CityRead, CityTarget, Read, Row
from targets.views.shown import PROOF_MARK, Shown, proof_words, unit_word


@dataclass
class CellShown:
    """A district's figure of a row. `place`: in the ranking, 0 without one."""

    cell: Cell
    shown: Shown
    address: str
    place: int = 0

    @property
    def known(self) -> bool:
        return self.cell.entry.known

    @property
    def why(self) -> str:
        return self.cell.entry.why

    @property
    def small(self) -> str:
        """103 / 175, where the figure itself does not say it."""
        v = self.cell.value
        return figures.small(self.shown.kind, v.numerator, v.denominator) if v else ""


@dataclass
class SumShown:
    """The sum of a group: of which districts, who is missing."""

    words: str
    small: str
    districts: tuple[str, ...]
    missing: tuple[str, ...]
    whole: bool

    @property
    def of(self) -> str:
        """Whose sum it is: names, or their number where all of the row are in it."""
        if self.whole:
            n = len(self.districts)
            return ngettext("%(n)s 个区合计", "%(n)s 个区合计", n) % {"n": n}
        return _("%(names)s合计") % {"names": _("、").join(self.districts)}

    @property
    def lacking(self) -> str:
        return _("缺 %(names)s") % {"names": _("、").join(self.missing)} if self.missing else ""


@dataclass
class RowShown:
    row: Row
    districts: list
    cells: list[CellShown | None]
    period: str

    @property
    def label(self) -> str:
        return _(self.row.metric.label)

    @property
    def method(self) -> str:
        return _(self.row.metric.method)

    @property
    def state(self) -> str:
        return comparison.STATES[self.row.state][0]

    @property
    def word(self) -> str:
        found = comparison.STATES[self.row.state][1]
        return _(found)

    @cached_property
    def differences(self) -> list[str]:
        """Facet by facet, in words: who has which value."""
        found = []
        for facet in comparison.differences(self.row.entries):
            by_words: dict[str, list[str]] = {}
            for cell in self.row.cells.values():
                by_words.setdefault(cell.words[facet], []).append(cell.district.name)
            parts = _("；").join(f"{_('、').join(names)} {words}" for words, names in by_words.items())
            found.append(_("%(what)s：%(parts)s") % {"what": self.row.names[facet], "parts": parts})
        return found

    @cached_property
    def facets(self) -> list[tuple[str, bool, list[str]]]:
        """(name, whether it differs, each district's value) for the page of one metric."""
        differing = comparison.differences(self.row.entries)
        return [
            (name, facet in differing, [cell.words[facet] for cell in self.row.cells.values()])
            for facet, name in self.row.names.items()
            if facet != "limit" or any(dict(e.definition)["limit"] for e in self.row.entries)
        ]

    @cached_property
    def sums(self) -> list[SumShown]:
        kind = next(shown.shown.kind for shown in self.cells if shown)
        unit = unit_word(self.row.metric.unit)
        parts = comparison.groups(self.row.entries)
        found = []
        for part in parts:
            if part.whole is None:
                continue
            one = part.whole
            if kind == "number":
                words, small = f"{figures.plain(one.numerator)} {unit}".strip(), ""
            else:
                words = figures.percent(one.value)
                small = f"{figures.plain(one.numerator)} / {figures.plain(one.denominator)}"
            missing = tuple(entry.district for entry in part.missing)
            found.append(SumShown(words, small, one.districts, missing, len(parts) == 1))
        return found

    @cached_property
    def unranked(self) -> str:
        why = comparison.unranked(self.row.entries)
        return _(comparison.UNRANKED[why]) if why else ""

    @property
    def url_key(self) -> str:
        return self.row.metric.key


def rows_shown(read: Read, rows: list[Row]) -> list[RowShown]:
    return [row_shown(read, row) for row in rows]


def row_shown(read: Read, row: Row) -> RowShown:
    places = {entry.district: place for place, entry in comparison.ranking(row.entries)}
    period = read.period.code
    cells: list[CellShown | None] = []
    for district in read.districts:
        cell = row.cells.get(district.pk)
        if cell is None:
            cells.append(None)
            continue
        judged_on = snapshots.period_of_snapshot(cell.snapshot) if cell.snapshot else read.period
        why = "" if cell.entry.known else cell.entry.why
        shown = Shown(
            cell.target, row.metric, cell.value, judged_on, district.slug, why=why, snapshot=cell.snapshot
        )
        cells.append(CellShown(cell, shown, f"{shown.url}?period={period}", places.get(district.name, 0)))
    return RowShown(row, read.districts, cells, period)


@dataclass
class PartShown:
    """A district's part of a city's target, and where its rows are."""

    name: str
    known: bool
    words: str
    small: str
    why: str
    links: list[tuple[str, str]]


class CityShown:
    """A line of the city's targets."""

    def __init__(self, one: CityTarget, read: CityRead, slug: str = ""):
        self.one, self.read, self.target, self.slug = one, read, one.target, slug
        on = read.read.period.as_of
        self.proof_state, self.proof = attestations.standing(one.target, on)

    @property
    def counted(self) -> bool:
        return self.one.counted

    @property
    def attested(self) -> bool:
        return self.target.proof == Target.Proof.ATTESTED

    @property
    def tag(self) -> str:
        return _(PROOF_MARK[self.target.proof])

    @property
    def metric_label(self) -> str:
        over = city.OVER.get(self.one.metric.key)
        return _(over.label if over else self.one.metric.label)

    @property
    def method(self) -> str:
        over = city.OVER.get(self.one.metric.key)
        if over is None:
            return _(self.one.metric.method)
        under = city.METRICS[over.metric]
        return f"{_(self.one.metric.method)} ÷ {_(under.method)} × {over.per:,}"

    def words_of(self, numerator, value) -> str:
        if value is None:
            return "—"
        if self.one.kind == "number":
            return f"{figures.plain(numerator)} {unit_word(self.one.metric.unit)}".strip()
        if self.one.per > 1:
            per = (Decimal(value) * self.one.per).quantize(Decimal("0.01"))
            return f"{per.normalize():f} {_(self.target.unit)}"
        return figures.percent(value)

    def small_of(self, numerator, denominator) -> str:
        if denominator is None or self.one.kind == "number":
            return ""
        return f"{figures.plain(numerator)} / {figures.plain(denominator)}"

    @property
    def big(self) -> str:
        whole = self.one.whole
        return self.words_of(whole.numerator, whole.value) if whole else "—"

    @property
    def small(self) -> str:
        whole = self.one.whole
        return self.small_of(whole.numerator, whole.denominator) if whole and whole.value is not None else ""

    @property
    def asked(self) -> str:
        whole = self.one.whole
        if whole is None or whole.limit is None:
            return "—"
        words = self.words_of(whole.limit, whole.limit)
        sign = figures.SIGNS[self.target.comparator]
        return words if words == "100%" else f"{sign} {words}".strip()

    @property
    def state(self) -> str:
        if self.counted:
            return verdicts.SHAPES[self.one.whole.verdict]
        return proofs.SHAPES[self.proof_state] if self.attested else "none"

    @property
    def word(self) -> str:
        if self.counted:
            lacking = self.one.whole.lacking
            words = SHORT[lacking] if lacking else verdicts.WORDS[self.one.whole.verdict]
            return _(words)
        return _(proofs.WORDS[self.proof_state]) if self.attested else _("还没算")

    @property
    def scope_words(self) -> str:
        """Whose figure it is: of how many of the city's districts."""
        whole = self.one.whole
        if whole is None:
            return ""
        if self.one.own:
            return _("市级自己的记录，不由各区相加")
        known = len(self.one.parts) - len(self.one.missing)
        if self.read.expected is None:
            return ngettext("%(n)s 个区的数", "%(n)s 个区的数", known) % {"n": known}
        return _("%(n)s / %(all)s 个区的数") % {"n": known, "all": self.read.expected}

    @property
    def outlook(self) -> str:
        """Why it stands as it does: the missing districts, the record that is lacking, the paper."""
        if not self.counted:
            return proof_words(self.target, self.proof_state, self.proof)
        found = [self.scope_words]
        if self.one.whole.lacking:
            found.append(_(comparison.LACKING[self.one.whole.lacking]))
        if self.one.missing:
            names = _("、").join(
                _("%(name)s（%(why)s）") % {"name": d.name, "why": e.why} for d, e in self.one.missing
            )
            found.append(_("缺 %(names)s") % {"names": names})
        return _("；").join(found)

    @property
    def differences(self) -> list[str]:
        """Why the districts' parts are not added, in words."""
        entries = [entry for _district, entry in self.one.parts]
        found = []
        for facet, values in comparison.differences(entries).items():
            words = city.FACETS.get(facet, city.FACETS["version"])
            what = _(words)
            by_value: dict[str, list[str]] = {}
            for district, value in values.items():
                by_value.setdefault(value, []).append(district)
            parts = _("；").join(f"{_('、').join(names)} {value}" for value, names in by_value.items())
            found.append(_("%(what)s：%(parts)s") % {"what": what, "parts": parts})
        return found

    @property
    def row_label(self) -> str:
        label = FAMILY_OF[self.one.metric.key].label
        return _(label)

    @property
    def detail_label(self) -> str:
        label = FAMILY_OF[self.one.metric.key].detail_label
        return _(label)

    @cached_property
    def lines(self) -> list[dict]:
        """The rows behind a figure of the city's own records, each with the page that it opens."""
        family = FAMILY_OF[self.one.metric.key]
        return [
            {
                **row,
                "url": reverse(family.link, args=[self.slug, row["row_id"]]) if family.link else "",
            }
            for row in self.one.rows
        ]

    @cached_property
    def parts(self) -> list[PartShown]:
        period = self.read.read.period.code
        over = city.OVER.get(self.one.metric.key)
        keys = [self.one.metric.key, *([over.metric] if over else [])]
        return [
            PartShown(
                district.name,
                entry.known,
                self.words_of(entry.numerator, entry.value),
                self.small_of(entry.numerator, entry.denominator) if entry.known else "",
                entry.why,
                [
                    (
                        _(city.METRICS[key].label),
                        f"{reverse('figure', args=[district.slug, key])}?period={period}",
                    )
                    for key in keys
                ],
            )
            for district, entry in self.one.parts
        ]


#: Why the city's figure has no verdict -> its short word.
SHORT = {
    "none": verdicts.WORDS[verdicts.UNKNOWN],
    comparison.UNLIKE: comparison.STATES[comparison.UNLIKE][1],
    "part": marked("不全"),
    comparison.NO_RECORD: verdicts.WORDS[verdicts.UNKNOWN],
}
