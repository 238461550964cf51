"""The register from a spreadsheet: which cell is which fact, which row is which facility, what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from django.db import connection
from django.utils.translation import gettext as _

from facilities.imports import refused
from facilities.models import Facility
from facilities.rules import geo, numbers, register
from facilities.rules.states import FACILITY
from facilities.services import bulk_import
from portal.access import Actor
from portal.models.places import Street
from portal.rules import cells
from portal.rules.cells import Checked, Clock, Day, Number, Text, YesNo, choice
from portal.rules.machine import marked
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

DIGITS = re.compile(r"\d+")
#: What people write for a value of a list.
KINDS = {
    "托幼一体幼儿园": "integrated_kindergarten", "幼儿园托班": "integrated_kindergarten",  # content
    "托班": "integrated_kindergarten", "托幼一体化": "integrated_kindergarten",  # content
    "托育园": "nursery", "托育中心": "nursery", "托育服务机构": "nursery", "早教托育机构": "nursery",  # content
    "普惠托育点": "inclusive_site", "普惠性托育机构": "inclusive_site", "社区托育点": "inclusive_site",  # content
    "社区宝宝屋": "baby_house", "街镇宝宝屋": "baby_house",  # content
    "指导点": "guidance_point", "早教指导点": "guidance_point", "科学育儿指导站": "guidance_point",  # content
}  # fmt: skip
STATES = {
    "筹备": "preparing", "筹备中": "preparing", "筹建中": "preparing", "备案": "filed",  # content
    "正常": "operating", "在营": "operating", "运营": "operating", "运营中": "operating",  # content
    "营业": "operating", "开办": "operating", "正常运营": "operating", "暂停营业": "suspended",  # content
    "停业整顿": "suspended", "歇业": "suspended", "关闭": "closed", "停业": "closed", "注销": "closed",  # content
    "已停办": "closed", "终止": "closed",  # content
}  # fmt: skip
OWNERSHIPS = {
    "公立": "public", "公办幼儿园": "public", "公办性质": "public",  # content
    "非营利": "non_profit", "非营利性": "non_profit", "民办非企业": "non_profit", "民非": "non_profit",  # content
    "民办非营利性": "non_profit", "民办非企业单位": "non_profit",  # content
    "营利": "for_profit", "民办营利": "for_profit", "民办营利性": "for_profit", "企业": "for_profit",  # content
}  # fmt: skip

COLUMNS = (
    Column("code", marked("编号"), Text(12, upper=True), ("机构编号", "机构编码", "机构代码", "园所编号"),  # content
           about=marked("已登记的机构填它的编号；新的空着，由系统给号"), example="MH0012"),
    Column("name", marked("名称"), Text(), ("机构名称", "托育机构名称", "单位名称", "园所名称", "全称"),  # content
           needed=True, example="示例云杉托育园", width=28),  # content
    Column("kind", marked("类型"), aliases=("机构类型", "类别", "机构类别"), needed=True,  # content
           example="托育机构"),  # content
    Column("state", marked("状态"), aliases=("运营状态", "办学状态", "机构状态"), example="在办",  # content
           about=marked("只用于新登记的机构；已登记的在机构页上改，要写原因")),
    Column("ownership", marked("性质"), aliases=("机构性质", "办学性质", "举办性质", "经营性质"),  # content
           needed=True, example="营利性"),  # content
    Column("inclusive", marked("普惠"), YesNo(), ("是否普惠", "普惠性", "普惠性质"), example="是"),  # content
    Column("street", marked("街镇"), aliases=("所属街镇", "街道", "街道镇", "所在街镇", "所属街道"),  # content
           needed=True, example="七宝镇"),  # content
    Column("address", marked("地址"), Text(), ("机构地址", "详细地址", "办学地址", "经营地址"), needed=True,  # content
           example="示例路 1 号", width=30),  # content
    Column("longitude", marked("经度"), Number(-180, 180, 6), ("经度(WGS84)",), example="121.352014",  # content
           about=marked("WGS-84，和纬度一起填")),
    Column("latitude", marked("纬度"), Number(-90, 90, 6), ("纬度(WGS84)",), example="31.151902"),  # content
    Column("operator", marked("举办者"), Text(120), ("举办单位", "举办方", "举办者名称", "主办单位"),  # content
           example="示例教育科技有限公司", width=28),  # content
    Column("credit_code", marked("统一社会信用代码"), Checked(numbers.credit_problem, numbers.PROBLEMS),
           ("社会信用代码", "信用代码", "统一信用代码", "统一代码"), example="91310112MA1GBABY08", width=22),  # content
    Column("head", marked("负责人"), Text(40), ("法人", "负责人姓名", "园长", "联系人"), example="陈示例",  # content
           mask=lambda text: text[:1] + "*"),
    Column("phone", marked("对外电话"), Text(20), ("电话", "联系电话", "机构电话"), example="021-55501234",  # content
           mask=lambda text: text[:3] + "***"),
    Column("places", marked("托位"), Number(*register.PLACES), ("托位数", "核定托位", "核定托位数", "额定托位"),  # content
           needed=True, example="60"),
    Column("enrolled", marked("在托"), Number(0, 600), ("在托人数", "在托数", "在托幼儿数", "实际在托"),  # content
           example="48"),
    Column("full_day", marked("全日制"), YesNo(), ("全日托",), example="是"),  # content
    Column("half_day", marked("半日制"), YesNo(), ("半日托",), example="否"),  # content
    Column("hourly", marked("计时制"), YesNo(), ("计时托", "临时托"), example="否"),  # content
    Column("opens_at", marked("开门时间"), Clock(), ("开园时间", "开始时间"), example="07:30"),  # content
    Column("closes_at", marked("关门时间"), Clock(), ("闭园时间", "结束时间"), example="18:00"),  # content
    Column("meals", marked("供餐"), YesNo(), ("是否供餐", "提供餐食"), example="是"),  # content
    Column("usable_area", marked("使用面积（平方米）"), Number(*register.AREA, 1),
           ("建筑面积", "面积", "使用面积"), example="260.5"),  # content
    Column("opened_on", marked("开办日期"), Day(), ("开办时间", "开业日期", "成立日期", "开园日期"),  # content
           example="2021-09-01"),
    Column("closed_on", marked("停办日期"), Day(), ("停业日期", "关闭日期"),  # content
           about=marked("只用于新登记的、已经停办的机构")),
    Column("cameras", marked("摄像头（个）"), Number(*register.COUNT), ("摄像头数", "监控数"), example="16"),  # content
    Column("alarm_buttons", marked("报警按钮（个）"), Number(*register.COUNT), ("报警按钮数",), example="2"),  # content
    Column("video_days", marked("录像保存天数"), Number(*register.VIDEO_DAYS),
           ("视频保存天数", "录像天数", "监控保存天数"), example="90"),  # content
    Column("video_connected", marked("视频已联网"), YesNo(), ("视频联网", "监控联网", "视频是否联网"),  # content
           example="是"),  # content
    Column("alarm_connected", marked("报警已联网"), YesNo(), ("报警联网", "一键报警", "一键报警联网"),  # content
           example="是"),  # content
    Column("insured_until", marked("责任险到期"), Day(), ("保险到期", "责任险到期日", "保险到期日"),  # content
           example="2027-03-31"),
    Column("fees_published_on", marked("收费公示日期"), Day(), ("公示日期", "收费公示"), example="2026-01-05"),  # content
)  # fmt: skip

TWICE_CODE = marked("编号和第 %(other)d 行相同。一家机构留一行")
TWICE_NAME = marked("和第 %(other)d 行同街镇同名。一家机构留一行，两家就在名称里写出分别")
TWICE_FACILITY = marked("和第 %(other)d 行是同一家机构。留一行")
TWIN = marked("街镇里已有同名机构 %(code)s。同一家就填上编号 %(code)s，另一家就在名称里写出分别")
CLOSED = marked("%(name)s已停办，资料不再改。从表里删去这一行")
STATE_STAYS = marked("名册里是“%(state)s”，这一格不写入。状态在机构页上改，要写原因")
CLOSED_DAY = marked("停办的机构要有停办日期")
CLOSED_ONLY = marked("只有停办的机构有停办日期")
CLOSED_BEFORE = marked("不能早于开办日期")
SAME_CREDIT = marked("和 %(code)s“%(name)s”的统一社会信用代码相同。是同一家就填上编号 %(code)s")
SAME_CREDIT_ROW = marked("和第 %(other)d 行的统一社会信用代码相同。是同一家就留一行")


def columns(actor: Actor) -> tuple[Column, ...]:
    streets = Street.objects.values_list("pk", "name", "code")
    return with_choices(
        COLUMNS,
        kind=choice([(v, str(word)) for v, word in Facility.Kind.choices], KINDS),
        state=choice([(v, _(word)) for v, word in FACILITY.states.items()], STATES | words(FACILITY.states)),
        ownership=choice([(v, str(word)) for v, word in Facility.Ownership.choices], OWNERSHIPS),
        street=cells.streets(streets, actor.district.name),
    )


def words(labels: dict[str, str]) -> dict[str, str]:
    """Chinese word -> value, whatever the language of the reader: files are written in Chinese."""
    return {label: value for value, label in labels.items()}


def rules(values: dict, today: date) -> Iterator[tuple[str, str, dict]]:
    """What stands in a row by itself; what needs the rest of the facility comes after matching."""
    values.pop("state", None)
    for field, key, facts in register.problems(values, today):
        if key not in ("modes", "meals", "point"):  # judged with what the register has
            yield field, register.PROBLEMS[key], facts


#: What is compared with the register: field -> SQL of the present value; an operator is known by its name.
PRESENT = {
    c.field: f"t.{c.field}" for c in COLUMNS if c.field not in ("code", "state", "closed_on", "street", "operator")
} | {
    "street": "t.street_id",
    "operator": "(SELECT o.name FROM facilities_operator o WHERE o.id = t.operator_id)",
}  # fmt: skip


def match(stage: Stage) -> None:
    stage.run("UPDATE import_row SET operator = replace(replace(operator, '(', '（'), ')', '）')"
              " WHERE operator LIKE '%%(%%' OR operator LIKE '%%)%%'", ())  # fmt: skip
    stage.run(
        "UPDATE import_row SET inclusive = true WHERE kind = 'inclusive_site' AND inclusive IS NOT TRUE"
    )
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i"
        " JOIN facilities_facility t ON t.code = i.code"
    )
    stage.run(
        "INSERT INTO import_match (row, target) SELECT DISTINCT ON (i.row) i.row, t.id FROM import_row i"
        " JOIN facilities_facility t ON t.street_id = i.street AND t.name = i.name"
        " WHERE i.code IS NULL AND t.state <> 'closed' ORDER BY i.row, t.code"
    )
    stage.run("ANALYZE import_match")
    doubles(stage)
    stage.compare("facilities_facility", PRESENT)
    stage.remark(
        "",
        CLOSED,
        "SELECT m.row, t.name FROM import_match m JOIN facilities_facility t ON t.id = m.target"
        " WHERE t.state = 'closed' AND m.changes <> '{}'",
    )
    states = " ".join(f"WHEN '{state}' THEN '{_(word)}'" for state, word in FACILITY.states.items())
    stage.remark(
        "state",
        STATE_STAYS,
        f"SELECT m.row, CASE t.state {states} END AS state FROM import_match m"
        " JOIN facilities_facility t ON t.id = m.target JOIN import_row i ON i.row = m.row"
        " WHERE i.state <> t.state",
        level="note",
    )
    of_points(stage)
    of_new(stage)
    refused.figures(stage)
    of_changed(stage)
    refused.site_names(stage)
    likely(stage)


def doubles(stage: Stage) -> None:
    """Rows that are one facility twice, or a second one under the name of the first."""
    stage.twice(["code"], "code", TWICE_CODE)
    stage.twice(["street", "name"], "name", TWICE_NAME)
    stage.remark(
        "",
        TWICE_FACILITY,
        "SELECT row, other FROM (SELECT m.row, min(m.row) OVER (PARTITION BY target) AS other,"
        " i.code IS NULL AS by_name FROM import_match m JOIN import_row i ON i.row = m.row) d"
        " WHERE other < row AND by_name AND NOT EXISTS (SELECT 1 FROM import_remark r WHERE r.row = d.row)",
    )
    stage.remark(
        "name",
        TWIN,
        "SELECT i.row, min(t.code) AS code FROM import_row i"
        " JOIN facilities_facility t ON t.street_id = i.street AND t.name = i.name AND t.state <> 'closed'"
        " LEFT JOIN import_match m ON m.row = i.row"
        " WHERE i.code IS NOT NULL AND t.id IS DISTINCT FROM m.target GROUP BY i.row",
    )


NEW = " NOT EXISTS (SELECT 1 FROM import_match m WHERE m.row = i.row) "
STATE = "coalesce(i.state, CASE WHEN i.opened_on IS NULL THEN 'preparing' ELSE 'operating' END)"


def of_points(stage: Stage) -> None:
    """Points lie in the district's surroundings, as geo.plausible says."""
    box = stage.actor.district.surroundings
    if len(box) != 4:
        return
    stage.remark(
        "latitude",
        geo.OUTSIDE,
        "SELECT i.row, %(district)s AS district FROM import_row i WHERE i.latitude IS NOT NULL AND i.longitude IS NOT NULL"
        " AND NOT (i.latitude BETWEEN %(south)s AND %(north)s AND i.longitude BETWEEN %(west)s AND %(east)s)",
        {"district": stage.actor.district.name}
        | dict(zip(("south", "west", "north", "east"), box, strict=True)),
    )


def of_new(stage: Stage) -> None:
    """What a new facility must have beside the needed columns."""

    def say(field: str, text: str, where: str) -> None:
        stage.remark(field, text, f"SELECT i.row FROM import_row i WHERE {NEW} AND ({where})")

    say("opened_on", register.PROBLEMS["opened_missing"],
        "i.state IN ('operating', 'suspended') AND i.opened_on IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM import_remark r WHERE r.row = i.row AND r.field = 'opened_on')")  # fmt: skip
    say("closed_on", CLOSED_DAY, "i.state = 'closed' AND i.closed_on IS NULL")
    say("closed_on", CLOSED_ONLY, f"i.closed_on IS NOT NULL AND {STATE} <> 'closed'")
    say("closed_on", CLOSED_BEFORE, "i.closed_on < i.opened_on")
    say("full_day", register.PROBLEMS["modes"],
        "i.full_day IS FALSE AND i.half_day IS NOT TRUE AND i.hourly IS NOT TRUE")  # fmt: skip
    say("meals", register.PROBLEMS["meals"],
        "i.meals AND i.full_day IS FALSE AND i.half_day IS NOT TRUE"
        " OR i.meals AND i.hourly AND coalesce(i.full_day, i.half_day) IS NOT TRUE")  # fmt: skip
    for field, other in (("latitude", "longitude"), ("longitude", "latitude")):
        say(field, register.PROBLEMS["point"], f"i.{field} IS NULL AND i.{other} IS NOT NULL")


def of_changed(stage: Stage) -> None:
    """The plain rules over what a changed facility would become."""
    fields = [f for f in register.FIELDS if f not in ("street", "operator")]
    merged = ", ".join(f"coalesce(i.{f}, t.{f})" for f in fields)
    known = set(stage.run("SELECT row, field FROM import_remark WHERE level = 'wrong'"))
    found = []
    for row, state, *values in stage.run(
        f"SELECT m.row, t.state, {merged} FROM import_match m JOIN facilities_facility t ON t.id = m.target"
        " JOIN import_row i ON i.row = m.row WHERE m.changes <> '{}' AND t.state <> 'closed'"
    ):
        given = {f: v for f, v in zip(fields, values, strict=True) if v is not None}
        for field, key, facts in register.problems({**given, "state": state}, stage.on):
            if (row, field) not in known:
                found.append((row, field, "wrong", register.PROBLEMS[key], facts))
    stage.put(found)


def likely(stage: Stage) -> None:
    """Likely doubles by the credit code: operators may run several, so this only asks."""
    stage.remark(
        "credit_code",
        SAME_CREDIT,
        "SELECT DISTINCT ON (i.row) i.row, t.code, t.name FROM import_row i"
        f" JOIN facilities_facility t ON t.credit_code = i.credit_code WHERE {NEW} AND t.state <> 'closed'"
        " ORDER BY i.row, t.code",
        level="likely",
    )
    stage.remark(
        "credit_code",
        SAME_CREDIT_ROW,
        "SELECT row, other FROM (SELECT i.row, min(i.row) OVER (PARTITION BY credit_code) AS other FROM import_row i"
        f" WHERE credit_code IS NOT NULL AND {NEW}) d WHERE other < row",
        level="likely",
    )


SIMILAR = marked("和 %(code)s“%(name)s”相近（%(address)s）。是同一家就填上编号 %(code)s")
SIMILAR_ROW = marked("和第 %(other)d 行“%(name)s”相近。是同一家就留一行")
#: How alike two names must be, as pg_trgm counts, and two addresses.
ALIKE, ADDRESS_ALIKE = 0.45, 0.4
#: Two names or addresses that are alike but for the numbers in them are two.
PAIR = f"""
  similarity(a.core, b.core) >= {ALIKE} AND a.digits = b.digits
  AND (a.core = b.core AND similarity(a.address, b.address) >= {ADDRESS_ALIKE / 2}
       OR similarity(a.address, b.address) >= {ADDRESS_ALIKE} AND a.numbers = b.numbers)
"""


def similar(stage: Stage) -> None:
    """Likely doubles among the new rows by name and address, in the same street.

    Names are compared by what tells them apart (rules.cells.core); pg_trgm finds the candidates by an index of its
    own, because one under row-level security would not be used.
    """
    named = "row int, id bigint, code text, name text, street bigint, core text, address text, digits text, numbers text"
    for table in ("import_name", "import_known"):
        stage.run(f"DROP TABLE IF EXISTS pg_temp.{table}")
        stage.run(f"CREATE TEMPORARY TABLE {table} ({named}) ON COMMIT DROP")
    names(
        stage,
        "import_name",
        "SELECT i.row, NULL, NULL, i.name, i.street, i.address FROM import_row i JOIN import_outcome o USING (row)"
        " WHERE o.outcome = 'new'",
    )
    names(
        stage,
        "import_known",
        "SELECT NULL, t.id, t.code, t.name, t.street_id, t.address FROM facilities_facility t"
        " WHERE t.state <> 'closed' AND t.street_id IN (SELECT street FROM import_name)",
    )
    for table in ("import_name", "import_known"):
        stage.run(f"CREATE INDEX ON {table} USING gin (core gin_trgm_ops)")
        stage.run(f"ANALYZE {table}")
    stage.run(f"SET LOCAL pg_trgm.similarity_threshold = {ALIKE}")
    best = "SELECT DISTINCT ON (a.row) a.row, {} FROM import_name a JOIN {} b ON b.street = a.street AND b.core %% a.core"
    order = " ORDER BY a.row, similarity(a.core, b.core) + similarity(a.address, b.address) DESC"
    stage.remark(
        "name", SIMILAR, best.format("b.code, b.name, b.address", "import_known") + f" WHERE {PAIR}" + order,
        level="likely",
    )  # fmt: skip
    stage.remark(
        "name", SIMILAR_ROW,
        best.format("b.row AS other, b.name", "import_name") + f" AND b.row < a.row WHERE {PAIR}" + order,
        level="likely",
    )  # fmt: skip


def names(stage: Stage, table: str, select: str) -> None:
    """Copies names with what is compared of them: the core, and the numbers of name and address."""
    rows = stage.run(select)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row, pk, code, name, street, address in rows:
            address = cells.plain(address or "")
            digits, house = (
                DIGITS.findall(cells.plain(name or "")),
                DIGITS.findall(address),
            )
            copy.write_row(
                (
                    row,
                    pk,
                    code,
                    name,
                    street,
                    cells.core(name or ""),
                    address,
                    " ".join(digits),
                    " ".join(house),
                )
            )


FACILITIES = ImportList(
    key="facilities",
    title=marked("机构名册"),
    unit=marked("家"),
    url="facilities",
    right="facility.manage",
    columns=columns,
    rules=rules,
    match=match,
    write=bulk_import.write_facilities,
    similar=similar,
    known_by=(("code",), ("name", "street")),
    order=10,
    about=marked("按编号认机构；没有编号的按街镇和名称认，认不出的新登记"),
)
