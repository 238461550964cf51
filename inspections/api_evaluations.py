"""REST: results of evaluations that are published."""

from __future__ import annotations

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from inspections.api_plans import no_parameters
from inspections.models import EvaluationCase
from inspections.rules.evaluation_sets import DIMENSIONS
from inspections.rules.evaluations import GRADES
from portal.api import PROBLEMS, DistrictAPIView


class DimensionsOut(serializers.Serializer):
    conditions = serializers.FloatField(min_value=0)
    staff = serializers.FloatField(min_value=0)
    care = serializers.FloatField(min_value=0)
    health = serializers.FloatField(min_value=0)
    family = serializers.FloatField(min_value=0)
    safety = serializers.FloatField(min_value=0)
    management = serializers.FloatField(min_value=0)


class EvaluationOut(serializers.Serializer):
    year = serializers.IntegerField()
    round = serializers.CharField(help_text="哪一次评估")
    set = serializers.SlugField(help_text="评估标准的代号")
    set_version = serializers.IntegerField(min_value=1, help_text="评估标准的第几版")
    facility = serializers.CharField(help_text="机构编号")
    grade = serializers.ChoiceField(choices=list(GRADES))
    total = serializers.FloatField(min_value=0, max_value=1000)
    vetoes = serializers.IntegerField(min_value=0, help_text="有几条否决情形")
    dimensions = DimensionsOut(help_text="七个维度的得分")
    published_on = serializers.DateField()
    model = serializers.BooleanField(help_text="是否已命名为示范机构")


class EvaluationListOut(serializers.Serializer):
    results = EvaluationOut(many=True)


class EvaluationList(DistrictAPIView):
    """All rounds of the token's district."""

    scope = "evaluations:read"

    @extend_schema(
        operation_id="evaluations_list",
        summary="质量评估结果",
        description="已公布的评估结果，年份从近到远，同一次里按机构编号。没有公布的不在这里。",
        responses={(200, "application/json"): EvaluationListOut, **PROBLEMS},
    )
    def get(self, request):
        no_parameters(request)
        rows = (
            EvaluationCase.objects.allowed(request.auth, "evaluation.read")
            .filter(state="published")
            .select_related("round__set", "facility", "selection")
            .order_by("-round__year", "-round", "facility__code")
        )
        found = [
            {
                "year": row.round.year,
                "round": row.round.title,
                "set": row.round.set.key,
                "set_version": row.round.set.number,
                "facility": row.facility.code,
                "grade": row.grade,
                "total": float(row.total),
                "vetoes": row.vetoes,
                "dimensions": {name: row.dimensions.get(name, 0) for name in DIMENSIONS},
                "published_on": row.published_on.isoformat(),
                "model": hasattr(row, "selection") and row.selection.state == "named",
            }
            for row in rows
        ]
        return HttpResponse(orjson.dumps({"results": found}), content_type="application/json")
