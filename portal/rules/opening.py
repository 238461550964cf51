"""What a district begins with: its streets as the office pastes them, and the units that follow from them. Plain values."""

from __future__ import annotations

import re
import unicodedata
from math import ceil, sqrt

from portal.rules.machine import marked

#: First parts of addresses that are no district's.
TAKEN = {
    "api", "apply", "city", "design", "event", "field", "health", "password", "preferences", "public", "shanghai",
    "sign-in", "sign-out", "static", "visit", "voice",
}  # fmt: skip
SLUG = re.compile(r"[a-z][a-z0-9]{2,19}")
PREFIX = re.compile(r"[A-Z]{2,4}")
MOST_STREETS = 80
#: ending of a name -> kind, and what its government is called
KINDS = (
    ("街道", "subdistrict", "办事处"),  # content
    ("镇", "town", "人民政府"),  # content
    ("乡", "town", "人民政府"),  # content
    ("农场", "farm", ""),  # content
    ("园区", "park", "管委会"),  # content
    ("工业区", "park", "管委会"),  # content
    ("开发区", "park", "管委会"),  # content
)
SENTENCES = {
    "code": marked("区划代码：填 6 位数字，以市的前两位开头"),
    "name": marked("名称：写 2 到 20 个字，比如“徐汇区”"),
    "slug": marked(
        "网址里的名字：3 到 20 个小写字母或数字，字母开头，比如 xuhui；不能用 api、public 这类系统自己的"
    ),
    "prefix": marked("机构编号的字头：2 到 4 个大写字母"),
    "bureau": marked("教育局名称：写 2 到 40 个字"),
    "streets": marked("街镇：至少写一行"),
}


def problems(values: dict, city: str) -> dict[str, str]:
    """Field -> sentence key of SENTENCES; streets are read by `streets`."""
    found = {}
    if (
        not re.fullmatch(r"\d{6}", values["code"])
        or values["code"][:2] != city[:2]
        or values["code"].endswith("0000")
    ):
        found["code"] = "code"
    if not 2 <= len(values["name"]) <= 20:
        found["name"] = "name"
    if not SLUG.fullmatch(values["slug"]) or values["slug"] in TAKEN:
        found["slug"] = "slug"
    if not PREFIX.fullmatch(values["prefix"]):
        found["prefix"] = "prefix"
    if not 2 <= len(values["bureau"]) <= 40:
        found["bureau"] = "bureau"
    return found


def streets(text: str, code: str) -> tuple[list[dict], list[tuple[int, str]]]:
    """The streets of lines `310104003 天平路街道` (full-width digits, tabs and commas understood), and what is wrong:
    (line, key of LINE)."""
    rows, faults, codes, names = [], [], set(), set()
    for number, line in enumerate(unicodedata.normalize("NFKC", text).splitlines(), 1):
        if not line.strip():
            continue
        match = re.fullmatch(r"\s*(\d{9})(?:000)?[\s,;、]*(\S.*?)\s*", line)
        if match is None:
            faults.append((number, "shape"))
            continue
        one, name = match[1], match[2]
        kind = next((kind for ending, kind, _office in KINDS if name.endswith(ending)), None)
        if not one.startswith(code):
            faults.append((number, "elsewhere"))
        elif one in codes or name in names:
            faults.append((number, "twice"))
        elif kind is None or len(name) > 60:
            faults.append((number, "kind"))
        else:
            rows.append(
                {"code": one, "name": name, "kind": kind, "is_street": kind in ("subdistrict", "town")}
            )
        codes.add(one)
        names.add(name)
    if len(rows) > MOST_STREETS:
        faults.append((MOST_STREETS + 1, "many"))
    wide = (
        ceil(sqrt(len(rows))) or 1
    )  # a grid to begin with; the district moves the tiles where its streets lie
    for place, row in enumerate(rows):
        row["tile_column"], row["tile_row"] = place % wide + 1, place // wide + 1
    return rows, faults


LINE = {
    "shape": marked("第 %(line)s 行：写成 9 位代码、空格、街镇名称"),
    "elsewhere": marked("第 %(line)s 行：代码不以本区的区划代码开头"),
    "twice": marked("第 %(line)s 行：代码或名称和前面的一行相同"),
    "kind": marked("第 %(line)s 行：名称要以街道、镇、乡、农场、园区、工业区或开发区结尾"),
    "many": marked("第 %(line)s 行起：一个区最多 80 个街镇"),
}


def government(name: str) -> str:
    """梅陇镇 -> 梅陇镇人民政府; a farm has none: ''."""
    office = next((office for ending, _kind, office in KINDS if name.endswith(ending)), "")
    return f"{name}{office}" if office else ""
