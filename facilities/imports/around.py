"""Operators and neighbourhoods from spreadsheets. Rows go one by one through the pages' own services."""

from __future__ import annotations

from facilities.models import Neighbourhood, Operator
from facilities.rules import neighbourhoods as neighbourhood_rules
from facilities.rules import numbers
from facilities.services import neighbourhoods, operators
from portal.access import Actor
from portal.models.places import Street
from portal.rules import cells
from portal.rules.cells import Checked, Day, Number, Text
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_rows import given
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

OPERATORS = (
    Column("name", marked("举办者"), Text(120), ("举办者名称", "举办单位", "举办方", "名称", "单位名称"),  # content
           needed=True,  # content
           example="示例教育科技有限公司", width=30),  # content
    Column("credit_code", marked("统一社会信用代码"), Checked(numbers.credit_problem, numbers.PROBLEMS),
           ("社会信用代码", "信用代码", "统一信用代码", "统一代码"), example="91310112MA1GBABY08", width=22),  # content
    Column("chain", marked("连锁品牌"), Text(80), ("品牌", "连锁", "所属品牌"), example="示例宝贝"),  # content
)  # fmt: skip
OPERATOR_TWICE = marked("和第 %(other)d 行是同一个举办者。留一行")
CREDIT_TWICE = marked("和第 %(other)d 行的统一社会信用代码相同。一个举办者一行")


def operator_columns(actor: Actor) -> tuple[Column, ...]:
    return OPERATORS


def match_operators(stage: Stage) -> None:
    """By the credit code, which may come with a new name; else by the name, brackets of either kind."""
    stage.run(
        "UPDATE import_row SET name = replace(replace(name, '(', '（'), ')', '）')"
        " WHERE name LIKE '%%(%%' OR name LIKE '%%)%%'", ()
    )  # fmt: skip
    stage.twice(["name"], "name", OPERATOR_TWICE)
    stage.twice(["credit_code"], "credit_code", CREDIT_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT DISTINCT ON (i.row) i.row, t.id FROM import_row i"
        " JOIN facilities_operator t ON t.name = i.name OR t.credit_code = i.credit_code"
        " ORDER BY i.row, (t.name = i.name) DESC"
    )
    stage.compare("facilities_operator", {f: f"t.{f}" for f in ("name", "credit_code", "chain")})


def save_operator(stage: Stage, row: dict) -> None:
    if row["target"] is not None:
        one = Operator.objects.get(pk=row["target"])
    else:
        one = operators.called(row["name"], actor=stage.actor)
    facts = given(row, ("name", "credit_code", "chain"))
    operators.change_operator(one, actor=stage.actor, version=one.version, **facts)


NEIGHBOURHOODS = (
    Column("street", marked("街镇"), aliases=("街道", "所属街镇", "所在街镇"), needed=True, example="七宝镇"),  # content
    Column("name", marked("居委"), Text(60), ("居委会", "居委名称", "居民委员会", "名称", "社区"), needed=True,  # content
           example="示例第一居委"),  # content
    Column("latitude", marked("纬度"), Number(-90, 90, 6), ("纬度(WGS84)",), needed=True, example="31.151902",  # content
           about=marked("WGS-84")),
    Column("longitude", marked("经度"), Number(-180, 180, 6), ("经度(WGS84)",), needed=True,  # content
           example="121.352014"),  # content
    Column("under_three", marked("3 岁以下"), Number(0, neighbourhood_rules.MOST),
           ("3岁以下人口", "0-3岁人口", "三岁以下", "幼儿数"), example="320"),  # content
    Column("source", marked("来源"), Text(200), ("数据来源",), needed=True,  # content
           example="街道 2025 年底台账", width=28),  # content
    Column("counted_on", marked("统计时点"), Day(), ("统计日期", "截止日期"), needed=True, example="2025-12-31"),  # content
)  # fmt: skip
NEIGHBOURHOOD_TWICE = marked("和第 %(other)d 行是同一个居委。留一行")


def neighbourhood_columns(actor: Actor) -> tuple[Column, ...]:
    streets = Street.objects.values_list("pk", "name", "code")
    return with_choices(NEIGHBOURHOODS, street=cells.streets(streets, actor.district.name))


def match_neighbourhoods(stage: Stage) -> None:
    stage.twice(["street", "name"], "name", NEIGHBOURHOOD_TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i JOIN facilities_neighbourhood t"
        " ON t.street_id = i.street AND t.name = i.name AND t.ended_on IS NULL"
    )
    facts = (f for f in neighbourhood_rules.FIELDS if f not in ("street", "name"))
    stage.compare("facilities_neighbourhood", {f: f"t.{f}" for f in facts})


def save_neighbourhood(stage: Stage, row: dict) -> None:
    facts = given(row, neighbourhood_rules.FIELDS) | {"street": Street.objects.get(pk=row["street"])}
    if row["target"] is None:
        neighbourhoods.enter_neighbourhood(actor=stage.actor, on=stage.on, **{"under_three": None} | facts)
        return
    one = Neighbourhood.objects.select_related("street").get(pk=row["target"])
    facts = {f: getattr(one, f) for f in neighbourhood_rules.FIELDS} | facts
    neighbourhoods.change_neighbourhood(one, actor=stage.actor, version=one.version, on=stage.on, **facts)


AROUND_LISTS = (
    ImportList(
        key="operators", title=marked("举办者"), unit=marked("个"), url="operators", right="facility.manage",
        columns=operator_columns, match=match_operators, known_by=(("name",),), order=11,
        trial=import_rows.trial(save_operator),
        write=import_rows.writer(save_operator, "facility.manage"),
        about=marked("按名称认，改了名的按统一社会信用代码认"),
    ),
    ImportList(
        key="neighbourhoods", title=marked("居委"), unit=marked("个"), url="neighbourhoods",
        right="neighbourhood.manage", columns=neighbourhood_columns, match=match_neighbourhoods,
        known_by=(("street", "name"),), order=62,
        trial=import_rows.trial(save_neighbourhood, group="street", names={"point": "latitude"}),
        write=import_rows.writer(save_neighbourhood, "neighbourhood.manage"),
        about=marked("按街镇和名称认；街镇干部只能填自己的街镇"),
    ),
)  # fmt: skip
