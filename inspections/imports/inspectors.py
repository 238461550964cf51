"""Inspectors from a spreadsheet. Rows go one by one through the page's own services."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from inspections.models import Inspector
from inspections.services import inspectors
from portal.access import Actor
from portal.errors import Refused
from portal.models import Street, Unit
from portal.rules import cells
from portal.rules.cells import Day, Text, YesNo, choice
from portal.rules.machine import marked
from portal.services import import_rows
from portal.services.import_rows import given
from portal.services.import_stage import Stage
from portal.spreadsheets import Column, ImportList, with_choices

COLUMNS = (
    Column("code", marked("编号"), Text(12, upper=True), ("检查人员编号", "人员编号"), needed=True,  # content
           example="JC012"),
    Column("name", marked("姓名"), Text(40), ("检查人员姓名",), needed=True, example="示例张"),  # content
    Column("unit", marked("单位"), aliases=("所属单位", "工作单位"), needed=True, example="区教育局"),  # content
    Column("licence_number", marked("执法证号"), Text(40), ("执法证编号", "证号"), needed=True,  # content
           example="沪00120012"),  # content
    Column("licence_from", marked("执法证起"), Day(), ("执法证有效期起", "发证日期"), needed=True,  # content
           example="2024-01-01"),
    Column("licence_until", marked("执法证止"), Day(), ("执法证有效期止", "有效期至"), needed=True,  # content
           example="2028-12-31"),
    Column("streets", marked("服务的街镇"), Text(400), ("街镇", "服务街镇"), needed=True,  # content
           example="七宝镇、虹桥镇", width=36),  # content
    Column("expertise", marked("专长"), Text(220), ("擅长",), example="消防、卫生保健"),  # content
    Column("active", marked("在岗"), YesNo(), ("是否在岗",), example="是"),  # content
)  # fmt: skip
TWICE = marked("编号和第 %(other)d 行相同。一名检查人员留一行")
SEPARATORS = re.compile("[、，,；;\\s]+")  # content


def units():
    return Unit.objects.filter(collective=False).order_by("position", "slug")


def columns(actor: Actor) -> tuple[Column, ...]:
    others = {word: one.slug for one in units() for word in (one.full_name, *one.aliases) if word}
    return with_choices(COLUMNS, unit=choice([(one.slug, one.name) for one in units()], others))


def match(stage: Stage) -> None:
    stage.twice(["code"], "code", TWICE)
    stage.run(
        "INSERT INTO import_match (row, target) SELECT i.row, t.id FROM import_row i"
        " JOIN inspections_inspector t ON t.code = i.code"
    )
    plain = ("name", "licence_number", "licence_from", "licence_until", "active")
    stage.compare(
        "inspections_inspector",
        {f: f"t.{f}" for f in plain}
        | {
            "unit": "(SELECT u.slug FROM portal_unit u WHERE u.id = t.unit_id)",
            "expertise": "array_to_string(t.expertise, '、')",  # content
            "streets": "(SELECT string_agg(s.name, '、' ORDER BY s.code) FROM inspections_inspectorstreet x"  # content
            " JOIN portal_street s ON s.id = x.street_id WHERE x.inspector_id = t.id)",
        },
    )


def words(text: str) -> list[str]:
    return [word for word in SEPARATORS.split(text or "") if word]


def streets_of(text: str, actor: Actor) -> list[Street]:
    """The streets that a cell names. Refused for a name that the district does not have."""
    rows = list(Street.objects.all())
    parser = cells.streets([(one.pk, one.name, one.code) for one in rows], actor.district.name)
    by_pk = {one.pk: one for one in rows}
    found = {}
    for word in words(text):
        pk = parser.read(word)
        if not isinstance(pk, int):
            sentence = _("服务的街镇：本区没有“%(name)s”") % {"name": word}
            raise Refused(sentence, field="streets", code="values", errors={"streets": sentence})
        found[pk] = by_pk[pk]
    return list(found.values())


def save(stage: Stage, row: dict) -> None:
    one = Inspector.objects.filter(pk=row["target"]).first() if row["target"] is not None else None
    facts = given(row, ("name", "licence_number", "licence_from", "licence_until", "active"))
    if row["unit"] is not None:
        facts["unit"] = Unit.objects.get(slug=row["unit"])
    if row["expertise"] is not None:
        facts["expertise"] = words(row["expertise"])
    streets = streets_of(row["streets"], stage.actor) if row["streets"] is not None else None
    if one is None:
        start = {"user": None, "expertise": [], "active": True}
        inspectors.enter_inspector(
            actor=stage.actor, code=row["code"], streets=streets or [], **start | facts
        )
        return
    now = {name: getattr(one, name) for name in inspectors.FIELDS if name != "code"}
    if streets is None:
        streets = [link.street for link in one.streets.select_related("street")]
    inspectors.change_inspector(one, actor=stage.actor, version=one.version, streets=streets, **now | facts)


INSPECTORS = ImportList(
    key="inspectors", title=marked("检查人员名册"), unit=marked("人"), url="inspectors", right="inspector.manage",
    columns=columns, match=match, known_by=(("code",),), order=80,
    trial=import_rows.trial(save),
    write=import_rows.writer(save, "inspector.manage"),
    about=marked("按编号认；街镇之间用顿号"),
)  # fmt: skip
