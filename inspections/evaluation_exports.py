"""Evaluations and the agreement of inspectors as spreadsheets."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _

from inspections.models import EvaluationCase, EvaluationRound, IndicatorSet
from inspections.rules import evaluation_sets as rules
from inspections.rules import evaluations as rules_of
from inspections.services import evaluation_rounds as services
from inspections.services import evaluation_selection as selection_services
from inspections.views import agreement as agreement_views
from inspections.views import evaluation_cases as case_views
from inspections.views import evaluation_selection as selection_views
from inspections.views import evaluation_sets as set_views
from inspections.views import evaluation_sheets as sheet_views
from inspections.views import evaluations as views
from portal.rules.machine import marked
from portal.spreadsheets import Asked, ExportList, OutColumn, Rows

SET_COLUMNS = (
    OutColumn(marked("代号"), 14),
    OutColumn(marked("版"), 6),
    OutColumn(marked("名称"), 36),
    OutColumn(marked("评估哪些机构"), 40),
    OutColumn(marked("指标"), 8),
    OutColumn(marked("否决项"), 8),
    OutColumn(marked("公布日期"), 12),
    OutColumn(marked("状态"), 14),
)
#: The headings by which indicators come in.
INDICATOR_COLUMNS = (
    OutColumn(marked("标准代号"), 14),
    OutColumn(marked("维度"), 12),
    OutColumn(marked("编号"), 8),
    OutColumn(marked("指标"), 60),
    OutColumn(marked("分值"), 8),
    OutColumn(marked("档次"), 60),
    OutColumn(marked("要什么佐证"), 40),
)


def sets(asked: Asked) -> Rows:
    found = set_views.set_lines(asked.actor)
    return Rows(
        len(found),
        (
            (
                one["row"].key, one["row"].number, one["row"].title, _("、").join(one["kinds"]), one["indicators"],
                one["vetoes"], one["row"].published_on, one["row"].get_state_display(),
            )
            for one in found
        ),
    )  # fmt: skip


def number_in(asked: Asked, name: str) -> int:
    """An id that the address names; 0 where it names none."""
    text = asked.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def indicators(asked: Asked) -> Rows:
    rows = IndicatorSet.objects.allowed(asked.actor, "indicator.view")
    row = rows.filter(pk=number_in(asked, "set")).first()
    if row is None:
        raise Http404
    found = list(row.indicators.all())
    return Rows(
        len(found),
        (
            (
                row.key, one.get_dimension_display(), one.code, one.text, one.points or None,
                rules.show_steps(one.steps, "；"), one.evidence,
            )
            for one in found
        ),
    )  # fmt: skip


ROUND_COLUMNS = (
    OutColumn(marked("年份"), 8),
    OutColumn(marked("名称"), 36),
    OutColumn(marked("评估标准"), 36),
    OutColumn(marked("机构（家）"), 10),
    OutColumn(marked("已认定"), 8),
    OutColumn(marked("已公布"), 8),
    OutColumn(marked("状态"), 12),
)


def rounds(asked: Asked) -> Rows:
    found = views.round_lines(asked.actor)
    return Rows(
        len(found),
        (
            (
                one["row"].year, one["row"].title, one["row"].set.title,
                *((one["row"].many, one["row"].decided, one["row"].published) if one["whole"] else (None,) * 3),
                one["row"].get_state_display(),
            )
            for one in found
        ),
    )  # fmt: skip


CASE_COLUMNS = (
    OutColumn(marked("机构编号"), 12),
    OutColumn(marked("机构名称"), 36),
    OutColumn(marked("街镇"), 16),
    OutColumn(marked("自评"), 8),
    OutColumn(marked("互评"), 8),
    OutColumn(marked("委托评估"), 10),
    OutColumn(marked("认定"), 8),
    OutColumn(marked("等级"), 6),
    OutColumn(marked("状态"), 16),
)


def round_in(asked: Asked) -> EvaluationRound:
    row = views.rounds_of(asked.actor).filter(pk=number_in(asked, "round")).first()
    if row is None:
        raise Http404
    return row


def cases(asked: Asked) -> Rows:
    found = views.case_lines(asked.actor, round_in(asked), asked.query)
    return Rows(
        len(found),
        (
            (
                one["case"].facility.code, one["case"].facility.name, one["case"].facility.street.name, one["self"],
                one["peer"], one["third"], one["total"], one["grade"], one["case"].get_state_display(),
            )
            for one in found
        ),
    )  # fmt: skip


PEER_COLUMNS = (
    OutColumn(marked("机构编号"), 12),
    OutColumn(marked("机构名称"), 36),
    OutColumn(marked("姓名"), 12, "name"),
)


def peers(asked: Asked) -> Rows:
    found = services.pool_of(round_in(asked))
    return Rows(len(found), ((one.facility.code, one.facility.name, one.user.name) for one in found))


COMPARED_COLUMNS = (
    OutColumn(marked("维度"), 12),
    OutColumn(marked("编号"), 8),
    OutColumn(marked("指标"), 60),
    OutColumn(marked("满分"), 8),
    OutColumn(marked("自评"), 8),
    OutColumn(marked("互评"), 8),
    OutColumn(marked("委托评估"), 10),
    OutColumn(marked("认定"), 8),
    OutColumn(marked("相差大"), 8),
)


def compared(asked: Asked) -> Rows:
    """The three side by side; veto items as 有 and 没有."""
    rows = EvaluationCase.objects.allowed(asked.actor, "evaluation.view").select_related("round__set")
    case = rows.filter(pk=number_in(asked, "case")).first()
    if case is None or not views.sees_all(asked.actor):
        raise Http404

    def cell(value, veto: bool):
        if value is None or not veto:
            return value
        return _("有") if value else _("没有")

    found = [
        (
            one["name"], line["indicator"].code, line["indicator"].text, line["indicator"].points or None,
            *(cell(value, one["veto"]) for value in line["given"]), line["far"],
        )
        for one in case_views.compared(case, tuple(rules_of.KINDS), asked.on)
        for line in one["lines"]
    ]  # fmt: skip
    return Rows(len(found), found)


SHEET_COLUMNS = (
    OutColumn(marked("机构编号"), 12),
    OutColumn(marked("机构名称"), 36),
    OutColumn(marked("谁评的"), 12),
    OutColumn(marked("名称"), 36),
    OutColumn(marked("截止"), 12),
    OutColumn(marked("状态"), 10),
)


def sheets(asked: Asked) -> Rows:
    found = sheet_views.sheet_lines(asked.actor, asked.on)
    return Rows(
        len(found),
        (
            (
                one["sheet"].case.facility.code, one["sheet"].case.facility.name, one["kind"],
                one["sheet"].case.round.title, one["until"], one["sheet"].get_state_display(),
            )
            for one in found
        ),
    )  # fmt: skip


SELECTION_COLUMNS = (
    OutColumn(marked("次序"), 6),
    OutColumn(marked("机构编号"), 12),
    OutColumn(marked("机构名称"), 36),
    OutColumn(marked("认定"), 8),
    OutColumn(marked("等级"), 6),
    OutColumn(marked("不符合的条件"), 60),
    OutColumn(marked("状态"), 16),
    OutColumn(marked("理由"), 60),
)


def selection(asked: Asked) -> Rows:
    row = round_in(asked)
    if not views.sees_all(asked.actor):
        raise Http404
    words = selection_services.criteria_words(asked.on)
    found = selection_views.lines_of(row, asked.on)
    return Rows(
        len(found),
        (
            (
                one["number"], one["facility"].code, one["facility"].name,
                float(one["case"].total) if one["case"].total is not None else None, one["case"].grade,
                _("、").join(words[key] for key, mark in one["marks"] if mark == "bad"),
                one["selection"].get_state_display() if one["selection"] else "",
                one["selection"].reason if one["selection"] else "",
            )
            for one in found
        ),
    )  # fmt: skip


AGREEMENT_COLUMNS = (
    OutColumn(marked("名称"), 60),
    OutColumn(marked("对数"), 8),
    OutColumn(marked("相同"), 8),
    OutColumn(marked("凑巧相同"), 10),
    OutColumn("kappa", 8),
    OutColumn(marked("区间下限"), 12),
    OutColumn(marked("区间上限"), 12),
    OutColumn(marked("看法"), 24),
)


def agreement(asked: Asked) -> Rows:
    def rounded(value):
        return None if value is None else round(value, 3)

    found = agreement_views.agreement_lines(asked.actor, asked.query, asked.on)
    return Rows(
        len(found),
        (
            (
                one["label"], one["line"].found.n, rounded(one["line"].found.observed),
                rounded(one["line"].found.expected),
                *(
                    rounded(None if one["line"].few else value)
                    for value in (one["line"].found.kappa, one["line"].found.low, one["line"].found.high)
                ),
                one["word"],
            )
            for one in found
        ),
    )  # fmt: skip


PAIR_COLUMNS = (
    OutColumn(marked("检查编号"), 16),
    OutColumn(marked("机构名称"), 36),
    OutColumn(marked("检查日期"), 12),
    OutColumn(marked("检查项"), 60),
    OutColumn(marked("两名检查人员"), 24),
    OutColumn(marked("第一人"), 10),
    OutColumn(marked("第二人"), 10),
    OutColumn(marked("说明"), 40),
    OutColumn(marked("怎么来的"), 20),
)


def agreement_rows(asked: Asked) -> Rows:
    names = agreement_views.names_shown(asked.actor)
    _of, pairs = agreement_views.row_lines(asked.actor, asked.query.get("heading", "")[:120], asked.query)
    found = agreement_views.shown_rows(pairs, names)
    return Rows(
        len(found),
        (
            (
                one["pair"].visit.number, one["pair"].visit.facility.name, one["pair"].visit.finished_on,
                one["pair"].item.text, one["people"], one["first"], one["again"], one["pair"].note, one["origin"],
            )
            for one in found
        ),
    )  # fmt: skip


EXPORTS = (
    ExportList("agreement", marked("检查人员一致性"), "agreement", "agreement.view", lambda asked: AGREEMENT_COLUMNS,
               agreement),
    ExportList("agreement-rows", marked("双评的答案"), "agreement-rows", "agreement.view", lambda asked: PAIR_COLUMNS,
               agreement_rows, of="heading"),
    ExportList("evaluations", marked("质量评估"), "evaluations", "evaluation.view", lambda asked: ROUND_COLUMNS, rounds),
    ExportList("evaluation-cases", marked("被评估的机构"), "evaluation-round", "evaluation.view",
               lambda asked: CASE_COLUMNS, cases, of="round"),
    ExportList("evaluation-peers", marked("互评人"), "evaluation-peers", "evaluation.manage",
               lambda asked: PEER_COLUMNS, peers, of="round"),
    ExportList("evaluation-compared", marked("各方的分"), "evaluation", "evaluation.view",
               lambda asked: COMPARED_COLUMNS, compared, of="case"),
    ExportList("evaluation-sheets", marked("我的评估表"), "evaluation-sheets", "evaluation.score",
               lambda asked: SHEET_COLUMNS, sheets),
    ExportList("evaluation-selection", marked("示范机构"), "evaluation-selection", "evaluation.view",
               lambda asked: SELECTION_COLUMNS, selection, of="round"),
    ExportList("indicator-sets", marked("评估标准"), "indicator-sets", "indicator.view", lambda asked: SET_COLUMNS,
               sets),
    ExportList("indicators", marked("评估指标"), "indicator-set", "indicator.view", lambda asked: INDICATOR_COLUMNS,
               indicators, of="set"),
)  # fmt: skip
