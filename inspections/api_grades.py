"""REST: the risk grades in force, each with the facts on which it rests. What nobody has confirmed is not here."""

from __future__ import annotations

import orjson
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.models import Facility
from facilities.paging import decode, encode
from inspections.models import GradeDecision
from inspections.rules.grades import FACTORS
from inspections.services import grades
from inspections.services.grade_factors import graded
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Denied, Refused
from portal.models import Street
from portal.rules.rights import Reach

SIZE, LARGEST = 100, 500
FACTOR_KEYS = [factor.key for factor in FACTORS]


class GradeFactor(serializers.Serializer):
    key = serializers.ChoiceField(choices=FACTOR_KEYS)
    number = serializers.IntegerField(min_value=0, help_text="多少；unvisited 是离上一次检查的月数")
    points = serializers.FloatField(min_value=0, help_text="分数")


class GradeOut(serializers.Serializer):
    facility = serializers.CharField(help_text="机构编号")
    street = serializers.CharField(help_text="街镇的九位代码")
    grade = serializers.ChoiceField(choices=Facility.Grade.values, allow_null=True, help_text="null：没有定")
    decided_on = serializers.DateField(allow_null=True)
    kind = serializers.ChoiceField(
        choices=GradeDecision.Kind.values, allow_null=True, help_text="照建议、没有照建议、直接定"
    )
    reason = serializers.CharField(allow_null=True)
    assessed_on = serializers.DateField(allow_null=True, help_text="按哪一天的记录评定")
    points = serializers.FloatField(allow_null=True, help_text="合计分数")
    factors = GradeFactor(many=True)


class GradePage(serializers.Serializer):
    results = GradeOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


def wanted(request) -> tuple[int, int | None, str, str]:
    """The request's limit, place, facility and grade; Refused with the name of the parameter."""
    params = request.query_params
    unknown = sorted(set(params) - {"limit", "cursor", "facility", "grade"})
    if unknown:
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    limit = params.get("limit", str(SIZE))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= LARGEST):
        raise Refused(_("limit：填 1 到 %(n)d 之间的整数") % {"n": LARGEST}, field="limit", code="limit")
    place = decode(params["cursor"], (int,))[0] if "cursor" in params else None
    facility = params.get("facility", "")
    if len(facility) > 12 or not facility.isprintable():
        raise Refused(_("facility：填机构编号"), field="facility", code="facility")
    grade = params.get("grade", "")
    if grade and grade not in Facility.Grade.values:
        raise Refused(_("风险等级是 A、B、C、D 中的一个"), field="grade", code="grade")
    return int(limit), place, facility, grade


class GradeList(DistrictAPIView):
    """Grades in force of the facilities that operate."""

    scope = "inspections:read"

    @extend_schema(
        operation_id="grades_list",
        summary="风险等级",
        description="在办机构现在的风险等级和依据，按机构先后；没有确认的建议不在这里。指导点不评。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
            OpenApiParameter("facility", str, description="机构编号"),
            OpenApiParameter("grade", str, description="A、B、C、D", enum=Facility.Grade.values),
        ],
        responses={(200, "application/json"): GradePage, **PROBLEMS},
    )
    def get(self, request):
        if Reach.ALL not in request.auth.reaches("grade.view"):
            raise Denied(_("令牌不能读整个区的风险等级"))
        limit, place, facility, grade = wanted(request)
        rows = graded()
        if place is not None:
            rows = rows.filter(pk__gt=place)
        if facility:
            rows = rows.filter(code=facility)
        if grade:
            rows = rows.filter(grade=grade)
        found = list(rows.order_by("pk").values_list("pk", "code", "street", "grade")[: limit + 1])
        more, found = len(found) > limit, found[:limit]
        body = {"results": self.results(found), "next": encode([found[-1][0]]) if more else None}
        return HttpResponse(orjson.dumps(body), content_type="application/json")

    @staticmethod
    def results(found: list[tuple]) -> list[dict]:
        streets = dict(Street.objects.values_list("pk", "code"))
        bases = grades.bases_of({pk: grade for pk, _code, _street, grade in found})
        made = []
        for pk, code, street, grade in found:
            decision, basis = bases[pk]
            made.append(
                {
                    "facility": code,
                    "street": streets[street],
                    "grade": grade or None,
                    "decided_on": timezone.localdate(decision.at).isoformat() if decision else None,
                    "kind": decision.kind if decision else None,
                    "reason": decision.reason if decision else None,
                    "assessed_on": basis.run.on.isoformat() if basis else None,
                    "points": float(basis.points) if basis else None,
                    "factors": [
                        {
                            "key": key,
                            "number": basis.factors[key]["number"],
                            "points": basis.factors[key]["points"],
                        }
                        for key in FACTOR_KEYS
                        if key in basis.factors
                    ]
                    if basis
                    else [],
                }
            )
        return made
