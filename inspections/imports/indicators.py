"""Indicators and veto items of a draft from a spreadsheet. Rows go one by one through the page's own services."""

from __future__ import annotations

from django.utils.translation import gettext as _

from inspections.models import Indicator, IndicatorSet
from inspections.models.evaluation_sets import DIMENSION_WORDS
from inspections.rules import evaluation_sets as rules
from inspections.services import evaluation_sets as services
from portal.access import Actor
from portal.errors import Refused
from portal.rules.cells import Number, Text, choice
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_rows import given
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

COLUMNS = (
    Column("key", marked("标准代号"), Text(40), ("代号", "标准"), needed=True, example="nursery"),  # content
    Column("dimension", marked("维度"), aliases=("一级指标",), needed=True, example="卫生保健"),  # content
    Column("code", marked("编号"), Text(10), ("序号", "指标编号"), needed=True, example="2.3"),  # content
    Column("text", marked("指标"), Text(300), ("指标内容", "评估内容"), needed=True,  # content
           example="示例：晨检、午检、晚检都有记录", width=60),  # content
    Column("points", marked("分值"), Number(0, rules.TOTAL), ("满分", "分数"), example="10"),  # content
    Column("steps", marked("档次"), Text(1000), ("评分标准", "评分档次"),  # content
           example="10 全部做到；6 大部分做到；0 没有做到", width=60),  # content
    Column("evidence", marked("要什么佐证"), Text(200), ("佐证材料", "佐证"), example="晨检记录", width=40),  # content
)  # fmt: skip
TWICE = marked("标准、维度和编号与第 %(other)d 行相同。一条指标留一行")
NO_DRAFT = marked("没有代号 %(given)s 的草稿。先在评估标准页建草稿，或者起草下一版")


def columns(actor: Actor) -> tuple[Column, ...]:
    words = [(name, _(label)) for name, label in DIMENSION_WORDS]
    return with_choices(COLUMNS, dimension=choice(words))


def match(stage: Stage) -> None:
    stage.twice(["key", "dimension", "code"], "code", TWICE)
    stage.remark(
        "key",
        NO_DRAFT,
        "SELECT i.row, i.key AS given FROM import_row i WHERE i.key IS NOT NULL AND NOT EXISTS (SELECT FROM"
        " inspections_indicatorset s WHERE s.key = i.key AND s.state = 'draft')",
    )
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i"
        " JOIN inspections_indicatorset s ON s.key = i.key AND s.state = 'draft'"
        " JOIN inspections_indicator t ON t.set_id = s.id AND t.dimension = i.dimension AND t.code = i.code"
    )
    stage.compare(
        "inspections_indicator",
        {
            "text": "t.text",
            "points": "nullif(t.points, 0)",
            "steps": "(SELECT string_agg((one ->> 0)::numeric::real::text || ' ' || (one ->> 1), '；' ORDER BY n)"
            " FROM jsonb_array_elements(t.steps) WITH ORDINALITY AS x (one, n))",
            "evidence": "t.evidence",
        },
    )


def save(stage: Stage, row: dict) -> None:
    fields = ("dimension", "code", "text", "points", "steps", "evidence")
    facts = given(row, fields)
    if "points" in facts:
        facts["points"] = int(facts["points"])
    one = Indicator.objects.filter(pk=row["target"]).first() if row["target"] is not None else None
    if one is not None:
        now = {name: getattr(one, name) for name in fields} | {"steps": rules.show_steps(one.steps)}
        services.change_indicator(one, actor=stage.actor, version=one.version, **now | facts)
        return
    draft = IndicatorSet.objects.filter(key=row["key"], state="draft").first()
    if draft is None:
        raise Refused(_(NO_DRAFT) % {"given": row["key"]}, field="key", code="values")
    start = {"points": 0, "steps": "", "evidence": ""}
    services.enter_indicator(draft, actor=stage.actor, **start | facts)


INDICATORS = ImportList(
    key="indicators", title=marked("评估指标"), unit=marked("条"), url="indicator-sets", right="indicator.manage",
    columns=columns, match=match, known_by=(("key", "dimension", "code"),), order=85,
    trial=import_rows.trial(save),
    write=import_rows.writer(save, "indicator.manage"),
    about=marked("写进这个代号的草稿；按维度和编号认。否决项的分值和档次留空；档次之间用分号"),
)  # fmt: skip
