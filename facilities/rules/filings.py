"""When a filing as a whole makes sense, how its clocks run, who may mend what: on plain values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from facilities.rules import register
from facilities.rules.filing_fields import CLASSES, FORM
from facilities.rules.filing_form import CHANGE, NEW, RESUMPTION, REVOCATION, SURRENDER, SUSPENSION
from portal.rules.machine import marked

#: Clock -> (its label, the parameter of its working days).
CLOCKS = {
    "receipt": (marked("受理"), "filing.receipt_days"),
    "decision": (marked("决定"), "filing.refusal_days"),
    "hearing": (marked("陈述申辩"), "filing.hearing_days"),
    "sign": (marked("会签"), "filing.sign_days"),
}
#: State of a filing -> the clock that runs in it.
CLOCK_OF = {"sent": "receipt", "received": "decision", "proposed": "decision", "hearing": "hearing"}
#: Kinds of departments that can be asked, with the words of the parameter `filing.departments`.
SIGNERS = {
    "health": marked("卫生健康"),
    "fire": marked("消防"),
    "police": marked("公安"),
    "market": marked("市场监管"),
}
#: How far away a day of a filing may lie.
YEARS = 60
OPEN_STATES = ("draft", "sent", "returned", "received", "proposed", "hearing")

#: The list's views: (key, label, states).
TABS = (
    ("open", marked("在办"), ("draft", "sent", "returned", "received", "hearing", "proposed")),
    ("sent", marked("待受理"), ("sent",)),
    ("received", marked("审核会签"), ("received",)),
    ("returned", marked("待补正"), ("returned",)),
    ("hearing", marked("陈述申辩"), ("hearing",)),
    ("proposed", marked("待签发"), ("proposed",)),
    ("over", marked("办完的"), ("issued", "refused", "withdrawn")),
)


def tab_of(key: str) -> tuple[str, str, tuple[str, ...]]:
    """The view that an address asks for; the first one if it asks for none."""
    return next((tab for tab in TABS if tab[0] == key), TABS[0])


def editable(state: str, key: str, *, returned: set[str], answered: bool) -> bool:
    """Whether the one who fills in may write a field now: all of a draft; of a returned filing what was returned and
    what has no answer yet."""
    return state == "draft" or (state == "returned" and (key in returned or not answered))


def stage(due: date | None, on: date, day_before: Callable[[date], date]) -> str:
    """'' while there is time, 'soon' from the working day before the due day on, 'breach' after it."""
    if due is None:
        return ""
    if on > due:
        return "breach"
    return "soon" if on >= day_before(due) else ""


def register_values(answers: dict) -> dict:
    """The answers of a new filing as the register's values, without street and operator's row."""
    values = {
        key: answers.get(key)
        for key in (
            "name", "kind", "ownership", "address", "operator", "credit_code", "head", "phone", "places",
            "full_day", "half_day", "hourly", "meals", "cameras", "video_days", "alarm_buttons",
        )
    }  # fmt: skip
    values["usable_area"] = Decimal(answers["usable_area"]) if answers.get("usable_area") else None
    return values


def day_of(answers: dict, key: str) -> date | None:
    return date.fromisoformat(answers[key]) if answers.get(key) else None


def problems(kind: str, answers: dict, today: date) -> list[tuple[str, str, dict]]:
    """What does not fit together in a complete filing: (field, key of filing_form.PROBLEMS, facts)."""
    return [*_absurd(answers, today), *CHECKS[kind](answers, today)]


def _absurd(answers: dict, today: date) -> list[tuple[str, str, dict]]:
    """Days that nobody means: more than YEARS away."""
    first, last = today.replace(year=today.year - YEARS, day=1), today.replace(year=today.year + YEARS, day=1)
    days = {field.key for section in FORM.all_sections for field in section.fields if field.of == "day"}
    return [
        (key, "far", {"years": YEARS})
        for key in sorted(days & answers.keys())
        if (day := day_of(answers, key)) and not first <= day <= last
    ]


def _new(answers: dict, today: date) -> list[tuple[str, str, dict]]:
    found = list(register.problems(register_values(answers), today))
    if not 2 <= len(answers["operator"].strip()) <= 120:
        found.append(("operator", "operator", {}))
    if answers["closes_at"] <= answers["opens_at"]:
        found.append(("closes_at", "closes_at", {}))
    total, some = 0, False
    for classes, places in CLASSES.values():
        if bool(answers.get(classes)) != bool(answers.get(places)):
            found.append((places, "class_pair", {}))
        some = some or bool(answers.get(classes))
        total += answers.get(places) or 0
    if not some and (answers["full_day"] or answers["half_day"]):
        found.append(("toddler_classes", "no_class", {}))
    elif some and total != answers["places"]:
        found.append(("places", "classes", {"sum": total, "places": answers["places"]}))
    if (until := day_of(answers, "lease_until")) and answers["tenure"] == "leased" and until < today:
        found.append(("lease_until", "over", {"day": until.isoformat()}))
    if answers["meals"] and (until := day_of(answers, "food_until")) and until < today:
        found.append(("food_until", "over", {"day": until.isoformat()}))
    return found + _past(answers, today, "fire_on", "hygiene_on")


def _past(answers: dict, today: date, *keys: str) -> list[tuple[str, str, dict]]:
    return [(key, "future", {}) for key in keys if (day := day_of(answers, key)) and day > today]


def _change(answers: dict, today: date) -> list[tuple[str, str, dict]]:
    wanted = ("new_name", "new_head", "new_phone", "new_places")
    if not answers["moves"] and not any(answers.get(key) for key in wanted):
        return [("new_name", "nothing", {})]
    values = {"name": answers.get("new_name"), "head": answers.get("new_head")}
    if answers["moves"]:
        values["address"] = answers["new_address"]
    values = {key: value for key, value in values.items() if value}
    found = [(f"new_{field}", key, facts) for field, key, facts in register.problems(values, today)]
    return found + (_past(answers, today, "fire_on", "hygiene_on") if answers["moves"] else [])


def _pause(answers: dict, today: date) -> list[tuple[str, str, dict]]:
    start, end = day_of(answers, "from_on"), day_of(answers, "until_on")
    found = _past(answers, today, "told_parents_on")
    if end < start:
        found.append(("until_on", "before", {"day": start.isoformat()}))
    return found


def _return(answers: dict, today: date) -> list[tuple[str, str, dict]]:
    return [] if answers["ready"] else [("ready", "ready", {})]


def _ending(answers: dict, today: date) -> list[tuple[str, str, dict]]:
    told, last = day_of(answers, "told_parents_on"), day_of(answers, "last_day")
    found = _past(answers, today, "told_parents_on")
    if last < told:
        found.append(("last_day", "before", {"day": told.isoformat()}))
    return found


def _grounds(answers: dict, today: date) -> list[tuple[str, str, dict]]:
    return []


CHECKS: dict[str, Callable[[dict, date], list[tuple[str, str, dict]]]] = {
    NEW: _new,
    CHANGE: _change,
    SUSPENSION: _pause,
    RESUMPTION: _return,
    SURRENDER: _ending,
    REVOCATION: _grounds,
}
