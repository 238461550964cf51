"""REST: the districts side by side and the city's targets, for clients of the city."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from portal.api import PROBLEMS, CityAPIView, Problem
from portal.errors import Denied, Refused
from portal.rules.rights import Reach
from targets.api import PERIODS, VERDICTS, Method, TargetSource, method, number, plain
from targets.metrics.base import Period
from targets.models import Target
from targets.rules import comparison
from targets.services import city, promises, rollup
from targets.views.city_shown import CityShown, RowShown, rows_shown

PERIOD = OpenApiParameter("period", str, description="2026-11、2026-Q4 或 2026；默认这个月")


class CityFigure(serializers.Serializer):
    numerator = number(help_text="分子，或合计；缺数时为 null，不是 0")
    denominator = number(help_text="分母；合计没有分母，为 null")
    value = number(help_text="比例（0 到 1）、每人数或数；缺数时为 null")


class CityPart(CityFigure):
    district = serializers.CharField(help_text="区的代码")
    name = serializers.CharField()
    missing = serializers.CharField(allow_blank=True, help_text="为什么没有数；有数时为空")


class ComparedFigure(CityPart):
    limit = number(help_text="要求，和 value 同一单位")
    verdict = serializers.ChoiceField(choices=VERDICTS, allow_null=True)
    source = TargetSource()
    text = serializers.CharField(help_text="文件原文")
    definition = serializers.DictField(child=serializers.CharField(), help_text="口径，一项一个值")
    place = serializers.IntegerField(allow_null=True, help_text="名次；不排名时为 null")
    as_of = serializers.DateField(allow_null=True)
    sha256 = serializers.CharField(allow_null=True, help_text="快照的指纹；没有算过时为 null")


class ComparedSum(CityFigure):
    districts = serializers.ListField(child=serializers.CharField(), help_text="相加的区")


class ComparedRow(serializers.Serializer):
    method = Method()
    label = serializers.CharField()
    comparable = serializers.ChoiceField(
        choices=list(comparison.STATES), help_text="alike 口径一样，unlike 口径不同，alone 只有一个区"
    )
    differences = serializers.ListField(child=serializers.CharField(), help_text="口径不同在哪里")
    unranked = serializers.CharField(allow_blank=True, help_text="为什么不排名；排名时为空")
    districts = ComparedFigure(many=True)
    sums = ComparedSum(many=True, help_text="口径一样的区之和；口径不同的不相加")


class Comparison(serializers.Serializer):
    period = serializers.ChoiceField(choices=PERIODS)
    starts_on = serializers.DateField()
    without = serializers.ListField(child=serializers.CharField(), help_text="这段时间还没有算过的区")
    results = ComparedRow(many=True)


class CityTargetRow(CityFigure):
    key = serializers.CharField()
    text = serializers.CharField()
    source = TargetSource()
    proof = serializers.ChoiceField(choices=Target.Proof.values)
    proof_reason = serializers.CharField(allow_blank=True)
    method = Method(allow_null=True)
    limit = number(help_text="要求，和 value 同一单位；没有算出的为 null")
    verdict = serializers.ChoiceField(
        choices=VERDICTS, allow_null=True, help_text="没有算出的为 null，不当作达到；区没有到齐时为 unknown"
    )
    lacking = serializers.ChoiceField(
        choices=["", *comparison.LACKING],
        help_text="为什么不判：unlike 口径不同，none 都没有数，part 区没有到齐，no_record 市级还没有记录",
    )
    districts = CityPart(many=True)


class CityTargetList(serializers.Serializer):
    period = serializers.ChoiceField(choices=PERIODS)
    starts_on = serializers.DateField()
    districts = serializers.IntegerField(help_text="接入的区数")
    districts_of_city = serializers.IntegerField(allow_null=True, help_text="全市的区数；没有登记时为 null")
    results = CityTargetRow(many=True)


def asked_period(request) -> Period:
    """The period of the query; Refused for other parameters and for what is no period."""
    if Reach.ALL not in request.auth.reaches("city.view"):
        raise Denied(_("令牌不能读全市的数"))
    unknown = sorted(set(request.query_params) - {"period"})
    if unknown:
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    today = timezone.localdate()
    try:
        return rollup.common_period(request.query_params.get("period") or f"{today:%Y-%m}", on=today)
    except Refused as refused:
        raise Refused(f"period：{refused.message}", field="period", code="parameter") from None


class CityComparisonView(CityAPIView):
    """The districts side by side."""

    scope = "city:read"

    @extend_schema(
        operation_id="city_comparison",
        summary="各区对照",
        description="各区计划要求的指标，一项一行，一区一格：数、要求、判断、出处和口径。只给市级的令牌。"
        "口径一样的才相加（分子加分子、分母加分母），口径一样、各区都有数的占比才排名。缺数为 null，不当作零。",
        parameters=[PERIOD],
        responses={
            (200, "application/json"): Comparison,
            **PROBLEMS,
            (404, "application/problem+json"): Problem,
        },
    )
    def get(self, request):
        read, rows = city.side_by_side(asked_period(request))
        return Response(
            {
                "period": read.period.kind,
                "starts_on": read.period.starts_on,
                "without": read.without,
                "results": [compared(row) for row in rows_shown(read, rows)],
            }
        )


class CityTargetsView(CityAPIView):
    """The targets of the city's own documents."""

    scope = "city:read"

    @extend_schema(
        operation_id="city_targets",
        summary="全市指标",
        description="市级文件的指标，由各区的快照相加，附各区的数。只给市级的令牌。没有算出的不当作达到，区没有到齐时不判。",
        parameters=[PERIOD],
        responses={
            (200, "application/json"): CityTargetList,
            **PROBLEMS,
            (404, "application/problem+json"): Problem,
        },
    )
    def get(self, request):
        period = asked_period(request)
        found = city.city_targets(request.auth.district, period)
        return Response(
            {
                "period": period.kind,
                "starts_on": period.starts_on,
                "districts": found.inside,
                "districts_of_city": found.expected,
                "results": [one_target(CityShown(row, found)) for row in found.rows],
            }
        )


def numbers(one) -> dict:
    """Of an entry, a sum or the city's whole; nothing where there is none."""
    names = ("numerator", "denominator", "value")
    return {name: plain(getattr(one, name)) if one else None for name in names}


def source(target: Target, on) -> dict:
    return {
        "document": str(target.document),
        "clause": target.clause.label,
        "period_to": target.document.period_to,
        "over": promises.plan_over(target, on),
    }


def compared(row: RowShown) -> dict:
    return {
        "method": method(row.row.metric.key),
        "label": row.label,
        "comparable": row.row.state,
        "differences": row.differences,
        "unranked": row.unranked,
        "districts": [cell_of(one) for one in row.cells if one],
        "sums": [
            {**numbers(part.whole), "districts": list(part.whole.districts)}
            for part in comparison.groups(row.row.entries)
            if part.whole
        ],
    }


def cell_of(one) -> dict:
    cell, known = one.cell, one.known
    snapshot = cell.snapshot
    return {
        "district": cell.district.code,
        "name": cell.district.name,
        **numbers(cell.entry),
        "missing": one.why,
        "limit": plain(cell.value.limit) if known else None,
        "verdict": (cell.value.verdict or None) if known else None,
        "source": source(cell.target, snapshot.as_of if snapshot else timezone.localdate()),
        "text": cell.target.text,
        "definition": dict(cell.entry.definition),
        "place": one.place or None,
        "as_of": snapshot.as_of if snapshot else None,
        "sha256": snapshot.sha256 if snapshot else None,
    }


def one_target(row: CityShown) -> dict:
    one, target = row.one, row.target
    whole = one.whole
    return {
        "key": target.key,
        "text": target.text,
        "source": source(target, row.read.read.period.as_of),
        "proof": target.proof,
        "proof_reason": target.proof_reason,
        "method": method(target.metric) if one.counted else None,
        **numbers(whole),
        "limit": plain(whole.limit) if whole else None,
        "verdict": whole.verdict if whole else None,
        "lacking": whole.lacking if whole else "",
        "districts": [
            {"district": d.code, "name": d.name, **numbers(entry), "missing": entry.why}
            for d, entry in one.parts
        ],
    }
