"""What a parameter's new value may be: of the same shape as the one before, and not absurd."""

from __future__ import annotations

import json
import re
from typing import Any

from portal.rules.machine import marked

LARGEST = 100_000
YES, NO = ("true", "是", "yes"), ("false", "否", "no")
#: texts that must keep their form: a day of the year, a date
FORMS = (re.compile(r"\d{2}-\d{2}"), re.compile(r"\d{4}-\d{2}-\d{2}"))


class WrongValue(ValueError):
    """The sentence says what to enter instead."""


def read_value(text: str, like: Any) -> Any:
    """The value that `text` means for a parameter whose value is `like` so far; WrongValue with a sentence."""
    text = text.strip()
    if isinstance(like, bool):
        if text.lower() in YES + NO:
            return text.lower() in YES
        raise WrongValue(marked("取值：填“是”或“否”"))
    if isinstance(like, (int, float)):
        return _number(text)
    if isinstance(like, str):
        form = next((form for form in FORMS if form.fullmatch(like)), None)
        if form and not form.fullmatch(text):
            raise WrongValue(marked("取值：照原来的写法，比如“03-31”或“2026-01-01”"))
        if not text or len(text) > 40:
            raise WrongValue(marked("取值：填 1 到 40 个字"))
        return text
    try:
        value = json.loads(text)
    except ValueError:
        raise WrongValue(marked("取值：照原来的写法，括号和引号都要有")) from None
    return _same_shape(value, like)


def _number(text: str) -> int | float:
    if not re.fullmatch(r"\d{1,9}(\.\d{1,4})?", text):
        raise WrongValue(marked("取值：填 0 或更大的数"))
    number = float(text)
    if number > LARGEST:
        raise WrongValue(marked("取值：不能大于 100000"))
    return int(number) if number.is_integer() else number


def _same_shape(value: Any, like: Any) -> Any:
    parts, before = (value, like) if isinstance(like, list) else ([], [])
    if isinstance(like, dict):
        if not isinstance(value, dict) or value.keys() != like.keys():
            raise WrongValue(marked("取值：项目要和原来的一样"))
        parts, before = list(value.values()), list(like.values())
    elif not isinstance(value, list) or not value or len(value) > 20:
        raise WrongValue(marked("取值：填 1 到 20 项，照原来的写法"))
    kind = (int, float) if before and isinstance(before[0], (int, float)) else type(before[0])
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, kind):
            raise WrongValue(marked("取值：每一项都要和原来的一样，是数就填数"))
        if isinstance(part, (int, float)) and not 0 <= part <= LARGEST:
            raise WrongValue(marked("取值：填 0 到 100000 之间的数"))
    return value


def show_value(value: Any) -> str:
    """As a person reads and writes it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)
