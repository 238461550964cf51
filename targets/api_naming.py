"""REST: the naming cycles of the city, and a district's own applications with their self-assessments."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from portal.api import PROBLEMS, CityAPIView, DistrictAPIView, Problem
from portal.errors import Denied, Refused
from portal.rules.rights import Reach
from targets.models.naming import Candidate, CycleApplication, NamingCycle
from targets.rules import naming as rules


class CycleDistrict(serializers.Serializer):
    district = serializers.CharField(help_text="区的代码")
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=list(rules.CANDIDATE.states))
    passed = serializers.BooleanField(allow_null=True, help_text="通过现场审核；还没有评审的为 null")
    score = serializers.DecimalField(max_digits=6, decimal_places=2, allow_null=True)
    municipal = serializers.BooleanField(help_text="入选示范区")
    national = serializers.BooleanField(help_text="推荐到国家")
    named_on = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)


class CycleQuotaRow(serializers.Serializer):
    key = serializers.ChoiceField(choices=[rules.MUNICIPAL, rules.NATIONAL])
    title = serializers.CharField()
    text = serializers.CharField(help_text="文件原文")
    most = serializers.IntegerField(help_text="最多几个")


class CycleRow(serializers.Serializer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    year = serializers.IntegerField()
    state = serializers.ChoiceField(choices=list(rules.CYCLE.states))
    document = serializers.CharField()
    apply_by = serializers.DateField()
    assess_by = serializers.DateField()
    review_by = serializers.DateField()
    select_by = serializers.DateField()
    name_by = serializers.DateField()
    notice_from = serializers.DateField(allow_null=True)
    notice_to = serializers.DateField(allow_null=True)
    named_on = serializers.DateField(allow_null=True)
    quotas = CycleQuotaRow(many=True)
    districts = CycleDistrict(many=True)


class CycleList(serializers.Serializer):
    results = CycleRow(many=True)


def asked(request, right: str) -> None:
    if Reach.ALL not in request.auth.reaches(right):
        raise Denied(_("令牌不能读这些内容"))
    if unknown := sorted(request.query_params):
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )


class CyclesView(CityAPIView):
    """The city's cycles, with the districts in each."""

    scope = "city:read"

    @extend_schema(
        operation_id="city_cycles",
        summary="示范创建",
        description="示范区创建的各个周期：各阶段期限、名额、参评区和结果。只给市级的令牌。",
        responses={
            (200, "application/json"): CycleList,
            **PROBLEMS,
            (404, "application/problem+json"): Problem,
        },
    )
    def get(self, request):
        asked(request, "cycle.view")
        found: dict[int, list[dict]] = {}
        names = ("state", "passed", "score", "municipal", "national", "named_on", "valid_until")
        for one in Candidate.objects.select_related("applicant").order_by("applicant"):
            row = {"district": one.applicant.code, "name": one.applicant.name}
            found.setdefault(one.cycle_id, []).append(row | {name: getattr(one, name) for name in names})
        names = ("id", "title", "year", "state", "notice_from", "notice_to", "named_on", *rules.STAGES)
        cycles = NamingCycle.objects.filter(district=request.auth.district).select_related("document")
        rows = [
            {name: getattr(row, name) for name in names}
            | {
                "document": str(row.document),
                "quotas": [
                    {"key": key, **{name: one[name] for name in ("title", "text", "most")}}
                    for key, one in row.quotas.items()
                ],
                "districts": found.get(row.pk, []),
            }
            for row in cycles
        ]
        return Response(CycleList({"results": rows}).data)


class AssessedIndicator(serializers.Serializer):
    key = serializers.CharField()
    clause = serializers.CharField()
    indicator = serializers.CharField(help_text="文件原文")
    text = serializers.CharField(allow_blank=True)
    points = serializers.DecimalField(max_digits=6, decimal_places=2, allow_null=True)
    most = serializers.DecimalField(
        max_digits=6, decimal_places=2, allow_null=True, help_text="分值；没有定的为 null"
    )
    figure = serializers.DictField(help_text="取自本区指标的数和快照；没有用时为空")


class CycleApplicationRow(serializers.Serializer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=list(rules.APPLICATION.states))
    sent_at = serializers.DateTimeField(allow_null=True)
    handed_in_at = serializers.DateTimeField(allow_null=True)
    named_on = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    indicators = AssessedIndicator(many=True)


class CycleApplicationList(serializers.Serializer):
    results = CycleApplicationRow(many=True)


class ApplicationsView(DistrictAPIView):
    """The district's applications with the self-assessment on each indicator."""

    scope = "cycles:read"

    @extend_schema(
        operation_id="cycle_applications",
        summary="示范创建申报",
        description="本区的示范创建申报和逐项自评。",
        responses={(200, "application/json"): CycleApplicationList, **PROBLEMS},
    )
    def get(self, request):
        asked(request, "cycle_application.view")
        rows = CycleApplication.objects.allowed(request.auth, "cycle_application.view").prefetch_related(
            "entries"
        )
        names = ("id", "title", "state", "sent_at", "handed_in_at", "named_on", "valid_until")
        found = [
            {name: getattr(row, name) for name in names} | {"indicators": list(row.entries.all())}
            for row in rows
        ]
        return Response(CycleApplicationList({"results": found}).data)
