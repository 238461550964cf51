"""What the cells of a plan's workbook take beside the common kinds (portal/rules/cells.py)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.rules import cells
from portal.rules.cells import Number, Text, Wrong, YesNo
from portal.rules.machine import marked
from targets.rules import plan_content as content_rules
from targets.services import plan_base

SEPARATORS = re.compile("[、，,；;\n]+")  # content
TRUE = frozenset("是 有 √ ✓".split())  # content


@dataclass(frozen=True)
class NumberOrYes:
    """A target's value: a number, per cent without its sign, or 是 for what is there or not."""

    def read(self, raw: Any):
        if isinstance(raw, bool):
            return True if raw else Wrong(cells.NOT_A_NUMBER, {"given": "FALSE"})
        if isinstance(raw, str) and cells.plain(raw) in TRUE:
            return True
        if isinstance(raw, str):
            raw = cells.plain(raw).removesuffix("%")
        found = Number(0, content_rules.LARGEST_VALUE, places=3).read(raw)
        return found if found is None or isinstance(found, Wrong) else plan_base.number_of(found)


@dataclass(frozen=True)
class Whole:
    def read(self, raw: Any):
        return Number(1, content_rules.LARGEST_NUMBER).read(raw)


@dataclass(frozen=True)
class Written:
    """A value as a person writes it: a number's cell as text."""

    def read(self, raw: Any):
        return YesNo().read(raw) and _("是") if isinstance(raw, bool) else Text(200).read(raw)


@dataclass(frozen=True)
class ManyNumbers:
    """1、3."""

    def read(self, raw: Any):
        text = cells.text_of(raw)
        if isinstance(text, Wrong):
            return text
        words = [one.strip() for one in SEPARATORS.split(text) if one.strip()]
        if any(not re.fullmatch(r"[0-9]{1,3}", one) for one in words):
            return Wrong(marked("写任务的序号，之间用顿号，例如：1、3"))
        return [int(one) for one in words]


@dataclass(frozen=True)
class Words:
    """Names with commas between them."""

    def read(self, raw: Any):
        text = Text(4000).read(raw)
        if isinstance(text, Wrong):
            return text
        return [one.strip() for one in SEPARATORS.split(text or "") if one.strip()]
