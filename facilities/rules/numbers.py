"""Numbers with a check digit: identity numbers (GB 11643) and unified social credit codes (GB 32100).

Both functions answer a key of PROBLEMS, or '' when the number can be right; whether it was ever given to
somebody no sum can tell.
"""

from __future__ import annotations

from datetime import date
from operator import mul

from portal.rules.machine import marked

IDENTITY_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
IDENTITY_CHECKS = "10X98765432"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V and Z
CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
CREDIT_VALUES = {character: value for value, character in enumerate(CREDIT_ALPHABET)}

PROBLEMS = {
    "length": marked("应为 18 位，现在 %(length)d 位"),
    "characters": marked("第 %(place)d 位是“%(character)s”，这里不会有这个字符"),
    "date": marked("第 7 到 14 位不是一个出生日期。对照证件再看一遍"),
    "check": marked("末位校验对不上，多半有一位写错了。对照证件再看一遍"),
}


def tidy(number: str) -> str:
    """Without spaces, in capitals, as people read it off a card."""
    return "".join(number.split()).upper()


def identity_check(first: str) -> str:
    """The eighteenth character after seventeen digits (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(first, IDENTITY_WEIGHTS, strict=True))
    return IDENTITY_CHECKS[total % 11]


def stray(number: str, alphabet: str, last: str) -> int:
    """The place (from 1) of the first character that cannot stand there, 0 when there is none."""
    if not number.strip(alphabet):  # all of them can
        return 0
    for place, character in enumerate(number, 1):
        if character not in (alphabet if place < 18 else last):
            return place
    return 0


def identity_problem(number: str, today: date) -> tuple[str, dict]:
    """What is wrong with a tidied identity number: a key of PROBLEMS and the facts for its words, or ('', {})."""
    if len(number) != 18:
        return "length", {"length": len(number)}
    if place := stray(number, "0123456789", "0123456789X"):
        return "characters", {"place": place, "character": number[place - 1]}
    born = born_on(number)
    if born is None or not date(1900, 1, 1) <= born <= today:
        return "date", {}
    if identity_check(number[:17]) != number[17]:
        return "check", {}
    return "", {}


def born_on(number: str) -> date | None:
    """The day of birth in an identity number; None when there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def age_on(born: date, day: date) -> int:
    """Completed years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def credit_check(first: str) -> str:
    """The eighteenth character after seventeen of a credit code."""
    total = sum(map(mul, map(CREDIT_VALUES.__getitem__, first), CREDIT_WEIGHTS))
    return CREDIT_ALPHABET[-total % 31]


def credit_problem(number: str) -> tuple[str, dict]:
    """As identity_problem, of a tidied unified social credit code."""
    if len(number) != 18:
        return "length", {"length": len(number)}
    if place := stray(number, CREDIT_ALPHABET, CREDIT_ALPHABET):
        return "characters", {"place": place, "character": number[place - 1]}
    if credit_check(number[:17]) != number[17]:
        return "check", {}
    return "", {}
