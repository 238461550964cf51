"""Where a clause stands in its document, by the way the documents number theirs: 二（二）1, 附件·任务分工方案·序号9."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"附件|另一方面|一方面|十?[一二三四五六七八九]|十|\d+")
_DIGITS = {c: n for n, c in enumerate("一二三四五六七八九", 1)}


def _number(token: str) -> int:
    if token == "附件":
        return 1000
    if token.endswith("方面"):
        return 2 if token.startswith("另") else 1
    if token.isdigit():
        return int(token)
    return 10 * token.startswith("十") + _DIGITS.get(token[-1], 0)


def clause_order(label: str) -> tuple:
    """Sorts 二（二）1 before 二（二）2, 五 before 五（一）, 附件 after the body."""
    return tuple(_number(token) for token in _TOKEN.findall(label)), label
