"""What stands in facilities' files, from spreadsheets: premises, classes, fees, insurance, permits.

Rows go one by one through the services that the pages use, in the preview for trial; here stands which cell is which
fact and which row is which record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from facilities.imports.of_facility import OF_FACILITY, place
from facilities.models import CareClass, Facility, Fee, Insurance, Permit, Premises, PremisesArea
from facilities.rules import records as rules
from facilities.services import classes, papers, premises
from portal.access import Actor
from portal.rules.cells import Day, Number, Text, Wrong, YesNo, choice, plain, shown, text_of
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_rows import given
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

KNOWN = (("facility_code",), ("facility_name",))


def known_by(*fields: str) -> tuple[tuple[str, ...], ...]:
    return tuple((*way, *fields) for way in KNOWN)


def choices(kind, words: dict[str, str] | None = None):
    return choice([(value, str(word)) for value, word in kind.choices], words)


# ---- premises


NOT_AREAS = marked("“%(given)s”看不懂。写平方米数，几层的写成：1层 60、2层 45.5")
_AREA = re.compile(
    r"(?:(-?\d+|地下\d*|负\d+)(?:层|楼|F)[:：]?)?(\d+(?:\.\d+)?)(?:平方米|平米|㎡|M2)?"
)  # content


@dataclass(frozen=True)
class Areas:
    """Square metres, of one floor or of several: 60, 1层 60、2层 45.5. A bare number is on the first floor."""

    sql: str = "text"

    def read(self, raw: Any):
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        if not plain(text) or plain(text) in ("-", "—", "/", "无", "0"):  # content
            return None
        found = {}
        for part in re.split(r"[、,，;；+]", text):
            match = _AREA.fullmatch(plain(part).upper())
            if match is None:
                return Wrong(NOT_AREAS, {"given": shown(raw)})
            floor = floor_of(match[1])
            found[floor] = found.get(floor, Decimal(0)) + Decimal(match[2])
        return worded(found)


def floor_of(word: str | None) -> int:
    """-1 from 地下1, 负1 or -1; a bare number is on the first floor."""
    if not word:
        return 1
    if word[0] in "地负":  # content
        return -int(word.lstrip("地下负") or 1)  # content
    return int(word)


def worded(areas: dict[int, Decimal]) -> str:
    """{floor: square metres} as it stands in a cell."""
    return "、".join(f"{floor}层 {area:.1f}" for floor, area in sorted(areas.items()))  # content


def areas_of(text: str) -> dict[int, Decimal]:
    """The other way."""
    try:
        pairs = [part.split("层 ") for part in text.split("、")]  # content
        return {int(floor): Decimal(area) for floor, area in pairs}
    except (ValueError, InvalidOperation) as error:  # only what `worded` wrote comes here
        raise ValueError(text) from error


USES = [value for value, _word in PremisesArea.Use.choices]
AREA_COLUMNS = tuple(
    Column(use, heading, Areas(), aliases, example="60" if use == "activity" else "", width=12)
    for use, heading, aliases in (
        ("activity", marked("活动区面积"), ("活动室面积",)),  # content
        ("sleep", marked("睡眠区面积"), ("睡眠室面积", "寝室面积")),  # content
        ("dining", marked("用餐区面积"), ("餐厅面积",)),  # content
        ("wash", marked("盥洗区面积"), ("盥洗室面积", "卫生间面积")),  # content
        ("care", marked("清洁护理区面积"), ()),
        ("feeding", marked("配乳、哺乳面积"), ("母婴室面积", "哺乳室面积", "配乳室面积")),  # content
        ("kitchen", marked("厨房面积"), ("食堂面积",)),  # content
        ("health", marked("保健观察室面积"), ("保健室面积",)),  # content
        ("office", marked("办公与后勤面积"), ("办公面积", "办公室面积")),  # content
        ("other", marked("其他面积"), ()),
    )
)
PREMISES = (
    *OF_FACILITY,
    Column("name", marked("场所名称"), Text(60), ("场所",), needed=True, example="主楼"),  # content
    Column("address", marked("场所地址"), Text(), ("场所详细地址",),  # content
           about=marked("和机构地址一样就空着"), width=28),  # content
    Column("tenure", marked("使用方式"), aliases=("产权", "房屋性质", "场地性质"), needed=True, example="租赁"),  # content
    Column("lease_until", marked("租约到期"), Day(), ("租赁到期", "租赁到期日", "租约到期日"),  # content
           about=marked("租赁的要填"), example="2028-12-31"),
    Column("outdoor_area", marked("户外活动场地"), Number(0, 20000, 1), ("户外面积", "户外场地面积"),  # content
           example="120"),  # content
    Column("outdoor_shared", marked("户外场地与他人共用"), YesNo(), ("户外共用", "是否共用"), example="否"),  # content
    Column("starts_on", marked("启用日期"), Day(), ("启用时间", "投入使用日期"), needed=True,  # content
           example="2021-09-01"),  # content
    *AREA_COLUMNS,
)  # fmt: skip
TENURES = {"自有产权": "own", "自有房屋": "own", "租用": "leased", "出租": "leased", "租": "leased",  # content
           "借用": "lent", "无偿": "lent", "免费使用": "lent"}  # content  # fmt: skip
PLACE_TWICE = marked("和第 %(other)d 行是同一个场所。一个场所一行，几层写在同一格：1层 60、2层 45.5")


def premises_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(PREMISES, tenure=choices(Premises.Tenure, TENURES))


def match_premises(stage: Stage) -> None:
    place(stage, "facility.manage")
    stage.twice(["facility", "name"], "name", PLACE_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_premises t"
        " ON t.facility_id = i.facility AND t.name = i.name AND t.ends_on IS NULL"
    )
    area = (
        "(SELECT string_agg(a.floor || '层 ' || a.area, '、' ORDER BY a.floor) FROM facilities_premisesarea a"  # content
        " WHERE a.premises_id = t.id AND a.use = '{}')"
    )
    stage.compare(
        "facilities_premises",
        {f: f"t.{f}" for f in premises.FIELDS if f != "name"} | {use: area.format(use) for use in USES},
    )


def save_premises(stage: Stage, row: dict) -> None:
    facts, areas = given(row, premises.FIELDS), {u: areas_of(row[u]) for u in USES if row[u]}
    if row["target"] is None:
        facility = Facility.objects.get(pk=row["facility"])
        premises.add_premises(facility, actor=stage.actor, areas=lines(areas), today=stage.on, **facts)
        return
    one = Premises.objects.select_related("facility").get(pk=row["target"])
    stand: dict[str, dict] = {}
    for area in one.areas.all():
        stand.setdefault(area.use, {})[area.floor] = area.area
    facts = {f: getattr(one, f) for f in premises.FIELDS} | facts
    premises.change_premises(one, actor=stage.actor, areas=lines(stand | areas), today=stage.on, **facts)


def lines(areas: dict[str, dict[int, Decimal]]) -> list[dict]:
    return [
        {"use": use, "floor": floor, "area": area}
        for use, floors in areas.items()
        for floor, area in floors.items()
    ]


# ---- classes


NOT_A_YEAR = marked("“%(given)s”看不懂。填学年开始的那一年，例如 2025")
_YEAR = re.compile(r"(\d{4})(?:[-—~～/至](?:\d{4}|\d{2}))?(?:学年度?|年)?(?:第?[一二12]学期)?")  # content


@dataclass(frozen=True)
class SchoolYear:
    """The year in which a school year begins: 2025, 2025学年, 2025-2026学年."""

    sql: str = "bigint"

    def read(self, raw: Any):
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        if not plain(text):
            return None
        found = _YEAR.fullmatch(plain(text))
        return int(found[1]) if found else Wrong(NOT_A_YEAR, {"given": shown(raw)})


CLASSES = (
    *OF_FACILITY,
    Column("name", marked("班级名称"), Text(40), ("班级", "班名"), needed=True, example="托小一班"),  # content
    Column("kind", marked("班型"), aliases=("班级类型", "年龄段"), needed=True, example="托小班"),  # content
    Column("year", marked("学年"), SchoolYear(), ("学年度",), about=marked("空着按开班日期算"), example="2025"),  # content
    Column("places", marked("托位"), Number(*rules.CLASS_PLACES), ("托位数", "班额", "核定托位"), needed=True,  # content
           example="20"),
    Column("children", marked("在托幼儿"), Number(*rules.CHILDREN), ("在托人数", "幼儿数", "在托"), example="18"),  # content
    Column("staff", marked("保教人员"), Number(*rules.STAFF), ("保教人员数", "教师数"), example="4"),  # content
    Column("started_on", marked("开班日期"), Day(), ("开班时间",), needed=True, example="2025-09-01"),  # content
)  # fmt: skip
CLASS_KINDS = {"乳儿": "infant", "小托班": "toddler", "托小": "toddler", "托大": "senior", "大托班": "senior",  # content
               "混龄": "mixed", "混合班": "mixed"}  # content  # fmt: skip
CLASS_TWICE = marked("和第 %(other)d 行是同一个班。留一行")


def class_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(CLASSES, kind=choices(CareClass.Kind, CLASS_KINDS))


def match_classes(stage: Stage) -> None:
    place(stage, "facility.keep")
    stage.twice(["facility", "name"], "name", CLASS_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_careclass t"
        " ON t.facility_id = i.facility AND t.name = i.name AND t.ended_on IS NULL"
    )
    stage.compare("facilities_careclass", {f: f"t.{f}" for f in classes.FIELDS if f != "name"})


def save_class(stage: Stage, row: dict) -> None:
    facts = given(row, classes.FIELDS)
    if row["target"] is not None:
        one = CareClass.objects.select_related("facility").get(pk=row["target"])
        stand = {f: getattr(one, f) for f in classes.FIELDS}
        classes.change_class(one, actor=stage.actor, today=stage.on, **stand | facts)
        return
    blank = {"year": rules.school_year(row["started_on"]), "children": 0, "staff": 0}
    facility = Facility.objects.get(pk=row["facility"])
    classes.open_class(facility, actor=stage.actor, today=stage.on, **blank | facts)


# ---- fees


#: In a list of fees 单位 is what is paid for.
BY_NAME = replace(OF_FACILITY[1], aliases=tuple(a for a in OF_FACILITY[1].aliases if a != "单位"))  # content
FEES = (
    OF_FACILITY[0],
    BY_NAME,
    Column("item", marked("收费项目"), aliases=("项目", "收费名称"), needed=True, example="保育费"),  # content
    Column("note", marked("说明"), Text(80), ("收费说明", "备注"), about=marked("项目是“其他”时写收的是什么")),  # content
    Column("amount", marked("金额（元）"), Number(0, 100000, 2), ("金额", "收费标准", "标准", "价格"),  # content
           needed=True,  # content
           example="3200"),
    Column("unit", marked("计费单位"), aliases=("单位", "计费方式", "收费周期"), needed=True, example="每月"),  # content
    Column("starts_on", marked("执行日期"), Day(), ("执行时间", "起始日期", "开始执行"), needed=True,  # content
           example="2026-09-01"),
)  # fmt: skip
ITEMS = {"托育费": "care", "保教费": "care", "托费": "care", "保育教育费": "care", "餐费": "meals",  # content
         "伙食": "meals", "膳食费": "meals", "计时托": "hourly", "计时费": "hourly", "延时费": "extended",  # content
         "延时服务费": "extended", "代办费": "goods", "用品费": "goods"}  # content  # fmt: skip
UNITS = {"月": "month", "元/月": "month", "按月": "month", "每人每月": "month", "天": "day", "日": "day",  # content
         "元/天": "day", "每日": "day", "小时": "hour", "元/小时": "hour", "次": "session", "元/次": "session",  # content
         "学期": "term", "元/学期": "term", "一次": "once"}  # content  # fmt: skip
FEE_TWICE = marked("和第 %(other)d 行是同一项收费。留一行")


def fee_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(FEES, item=choices(Fee.Item, ITEMS), unit=choices(Fee.Unit, UNITS))


def match_fees(stage: Stage) -> None:
    """A fee is known by facility, item, note and unit; another amount is a new price from its day on."""
    place(stage, "facility.keep")
    stage.twice(["facility", "item", "coalesce(note, '')", "unit"], "item", FEE_TWICE, "unit IS NOT NULL")
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_fee t"
        " ON t.facility_id = i.facility AND t.item = i.item AND t.note = coalesce(i.note, '') AND t.unit = i.unit"
        " AND t.ends_on IS NULL"
    )
    stage.compare("facilities_fee", {f: f"t.{f}" for f in ("amount", "starts_on")})


def save_fee(stage: Stage, row: dict) -> None:
    facility = Facility.objects.get(pk=row["facility"])
    facts = {f: row[f] for f in ("item", "amount", "unit", "starts_on")}
    if row["target"] is not None:
        stand = Fee.objects.get(pk=row["target"])
        facts = {f: getattr(stand, f) if value is None else value for f, value in facts.items()}
    papers.set_fee(facility, actor=stage.actor, note=row["note"] or "", today=stage.on, **facts)


# ---- insurance


INSURANCE = (
    *OF_FACILITY,
    Column("kind", marked("险种"), aliases=("保险种类", "险别"), needed=True, example="责任险"),  # content
    Column("insurer", marked("保险公司"), Text(80), ("承保公司", "承保单位"), needed=True,  # content
           example="示例保险公司"),  # content
    Column("number", marked("保单号"), Text(60), ("保单编号", "保险单号"), needed=True, example="PZ2026000123"),  # content
    Column("starts_on", marked("生效日期"), Day(), ("保险起期", "起保日期"), needed=True, example="2026-04-01"),  # content
    Column("ends_on", marked("到期日期"), Day(), ("保险止期", "终保日期", "保险到期"), needed=True,  # content
           example="2027-03-31"),
)  # fmt: skip
INSURANCE_KINDS = {"托育机构责任险": "liability", "校方责任险": "liability", "校园方责任险": "liability",  # content
                   "公众责任险": "liability", "意外险": "accident", "学平险": "accident",  # content
                   "雇主险": "staff"}  # content  # fmt: skip
POLICY_TWICE = marked("和第 %(other)d 行是同一张保单。留一行")
POLICY_STANDS = marked("这张保单已经登记，%(what)s是 %(stand)s。登记错了就在机构的“保险”里删去，再导入")
OF_ANOTHER = marked("这张保单登记在 %(code)s“%(name)s”名下。核对机构和保单号")


def insurance_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(INSURANCE, kind=choices(Insurance.Kind, INSURANCE_KINDS))


def match_insurance(stage: Stage) -> None:
    """A policy is known by kind, insurer and number; it is never changed, only taken out and entered anew."""
    place(stage, "facility.keep")
    stage.twice(["kind", "insurer", "number"], "number", POLICY_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_insurance t"
        " ON t.kind = i.kind AND t.insurer = i.insurer AND t.number = i.number"
    )
    known = "import_match m JOIN import_row i USING (row) JOIN facilities_insurance t ON t.id = m.target"
    stage.remark(
        "number",
        OF_ANOTHER,
        f"SELECT i.row, f.code, f.name FROM {known} JOIN facilities_facility f ON f.id = t.facility_id"
        " WHERE t.facility_id <> i.facility",
    )
    for field, column in (("starts_on", 3), ("ends_on", 4)):
        word = INSURANCE[len(OF_FACILITY) + column].label
        stage.remark(
            field,
            POLICY_STANDS,
            f"SELECT i.row, t.{field} AS stand, %(what)s::text AS what FROM {known} WHERE i.{field} <> t.{field}",
            {"what": word},
        )


def save_insurance(stage: Stage, row: dict) -> None:
    facility = Facility.objects.get(pk=row["facility"])
    facts = {f: row[f] for f in ("kind", "insurer", "number", "starts_on", "ends_on")}
    papers.insure(facility, actor=stage.actor, today=stage.on, **facts)


# ---- permits


PERMITS = (
    *OF_FACILITY,
    Column("kind", marked("证照种类"), aliases=("证照类型", "证件种类"), needed=True, example="食品经营许可证"),  # content
    Column("name", marked("证照名称"), Text(60), ("其他证照名称",), about=marked("种类是“其他证照”时写")),  # content
    Column("number", marked("证照编号"), Text(60), ("证照号", "证号", "许可证编号", "文号"), needed=True,  # content
           example="JY33101120000001"),
    Column("authority", marked("发证机关"), Text(80), ("发证单位", "颁发单位"), example="示例市场监管局"),  # content
    Column("issued_on", marked("发证日期"), Day(), ("颁发日期", "签发日期"), example="2024-05-20"),  # content
    Column("valid_until", marked("有效期至"), Day(), ("有效期止", "到期日期", "有效期限"), example="2029-05-19",  # content
           about=marked("长期有效的空着")),
)  # fmt: skip
PERMIT_KINDS = {"营业执照": "registration", "登记证书": "registration", "民办非企业单位登记证书": "registration",  # content
                "事业单位法人证书": "registration", "消防": "fire", "消防验收": "fire", "消防备案": "fire",  # content
                "卫生评价": "hygiene", "卫生保健评价": "hygiene", "食品许可证": "food", "食品经营许可": "food",  # content
                "餐饮服务许可证": "food", "其他": "other"}  # content  # fmt: skip
PERMIT_TWICE = marked("和第 %(other)d 行是同一份证照。留一行")


def permit_columns(actor: Actor) -> tuple[Column, ...]:
    return with_choices(PERMITS, kind=choices(Permit.Kind, PERMIT_KINDS))


def match_permits(stage: Stage) -> None:
    """A permit is known by facility, kind, name, number and days; it is never changed, a new one takes its place."""
    place(stage, "facility.keep")
    days = ("issued_on", "valid_until")
    stage.twice(
        [
            "facility",
            "kind",
            "coalesce(name, '')",
            "number",
            *(f"coalesce({day}, '-infinity')" for day in days),
        ],
        "number",
        PERMIT_TWICE,
    )
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_permit t"
        " ON t.facility_id = i.facility AND t.kind = i.kind AND t.name = coalesce(i.name, '')"
        " AND t.number = i.number AND "
        + " AND ".join(f"t.{day} IS NOT DISTINCT FROM i.{day}" for day in days)
    )


def save_permit(stage: Stage, row: dict) -> None:
    facility = Facility.objects.get(pk=row["facility"])
    facts = {f: row[f] or "" for f in ("kind", "name", "number", "authority")}
    facts |= {f: row[f] for f in ("issued_on", "valid_until")}
    papers.hold_permit(facility, actor=stage.actor, today=stage.on, **facts)


FILE_LISTS = (
    ImportList(
        key="premises", title=marked("场所"), unit=marked("处"), url="facilities", right="facility.manage",
        columns=premises_columns, match=match_premises, known_by=known_by("name"), order=12,
        trial=import_rows.trial(save_premises, group="facility", names={"areas": "activity"}),
        write=import_rows.writer(save_premises, "facility.manage"),
        about=marked("按机构和场所名称认；使用面积由各处面积相加"),
    ),
    ImportList(
        key="classes", title=marked("班级"), unit=marked("个班"), url="facilities", right="facility.keep",
        columns=class_columns, match=match_classes, known_by=known_by("name"), order=14,
        trial=import_rows.trial(save_class, group="facility"),
        write=import_rows.writer(save_class, "facility.keep"),
        about=marked("按机构和班级名称认在办的班；在托人数由各班相加"),
    ),
    ImportList(
        key="fees", title=marked("收费标准"), unit=marked("项"), url="facilities", right="facility.keep",
        columns=fee_columns, match=match_fees, known_by=known_by("item", "unit"), order=16,
        trial=import_rows.trial(save_fee, group="facility"),
        write=import_rows.writer(save_fee, "facility.keep"),
        about=marked("按机构、项目、说明和计费单位认；金额不同就从执行日期起换新价"),
    ),
    ImportList(
        key="insurance", title=marked("保险"), unit=marked("张"), url="facilities", right="facility.keep",
        columns=insurance_columns, match=match_insurance, known_by=known_by("kind", "number"), order=18,
        trial=import_rows.trial(save_insurance, group="facility"),
        write=import_rows.writer(save_insurance, "facility.keep"),
        about=marked("按险种、保险公司和保单号认；登记过的保单不改"),
    ),
    ImportList(
        key="permits", title=marked("证照"), unit=marked("份"), url="facilities", right="facility.keep",
        columns=permit_columns, match=match_permits, known_by=known_by("kind", "number"), order=19,
        trial=import_rows.trial(save_permit, group="facility"),
        write=import_rows.writer(save_permit, "facility.keep"),
        about=marked("换了新证就是新的一行；登记过的不改"),
    ),
)  # fmt: skip
