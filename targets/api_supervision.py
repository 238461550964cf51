"""REST: yearly rounds of the supervision of units, and the scores once they were told."""

from __future__ import annotations

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.paging import encode
from inspections.api_joint import page_of
from portal.api import PROBLEMS, DistrictAPIView
from targets.models.supervision import SupervisionReport, SupervisionRound
from targets.rules.supervision import CASE, SUPERVISION
from targets.services.supervision_cases import ranking

SIZE, LARGEST = 10, 50
TOLD = ("announced", "final")


class SupervisionUnitOut(serializers.Serializer):
    unit = serializers.SlugField(help_text="单位代码")
    street = serializers.CharField(allow_null=True, help_text="街镇代码；部门为 null")
    state = serializers.ChoiceField(choices=list(CASE.states))
    score = serializers.CharField(
        allow_null=True, help_text="得分，两位小数；没有告知或者没有适用的题时为 null"
    )
    rank = serializers.IntegerField(allow_null=True, help_text="街镇之间的名次，同分同名次；部门为 null")
    formula = serializers.CharField(allow_null=True, help_text="怎样算出")


class SupervisionOut(serializers.Serializer):
    id = serializers.IntegerField()
    year = serializers.IntegerField()
    state = serializers.ChoiceField(choices=list(SUPERVISION.states))
    report_until = serializers.DateField(help_text="自查期限")
    review_until = serializers.DateField(help_text="评分期限")
    questions = serializers.IntegerField(help_text="题数")
    report = serializers.CharField(allow_null=True, help_text="通报的文号；没有印发的为 null")
    report_sha256 = serializers.CharField(allow_null=True, help_text="通报 PDF 的指纹")
    units = SupervisionUnitOut(many=True)


class SupervisionPage(serializers.Serializer):
    results = SupervisionOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class SupervisionList(DistrictAPIView):
    """Rounds of the token's district. Answers and evidence stay on the pages."""

    scope = "supervision:read"

    @extend_schema(
        operation_id="supervision_list",
        summary="单位年度督查",
        description="各年督查的单位、状态、得分和街镇名次。得分告知各单位以后才有。自查的内容和材料不在这里。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
        ],
        responses={(200, "application/json"): SupervisionPage, **PROBLEMS},
    )
    def get(self, request):
        limit, place = page_of(request, {"limit", "cursor"}, SIZE, LARGEST)
        rows = SupervisionRound.objects.allowed(request.auth, "supervision.view")
        if place is not None:
            rows = rows.filter(pk__gt=place)
        found = list(rows.order_by("pk")[: limit + 1])
        more, found = len(found) > limit, found[:limit]
        issued = SupervisionReport.objects.filter(round__in=found, state="issued").defer("content")
        reports = {one.round_id: one for one in issued}
        results = []
        for row in found:
            told, report = row.state in TOLD, reports.get(row.pk)
            streets, departments = ranking(row)
            results.append(
                {
                    "id": row.pk,
                    "year": row.year,
                    "state": row.state,
                    "report_until": row.report_until.isoformat(),
                    "review_until": row.review_until.isoformat(),
                    "questions": row.questions.filter(dropped="").count(),
                    "report": report.number if report else None,
                    "report_sha256": (report.sha256 or None) if report else None,
                    "units": [
                        {
                            "unit": one.unit.slug,
                            "street": one.unit.street.code if one.unit.street_id else None,
                            "state": one.state,
                            "score": str(one.score) if told and one.score is not None else None,
                            "rank": one.rank if told else None,
                            "formula": (one.formula or None) if told else None,
                        }
                        for one in (*streets, *departments)
                    ],
                }
            )
        body = {"results": results, "next": encode([found[-1].pk]) if more else None}
        return HttpResponse(orjson.dumps(body), content_type="application/json")
