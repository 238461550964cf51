"""Children and parents: who may be enrolled when, what a consent must be, who sees which part of a record.

Sources: 金教〔2023〕29号 二1 (children of 1 to 3), 六4 (health check, declaration, agreement, privacy); PIPL 19, 28-31,
47 (necessary parts, separate consent, deletion); 未成年人网络保护条例 34-37 (approval of each access, its record).
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from facilities.rules import numbers
from portal.rules.machine import marked

#: A child under this age needs a consent of its own for each purpose.
SEPARATE_CONSENT_BELOW_YEARS = 14
#: Kind of facility -> months of age at admission, from and below; other kinds take OTHER_AGES.
AGES = {"baby_house": (12, 36)}
OTHER_AGES = (0, 36)
#: Kinds that care by the hour; all others have a place by the day.
BY_HOUR = frozenset({"baby_house", "guidance_point"})
#: Without these two nobody can be cared for.
NEEDED_CONSENTS = ("care", "health")
#: Purposes that are no child's on file: a family agrees when it signs up for an event or subscribes (guidance).
NOT_OF_CHILDREN = ("event", "resource")

#: Parts of a record; what stands in none of them nobody sees.
PARTS = {
    "name": marked("姓名、性别、出生日期"),
    "identity": marked("证件号"),
    "contact": marked("家长姓名和电话"),
    "address": marked("住址"),
    "health": marked("过敏史、既往病史、体检"),
}
#: Why a record may be opened.
PURPOSES = {
    "care": marked("照护"),
    "contact": marked("联系家长"),
    "enrol": marked("办理入托"),
    "complaint": marked("投诉办理"),
    "incident": marked("突发事件"),
    "check": marked("核对数据"),
    "own": marked("家长查看"),
}
#: purpose -> the parts that it needs, and no more (PIPL 6, 19).
NEEDED_PARTS = {
    "care": ("name", "contact", "health"),
    "contact": ("name", "contact"),
    "enrol": ("name", "identity", "contact", "address", "health"),
    "complaint": ("name", "contact"),
    "incident": ("name", "contact", "address", "health"),
    "check": ("name", "identity"),
    "own": tuple(PARTS),
}
#: What those who care for the child open for, and what the district asks approval for.
OF_FACILITIES = ("care", "contact", "enrol")
OF_DISTRICT = ("complaint", "incident", "check")

BIRTH_CERTIFICATE = re.compile(r"[A-Z][0-9]{9}")
EARLIEST_YEARS = 7

PROBLEMS = {
    "choice": marked("从列表里选一个"),
    "name": marked("写 2 到 40 个字的姓名"),
    "mobile": marked("写 11 位手机号"),
    "future": marked("还没到这一天"),
    "born_early": marked("超过 %(years)d 年了。核对出生日期"),
    "born_differs": marked("和身份证号里的 %(day)s 不一样。对照证件再看一遍"),
    "identity": marked("写 18 位身份证号，还没有就写出生医学证明编号（一个字母加 9 位数字）"),
    "reason": marked("写事由，4 到 200 个字"),
    "purpose": marked("选一个用途"),
    "hours": marked("填 1 到 %(most)d 之间的数"),
    "before": marked("不能早于 %(day)s"),
    "valid": marked("不能早于体检日期"),
    "valid_long": marked("比体检日期晚两年以上。核对日期"),
    "fee": marked("写约定的收费，2 到 80 个字，免费就写“免费”"),
    "text_long": marked("写 %(least)d 到 %(most)d 个字"),
    "starts_past": marked("不能早于今天，已经签的按当时的版本算"),
    "starts_before": marked("要晚于现在这一版的启用日期 %(day)s"),
}


def months_old(born: date, on: date) -> int:
    """Completed months; somebody born on the 31st is a month older on the last day of a shorter month."""
    months = (on.year - born.year) * 12 + on.month - born.month
    last = monthrange(on.year, on.month)[1]
    return months - (on.day < min(born.day, last))


def age_problem(born: date, kind: str, on: date) -> tuple[str, int]:
    """('young' or 'old' or '', the limit in months) for an admission to a kind of facility on a day."""
    low, high = AGES.get(kind, OTHER_AGES)
    months = months_old(born, on)
    if months < low:
        return "young", low
    if months >= high:
        return "old", high
    return "", 0


def must_be_separate(born: date, on: date) -> bool:
    """Whether a consent must be one of its own, for a child under 14 (PIPL 31)."""
    return numbers.age_on(born, on) < SEPARATE_CONSENT_BELOW_YEARS


def identity_problem(number: str, born: date | None, today: date) -> tuple[str, dict]:
    """What is wrong with a child's number: an identity number, or that of the birth certificate."""
    if BIRTH_CERTIFICATE.fullmatch(number):
        return "", {}
    if len(number) != 18:
        return "identity", {}
    key, facts = numbers.identity_problem(number, today)
    if key:
        return key, facts
    if born and numbers.born_on(number) != born:
        return "born_differs", {"day": numbers.born_on(number).isoformat()}
    return "", {}


def mobile_can_be(number: str) -> bool:
    return len(number) == 11 and number.isdigit() and number.startswith("1")


def consent_holds(
    *, given: int, current: int, renewing: list[int], withdrawn_on: date | None, on: date
) -> bool:
    """Whether a consent to version `given` still counts on a day.

    current: the version in force; renewing: numbers of versions that ask everybody anew.
    """
    if withdrawn_on is not None and withdrawn_on <= on:
        return False
    return not any(given < number <= current for number in renewing)


def missing_for_admission(
    *,
    age: tuple[str, int],
    on: date,
    consents: set[str],
    certificate_until: date | None,
    declared: bool,
    agreed: bool,
) -> list[tuple[str, dict]]:
    """What still stands against an admission from a day, as keys of MISSING with facts; [] when nothing does.

    age: as age_problem says; consents: purposes with a consent that holds; certificate_until: of a certificate
    that says fit and was made by the day, None without one.
    """
    found: list[tuple[str, dict]] = []
    if age[0]:
        found.append((age[0], {"months": age[1]}))
    found += [(f"consent_{purpose}", {}) for purpose in NEEDED_CONSENTS if purpose not in consents]
    if not declared:
        found.append(("declaration", {}))
    if certificate_until is None:
        found.append(("certificate", {}))
    elif certificate_until < on:
        found.append(("certificate_over", {"day": certificate_until.isoformat()}))
    if not agreed:
        found.append(("agreement", {}))
    return found


MISSING = {
    "young": marked("那天还不满 %(months)d 个月"),
    "old": marked("那天已满 %(months)d 个月"),
    "consent_care": marked("家长还没有同意照护服务"),
    "consent_health": marked("家长还没有同意提供健康信息"),
    "declaration": marked("家长还没有申报过敏史和既往病史"),
    "certificate": marked("还没有合格的入托体检"),
    "certificate_over": marked("入托体检 %(day)s 到期，要重新体检"),
    "agreement": marked("还没有和家长签协议"),
    "mode": marked("这里没有这种照护方式"),
    "closed": marked("机构现在不在办"),
}


def deletable(*, ended_on: date | None, days: int, withdrawn: bool, on: date) -> bool:
    """Whether a record's purpose is over: at once after a withdrawal, else when the period has passed."""
    if ended_on is None or ended_on > on:
        return False
    return withdrawn or (on - ended_on).days >= days
