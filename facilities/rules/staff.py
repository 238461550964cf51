"""Who may work with children: which certificate a post asks for, hours of a year, checks, ages.

Sources: certified share 100 % and training of 72 and 40 hours a year (Minhang and Pudong plans 二（二）3; the
hours are parameters, not constants); record check before hire and every year (未成年人保护法 62).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from portal.rules.machine import marked

#: post -> the district's parameter that lists its kinds of certificate, of which one must be valid; a post that is
#: missing asks for none. Where the district has not set the parameter nobody knows what is asked: nobody counts as kept.
CERTIFICATE_PARAMETERS = {
    post: f"staff.certificates_{post}" for post in ("head", "carer", "teacher", "health", "safety", "cook")
}
#: Asked of everybody who works in a facility.
HEALTH_CHECK = "health_check"
SOON_DAYS = 30

AGES = (16, 75)
HOURS = (0.5, 200)
EARLIEST_RECORD = date(1970, 1, 1)
LONGEST_VALIDITY_YEARS = 30
#: A hire may be entered so many days ahead.
HIRE_AHEAD_DAYS = 90

PROBLEMS = {
    "choice": marked("从列表里选一个"),
    "mobile": marked("写 11 位手机号"),
    "name": marked("写 2 到 40 个字的姓名"),
    "age": marked("到岗那天 %(age)d 岁。聘用要满 16 岁，不超过 75 岁。核对身份证号和到岗日期"),
    "starts_far": marked("离今天太远，最多提前 90 天登记"),
    "starts_early": marked("早于 1970 年。核对年份"),
    "ends_before": marked("不能早于到岗日期 %(day)s"),
    "future": marked("还没到这一天"),
    "check_missing": marked("聘用前要查违法犯罪记录（《未成年人保护法》第六十二条）。填查询日期"),
    "check_old": marked("查询离到岗超过 %(months)d 个月，要重新查"),
    "certificate_missing": marked("这个岗位要%(kinds)s，到岗那天要有效。在这里登记，或先办跨区交接"),
    "health_check_missing": marked("到岗那天要有有效的健康证。在这里登记"),
    "check_late": marked("查询要在到岗之前"),
    "check_found": marked("查询结果为“有”：不得聘用（《未成年人保护法》第六十二条）"),
    "issued_early": marked("早于 1970 年。核对年份"),
    "issued_before_birth": marked("发证时持证人还不到 16 岁。核对日期"),
    "valid_before": marked("不能早于发证日期"),
    "valid_long": marked("比发证日期晚 30 年以上。没有期限的证书，这一栏空着"),
    "number": marked("写证书编号，2 到 40 个字"),
    "course": marked("写课程名称，2 到 120 个字"),
    "provider": marked("写培训单位，2 到 120 个字"),
    "hours": marked("填 0.5 到 200 之间的数，一次培训最多 200 课时"),
    "done_early": marked("早于 1970 年。核对年份"),
}


def asked_kinds(values: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    """post -> kinds of certificate, from the parameters of the day (key -> value)."""
    return {post: frozenset(values[key]) for post, key in CERTIFICATE_PARAMETERS.items() if values.get(key)}


def certificate_standing(
    post: str, held: list[tuple[str, date | None]], on: date, asked_of: dict[str, frozenset[str]]
) -> tuple[str, str, date | None]:
    """How a person stands with certificates: (standing, kind, day).

    held: (kind, valid until or None for without end). asked_of: as asked_kinds gives it. standing: 'missing' (never
    had one that the post asks for), 'expired' (the last one ended before `on`), 'soon' (ends within SOON_DAYS),
    'unset' (nobody has said what the post asks for), 'ok'.
    The worst of the post's own certificate and the health check counts; kind is '' for the post's own when
    it is missing.
    """
    nobody_said = post in CERTIFICATE_PARAMETERS and not asked_of.get(post)
    worst = ("unset" if nobody_said else "ok", "", None)
    asked = [("", asked_of[post])] if asked_of.get(post) else []
    asked.append((HEALTH_CHECK, frozenset({HEALTH_CHECK})))
    order = ("ok", "unset", "soon", "expired", "missing")
    for name, kinds in asked:
        fitting = [(until or date.max, kind) for kind, until in held if kind in kinds]
        if not fitting:
            found = ("missing", name, None)
        else:
            until, kind = max(fitting)
            standing = "expired" if until < on else "soon" if until <= on + timedelta(SOON_DAYS) else "ok"
            found = (standing, kind, None if until == date.max else until)
        if order.index(found[0]) > order.index(worst[0]):
            worst = found
    return worst


def months_before(day: date, months: int) -> date:
    """The day so many months earlier, the month's last where the month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def check_standing(last: date | None, found: bool | None, on: date, months: int | None) -> str:
    """How a person stands with the yearly inquiry: 'found', 'missing', 'overdue' or 'ok'.

    months: the interval (parameter record_check.months), None where the district has none.
    """
    if found:
        return "found"
    if last is None:
        return "missing"
    if months is not None and last < months_before(on, months):
        return "overdue"
    return "ok"


def lacking(
    post: str,
    held: list[tuple[str, date, date | None]],
    starts_on: date,
    asked_of: dict[str, frozenset[str]],
) -> list[str]:
    """What somebody lacks who begins in a post: 'certificate_missing', 'health_check_missing', keys of PROBLEMS.

    held: (kind, issued on, valid until or None for without end); what is issued later than the first day, or
    ended before it, does not count.
    """
    valid = {
        kind for kind, issued, until in held if issued <= starts_on and (until is None or until >= starts_on)
    }
    wrong = []
    if asked_of.get(post) and not valid & asked_of[post]:
        wrong.append("certificate_missing")
    if HEALTH_CHECK not in valid:
        wrong.append("health_check_missing")
    return wrong


def hire_problems(
    *,
    born: date | None,
    starts_on: date,
    checked_on: date | None,
    found: bool,
    today: date,
    months: int | None = 12,
) -> list[tuple[str, str, dict]]:
    """(field, key of PROBLEMS, facts) of a hire; months: how fresh the inquiry must be (parameter
    record_check.months), None where the district says nothing."""
    wrong = []
    if starts_on < EARLIEST_RECORD:
        wrong.append(("starts_on", "starts_early", {}))
    elif starts_on > today + timedelta(HIRE_AHEAD_DAYS):
        wrong.append(("starts_on", "starts_far", {}))
    elif born:
        years = starts_on.year - born.year - ((starts_on.month, starts_on.day) < (born.month, born.day))
        if not AGES[0] <= years <= AGES[1]:
            wrong.append(("identity", "age", {"age": years}))
    if checked_on is None:
        wrong.append(("checked_on", "check_missing", {}))
    elif checked_on > today:
        wrong.append(("checked_on", "future", {}))
    elif checked_on > starts_on:
        wrong.append(("checked_on", "check_late", {}))
    elif months is not None and checked_on < months_before(starts_on, months):
        wrong.append(("checked_on", "check_old", {"months": months}))
    elif found:
        wrong.append(("checked_on", "check_found", {}))
    return wrong


def certificate_problems(
    *, number: str, issued_on: date, valid_until: date | None, birth_year: int | None, today: date
) -> list[tuple[str, str, dict]]:
    wrong = []
    if not 2 <= len(number) <= 40:
        wrong.append(("number", "number", {}))
    if issued_on > today:
        wrong.append(("issued_on", "future", {}))
    elif issued_on < EARLIEST_RECORD:
        wrong.append(("issued_on", "issued_early", {}))
    elif birth_year and issued_on.year - birth_year < AGES[0]:
        wrong.append(("issued_on", "issued_before_birth", {}))
    if valid_until and valid_until < issued_on:
        wrong.append(("valid_until", "valid_before", {}))
    elif valid_until and valid_until.year - issued_on.year > LONGEST_VALIDITY_YEARS:
        wrong.append(("valid_until", "valid_long", {}))
    return wrong


def training_problems(*, course: str, provider: str, hours, done_on: date, today: date) -> list:
    wrong = []
    if not 2 <= len(course) <= 120:
        wrong.append(("course", "course", {}))
    if not 2 <= len(provider) <= 120:
        wrong.append(("provider", "provider", {}))
    if not HOURS[0] <= hours <= HOURS[1]:
        wrong.append(("hours", "hours", {}))
    if done_on > today:
        wrong.append(("done_on", "future", {}))
    elif done_on < EARLIEST_RECORD:
        wrong.append(("done_on", "done_early", {}))
    return wrong
