"""How a parameter's value is written and read, and what a new one may be: of the same shape, and not absurd.

A number is a number, a switch 是 or 否, a list `90、30、7`, a table `A 50、B 100`, a choice its Chinese word.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import Any

from portal.rules.machine import marked

LARGEST = 100_000
YES, NO = marked("是"), marked("否")
#: texts that must keep their form: a day of the year, a date
FORMS = (re.compile(r"\d{2}-\d{2}"), re.compile(r"\d{4}-\d{2}-\d{2}"))
#: what a person can hold (facilities.models.people.Certificate.Kind)
CERTIFICATES = {
    "childcare": marked("育婴师"),
    "nursing": marked("保育师"),
    "health": marked("保健员"),
    "teacher": marked("教师资格"),
    "safety": marked("保安员"),
    "food": marked("食品从业"),
}
#: parameters whose values are words of a short list
CHOICES: dict[str, dict[str, str]] = {
    "guidance.newborn_visits_for": {
        "asked": marked("有需求的"),
        "resident": marked("常住的"),
        "every": marked("每个"),
    },
    "guidance.sessions_from": {
        "station": marked("街镇指导站"),
        "station_point": marked("指导站和指导点"),
        "any": marked("所有场所"),
    },
    "evaluation.veto_grade": {grade: grade for grade in "BCD"},
    "evaluation.model_grade": {grade: grade for grade in "ABC"},
    "baby_house.naming": {"convention": marked("某某街道/社区“宝宝屋”"), "free": marked("不限")},
    "draw.levels": {"street": marked("街镇"), "district": marked("区")},
    "filing.departments": {
        "health": marked("卫生健康"),
        "fire": marked("消防"),
        "police": marked("公安"),
        "market": marked("市场监管"),
    },
    "emergency.kinds": {
        "public_health": marked("公共卫生"),
        "fire": marked("消防安全"),
        "first_aid": marked("急症救治"),
        "food": marked("食品安全"),
        "weather": marked("极端天气与自然灾害"),
        "violence": marked("外来人员侵害"),
        "missing": marked("幼儿走失"),
    },
    **{
        f"staff.certificates_{post}": CERTIFICATES
        for post in ("head", "carer", "teacher", "health", "safety", "cook")
    },
}
#: tables whose values rise from one to the next
RISING = {"grade.thresholds"}
#: the first part of a key -> the heading under which its parameters stand, in this order
GROUPS: dict[str, str] = {
    "guidance": marked("育儿指导"),
    "training": marked("人员"),
    "staff": marked("人员"),
    "record_check": marked("人员"),
    "class": marked("班级"),
    "baby_house": marked("宝宝屋"),
    "child": marked("幼儿与家长"),
    "video": marked("录像"),
    "watch": marked("录像"),
    "plan": marked("供给与计划"),
    "supply": marked("供给与计划"),
    "city": marked("供给与计划"),
    "draw": marked("双随机"),
    "campaign": marked("双随机"),
    "grade": marked("风险等级"),
    "inspection": marked("现场检查"),
    "order": marked("整改"),
    "publication": marked("公示"),
    "complaint": marked("投诉与安全事件"),
    "incident": marked("投诉与安全事件"),
    "credit": marked("诚信记录"),
    "evaluation": marked("质量评估"),
    "agreement": marked("质量评估"),
    "filing": marked("备案"),
    "emergency": marked("应急"),
    "import": marked("报送与提醒"),
    "task": marked("报送与提醒"),
    "report": marked("报送与提醒"),
    "supervision": marked("年度督查"),
    "expiry": marked("报送与提醒"),
}
OTHERS = marked("其他")


class WrongValue(ValueError):
    """The sentence says what to enter instead."""


def group_of(key: str) -> str:
    """The heading under which a parameter stands."""
    return GROUPS.get(key.split(".")[0], OTHERS)


def group_order(key: str) -> int:
    """Where its heading stands among the others."""
    headings = list(dict.fromkeys(GROUPS.values()))
    group = group_of(key)
    return headings.index(group) if group in headings else len(headings)


def show_value(value: Any, key: str = "") -> str:
    """As a person reads it and writes it."""
    words = CHOICES.get(key, {})
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, list):
        return "、".join(words.get(part, str(part)) for part in value)
    if isinstance(value, dict):
        return "、".join(f"{name} {part}" for name, part in value.items())
    return words.get(value, str(value)) if isinstance(value, str) else str(value)


def words_for(key: str, like: Any) -> str:
    """How a first value is written: the words of a choice, or one like `like`."""
    if key in CHOICES:
        return "、".join(CHOICES[key].values())
    return show_value(like, key)


def read_value(text: str, like: Any, key: str = "") -> Any:
    """The value that `text` means for a parameter whose value is `like` so far; WrongValue with a sentence."""
    text = text.strip()
    if isinstance(like, bool):
        if text in (YES, NO):
            return text == YES
        raise WrongValue(marked("取值：填“是”或“否”"))
    if isinstance(like, (int, float)):
        return _number(text)
    if isinstance(like, str):
        return _word(text, like, CHOICES.get(key))
    parts = [part.strip() for part in re.split(r"[、,，;；]", text)]
    if isinstance(like, dict):
        return _table(parts, like, key)
    if not 1 <= len(parts) <= 20 or not all(parts) or len(set(parts)) < len(parts):
        raise WrongValue(marked("取值：填 1 到 20 项，用顿号隔开，不重复"))
    if key in CHOICES:
        return [_word(part, "", CHOICES[key]) for part in parts]
    if like and isinstance(like[0], (int, float)):
        return [_number(part) for part in parts]
    return parts


def _number(text: str) -> int | float:
    if not re.fullmatch(r"\d{1,9}(\.\d{1,4})?", text):
        raise WrongValue(marked("取值：填 0 或更大的数"))
    number = float(text)
    if number > LARGEST:
        raise WrongValue(marked("取值：不能大于 100000"))
    return int(number) if number.is_integer() else number


def _is_day(text: str) -> bool:
    """Whether 03-31 or 2026-01-01 is in the calendar; 02-29 is, in some years."""
    try:
        date.fromisoformat(text if len(text) > 5 else f"2024-{text}")
    except ValueError:
        return False
    return True


def _word(text: str, like: str, choices: dict[str, str] | None) -> str:
    if choices is not None:
        found = next((key for key, word in choices.items() if text in (key, word)), None)
        if found is None:
            raise WrongValue(marked("取值：照这个参数原有的词填"))
        return found
    form = next((form for form in FORMS if form.fullmatch(like)), None)
    if form and not (form.fullmatch(text) and _is_day(text)):
        raise WrongValue(marked("取值：照原来的写法，比如“03-31”或“2026-01-01”"))
    if not text or len(text) > 40:
        raise WrongValue(marked("取值：填 1 到 40 个字"))
    return text


def _table(parts: list[str], like: dict, key: str = "") -> dict:
    pairs = [part.split() for part in parts]
    if any(len(pair) != 2 for pair in pairs) or [name for name, _part in pairs] != list(like):
        raise WrongValue(marked("取值：照原来的项目和次序，比如“A 50、B 100”"))
    found = {name: _number(part) for name, part in pairs}
    numbers = list(found.values())
    if key in RISING and any(a >= b for a, b in pairwise(numbers)):
        raise WrongValue(marked("取值：后一个要比前一个大，比如“B 5、C 15”"))
    return found
