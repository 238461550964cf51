"""What proves a target that no record counts: a document, handed in by one person, confirmed by another, for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.rules.machine import Machine, Transition, marked
from targets.rules.verdicts import COMPARE, Promise

ATTESTATION = Machine(
    name="attestation",
    label=marked("指标的证明材料"),
    states={
        "given": marked("等第二人确认"),
        "returned": marked("退回补充"),
        "confirmed": marked("已确认"),
        "withdrawn": marked("已撤下"),
    },
    transitions=(
        Transition("change", ("given", "returned"), "given", marked("改了再交"), right="attestation.give"),
        Transition("confirm", ("given",), "confirmed", marked("确认"), right="attestation.confirm"),
        Transition("return", ("given",), "returned", marked("退回补充"), right="attestation.confirm"),
        Transition(
            "withdraw",
            ("given", "returned", "confirmed"),
            "withdrawn",
            marked("撤下"),
            right="attestation.give",
        ),
    ),
)

#: A proof ages: at most so many years until somebody has to look again.
MOST_YEARS = 5
EARLIEST = date(2000, 1, 1)
TITLE, TEXT, NOTE = (2, 200), (5, 500), (2, 200)
#: Days before its end when the giver is told.
WARNED = 30
NUMBER = Decimal("999999999.999")

SENTENCES = {
    "title": marked("材料名称：写 2 到 200 个字"),
    "text": marked("证明了什么：写 5 到 500 个字"),
    "issued_on": marked("材料日期：要在 2000 年以后，不晚于今天"),
    "starts_on": marked("起算日期：要在 2000 年以后，不晚于今天"),
    "valid_until": marked("有效到：晚于起算日期，还没有过，最长 5 年。过期以后要交新的"),
    "achieved": marked("完成数：填 0 以上的数，最多三位小数"),
    "no_number": marked("完成数：这项指标要求一个数，写材料证明了多少"),
    "note": marked("原因：写 2 到 200 个字"),
}


def reached(promise: Promise, achieved: Decimal | None) -> bool:
    """Whether what a proof says is as much as the target asks; always where it asks for no number."""
    if promise.value is None:
        return True
    return achieved is not None and COMPARE[promise.comparator](achieved, promise.value)


def problems(values: dict, on: date, *, number: bool = False) -> dict[str, str]:
    """Field -> key of SENTENCES. `number`: the target asks for one."""
    found = {}
    for name, (least, most) in (("title", TITLE), ("text", TEXT)):
        if not least <= len(values[name]) <= most:
            found[name] = name
    for name in ("issued_on", "starts_on"):
        if not EARLIEST <= values[name] <= on:
            found[name] = name
    starts_on, until = values["starts_on"], values["valid_until"]
    if "starts_on" not in found and not (
        starts_on < until and on <= until and until.year - starts_on.year <= MOST_YEARS
    ):
        found["valid_until"] = "valid_until"
    achieved = values.get("achieved")
    if achieved is None and number:
        found["achieved"] = "no_number"
    elif achieved is not None and not (0 <= achieved <= NUMBER and round(achieved, 3) == achieved):
        found["achieved"] = "achieved"
    return found


@dataclass(frozen=True)
class Given:
    """Of an attestation, what says on which days it stands. Days are those of the calendar, `withdrawn_on` None: not;
    `enough`: it proves as much as the target asks (`reached`)."""

    starts_on: date
    valid_until: date
    confirmed_on: date | None
    withdrawn_on: date | None
    state: str = "confirmed"
    enough: bool = True


PROVED, SHORT, EXPIRED, WAITING, MISSING = "proved", "short", "expired", "waiting", "missing"
WORDS = {
    PROVED: marked("已证明"),
    SHORT: marked("还没达到"),
    EXPIRED: marked("证明过期"),
    WAITING: marked("等第二人确认"),
    MISSING: marked("没有证明"),
}
SHAPES = {PROVED: "ok", SHORT: "warn", EXPIRED: "bad", WAITING: "doing", MISSING: "none"}


def stands(one: Given, on: date) -> bool:
    """Whether it proves its target on the day, as was known on that day."""
    return (
        one.confirmed_on is not None
        and one.confirmed_on <= on
        and one.starts_on <= on <= one.valid_until
        and (one.withdrawn_on is None or on < one.withdrawn_on)
    )


def standing(given: list[Given], on: date) -> tuple[str, Given | None]:
    """(proved, short, expired, waiting, missing) and the one that says so: of several that stand, the one that lasts
    longest. One that stands and says less than is asked proves nothing: it is short."""
    standing_ones = [one for one in given if stands(one, on)]
    if proving := [one for one in standing_ones if one.enough]:
        return PROVED, max(proving, key=lambda one: one.valid_until)
    if waiting := [one for one in given if one.state == "given"]:
        return WAITING, waiting[-1]
    if standing_ones:
        return SHORT, max(standing_ones, key=lambda one: one.valid_until)
    over = [
        one
        for one in given
        if one.confirmed_on is not None and one.withdrawn_on is None and one.valid_until < on
    ]
    return (EXPIRED, max(over, key=lambda one: one.valid_until)) if over else (MISSING, None)
