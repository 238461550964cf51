"""Training as spreadsheets: sessions, the pool of courses, trainers and what they took part in, hours of a year."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from facilities.exports.sheet import CHUNK, many, ordered
from facilities.models import TrainerTraining
from facilities.views import training as views
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

SESSION_COLUMNS = (
    OutColumn(marked("场次"), 16),
    OutColumn(marked("课程编号"), 12),
    OutColumn(marked("课程"), 30),
    OutColumn(marked("种类"), 12),
    OutColumn(marked("培训单位"), 28),
    OutColumn(marked("课时"), 8),
    OutColumn(marked("开课"), 12),
    OutColumn(marked("结课"), 12),
    OutColumn(marked("时间"), 14),
    OutColumn(marked("报名截止"), 12),
    OutColumn(marked("形式"), 8),
    OutColumn(marked("地点或平台"), 30),
    OutColumn(marked("招收人数"), 10),
    OutColumn(marked("报名人数"), 10),
    OutColumn(marked("到课人数"), 10),
    OutColumn(marked("状态"), 12),
)


def sessions(asked: Asked) -> Rows:
    tab, found, default = views.chosen(asked.query, asked.on)

    def rows() -> Iterator[tuple]:
        for row in ordered(found, views.SORTS, asked.query, default).iterator(chunk_size=CHUNK):
            yield (
                row.code,
                row.course.code,
                row.course.title,
                row.course.get_kind_display(),
                row.course.provider,
                row.course.hours,
                row.starts_on,
                row.ends_on,
                row.times,
                row.sign_up_until,
                row.get_mode_display(),
                row.place,
                row.capacity,
                row.signed,
                row.came if row.state == "held" else None,
                _("待登记出勤") if tab == "waiting" else row.get_state_display(),
            )

    return Rows(many(found), rows())


COURSE_COLUMNS = (
    OutColumn(marked("编号"), 12),
    OutColumn(marked("课程"), 30),
    OutColumn(marked("种类"), 12),
    OutColumn(marked("培训单位"), 28),
    OutColumn(marked("课时"), 8),
    OutColumn(marked("办过（场）"), 10),
    OutColumn(marked("内容"), 60),
    OutColumn(marked("状态"), 10),
)


def courses(asked: Asked) -> Rows:
    found = views.pool()
    return Rows(
        many(found),
        (
            (
                row.code,
                row.title,
                row.get_kind_display(),
                row.provider,
                row.hours,
                row.held,
                row.summary,
                _("在用") if row.active else _("已停用"),
            )
            for row in found.iterator(chunk_size=CHUNK)
        ),
    )


TRAINER_COLUMNS = (
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("类别"), 26),
    OutColumn(marked("单位"), 28),
    OutColumn(marked("擅长的内容"), 40),
    OutColumn(marked("今年参加（次）"), 14),
    OutColumn(marked("最近一次"), 12),
)


def trainers(asked: Asked) -> Rows:
    found = views.trained(asked.on.year)
    return Rows(
        many(found),
        (
            (row.name, row.get_kind_display(), row.organisation, row.subject, row.times, row.last)
            for row in found.iterator(chunk_size=CHUNK)
        ),
    )


TAKEN_COLUMNS = (
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("单位"), 28),
    OutColumn(marked("课程"), 30),
    OutColumn(marked("培训单位"), 28),
    OutColumn(marked("课时"), 8),
    OutColumn(marked("完成日期"), 12),
)


def taken(asked: Asked) -> Rows:
    """What the trainers took part in themselves, in all years."""
    found = TrainerTraining.objects.select_related("trainer").order_by(
        "trainer__name", "trainer", "-done_on", "pk"
    )
    return Rows(
        many(found),
        (
            (row.trainer.name, row.trainer.organisation, row.course, row.provider, row.hours, row.done_on)
            for row in found.iterator(chunk_size=CHUNK)
        ),
    )


#: Who keeps the lists of trainers may take the names out in full.
KEEP = "training.manage"
FORECAST_COLUMNS = (OutColumn(marked("年末预计技能"), 14), OutColumn(marked("年末预计道德"), 14))
PERSON_COLUMNS = (
    OutColumn(marked("编号")),
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("综合技能"), 12),
    OutColumn(marked("职业道德"), 12),
)


def hours_columns(asked: Asked) -> tuple[OutColumn, ...]:
    """By person, by facility or by street as the page shows it; the forecast stands in the current year only."""
    found = views.hours_of(asked.actor, asked.query, asked.on)
    ahead = FORECAST_COLUMNS if found.current else ()
    if found.facility:
        return (*PERSON_COLUMNS, *ahead)
    place = (OutColumn(marked("街镇"), 14),)
    if found.by == "facility":
        place = (OutColumn(marked("机构编号")), OutColumn(marked("机构名称"), 28))
    return (
        *place,
        OutColumn(marked("在岗"), 8),
        OutColumn(marked("综合技能满"), 12),
        OutColumn(marked("职业道德满"), 12),
        *ahead,
        OutColumn(marked("人均技能"), 10),
        OutColumn(marked("人均道德"), 10),
    )


def met(found: views.Hours, skills: int, ethics: int) -> tuple:
    """How many have their hours; words where the district has not said how many are asked."""
    pairs = ((found.measure.skills, skills), (found.measure.ethics, ethics))
    return tuple(_("没有标准") if needed is None else number for needed, number in pairs)


def hours(asked: Asked) -> Rows:
    found = views.hours_of(asked.actor, asked.query, asked.on)
    if found.facility:
        people = [
            (p.code, p.name, p.skills, p.ethics) + ((p.skills_then, p.ethics_then) if found.current else ())
            for p in found.people
        ]
        return Rows(len(people), people)
    groups = [
        ((found.codes.get(g.key, ""), g.name) if found.by == "facility" else (g.name,))
        + (g.people, *met(found, g.skills, g.ethics))
        + (met(found, g.skills_then, g.ethics_then) if found.current else ())
        + (round(g.average_skills, 1), round(g.average_ethics, 1))
        for g in found.groups
    ]
    return Rows(len(groups), groups)


EXPORTS = (
    ExportList(
        "training", marked("培训场次"), "training", "training.view", lambda asked: SESSION_COLUMNS, sessions
    ),
    ExportList("courses", marked("课程库"), "courses", "training.view", lambda asked: COURSE_COLUMNS, courses),
    ExportList(
        "trainers", marked("培训人员"), "trainers", "training.view", lambda asked: TRAINER_COLUMNS, trainers,
        reveal=KEEP,
    ),
    ExportList(
        "trainer-trainings", marked("培训人员参加的培训"), "trainers", "training.view", lambda asked: TAKEN_COLUMNS,
        taken, reveal=KEEP,
    ),
    ExportList("hours", marked("培训课时"), "training-hours", "training.view", hours_columns, hours),
)  # fmt: skip
