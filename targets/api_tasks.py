"""REST: the task matrix with what each unit reported in a round, and what each unit still owes."""

from __future__ import annotations

import re

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from portal.api import PROBLEMS, DistrictAPIView, Problem
from portal.errors import Refused
from portal.models.places import Street
from targets.models.tasks import ProgressReport, ReportingRound, Task, TaskUnit
from targets.rules import tasks as rules
from targets.services import rounds
from targets.services.matrix import matrix_page
from targets.views.units import with_tasks

ROUND = re.compile(r"(20\d\d)-Q([1-4])")
ORIGINS = Task.Origin.values
GROUPS = ("department", "street", "collective")


class RoundOut(serializers.Serializer):
    code = serializers.RegexField(r"^\d{4}-Q[1-4]$")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    due_on = serializers.DateField(help_text="报送期限")


class TaskReportOut(serializers.Serializer):
    unit = serializers.SlugField(help_text="报送的单位；集体单位由各成员分别报")
    state = serializers.ChoiceField(choices=list(rules.GIVEN), help_text="已报送、已收下")
    percent = serializers.IntegerField(allow_null=True, min_value=0, max_value=100)
    text = serializers.CharField(allow_blank=True, help_text="进展情况")
    submitted_on = serializers.DateField(allow_null=True)


class TaskUnitOut(serializers.Serializer):
    unit = serializers.SlugField(help_text="单位代码")
    name = serializers.CharField(help_text="文件里的写法")
    role = serializers.ChoiceField(choices=TaskUnit.Role.values, help_text="牵头、配合")
    percent = serializers.IntegerField(allow_null=True, help_text="最近报的进度；集体单位是成员的平均")
    owed = serializers.IntegerField(help_text="这一轮应报几份")
    given = serializers.IntegerField(help_text="这一轮报了几份")
    late = serializers.BooleanField(help_text="期限已过，还没有报齐")
    members_known = serializers.BooleanField(help_text="false：文件没有列出成员，没有人可报")


class TaskOut(serializers.Serializer):
    document = serializers.SlugField(help_text="文件（key）")
    clause = serializers.CharField(allow_null=True)
    origin = serializers.ChoiceField(choices=ORIGINS, help_text="任务分工表、职责、联席会议决定")
    number = serializers.IntegerField()
    category = serializers.CharField(allow_blank=True)
    project = serializers.CharField(allow_blank=True)
    text = serializers.CharField(help_text="文件原文")
    key_project = serializers.BooleanField(allow_null=True, help_text="重点项目；原件看不出的为 null")
    due_on = serializers.DateField(allow_null=True, help_text="会议决定的办理期限；文件的任务没有")
    gap = serializers.ChoiceField(
        choices=["", "none", "lead", "support"], help_text="文件没有列：任何单位、牵头单位、配合单位"
    )
    units = TaskUnitOut(many=True)
    reports = TaskReportOut(many=True, help_text="这一轮报来的进展；草稿和退回的不在里面")


class TaskList(serializers.Serializer):
    round = RoundOut(allow_null=True, help_text="还没有报送轮次时为 null")
    results = TaskOut(many=True)


class UnitOwesOut(serializers.Serializer):
    unit = serializers.SlugField()
    name = serializers.CharField()
    group = serializers.ChoiceField(choices=GROUPS, help_text="部门、街镇、集体单位")
    street = serializers.CharField(allow_null=True, help_text="街镇的九位代码；部门为 null")
    leads = serializers.IntegerField(help_text="牵头几项")
    supports = serializers.IntegerField(help_text="配合几项")
    owing = serializers.IntegerField(allow_null=True, help_text="这一轮还欠几份；集体单位为 null，由成员报")
    late = serializers.BooleanField(help_text="期限已过，还欠着")


class UnitOwesList(serializers.Serializer):
    round = RoundOut(allow_null=True)
    results = UnitOwesOut(many=True)


PARAMETERS = [OpenApiParameter("round", str, description="2026-Q4；默认正在报的一轮")]


def round_of(request) -> ReportingRound | None:
    """The round of the query, else the one in hand; Http404 for one that there never was."""
    unknown = sorted(set(request.query_params) - {"round"})
    if unknown:
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    recent, text = rounds.recent_rounds(), request.query_params.get("round", "")
    if not text:
        return rounds.round_in_hand(recent, timezone.localdate())
    match = ROUND.fullmatch(text)
    if match is None:
        raise Refused(_("round：写成 2026-Q4"), field="round", code="parameter")
    begin, _end = rules.quarter_dates(int(match[1]), int(match[2]))
    found = ReportingRound.objects.filter(starts_on=begin).first()
    if found is None:
        raise Http404
    return found


def told(row: ReportingRound | None) -> dict | None:
    if row is None:
        return None
    year, quarter = rules.quarter_of(row.starts_on)
    days = {name: getattr(row, name) for name in ("starts_on", "ends_on", "due_on")}
    return {"code": f"{year}-Q{quarter}", **days}


class TasksView(DistrictAPIView):
    """The matrix of the token's district in a round."""

    scope = "tasks:read"

    @extend_schema(
        operation_id="tasks_list",
        summary="任务分工",
        description="任务分工表（没有表的文件是各单位职责）、牵头和配合单位、这一轮报来的进展。和任务分工页同一个算法。",
        parameters=PARAMETERS,
        responses={
            (200, "application/json"): TaskList,
            **PROBLEMS,
            (404, "application/problem+json"): Problem,
        },
    )
    def get(self, request):
        request.auth.demand("task.view")
        of_round = round_of(request)
        page = matrix_page(of_round, on=timezone.localdate())
        slugs = {unit.pk: unit.slug for unit in page.columns}
        reports: dict[int, list[dict]] = {}
        if of_round is not None:
            given = ProgressReport.objects.filter(round=of_round, task__in=page.tasks).given()
            for one in given.select_related("unit").order_by("unit__position", "pk"):
                row = {name: getattr(one, name) for name in ("state", "percent", "text", "submitted_on")}
                reports.setdefault(one.task_id, []).append({"unit": one.unit.slug, **row})
        names = ("origin", "number", "category", "project", "text", "key_project", "due_on")
        results = [
            {name: getattr(task, name) for name in names}
            | {
                "document": task.document.key,
                "clause": task.clause.label if task.clause else None,
                "gap": page.rows[task.pk].gap,
                "units": [
                    {
                        "unit": slugs[pk],
                        "name": page.names[task.pk, pk],
                        "role": cell.role,
                        "percent": cell.percent,
                        "owed": cell.owed,
                        "given": cell.given,
                        "late": cell.late,
                        "members_known": cell.known,
                    }
                    for pk, cell in page.rows[task.pk].cells.items()
                ],
                "reports": reports.get(task.pk, []),
            }
            for task in page.tasks
        ]
        return Response({"round": told(of_round), "results": results})


class UnitsOwingView(DistrictAPIView):
    """What each unit leads, supports and still owes."""

    scope = "tasks:read"

    @extend_schema(
        operation_id="units_owing",
        summary="各单位欠报",
        description="有任务的单位各牵头、配合几项，这一轮还欠几份进展。",
        parameters=PARAMETERS,
        responses={
            (200, "application/json"): UnitOwesList,
            **PROBLEMS,
            (404, "application/problem+json"): Problem,
        },
    )
    def get(self, request):
        request.auth.demand("task.view")
        of_round = round_of(request)
        codes = dict(Street.objects.values_list("pk", "code"))
        results = [
            {
                "unit": one["unit"].slug,
                "name": one["unit"].name,
                "group": group,
                "street": codes.get(one["unit"].street_id),
                "leads": one["lead"],
                "supports": one["support"],
                "owing": one["owing"],
                "late": one["late"],
            }
            for group, rows in with_tasks(of_round, timezone.localdate())
            for one in rows
        ]
        return Response({"round": told(of_round), "results": results})
