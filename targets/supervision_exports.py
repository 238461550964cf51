"""The yearly supervision of units as spreadsheets, as its pages show it."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows
from targets.models import SupervisionAnswer, SupervisionCase, SupervisionRound
from targets.rules import supervision as points
from targets.services.supervision_cases import ranking
from targets.views import supervision as supervision_views

SUPERVISION_COLUMNS = (
    OutColumn(marked("年份"), 20),
    OutColumn(marked("自查期限"), 12),
    OutColumn(marked("评分期限"), 12),
    OutColumn(marked("单位"), 8),
    OutColumn(marked("已报自查"), 10),
    OutColumn(marked("已评分"), 10),
    OutColumn(marked("状态"), 14),
)


def supervisions(asked: Asked) -> Rows:
    """The yearly rounds that the person sees, as the page's tab leaves them."""
    _known, _tab, found = supervision_views.shown(asked.actor, asked.query)
    return Rows(
        found.count(),
        (
            (
                str(row), row.report_until, row.review_until, row.units_in, row.handed, row.scored,
                row.get_state_display(),
            )
            for row in found.iterator(chunk_size=2000)
        ),
    )  # fmt: skip


def asked_round(asked: Asked) -> SupervisionRound | None:
    """The round that the page is about, else the newest one that the person sees."""
    known = SupervisionRound.objects.allowed(asked.actor, "supervision.view").order_by().values("pk")
    found = SupervisionRound.objects.filter(pk__in=known).order_by("-year", "-pk")
    given = asked.query.get("round", "")
    if given.isascii() and given.isdigit() and len(given) < 15:
        found = found.filter(pk=int(given))
    return found.first()


RANKING_COLUMNS = (
    OutColumn(marked("年份"), 8),
    OutColumn(marked("街镇或部门"), 12),
    OutColumn(marked("名次"), 8),
    OutColumn(marked("单位"), 28),
    OutColumn(marked("怎样算出"), 60),
    OutColumn(marked("百分制得分"), 10),
)


def supervision_ranking(asked: Asked) -> Rows:
    """The scores of a round after they were told: streets by rank, departments without one."""
    row = asked_round(asked)
    told = row is not None and row.state in supervision_views.TOLD
    streets, departments = ranking(row) if told else ([], [])
    found = [(_("街镇"), one) for one in streets] + [(_("部门"), one) for one in departments]
    return Rows(
        len(found),
        ((row.year, kind, one.rank, one.unit.name, one.formula, one.score) for kind, one in found),
    )


SUPERVISION_ANSWER_COLUMNS = (
    OutColumn(marked("单位"), 28),
    OutColumn(marked("题目"), 60),
    OutColumn(marked("牵头还是配合"), 12),
    OutColumn(marked("分值"), 8),
    OutColumn(marked("做到了吗"), 12),
    OutColumn(marked("做了什么"), 80),
    OutColumn(marked("自评分"), 8),
    OutColumn(marked("评分"), 8),
    OutColumn(marked("材料"), 8),
)


def supervision_answers(asked: Asked) -> Rows:
    """What the units of a round answered, those that the person sees; points once they were told."""
    row = asked_round(asked)
    cases = SupervisionCase.objects.allowed(asked.actor, "supervision.view").order_by().values("pk")
    found = SupervisionAnswer.objects.filter(case__round=row, case__in=cases).select_related(
        "unit", "question"
    )
    found = found.prefetch_related("marks", "evidence").order_by(
        "unit__position", "unit", "question__position", "question"
    )
    told = row is not None and row.state in supervision_views.TOLD

    def rows() -> Iterator[tuple]:
        for one in found.iterator(chunk_size=500):
            marks = [points.Mark(mark.place, mark.points) for mark in one.marks.all()] if told else []
            got = points.reached(marks) if marks else None
            yield (
                one.unit.name, one.question.text, one.question.get_role_display(), one.question.points,
                one.get_value_display(), one.text, one.own_points, None if got is None else float(got),
                len(one.evidence.all()),
            )  # fmt: skip

    return Rows(found.count(), rows())


EXPORTS = (
    ExportList(
        "supervisions",
        marked("单位年度督查"),
        "supervisions",
        "supervision.view",
        lambda asked: SUPERVISION_COLUMNS,
        supervisions,
    ),
    ExportList(
        "supervision-ranking",
        marked("督查得分"),
        "supervisions",
        "supervision.view",
        lambda asked: RANKING_COLUMNS,
        supervision_ranking,
    ),
    ExportList(
        "supervision-answers",
        marked("督查答题"),
        "supervisions",
        "supervision.view",
        lambda asked: SUPERVISION_ANSWER_COLUMNS,
        supervision_answers,
    ),
)
