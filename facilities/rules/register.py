"""What may stand in the register: who keeps which field, figures and dates that make sense."""

from __future__ import annotations

import re
from datetime import date

from portal.rules import personal
from portal.rules.machine import marked

PLACES = (1, 500)
#: A facility may hold a few children more than places on a changing day, but not many.
ENROLLED_OVER_PLACES_PERCENT = 120
AREA = (10, 20000)
VIDEO_DAYS = (0, 730)
COUNT = (0, 2000)
#: Where China lies, in degrees: wide enough for every address, narrow enough to see the two swapped.
LATITUDES, LONGITUDES = (3, 54), (73, 136)
EARLIEST = date(1949, 10, 1)
#: States in which a facility can enter the register: one that opened long ago is entered as it is.
ENTRY_STATES = ("preparing", "filed", "operating")

#: What the district has judged or filed; an operator reads it.
DISTRICT_FIELDS = (
    "name", "kind", "ownership", "inclusive", "street", "address", "latitude", "longitude", "operator",
    "credit_code", "places", "usable_area", "opened_on", "video_connected", "alarm_connected",
)  # fmt: skip
#: What the operator knows best and keeps; the district may write it too.
OPERATOR_FIELDS = (
    "head", "phone", "enrolled", "full_day", "half_day", "hourly", "opens_at", "closes_at", "meals",
    "fees_published_on", "insured_until", "cameras", "alarm_buttons", "video_days",
)  # fmt: skip
FIELDS = (*DISTRICT_FIELDS, *OPERATOR_FIELDS)

#: The kind that is inclusive by nature.
INCLUSIVE_KIND = "inclusive_site"

PROBLEMS = {
    "choice": marked("从列表里选一个"),
    "name": marked("写名称，2 到 100 个字"),
    "address": marked("写地址，4 到 200 个字"),
    "places": marked("填 1 到 500 之间的数"),
    "enrolled": marked("在托 %(enrolled)d 人比托位 %(places)d 多出两成以上。核对两个数"),
    "enrolled_range": marked("填 0 到 600 之间的数"),
    "usable_area": marked("填 10 到 20000 之间的数"),
    "video_days": marked("填 0 到 730 之间的数"),
    "opened_future": marked("还没到这一天。先登记为筹建，开办那天再改状态"),
    "opened_early": marked("早于 1949 年 10 月。核对年份"),
    "opened_missing": marked("在办的机构要有开办日期"),
    "fees_future": marked("公示日期还没到"),
    "insured": marked("超过 5 年。核对年份"),
    "modes": marked("全日制、半日制、计时制至少选一样"),
    "meals": marked("只有计时制的不供餐。有全日制或半日制再选供餐"),
    "closes_at": marked("要晚于开门时间"),
    "point": marked("经度、纬度要一起填"),
    "latitude": marked("填 3 到 54 之间的数，本市在 31 上下。看看是不是和经度填反了"),
    "longitude": marked("填 73 到 136 之间的数，本市在 121 上下"),
    "count": marked("填 0 到 2000 之间的数"),
    "phone": marked("写 7 到 20 位的电话号码，可以带区号和分机"),
    "head": marked("写 2 到 40 个字的姓名"),
} | personal.PROBLEMS


PHONE = re.compile(r"[-+－ 转（）()\d]*")  # content
NO_DIGIT = re.compile(r"\D")


def phone_can_be(number: str) -> bool:
    """Digits with area code, dash and extension: 021-5550 1234 转 8."""
    return len(number) <= 20 and bool(PHONE.fullmatch(number)) and 7 <= len(NO_DIGIT.sub("", number)) <= 18


def point_problems(latitude, longitude) -> list[tuple[str, str, dict]]:
    """As `problems`, of a place in degrees WGS-84, or of none (both None)."""
    if (latitude is None) != (longitude is None):
        return [("latitude" if latitude is None else "longitude", "point", {})]
    wrong = []
    for field, value, (low, high) in (
        ("latitude", latitude, LATITUDES),
        ("longitude", longitude, LONGITUDES),
    ):
        if value is not None and not low <= value <= high:
            wrong.append((field, field, {}))
    return wrong


def problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """What does not make sense in a facility's values: (field, key of PROBLEMS, facts for its words).

    values: as in FIELDS, with `state`; a field that is missing is not looked at.
    """
    found = []

    def wrong(field: str, key: str, **facts) -> None:
        found.append((field, key, facts))

    if "name" in values and not 2 <= len(values["name"].strip()) <= 100:
        wrong("name", "name")
    if "address" in values and not 4 <= len(values["address"].strip()) <= 200:
        wrong("address", "address")
    texts = {name: values[name] for name in ("name", "address") if name in values}
    found += [(*one, {}) for one in personal.problems(texts, *texts)]
    places, enrolled = values.get("places"), values.get("enrolled")
    if "places" in values and not (isinstance(places, int) and PLACES[0] <= places <= PLACES[1]):
        wrong("places", "places")
        places = None
    if enrolled is not None:
        if not 0 <= enrolled <= 600:
            wrong("enrolled", "enrolled_range")
        elif places and enrolled * 100 > places * ENROLLED_OVER_PLACES_PERCENT:
            wrong("enrolled", "enrolled", enrolled=enrolled, places=places)
    for field, (low, high) in (("usable_area", AREA), ("video_days", VIDEO_DAYS)):
        if values.get(field) is not None and not low <= values[field] <= high:
            wrong(field, field)
    opened = values.get("opened_on")
    if opened and opened > today:
        wrong("opened_on", "opened_future")
    elif opened and opened < EARLIEST:
        wrong("opened_on", "opened_early")
    elif not opened and values.get("state") in ("operating", "suspended"):
        wrong("opened_on", "opened_missing")
    if values.get("fees_published_on") and values["fees_published_on"] > today:
        wrong("fees_published_on", "fees_future")
    if values.get("insured_until") and values["insured_until"].year > today.year + 5:
        wrong("insured_until", "insured")
    if {"full_day", "half_day", "hourly"} <= values.keys():
        if not (values["full_day"] or values["half_day"] or values["hourly"]):
            wrong("full_day", "modes")
    if values.get("meals") and values.keys() >= {"full_day", "half_day"}:
        if not (values["full_day"] or values["half_day"]):
            wrong("meals", "meals")
    if values.get("opens_at") and values.get("closes_at") and values["closes_at"] <= values["opens_at"]:
        wrong("closes_at", "closes_at")
    for field in ("cameras", "alarm_buttons"):
        if values.get(field) is not None and not COUNT[0] <= values[field] <= COUNT[1]:
            wrong(field, "count")
    found += point_problems(values.get("latitude"), values.get("longitude"))
    if values.get("phone") and not phone_can_be(values["phone"]):
        wrong("phone", "phone")
    if values.get("head") and not 2 <= len(values["head"].strip()) <= 40:
        wrong("head", "head")
    return found
