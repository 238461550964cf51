"""What a filing asks: sections and fields by kind and version of the form, and what an answer may be.

The form holds all its versions at once: a field says from which version on it is asked and before which it is not asked
any more. An answer that was given stays with the filing whatever becomes of the form (docs/filing.md).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation

from facilities.rules import numbers, register
from portal.rules.machine import marked

NEW, CHANGE, SUSPENSION, RESUMPTION, SURRENDER, REVOCATION = (
    "new", "change", "suspension", "resumption", "surrender", "revocation",
)  # fmt: skip
KINDS = {
    NEW: marked("备案"),
    CHANGE: marked("变更"),
    SUSPENSION: marked("暂停"),
    RESUMPTION: marked("恢复"),
    SURRENDER: marked("停办"),
    REVOCATION: marked("撤回备案"),
}
#: What an operator starts of an own facility, by the facility's state; the district starts a revocation.
OF_STATE = {
    "filed": (CHANGE, SURRENDER),
    "operating": (CHANGE, SUSPENSION, SURRENDER),
    "suspended": (CHANGE, RESUMPTION, SURRENDER),
}
REVOCABLE = ("filed", "operating", "suspended")
LONG = 2000


@dataclass(frozen=True)
class Field:
    """One question. `of`: text, long, whole, area, day, time, choice, yes, file, street, credit_code, phone.

    `when`: asked only if another answer is this one (or several are). `since`, `until`: the first version of the form
    that asks it, and the first that does not any more.
    """

    key: str
    label: str
    of: str = "text"
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    unit: str = ""
    low: int | None = None
    high: int | None = None
    when: tuple | None = None
    since: int = 1
    until: int | None = None

    def in_version(self, version: int) -> bool:
        return self.since <= version and (self.until is None or version < self.until)


@dataclass(frozen=True)
class Section:
    """`signer`: the kind of the department (portal's Unit.kind) that signs on it; `by`: who fills it in."""

    key: str
    label: str
    fields: tuple[Field, ...]
    kinds: tuple[str, ...] = (NEW,)
    signer: str = ""
    when: tuple | None = None
    hint: str = ""


@dataclass(frozen=True)
class Form:
    version: int
    all_sections: tuple[Section, ...]

    def sections(self, kind: str, version: int, answers: dict) -> list[Section]:
        """The sections asked, each with the fields asked, after the answers so far {key: value}."""
        found = []
        for section in self.all_sections:
            if kind not in section.kinds or not applies(section.when, answers):
                continue
            fields = tuple(f for f in section.fields if f.in_version(version) and applies(f.when, answers))
            if fields:
                found.append(Section(section.key, section.label, fields, section.kinds, section.signer,
                                     section.when, section.hint))  # fmt: skip
        return found

    def labels(self) -> dict[str, str]:
        return {s.key: s.label for s in self.all_sections}

    def field(self, key: str) -> Field | None:
        return next((f for s in self.all_sections for f in s.fields if f.key == key), None)


def applies(when: tuple | None, answers: dict) -> bool:
    """Whether the other answers are as `when` says: (key, value), or several such pairs."""
    if when is None:
        return True
    pairs = when if isinstance(when[0], tuple) else (when,)
    return all(answers.get(key) == value for key, value in pairs)


def missing(sections: Iterable[Section], answers: dict) -> list[tuple[Section, Field]]:
    """The required fields without an answer, in order."""
    return [
        (section, field)
        for section in sections
        for field in section.fields
        if field.required and answers.get(field.key) in (None, "")
    ]


# --- What an answer may be


class WrongAnswer(ValueError):
    """`key` of PROBLEMS and facts for its words."""

    def __init__(self, key: str, **facts):
        super().__init__(key)
        self.key, self.facts = key, facts


PROBLEMS = {
    **register.PROBLEMS,
    **numbers.PROBLEMS,
    "too_long": marked("最多 %(most)d 个字"),
    "whole": marked("填整数"),
    "range": marked("填 %(low)d 到 %(high)d 之间的数"),
    "decimal": marked("填数，最多一位小数"),
    "day": marked("写成 2026-03-18 这样的日期"),
    "time": marked("写成 08:30 这样的时间"),
    "file": marked("传一份文件"),
    "classes": marked("各班的托位加起来是 %(sum)d，和托位 %(places)d 对不上"),
    "class_pair": marked("班数和托位要么都填，要么都不填"),
    "no_class": marked("至少开一个班"),
    "over": marked("%(day)s 已经过了"),
    "future": marked("还没到这一天"),
    "far": marked("离今天超过 %(years)d 年，核对年份"),
    "ready": marked("人员、消防、保险都有效了再办恢复"),
    "before": marked("不能早于 %(day)s"),
    "nothing": marked("至少填一项要变更的内容"),
    "operator": marked("写举办者全称，2 到 120 个字"),
}


def read(field: Field, raw: str):
    """The value that is kept for what a person wrote; None for nothing. WrongAnswer for what cannot be."""
    text = unicodedata.normalize("NFKC", raw).strip() if field.of not in ("text", "long") else raw.strip()
    if not text:
        return None
    return READERS[field.of](field, text)


def _text(field: Field, text: str) -> str:
    most = field.high or (LONG if field.of == "long" else 200)
    if len(text) > most:
        raise WrongAnswer("too_long", most=most)
    return text


def _whole(field: Field, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise WrongAnswer("whole")
    number = int(text)
    low, high = field.low or 0, field.high or 9999
    if not low <= number <= high:
        raise WrongAnswer("range", low=low, high=high)
    return number


def _area(field: Field, text: str) -> str:
    try:
        number = Decimal(text)
        if not number.is_finite() or number != round(number, 1):
            raise InvalidOperation
    except InvalidOperation:
        raise WrongAnswer("decimal") from None
    low, high = field.low or 0, field.high or register.AREA[1]
    if not low <= number <= high:
        raise WrongAnswer("range", low=low, high=high)
    return str(round(number, 1))


def _day(field: Field, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if len(text) == 10 else _wrong("day")
    except ValueError:
        raise WrongAnswer("day") from None


def _wrong(key: str):
    raise WrongAnswer(key)


def _time(field: Field, text: str) -> str:
    try:
        return time.fromisoformat(text).strftime("%H:%M")
    except ValueError:
        raise WrongAnswer("time") from None


def _choice(field: Field, text: str) -> str:
    if text not in dict(field.choices):
        raise WrongAnswer("choice")
    return text


def _yes(field: Field, text: str) -> bool:
    if text not in ("yes", "no"):
        raise WrongAnswer("choice")
    return text == "yes"


def _street(field: Field, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise WrongAnswer("choice")
    return int(text)


def _credit_code(field: Field, text: str) -> str:
    code = numbers.tidy(text)
    key, facts = numbers.credit_problem(code)
    if key:
        raise WrongAnswer(key, **facts)
    return code


def _phone(field: Field, text: str) -> str:
    if not register.phone_can_be(text):
        raise WrongAnswer("phone")
    return text


READERS = {
    "text": _text,
    "long": _text,
    "whole": _whole,
    "area": _area,
    "day": _day,
    "time": _time,
    "choice": _choice,
    "yes": _yes,
    "street": _street,
    "credit_code": _credit_code,
    "phone": _phone,
    "file": lambda field, text: _wrong("file"),  # comes as an upload only
}
