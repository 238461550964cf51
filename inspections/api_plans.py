"""REST: the yearly plans with their schemes, and what the last rehearsal of each said."""

from __future__ import annotations

import orjson
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from facilities.models import Facility
from inspections.models import InspectionPlan
from inspections.rules.states import PLAN
from inspections.services import plans as services
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Refused

SPREAD = "最少、10%、中位数、90%、最多"  # content


class SchemeOut(serializers.Serializer):
    key = serializers.SlugField(help_text="方案的代号，证据文件里用它")
    name = serializers.CharField()
    subject = serializers.CharField(help_text="检查事项")
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=Facility.Kind.values))
    checklists = serializers.ListField(child=serializers.SlugField(), help_text="空：适合的全部检查表")
    units = serializers.ListField(child=serializers.SlugField(), help_text="空：有执法证人员的全部单位")
    rates_permille = serializers.DictField(
        child=serializers.IntegerField(), help_text="各等级每月再抽，千分之几"
    )
    team_size = serializers.IntegerField(min_value=2)
    cap = serializers.IntegerField(min_value=1, help_text="一家一年最多抽到几次，各方案合计")
    freeze_days_before = serializers.IntegerField()
    window_days = serializers.IntegerField()
    last_day = serializers.IntegerField()
    chained_allowed = serializers.BooleanField()
    joint = serializers.BooleanField(help_text="几个部门联合检查")


class PlanOut(serializers.Serializer):
    year = serializers.IntegerField()
    revision = serializers.IntegerField(min_value=0, help_text="0：当年的第一份；修订从 1 数起")
    reason = serializers.CharField(help_text="为什么修订", allow_blank=True)
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=list(PLAN.states))
    published_on = serializers.DateField(allow_null=True)
    sha256 = serializers.CharField(help_text="公布内容的指纹；没有公布时为空", allow_blank=True)
    schemes = SchemeOut(many=True)


class PlanListOut(serializers.Serializer):
    results = PlanOut(many=True)


def five(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.IntegerField(min_value=0),
        min_length=5,
        max_length=5,
        help_text=f"{help_text}：{SPREAD}",
    )


class MonthOut(serializers.Serializer):
    month = serializers.IntegerField(min_value=1, max_value=12)
    visits = five(help_text="检查次数")


class NoneLeft(serializers.Serializer):
    month = serializers.IntegerField(min_value=1, max_value=12)
    runs = serializers.IntegerField(min_value=1, help_text="多少遍里没有可抽的机构")


class StreetOut(serializers.Serializer):
    code = serializers.CharField(help_text="街镇的九位代码")
    objects = serializers.IntegerField(min_value=0)
    inspectors = serializers.IntegerField(min_value=0)
    units = serializers.IntegerField(min_value=0)
    visits = five(help_text="全年检查次数")
    busiest = five(help_text="最忙的月份的检查次数")
    short = five(help_text="缺人的检查组")
    none_left = NoneLeft(many=True)


class InspectorOut(serializers.Serializer):
    code = serializers.CharField()
    unit = serializers.CharField(help_text="单位代码")
    visits = five(help_text="全年检查次数")
    busiest = five(help_text="最忙的月份的检查次数")
    over = serializers.IntegerField(min_value=0, help_text="多少遍里有月份超出人手")


class FacilityOut(serializers.Serializer):
    code = serializers.CharField()
    missed = serializers.IntegerField(min_value=0, help_text="多少遍里全年没有查到")
    reached = serializers.IntegerField(min_value=0, help_text="多少遍里到了上限")
    exceeded = serializers.IntegerField(min_value=0, help_text="多少遍里超过上限")
    most = serializers.IntegerField(min_value=0, help_text="一年里最多几次")


class RehearsalOut(serializers.Serializer):
    year = serializers.IntegerField()
    revision = serializers.IntegerField(min_value=0)
    register_on = serializers.DateField(help_text="用哪一天的名册")
    finished_at = serializers.DateTimeField()
    current = serializers.BooleanField(help_text="演练之后计划没有改过")
    runs = serializers.IntegerField(min_value=1)
    capacity = serializers.IntegerField(help_text="一名检查人员一个月能查几家")
    objects = serializers.IntegerField(min_value=0)
    total = five(help_text="全年检查次数")
    again = five(help_text="查过不止一次的机构")
    months = MonthOut(many=True)
    streets = StreetOut(many=True)
    inspectors = InspectorOut(many=True)
    facilities = FacilityOut(many=True)
    uncovered = serializers.ListField(child=serializers.CharField(), help_text="不在任何方案里的机构编号")


def no_parameters(request) -> None:
    if unknown := sorted(request.query_params):
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )


class PlanList(DistrictAPIView):
    """All years of the token's district, drafts included."""

    scope = "plans:read"

    @extend_schema(
        operation_id="plans_list",
        summary="年度检查计划",
        description="各年的检查计划和方案，年份从近到远，一年里修订从后到前。没有公布的草稿也在这里，看 state。",
        responses={(200, "application/json"): PlanListOut, **PROBLEMS},
    )
    def get(self, request):
        no_parameters(request)
        rows = InspectionPlan.objects.allowed(request.auth, "plan.view").order_by("-year", "-revision")
        found = [
            {
                "year": row.year,
                "revision": row.revision,
                "reason": row.reason,
                "title": row.title,
                "state": row.state,
                "published_on": row.published_on.isoformat() if row.published_on else None,
                "sha256": row.content_sha256,
                "schemes": [
                    {name: getattr(one, name) for name in services.SCHEME_FIELDS}
                    for one in services.schemes_of(row)
                ],
            }
            for row in rows
        ]
        return HttpResponse(orjson.dumps({"results": found}), content_type="application/json")


class RehearsalView(DistrictAPIView):
    """The last rehearsal of a year's plan."""

    scope = "plans:read"

    @extend_schema(
        operation_id="plans_rehearsal",
        summary="计划的演练",
        description="这一年演练过的最新一份计划，最近一次演练的结果：按某一天的名册把全年模拟若干遍。种子与真正的抽取无关。",
        responses={
            (200, "application/json"): RehearsalOut,
            **PROBLEMS,
            (404, "application/problem+json"): PROBLEMS[400, "application/problem+json"],
        },
    )
    def get(self, request, year):
        no_parameters(request)
        rows = (
            InspectionPlan.objects.allowed(request.auth, "plan.view").filter(year=year).order_by("-revision")
        )
        both = ((row, services.last_rehearsal(row)) for row in rows)
        row, found = next((one for one in both if one[1] is not None), (None, None))
        if found is None:
            raise Http404
        names = (
            "runs",
            "capacity",
            "objects",
            "again",
            "months",
            "streets",
            "inspectors",
            "facilities",
            "uncovered",
        )
        body = {
            "year": row.year,
            "revision": row.revision,
            "register_on": found.register_on.isoformat(),
            "finished_at": found.finished_at.isoformat(),
            "current": found.content_sha256 == services.rehearsed_sha256(row),
            "total": found.result["year"],
        } | {name: found.result[name] for name in names}
        return HttpResponse(orjson.dumps(body), content_type="application/json")
