"""Tasks, targets, progress reports and issued reports as spreadsheets, as their pages show them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

from django.db.models import Count
from django.utils.translation import gettext as _

from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows
from targets import supervision_exports
from targets.models import AssessmentEntry, Conference, Report
from targets.models.tasks import ProgressReport, Task
from targets.rules import tasks as rules
from targets.rules.conferences import FIXED
from targets.services.conference_decisions import decisions as decided
from targets.services.matrix import matrix_page
from targets.views import attestations as attestation_views
from targets.views import conferences as conference_views
from targets.views import rounds as round_views
from targets.views import targets as target_views
from targets.views import tasks as task_views
from targets.views import units as unit_views
from targets.views.board import board

TASK_COLUMNS = (
    OutColumn(marked("文件"), 22),
    OutColumn(marked("条款"), 14),
    OutColumn(marked("序号"), 8),
    OutColumn(marked("类别"), 24),
    OutColumn(marked("项目"), 24),
    OutColumn(marked("任务"), 60),
    OutColumn(marked("重点项目"), 10),
    OutColumn(marked("单位"), 24),
    OutColumn(marked("角色"), 8),
    OutColumn(marked("进度 %"), 10),
    OutColumn(marked("应报"), 8),
    OutColumn(marked("已报"), 8),
    OutColumn(marked("逾期"), 8),
)


def asking(asked: Asked) -> SimpleNamespace:
    """As much of a request as the pages' own conditions look at."""
    return SimpleNamespace(GET=asked.query, district=asked.actor.district, actor=asked.actor)


def key_project(task: Task) -> str:
    """Yes, no, lost with the bold type of the source, or nothing where the document marks none."""
    if task.key_project is None:
        return _("看不出") if rules.key_projects_lost(task.document.notes) else ""
    return _("是") if task.key_project else _("否")


def tasks(asked: Asked) -> Rows:
    """One row per task and unit; a task for which the document names nobody has one row without a unit."""
    request = asking(asked)
    page = matrix_page(task_views.chosen_round(request), on=asked.on)
    mine = page.own(task_views.own_units(asked.actor))
    view = asked.query.get("view")
    groups = task_views.shown_rows(page, request, mine, view if view in task_views.VIEWS else "all")

    def rows() -> Iterator[tuple]:
        for line in (row for group in groups for row in group["rows"]):
            task = line["task"]
            head = (str(task.document), task.clause.label if task.clause else "", task.number)
            head += (task.category, task.project, task.text, key_project(task))
            cells = [cell for cell in line["cells"] if cell]
            for cell in cells:
                one = cell["cell"]
                role = _("牵头") if one.role == rules.LEAD else _("配合")
                yield (*head, cell["name"], role, one.percent, one.owed, one.given, one.late)
            if not cells:
                yield (*head, line["gap"], "", None, None, None, None)

    return Rows(len(page.tasks), rows())


TARGET_COLUMNS = (
    OutColumn(marked("文件"), 22),
    OutColumn(marked("条款"), 14),
    OutColumn(marked("指标"), 60),
    OutColumn(marked("怎样证明"), 10),
    OutColumn(marked("现在"), 16),
    OutColumn(marked("分子"), 12),
    OutColumn(marked("分母"), 12),
    OutColumn(marked("要求"), 18),
    OutColumn(marked("判断"), 10),
    OutColumn(marked("说明"), 40),
    OutColumn(marked("预计"), 24),
    OutColumn(marked("算到"), 12),
    OutColumn(marked("快照指纹"), 24),
)


def targets(asked: Asked) -> Rows:
    _kind, _starts_on, snapshot = target_views.chosen(asking(asked))
    found = board(snapshot, asked.actor.district.slug, on=asked.on).rows
    status = asked.query.get("status", "")
    test = target_views.FILTERS.get(status, target_views.FILTERS[""])[1]

    def rows() -> Iterator[tuple]:
        for row in filter(test, found):
            value = row.value if row.counted else None
            yield (
                str(row.target.document) if row.target else "",
                row.target.clause.label if row.target else "",
                row.label,
                row.tag,
                f"{row.big} {row.small}".strip() if value else "",
                value.numerator if value else None,
                value.denominator if value else None,
                row.asked if value else "",
                row.word,
                row.outlook,
                row.forecast_words if row.forecast else "",
                snapshot.as_of if snapshot else None,
                snapshot.sha256 if snapshot else "",
            )

    return Rows(len(found), rows())


ATTESTATION_COLUMNS = (
    OutColumn(marked("条款"), 14),
    OutColumn(marked("指标"), 60),
    OutColumn(marked("状态"), 14),
    OutColumn(marked("材料"), 40),
    OutColumn(marked("文号"), 24),
    OutColumn(marked("出具单位"), 24),
    OutColumn(marked("完成数"), 10),
    OutColumn(marked("起算日期"), 12),
    OutColumn(marked("有效到"), 12),
)


def attestations(asked: Asked) -> Rows:
    """Each target that a document proves, with the document that stands for it, as the page filters them."""
    _all, _status, lines = attestation_views.shown(asking(asked), asked.on)

    def rows() -> Iterator[tuple]:
        for line in lines:
            one = line.proof
            head = (line.target.clause.label, str(line.target), line.word)
            if one is None:
                yield (*head, "", "", "", None, None, None)
            else:
                yield (*head, one.title, one.number, one.issuer, one.achieved, one.starts_on, one.valid_until)

    return Rows(len(lines), rows())


PROGRESS_COLUMNS = (
    OutColumn(marked("年份"), 8),
    OutColumn(marked("季度"), 8),
    OutColumn(marked("任务"), 60),
    OutColumn(marked("单位"), 24),
    OutColumn(marked("进度 %"), 10),
    OutColumn(marked("进展情况"), 80),
    OutColumn(marked("状态"), 10),
    OutColumn(marked("报送日期"), 12),
)


def progress(asked: Asked) -> Rows:
    """What units handed in for a round; a draft is the unit's own matter."""
    chosen = task_views.chosen_round(asking(asked))
    found = (
        ProgressReport.objects.filter(round=chosen).exclude(state="draft")
        if chosen
        else ProgressReport.objects.none()
    )
    found = found.select_related("round", "task", "unit").order_by("task__number", "unit__position")

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=2000):
            yield (
                *rules.quarter_of(row.round.starts_on),
                row.task.text,
                row.unit.name,
                row.percent,
                row.text,
                row.get_state_display(),
                row.submitted_on,
            )

    return Rows(found.count(), rows())


REPORT_COLUMNS = (
    OutColumn(marked("报告"), 18),
    OutColumn(marked("时间"), 12),
    OutColumn(marked("文号"), 24),
    OutColumn(marked("状态"), 10),
    OutColumn(marked("数字到"), 12),
    OutColumn(marked("起草"), 18),
    OutColumn(marked("起草人"), 12, "name"),
    OutColumn(marked("印发"), 18),
    OutColumn(marked("印发人"), 12, "name"),
    OutColumn(marked("快照指纹"), 24),
)


def reports(asked: Asked) -> Rows:
    found = Report.objects.allowed(asked.actor, "report.view").select_related(
        "drafted_by", "issued_by", "snapshot"
    )

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=2000):
            yield (
                row.get_kind_display(),
                row.period.code,
                row.number,
                row.get_state_display(),
                row.as_of,
                row.drafted_at,
                row.drafted_by.name if row.drafted_by else "",
                row.issued_at,
                row.issued_by.name if row.issued_by else "",
                row.snapshot.sha256,
            )

    return Rows(found.count(), rows())


UNIT_COLUMNS = (
    OutColumn(marked("单位"), 28),
    OutColumn(marked("牵头"), 8),
    OutColumn(marked("配合"), 8),
    OutColumn(marked("本轮未报"), 10),
    OutColumn(marked("逾期"), 8),
    OutColumn(marked("成员"), 8),
)


def units(asked: Asked) -> Rows:
    """The units that have tasks, in the groups of their page."""
    groups = unit_views.with_tasks(task_views.chosen_round(asking(asked)), asked.on)
    found = [row for _key, group in groups for row in group]
    return Rows(
        len(found),
        (
            (row["unit"].name, row["lead"], row["support"], row["owing"], row["late"], row["members"])
            for row in found
        ),
    )


ROUND_COLUMNS = (
    OutColumn(marked("年份"), 8),
    OutColumn(marked("季度"), 8),
    OutColumn(marked("起"), 12),
    OutColumn(marked("止"), 12),
    OutColumn(marked("报送期限"), 12),
    OutColumn(marked("已报"), 8),
    OutColumn(marked("其中逾期"), 10),
)


def rounds(asked: Asked) -> Rows:
    found = list(round_views.counted())
    return Rows(
        len(found),
        (
            (*rules.quarter_of(row.starts_on), row.starts_on, row.ends_on, row.due_on, row.given, row.late)
            for row in found
        ),
    )


CONFERENCE_COLUMNS = (
    OutColumn(marked("会议"), 30),
    OutColumn(marked("日期"), 12),
    OutColumn(marked("地点"), 30),
    OutColumn(marked("主持人"), 20),
    OutColumn(marked("议题"), 8),
    OutColumn(marked("决定事项"), 10),
    OutColumn(marked("在办"), 8),
    OutColumn(marked("状态"), 14),
)


def conferences(asked: Asked) -> Rows:
    """The meetings that the person sees, as the page's tab leaves them."""
    _known, _tab, found = conference_views.shown(asked.actor, asked.query)
    drafts = conference_views.sees_drafts(asked.actor)

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=2000):
            tells = drafts or row.state in FIXED
            yield (
                str(row), row.on, row.place, row.chair, row.listed, row.decided if tells else None,
                row.still if tells else None, row.get_state_display(),
            )  # fmt: skip

    return Rows(found.count(), rows())


DECISION_COLUMNS = (
    OutColumn(marked("会议"), 30),
    OutColumn(marked("日期"), 12),
    OutColumn(marked("议题"), 40),
    OutColumn(marked("决定事项"), 100),
    OutColumn(marked("牵头"), 30),
    OutColumn(marked("配合"), 40),
    OutColumn(marked("办理期限"), 12),
    OutColumn(marked("任务"), 8),
    OutColumn(marked("状态"), 12),
    OutColumn(marked("怎么办成的"), 40),
)


def decisions(asked: Asked) -> Rows:
    """Decisions of confirmed minutes, of the meetings that the person sees."""
    known = Conference.objects.allowed(asked.actor, "conference.view")
    found = decided().filter(item__conference__in=known)
    found = found.order_by("-item__conference__on", "item__conference", "item__position", "position")

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=2000):
            units = {
                role: _("、").join(one.unit.name for one in row.units.all() if one.role == role)
                for role in ("lead", "support")
            }
            meeting = row.item.conference
            yield (
                str(meeting), meeting.on, row.item.topic, row.text, units["lead"], units["support"], row.due_on,
                row.task.number if row.task else None, row.get_state_display(), row.note,
            )  # fmt: skip

    return Rows(found.count(), rows())


ENTRY_COLUMNS = (
    OutColumn(marked("周期"), 40),
    OutColumn(marked("状态"), 16),
    OutColumn(marked("条款"), 10),
    OutColumn(marked("指标"), 60),
    OutColumn(marked("自评情况"), 80),
    OutColumn(marked("自评得分"), 10),
    OutColumn(marked("分值"), 8),
    OutColumn(marked("本区指标"), 40),
    OutColumn(marked("本区指标的数"), 14),
    OutColumn(marked("材料"), 8),
)


def cycle_entries(asked: Asked) -> Rows:
    """The self-assessments of the district, an indicator a line."""
    found = AssessmentEntry.objects.allowed(asked.actor, "cycle_application.view").select_related(
        "application"
    )
    found = found.annotate(given=Count("files")).order_by("-application__made_at", "application", "position")

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=2000):
            yield (
                row.application.title, row.application.get_state_display(), row.clause, row.indicator, row.text,
                row.points, row.most, row.figure.get("target", ""), row.figure.get("value", ""), row.given,
            )  # fmt: skip

    return Rows(found.count(), rows())


EXPORTS = (
    *supervision_exports.EXPORTS,
    ExportList(
        "cycle_entries",
        marked("示范创建自评"),
        "cycle-applications",
        "cycle_application.view",
        lambda asked: ENTRY_COLUMNS,
        cycle_entries,
    ),
    ExportList(
        "conferences",
        marked("联席会议"),
        "conferences",
        "conference.view",
        lambda asked: CONFERENCE_COLUMNS,
        conferences,
    ),
    ExportList(
        "decisions",
        marked("会议决定"),
        "conferences",
        "conference.view",
        lambda asked: DECISION_COLUMNS,
        decisions,
    ),
    ExportList("units", marked("单位与任务"), "units", "unit.view", lambda asked: UNIT_COLUMNS, units),
    ExportList("rounds", marked("报送轮次"), "rounds", "task.view", lambda asked: ROUND_COLUMNS, rounds),
    ExportList("tasks", marked("任务分工"), "tasks", "task.view", lambda asked: TASK_COLUMNS, tasks),
    ExportList(
        "attestations",
        marked("由材料证明的指标"),
        "attestations",
        "target.view",
        lambda asked: ATTESTATION_COLUMNS,
        attestations,
    ),
    ExportList("targets", marked("指标"), "targets", "target.view", lambda asked: TARGET_COLUMNS, targets),
    ExportList(
        "progress", marked("进展报送"), "tasks", "task.remind", lambda asked: PROGRESS_COLUMNS, progress
    ),
    ExportList(
        "reports", marked("督查与报告"), "reports", "report.view", lambda asked: REPORT_COLUMNS, reports
    ),
)
