"""Services given to children from spreadsheets, as stations hand them in: a line a child and a time.

A child is known by the keyed hash of its handbook's number, or by its code; the number stands in no table. What a child
had of a kind on a day is there once: the same file again writes nothing. Lines of the same place, day, kind and content
become one session, written by the page's own service.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from guidance.models import GuidedChild
from guidance.rules import services as rules
from guidance.services import guided, sessions
from portal.access import Actor
from portal.errors import Refused
from portal.rules.cells import Choice, Day, Number, Text, Wrong, YesNo, choice, key_of, plain, text_of
from portal.rules.imports import MOST_ONE_BY_ONE
from portal.rules.machine import marked
from portal.services.import_files import refuse
from portal.services.import_rows import AT_ROW, TOO_LONG, rows_of, said
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

RIGHT = "guidance_service.keep"


@dataclass(frozen=True)
class Card:
    """The number of a health handbook, as its hash is made."""

    sql: str = "text"

    def read(self, raw: Any):
        text = text_of(raw)
        if isinstance(text, Wrong):
            return text
        text = guided.tidy(plain(text))
        if not text:
            return None
        return text if rules.CARD.fullmatch(text) else Wrong(rules.PROBLEMS["card"])


COLUMNS = (
    Column("card", marked("《母子健康手册》编号"), Card(),
           ("手册编号", "健康手册编号", "母子健康手册编号", "手册号"),  # content
           example="SL00000001", about=marked("和幼儿编号填一样"), mask=lambda card: f"*{card[-4:]}",  # content
           staged=guided.card_hash, width=22),
    Column("code", marked("幼儿编号"), Text(16, upper=True), ("登记编号",),  # content
           about=marked("没有手册编号的填")),
    Column("served_on", marked("日期"), Day(), ("服务日期", "指导日期"), needed=True, example="2026-03-18"),  # content
    Column("kind", marked("种类"), aliases=("服务种类", "类别"), needed=True, example="教育"),  # content
    Column("venue", marked("场所"), aliases=("指导站", "场所名称", "服务地点"), needed=True,  # content
           example="七宝镇家庭科学育儿指导站", width=28),  # content
    Column("online", marked("线上"), YesNo(), ("是否线上",), example="否"),  # content
    Column("hours", marked("时长（小时）"), Number(0.5, rules.MOST_HOURS, 1), ("时长", "小时", "服务时长"),  # content
           needed=True, example="1.5"),
    Column("topic", marked("内容"), Text(100), ("服务内容", "指导内容", "主题"), needed=True,  # content
           example="示例：辅食添加", width=28),  # content
    Column("giver", marked("提供人员"), Text(60), ("服务人员", "指导人员"), needed=True,  # content
           example="示例社区医生", width=20),  # content
)  # fmt: skip
TWICE = marked("和第 %(other)d 行是同一个孩子、同一天、同一种服务。留一行")
NO_CHILD = marked("登记的幼儿里没有这本手册。家长同意后先登记")
NO_CODE = marked("登记的幼儿里没有这个编号。核对编号")
NEITHER = marked("没有填孩子。手册编号和幼儿编号填一样")
OTHER_CHILD = marked("这个编号和手册不是同一个孩子。核对，或者只填一样")
NOT_LISTED = marked("%(code)s那天不在登记中，不能记。核对日期")
TWO_PLACES = marked("有几个场所叫“%(given)s”。写编号：%(codes)s")
SAME_SESSION = ("venue", "served_on", "kind", "online", "hours", "topic", "giver")


@dataclass(frozen=True)
class Where(Choice):
    """A place of guidance by its name or code; a name that several have is asked for by code."""

    several: dict[str, str] = field(default_factory=dict)

    def read(self, raw: Any):
        text = text_of(raw)
        if isinstance(text, str) and key_of(text) in self.several:
            return Wrong(TWO_PLACES, {"given": text[:30], "codes": self.several[key_of(text)]})
        return super().read(raw)


def venues_of(actor: Actor, on: date) -> dict[str, sessions.Venue]:
    found = sessions.venues(actor, on)
    return {f"p{one.place.pk}" if one.place else f"f{one.facility.pk}": one for one in found}


def columns(actor: Actor) -> tuple[Column, ...]:
    venues = venues_of(actor, timezone.localdate())
    codes: dict[str, list[str]] = {}
    for one in venues.values():
        codes.setdefault(key_of(one.name), []).append((one.place or one.facility).code)
    words = choice(
        [(key, one.name) for key, one in venues.items()],
        {(one.place or one.facility).code: key for key, one in venues.items()},
    )
    several = {name: "、".join(sorted(some)) for name, some in codes.items() if len(some) > 1}
    return with_choices(
        COLUMNS,
        kind=choice([(value, _(word)) for value, word in rules.KINDS.items()]),
        venue=Where(words.words, words.labels, several=several),
    )


def children_of(stage: Stage) -> None:
    """Finds each row's child, by its code, else by its handbook, into `child_id`."""
    stage.run("ALTER TABLE import_row ADD child_id bigint")
    for given, column in (("code", "code"), ("card", "card_hash")):
        stage.run(
            f"UPDATE import_row i SET child_id = c.id FROM guidance_guidedchild c WHERE c.{column} = i.{given}"
            " AND i.child_id IS NULL"
        )
    stage.remark("card", NO_CHILD, "SELECT row FROM import_row WHERE card IS NOT NULL AND child_id IS NULL")
    stage.remark(
        "code",
        NO_CODE,
        "SELECT row FROM import_row WHERE code IS NOT NULL AND card IS NULL AND child_id IS NULL",
    )
    stage.remark(
        "card",
        NEITHER,
        "SELECT row FROM import_row i WHERE card IS NULL AND code IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM import_remark r WHERE r.row = i.row AND r.field IN ('card', 'code'))",
    )
    stage.remark(
        "code",
        OTHER_CHILD,
        "SELECT i.row FROM import_row i JOIN guidance_guidedchild c ON c.id = i.child_id"
        " WHERE i.card IS NOT NULL AND i.code IS NOT NULL AND (c.code <> i.code OR c.card_hash IS DISTINCT FROM i.card)",
    )


def match(stage: Stage) -> None:
    children_of(stage)
    stage.twice(["child_id", "served_on", "kind"], "served_on", TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, min(v.id) FROM import_row i"
        " JOIN guidance_guidanceservice v ON v.child_id = i.child_id AND v.served_on = i.served_on AND v.kind = i.kind"
        " GROUP BY i.row"
    )
    stage.remark(
        "served_on",
        NOT_LISTED,
        "SELECT i.row, c.code FROM import_row i JOIN guidance_guidedchild c ON c.id = i.child_id"
        " WHERE (i.served_on < c.asked_on OR i.served_on >= c.ended_on)"
        " AND NOT EXISTS (SELECT 1 FROM import_match m WHERE m.row = i.row)",
    )


def sessions_of(stage: Stage, where: str) -> Iterator[list[dict]]:
    """Staged rows that are one session, at most as many as a session may have."""
    order = "i.venue, i.served_on, i.kind, coalesce(i.online, false), i.hours, i.topic, i.giver, i.row"
    rows = rows_of(stage, where, order)
    for _key, members in groupby(rows, key=lambda row: [same(row, name) for name in SAME_SESSION]):
        found = list(members)
        for first in range(0, len(found), rules.MOST_CHILDREN):
            yield found[first : first + rules.MOST_CHILDREN]


def same(row: dict, name: str):
    """A cell as sessions are told apart by it; empty is not on line."""
    return bool(row["online"]) if name == "online" else row[name]


def give(stage: Stage, rows: list[dict]) -> None:
    first = rows[0]
    venue = venues_of(stage.actor, stage.on)[first["venue"]]
    codes = GuidedChild.objects.filter(pk__in=[row["child_id"] for row in rows]).order_by("code")
    sessions.give_session(
        actor=stage.actor,
        venue=venue,
        children=list(codes.values_list("code", flat=True)),
        online=bool(first["online"]),
        today=stage.on,
        **{name: first[name] for name in ("kind", "served_on", "hours", "topic", "giver")},
    )


def trial(stage: Stage) -> None:
    """Each session is given and taken back; what the service refuses stands at each of its lines."""
    if stage.rows > MOST_ONE_BY_ONE:
        raise refuse(TOO_LONG, sheet=stage.sheet.name, rows=stage.rows, most=MOST_ONE_BY_ONE)
    sound = (
        "m.row IS NULL AND NOT EXISTS (SELECT 1 FROM import_remark r WHERE r.row = i.row AND r.level = 'wrong')"
        " AND num_nulls(i.child_id, i.venue, i.served_on, i.kind, i.hours, i.topic, i.giver) = 0"
    )
    done = 0
    for rows in sessions_of(stage, sound):
        try:
            with transaction.atomic():
                give(stage, rows)
                transaction.set_rollback(True)
        except Refused as refused:
            for row in rows:
                stage.tried += said(stage, row["row"], refused, {"children": "card"})
        done += len(rows)
        stage.telling(done)


def write(stage: Stage) -> None:
    stage.actor.demand(RIGHT)
    stage.written = {"new": 0, "changed": 0}
    for rows in sessions_of(stage, "i.row IN (SELECT row FROM import_outcome WHERE outcome = 'new')"):
        try:
            give(stage, rows)
        except Refused as refused:
            facts = {"row": rows[0]["row"], "said": str(refused.message)}
            raise Refused(_(AT_ROW) % facts, code=refused.code, text=AT_ROW, facts=facts) from refused
        stage.written["new"] += len(rows)
        stage.telling(stage.written["new"])


SERVICES = ImportList(
    key="child-services",
    title=marked("给幼儿的指导服务"),
    unit=marked("次"),
    url="guidance-sessions",
    right=RIGHT,
    columns=columns,
    match=match,
    known_by=(("card", "served_on", "kind"), ("code", "served_on", "kind")),
    trial=trial,
    write=write,
    personal=True,
    order=81,
    about=marked("按手册编号或幼儿编号、日期和种类认；同一场所、同一天、同样内容的几行记成一次服务"),
)
