"""What may stand in the list of guidance places. Sources: 闵行 二（二）1, 三（一）2, 附件 19; 浦东 二（二）1, 三（一）3."""

from __future__ import annotations

import re
from datetime import date

from portal.rules.machine import marked

STATION, FRIENDLY, BASE, CENTRE, HOME, PLAY_ROOM = (
    "station",
    "friendly",
    "base",
    "centre",
    "home",
    "play_room",
)
KINDS = {
    STATION: marked("家庭科学育儿指导站"),
    FRIENDLY: marked("儿童友好社区示范点"),
    BASE: marked("儿童早期发展基地"),
    CENTRE: marked("儿童服务中心"),
    HOME: marked("儿童之家"),
    PLAY_ROOM: marked("游戏观察室、亲子指导室"),
}
SERVICES = {
    "education": marked("育儿指导"),
    "medical": marked("医学咨询"),
    "psychology": marked("心理咨询"),
    "screening": marked("发育监测"),
    "activity": marked("亲子活动"),
    "reading": marked("亲子阅读"),
}
#: Pudong's 1+4+X+Y: the document does not say what a layer is; the district enters which base is of which.
TIERS = ("1", "4", "X", "Y")
FIELDS = (
    "kind", "name", "street", "community", "address", "phone", "unit", "services", "tier", "kit_from", "opened_on",
    "closed_on",
)  # fmt: skip
EARLIEST = date(1990, 1, 1)
PHONE = re.compile(r"[0-9][0-9 \-（）()转]{4,28}[0-9]")  # content

PROBLEMS = {
    "kind": marked("从列表里选一个"),
    "name": marked("写名称，2 到 80 个字"),
    "address": marked("写地址，2 到 200 个字"),
    "community": marked("儿童之家写明在哪个社区（居委、村委）"),
    "phone": marked("写电话号码，只用数字、空格和横线"),
    "services": marked("从列表里选"),
    "tier": marked("只有儿童早期发展基地有层次，填 1、4、X 或 Y"),
    "kit": marked("只有儿童早期发展基地填资源包启用日期"),
    "early": marked("早于 1990 年。核对年份"),
    "future": marked("还没到这一天"),
    "before": marked("不能早于启用日期"),
}


def problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """What does not make sense: (field, key of PROBLEMS, facts). values: as in FIELDS, street and unit apart."""
    found: list[tuple[str, str, dict]] = []
    kind = values["kind"]
    if kind not in KINDS:
        found.append(("kind", "kind", {}))
    if not 2 <= len(values["name"]) <= 80:
        found.append(("name", "name", {}))
    if not 2 <= len(values["address"]) <= 200:
        found.append(("address", "address", {}))
    if kind == HOME and not values.get("community"):
        found.append(("community", "community", {}))
    if values.get("phone") and not PHONE.fullmatch(values["phone"]):
        found.append(("phone", "phone", {}))
    if set(values.get("services") or ()) - SERVICES.keys():
        found.append(("services", "services", {}))
    tier = values.get("tier") or ""
    if tier and (kind != BASE or tier not in TIERS):
        found.append(("tier", "tier", {}))
    if values.get("kit_from") and kind != BASE:
        found.append(("kit_from", "kit", {}))
    for field in ("opened_on", "kit_from", "closed_on"):
        day = values.get(field)
        if day is not None and day < EARLIEST:
            found.append((field, "early", {}))
        elif day is not None and day > today:
            found.append((field, "future", {}))
    for field in ("closed_on", "kit_from"):
        day = values.get(field)
        if day is not None and day < values["opened_on"]:
            found.append((field, "before", {}))
    return found
