"""A kept figure as a page shows it: the number, what is asked, the state, the year's path, street by street."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Protocol

from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from portal.models.places import Street
from portal.rules.machine import marked
from portal.templatetags.ui import day_words
from targets.metrics.base import Metric, Period
from targets.metrics.registry import FAMILY_OF
from targets.models.attestations import Attestation
from targets.models.targets import Snapshot, Target
from targets.rules import attestations as proofs
from targets.rules import figures, forecasts, verdicts
from targets.rules.plan_content import PERIODS, SCOPES
from targets.services import promises
from targets.views.attestations import achieved_words

PIECES = marked("个")
ENDING = re.compile("(街道|镇)$")  # content
MARK = {verdicts.MET: "", verdicts.ON_PACE: "", verdicts.BEHIND: "warn", verdicts.MISSED: "bad"}
PROOF_MARK = {
    Target.Proof.COUNTED: marked("算"),
    Target.Proof.ATTESTED: marked("证"),
    Target.Proof.NOT_YET: marked("未算"),
}


class Figure(Protocol):
    """A kept figure as the board reads it, without a model's instance for each of the hundreds of streets' values."""

    metric: str
    target_id: int | None
    street_id: int | None
    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    limit: Decimal | None
    verdict: str
    on_due_day: dict | None


FIGURE = tuple(Figure.__annotations__)


def unit_word(unit: str) -> str:
    """What follows a number; the general classifier has no word outside of Chinese."""
    if unit == PIECES and not (get_language() or "zh").startswith("zh"):
        return ""
    return _(unit) if unit else ""


def proof_words(target: Target, state: str, proof: Attestation | None) -> str:
    """The paper that says how an attested target stands, with its number where that falls short; else why none."""
    if proof is None:
        return target.proof_reason
    return f"{proof.title}：{achieved_words(target, proof)}" if state == proofs.SHORT else proof.title


@dataclass
class Shown:
    """One line of the list of targets; `target` None: a figure of the product without a promise."""

    target: Target | None
    metric: Metric | None
    value: Figure | None
    period: Period
    district_slug: str
    by_street: list[tuple[Street, Figure]] = field(default_factory=list)
    path: list[Decimal | None] = field(default_factory=list)
    why: str = ""
    snapshot: Snapshot | None = None
    streets: list[Street] = field(default_factory=list)
    #: its streets wait until the month's visits are public
    veiled: bool = False
    #: of a target that a document proves: how it stands on the period's day, and the document
    proof_state: str = proofs.MISSING
    proof: Attestation | None = None

    @cached_property
    def promise(self):
        return promises.promise_of(self.target) if self.target else None

    @property
    def counted(self) -> bool:
        return self.metric is not None and (self.target is None or self.target.proof == Target.Proof.COUNTED)

    @cached_property
    def kind(self) -> str:
        return figures.kind_of(self.promise, self.metric.measure) if self.metric else ""

    @cached_property
    def label(self) -> str:
        return str(self.target) if self.target else _(self.metric.label)

    @property
    def label_short(self) -> str:
        """The metric's own words, for places where the document's sentence is too long."""
        return _(self.metric.label) if self.metric else self.label

    @property
    def method(self) -> str:
        return _(self.metric.method)

    @cached_property
    def due_figure(self) -> dict | None:
        """Of a by-date target whose day has passed: the figure of that day."""
        return self.value.on_due_day if self.value else None

    @property
    def due_words(self) -> str:
        found = self.due_figure
        if not found:
            return ""
        number = {key: found[key] and Decimal(found[key]) for key in ("numerator", "denominator", "value")}
        return figures.big(self.kind, number["numerator"], number["denominator"], number["value"], self.unit)

    @property
    def due_state(self) -> str:
        return verdicts.SHAPES[self.due_figure["verdict"]]

    @property
    def due_word(self) -> str:
        found = self.due_figure["verdict"]
        return _(verdicts.WORDS[found])

    @property
    def url(self) -> str:
        if self.target:
            return reverse("target", args=[self.district_slug, self.target.pk])
        return reverse("figure", args=[self.district_slug, self.metric.key])

    @cached_property
    def unit(self) -> str:
        return unit_word(self.metric.unit) if self.metric else ""

    @property
    def big(self) -> str:
        v = self.value
        return figures.big(self.kind, v.numerator, v.denominator, v.value, self.unit) if v else "—"

    @property
    def small(self) -> str:
        v = self.value
        if v is None:
            return ""
        if self.kind == "streets" and self.lacking_streets:
            names = _("、").join(ENDING.sub("", s.name) for s in self.lacking_streets[:4])
            return _("缺 %(names)s") % {"names": names} + ("…" if len(self.lacking_streets) > 4 else "")
        return figures.small(self.kind, v.numerator, v.denominator)

    @property
    def asked(self) -> str:
        v = self.value
        promise = self.promise and replace(self.promise, unit=unit_word(self.promise.unit))
        if v is None:
            return figures.promised(promise) if promise else "—"
        return figures.asked(promise, self.kind, v.denominator, v.limit)

    @cached_property
    def verdict(self) -> str:
        return self.value.verdict if self.value else verdicts.UNKNOWN

    @property
    def attested(self) -> bool:
        return self.target is not None and self.target.proof == Target.Proof.ATTESTED

    @property
    def state(self) -> str:
        if self.attested:
            return proofs.SHAPES[self.proof_state]
        return verdicts.SHAPES.get(self.verdict, "none")

    @cached_property
    def pace(self) -> Decimal | None:
        """Where a straight line stands today, in the unit of the limit; None where there is none."""
        if self.target is None or self.value is None or self.value.limit is None:
            return None
        pace = promises.pace_of(self.target, self.period)
        if pace is None or promises.is_over(self.target, self.period):
            return None
        return self.value.limit * pace

    @property
    def word(self) -> str:
        if not self.counted:
            return _(proofs.WORDS[self.proof_state]) if self.attested else _("还没算")
        if self.value is not None and self.value.verdict == "":
            return ""
        if self.verdict == verdicts.BEHIND and self.pace is not None:
            return _("慢于进度")
        return _(verdicts.WORDS[self.verdict])

    @property
    def outlook(self) -> str:
        """One fact that says what to do: what is lacking, what is asked for today."""
        if not self.counted:
            return proof_words(self.target, self.proof_state, self.proof)
        if self.why:
            return self.why
        v = self.value
        if v is None or v.verdict == "":
            return ""
        if v.verdict == verdicts.MET:
            return _("已达到，保持")
        if v.verdict == verdicts.UNKNOWN:
            if self.target and self.target.scope == "city":
                return _("全市的数，不按区判")
            return _("没有可算的行")
        if self.pace is not None:
            share = (
                figures.percent(self.pace) if self.kind != "number" else figures.plain(round(self.pace, 1))
            )
            return _("今天应到 %(share)s") % {"share": share}
        lack = figures.lacking(self.kind, v.numerator, v.denominator, v.limit)
        if not lack:
            return ""
        if self.kind == "streets":
            return ngettext("还差 %(n)s 个街镇", "还差 %(n)s 个街镇", int(lack)) % {"n": figures.plain(lack)}
        return _("还差 %(n)s %(unit)s") % {
            "n": figures.plain(lack),
            "unit": self.unit or _(FAMILY_OF[self.metric.key].row_label),
        }

    @cached_property
    def forecast(self) -> forecasts.Forecast | None:
        """Where the district's figure will stand at the end of its time; None for what is met, over, or too young."""
        v = self.value
        if not self.counted or self.target is None or v is None or v.value is None or v.limit is None:
            return None
        if promises.is_over(self.target, self.period) or self.target.comparator == "<=":
            return None
        share, as_of = self.kind != "number", self.period.as_of
        if self.target.period == "year" and self.target.kind in promises.FILLING and self.kind != "streets":
            elapsed = self.period.elapsed_since(self.target.document.period_from)
            return forecasts.by_rate(v.value, elapsed, as_of.year, share=share)
        end = date(as_of.year, 12, 31)
        day = self.target.due if self.target.due and self.target.due < end else end
        return forecasts.by_line(self.path, as_of, day, share=share)

    @property
    def forecast_words(self) -> str:
        """`到 12 月 31 日约 58.9%`."""
        found = self.forecast
        value, of = found.value, self.value.denominator
        number = value if self.kind == "number" else value * (of or 0)
        return _("到 %(day)s约 %(number)s") % {
            "day": day_words(found.day, self.period.as_of),
            "number": figures.big(
                self.kind, number.to_integral_value(), of, value.quantize(Decimal("0.001")), self.unit
            ),
        }

    @property
    def forecast_method(self) -> str:
        word = forecasts.METHODS[self.forecast.method]
        return _(word) % {"n": self.forecast.points}

    @property
    def forecast_state(self) -> str:
        return (
            "ok"
            if verdicts.COMPARE[self.promise.comparator](self.forecast.value, self.value.limit)
            else "warn"
        )

    @property
    def forecast_word(self) -> str:
        return _("能达到") if self.forecast_state == "ok" else _("达不到")

    @property
    def whom(self) -> str:
        """Of whom or what the document asks it: 街镇, 机构, 幼儿 …"""
        return _(SCOPES[self.target.scope]) if self.target and self.target.scope in SCOPES else ""

    @property
    def how_often(self) -> str:
        """The time that it is asked for: each year, each month, until a day, the plan's whole time."""
        return _(PERIODS[self.target.period]) if self.target and self.target.period in PERIODS else ""

    @property
    def tag(self) -> str:
        return _("算") if self.target is None else _(PROOF_MARK[self.target.proof])

    @property
    def over(self) -> bool:
        return bool(self.target) and promises.plan_over(self.target, self.period.as_of)

    @property
    def percent(self) -> float:
        """Of the bar: a share as it is, a number against its limit."""
        v = self.value
        if v is None or v.value is None:
            return 0.0
        if self.kind == "number":
            return 100 * float(v.value / v.limit) if v.limit else 0.0
        return 100 * float(v.value)

    @property
    def mark(self) -> float | None:
        """The line on the bar: where one should be today, else the limit."""
        if self.value is None or self.value.limit is None:
            return None
        at = self.pace if self.pace is not None else self.value.limit
        return 100 * float(at / self.value.limit) if self.kind == "number" else 100 * float(at)

    @property
    def bar_kind(self) -> str:
        return {"doing": "", "none": ""}.get(self.state, self.state)

    # small figures -----------------------------------------------------------------------------------------------
    @property
    def line(self) -> list[float | None]:
        return [None if p is None else float(p) for p in self.path]

    @property
    def line_limit(self) -> float | None:
        return float(self.value.limit) if self.value is not None and self.value.limit is not None else None

    @property
    def line_expected(self) -> list[float]:
        if self.target is None or self.value is None or self.value.limit is None:
            return []
        if self.target.period == "year" and self.target.kind in promises.FILLING:
            return [0.0, float(self.value.limit)]
        return []

    @property
    def line_kind(self) -> str:
        return {"doing": "brand"}.get(self.state, self.state)

    @property
    def street_values(self) -> list[float | None]:
        return [None if v.value is None else float(v.value) for _s, v in self.by_street]

    @cached_property
    def has_streets(self) -> bool:
        """Whether any street has a figure; what belongs to no street has none, and no part in the district's number."""
        if self.kind == "number":
            return any(v.value for _s, v in self.by_street)
        return any(v.value is not None for _s, v in self.by_street)

    def street_verdict(self, value: Figure) -> str:
        """A street's verdict; where the district's number is asked for, a street's is a part of it and not judged."""
        return "" if self.kind == "number" else value.verdict

    @property
    def street_kinds(self) -> list[str]:
        return [MARK.get(self.street_verdict(v), "") for _s, v in self.by_street]

    @cached_property
    def street_limit(self) -> float | None:
        limits = [v.limit for _s, v in self.by_street if v.limit is not None]
        if not limits or self.kind == "number":
            return None
        pace = promises.pace_of(self.target, self.period) if self.target else None
        over = self.target is not None and promises.is_over(self.target, self.period)
        return float(limits[0] * (pace if pace is not None and not over else 1))

    @cached_property
    def lacking_streets(self) -> list[Street]:
        return [s for s, v in self.by_street if self.street_verdict(v) in (verdicts.BEHIND, verdicts.MISSED)]

    def of_street(self, value: Figure) -> str:
        """A street's figure in words."""
        if value.value is None:
            return "—"
        if self.metric.measure == "count":
            return f"{figures.plain(value.numerator)} {self.unit}".strip()
        return figures.percent(value.value)

    @cached_property
    def scale(self) -> Decimal:
        """What the whole length of a street's bar stands for."""
        known = [v.value for _s, v in self.by_street if v.value is not None]
        least = Decimal(1) if self.metric.measure == "share" else Decimal(str(self.street_limit or 0))
        return max([*known, least]) or Decimal(1)

    @property
    def bars(self) -> list[dict]:
        """For the drawer: a bar per street, the fullest first; those without a value last."""
        rows = sorted(self.by_street, key=lambda row: Decimal(-1) if row[1].value is None else row[1].value)
        return [
            {
                "label": street.name,
                "percent": 100 * float((v.value or 0) / self.scale),
                "text": self.of_street(v),
                "more": figures.small("share", v.numerator, v.denominator)
                if self.metric.measure != "count"
                else "",
                "kind": MARK.get(self.street_verdict(v), "") or "heat",
            }
            for street, v in reversed(rows)
        ]

    @property
    def bars_mark(self) -> float | None:
        return None if self.street_limit is None else 100 * self.street_limit / float(self.scale)

    @property
    def table(self) -> list[tuple]:
        return [
            (s.name, self.of_street(v), _(verdicts.WORDS[word]) if (word := self.street_verdict(v)) else "")
            for s, v in self.by_street
        ]
