"""What may stand in a facility's file: premises, classes, fees, insurance, menus; and the figures that follow from them.

The register's own figures (usable area, children, end of the insurance, day of the fee notice) are the sums and
latest days of these rows as soon as a facility has such rows: see SUMS.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from portal.rules.machine import marked

#: Figure of the register -> the rows that it follows from, and where they are kept.
SUMS = {
    "usable_area": ("premises", marked("使用面积由场所的面积相加。到“场所”里改")),
    "enrolled": ("classes", marked("在托人数由各班相加。到“班级”里改")),
    "fees_published_on": ("notices", marked("公示日期跟着收费公示走。到“收费”里登记公示")),
    "insured_until": ("insurance", marked("责任险到期跟着保单走。到“保险”里登记保单")),
}

AREA = (Decimal("0.1"), Decimal("20000"))
OUTDOOR = (Decimal(0), Decimal("20000"))
FLOORS = (-3, 60)
CLASS_PLACES = (1, 60)
CHILDREN = (0, 80)
STAFF = (0, 30)
AMOUNT = (Decimal(0), Decimal("100000"))
LONGEST_LEASE_YEARS = 50
LONGEST_INSURANCE_YEARS = 5
#: A price may be announced so long ahead; a class or a place is entered when it is there, or shortly before.
AHEAD_DAYS = 366
SOON_DAYS = 90
EARLIEST = date(1949, 10, 1)

PROBLEMS = {
    "choice": marked("从列表里选一个"),
    "name": marked("写名称，1 到 40 个字"),
    "premises_name": marked("写名称，1 到 60 个字"),
    "address": marked("最多 200 个字"),
    "early": marked("早于 1949 年 10 月。核对年份"),
    "far": marked("离今天太远。核对年份"),
    "future": marked("还没到这一天"),
    "before_start": marked("不能早于 %(day)s"),
    "lease_missing": marked("租赁的场所要有租约到期日"),
    "lease_unneeded": marked("不是租赁的，这一栏空着"),
    "lease_long": marked("租约超过 50 年。核对年份"),
    "area": marked("每一处面积填 0.1 到 20000 之间的数"),
    "area_twice": marked("同一层同一用途写了两行。合成一行"),
    "floor": marked("楼层填 -3 到 60 之间的整数，没有 0 层"),
    "outdoor": marked("填 0 到 20000 之间的数"),
    "class_places": marked("每班托位填 1 到 60 之间的数"),
    "children": marked("填 0 到 80 之间的数"),
    "children_over": marked("%(children)d 人，托位 %(places)d 个，多出两成以上。核对两个数"),
    "staff": marked("填 0 到 30 之间的数"),
    "places_over": marked("各班托位合计 %(sum)d 个，超过登记的 %(places)d 个。要增加托位，先申请变更"),
    "year": marked("学年从 2000 到明年，填开始的那一年"),
    "amount": marked("填 0 到 100000 之间的数"),
    "note": marked("选“其他”时写明收的是什么"),
    "meals": marked("没有登记供餐。先在资料里选供餐"),
    "detail": marked("最多 200 个字"),
    "insurer": marked("写保险公司，2 到 80 个字"),
    "number": marked("写保单号，2 到 60 个字"),
    "permit_number": marked("写证照上的编号，最多 60 个字"),
    "permit_name": marked("写证照名称，2 到 60 个字"),
    "permit_name_unneeded": marked("种类已经说明是什么证照，这一栏空着"),
    "authority": marked("最多 80 个字"),
    "until_before_issue": marked("要晚于发证日期"),
    "permit_long": marked("离今天超过 60 年。长期有效的空着"),
    "permit_until": marked("食品经营许可证都有期限，写有效期至哪天"),
    "permit_on": marked("写日期"),
    "ends_before": marked("要晚于生效日期"),
    "insurance_long": marked("保期超过 5 年。核对年份"),
    "week": marked("%(day)s 不是周一。食谱从周一算起"),
    "week_far": marked("最多提前四周"),
    "menu": marked("写食谱，或者传一个文件"),
}


def usable_area(areas: Iterable[Decimal]) -> Decimal | None:
    """Square metres of all open premises; None for none."""
    return sum(areas, Decimal(0)) or None


def enrolled(children: Iterable[int]) -> int:
    """Children of all open classes."""
    return sum(children)


def latest(days: Iterable[date]) -> date | None:
    """The last of the days (of fee notices, of ends of liability insurance); None for none."""
    return max(days, default=None)


def within(value, limits) -> bool:
    return value is not None and limits[0] <= value <= limits[1]


def day_problem(field: str, day: date, today: date, ahead: int = 0) -> list[tuple[str, str, dict]]:
    """A day that is neither before the republic nor further ahead than `ahead` days."""
    if day < EARLIEST:
        return [(field, "early", {})]
    if day > today + timedelta(ahead):
        return [(field, "far" if ahead else "future", {})]
    return []


def premises_problems(values: dict, areas: list[dict], today: date) -> list[tuple[str, str, dict]]:
    """values: name, address, tenure, lease_until, outdoor_area, starts_on; areas: use, floor, area."""
    wrong = day_problem("starts_on", values["starts_on"], today, SOON_DAYS)
    if not 1 <= len(values["name"]) <= 60:
        wrong.append(("name", "premises_name", {}))
    if len(values["address"]) > 200:
        wrong.append(("address", "address", {}))
    lease = values["lease_until"]
    if values["tenure"] == "leased" and lease is None:
        wrong.append(("lease_until", "lease_missing", {}))
    elif values["tenure"] != "leased" and lease is not None:
        wrong.append(("lease_until", "lease_unneeded", {}))
    elif lease is not None and lease < values["starts_on"]:
        wrong.append(("lease_until", "before_start", {"day": values["starts_on"].isoformat()}))
    elif lease is not None and lease.year - today.year > LONGEST_LEASE_YEARS:
        wrong.append(("lease_until", "lease_long", {}))
    if values["outdoor_area"] is not None and not within(values["outdoor_area"], OUTDOOR):
        wrong.append(("outdoor_area", "outdoor", {}))
    if any(not within(row["area"], AREA) for row in areas):
        wrong.append(("areas", "area", {}))
    elif any(not within(row["floor"], FLOORS) or row["floor"] == 0 for row in areas):
        wrong.append(("areas", "floor", {}))
    elif len({(row["use"], row["floor"]) for row in areas}) < len(areas):
        wrong.append(("areas", "area_twice", {}))
    return wrong


def class_problems(
    values: dict, *, others: int, places: int, over_percent: int, today: date
) -> list[tuple[str, str, dict]]:
    """values: name, year, places, children, staff, started_on; others: places of the facility's other open classes,
    places: those of the register."""
    wrong = day_problem("started_on", values["started_on"], today, SOON_DAYS)
    if not 1 <= len(values["name"]) <= 40:
        wrong.append(("name", "name", {}))
    if not 2000 <= values["year"] <= today.year + 1:
        wrong.append(("year", "year", {}))
    if not within(values["places"], CLASS_PLACES):
        wrong.append(("places", "class_places", {}))
    elif others + values["places"] > places:
        wrong.append(("places", "places_over", {"sum": others + values["places"], "places": places}))
    if not within(values["children"], CHILDREN):
        wrong.append(("children", "children", {}))
    elif values["children"] * 100 > (values["places"] or 0) * over_percent:
        facts = {"children": values["children"], "places": values["places"]}
        wrong.append(("children", "children_over", facts))
    if not within(values["staff"], STAFF):
        wrong.append(("staff", "staff", {}))
    return wrong


def school_year(day: date) -> int:
    """The year in which the school year of a day began: from September."""
    return day.year if day.month >= 9 else day.year - 1


def fee_problems(values: dict, *, meals: bool, today: date) -> list[tuple[str, str, dict]]:
    """values: item, note, amount, starts_on; meals: whether the facility serves any."""
    wrong = day_problem("starts_on", values["starts_on"], today, AHEAD_DAYS)
    if not within(values["amount"], AMOUNT):
        wrong.append(("amount", "amount", {}))
    if values["item"] == "other" and not values["note"]:
        wrong.append(("note", "note", {}))
    if values["item"] == "meals" and not meals:
        wrong.append(("item", "meals", {}))
    return wrong


def insurance_problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """values: insurer, number, starts_on, ends_on."""
    wrong = day_problem("starts_on", values["starts_on"], today, AHEAD_DAYS)
    if not 2 <= len(values["insurer"]) <= 80:
        wrong.append(("insurer", "insurer", {}))
    if not 2 <= len(values["number"]) <= 60:
        wrong.append(("number", "number", {}))
    if values["ends_on"] <= values["starts_on"]:
        wrong.append(("ends_on", "ends_before", {}))
    elif values["ends_on"].year - values["starts_on"].year > LONGEST_INSURANCE_YEARS:
        wrong.append(("ends_on", "insurance_long", {}))
    return wrong


def permit_problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """values: kind, name, number, authority, issued_on, valid_until; no end is for ever, which food never is.

    A filing asks for a food licence's end only, for the other papers' day only, for a registration's neither.
    """
    wrong = []
    issued, until = values["issued_on"], values["valid_until"]
    if values["kind"] == "other" and not 2 <= len(values["name"]) <= 60:
        wrong.append(("name", "permit_name", {}))
    if values["kind"] != "other" and values["name"]:
        wrong.append(("name", "permit_name_unneeded", {}))
    if not 1 <= len(values["number"]) <= 60:
        wrong.append(("number", "permit_number", {}))
    if len(values["authority"]) > 80:
        wrong.append(("authority", "authority", {}))
    if issued is not None:
        wrong += day_problem("issued_on", issued, today)
    elif until is None and values["kind"] != "registration":
        wrong.append(("issued_on", "permit_on", {}))
    if values["kind"] == "food" and until is None:
        wrong.append(("valid_until", "permit_until", {}))
    if until is not None and issued is not None and until <= issued:
        wrong.append(("valid_until", "until_before_issue", {}))
    if until is not None and not EARLIEST <= until <= today + timedelta(days=60 * 366):
        wrong.append(("valid_until", "permit_long", {}))
    return wrong


def menu_problems(*, week: date, text: str, has_file: bool, meals: bool, today: date) -> list:
    """A menu is of a week that begins on a Monday, of a facility that serves meals, and not empty."""
    wrong = []
    if not meals:
        wrong.append(("week", "meals", {}))
    elif week.weekday() != 0:
        wrong.append(("week", "week", {"day": week.isoformat()}))
    elif week > today + timedelta(28):
        wrong.append(("week", "week_far", {}))
    if not text and not has_file:
        wrong.append(("text", "menu", {}))
    return wrong
