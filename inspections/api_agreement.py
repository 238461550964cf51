"""REST: how far inspectors agree, by item, list or pair of people, as the page shows it."""

from __future__ import annotations

import orjson
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from inspections.models import SecondAnswer
from inspections.rules.agreement import Agreement
from inspections.rules.states import ANSWERS
from inspections.services import agreement as services
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Refused

YEARS = range(2020, 2101)


class AgreementPair(serializers.Serializer):
    inspection = serializers.CharField(help_text="检查编号")
    finished_on = serializers.DateField()
    facility = serializers.CharField(help_text="机构编号")
    item = serializers.CharField(help_text="检查项代号")
    first = serializers.ChoiceField(choices=list(ANSWERS), help_text="记录里的答案")
    again = serializers.ChoiceField(choices=list(ANSWERS), help_text="另判的答案")
    first_by = serializers.CharField(help_text="检查人员代码")
    again_by = serializers.CharField(help_text="检查人员代码")
    origin = serializers.ChoiceField(choices=SecondAnswer.Origin.values)


class AgreementLine(serializers.Serializer):
    key = serializers.CharField(help_text="检查项代号、检查表代号，或两个检查人员代码，中间是 ~")
    label = serializers.CharField()
    n = serializers.IntegerField(min_value=1, help_text="几对")
    observed = serializers.FloatField(min_value=0, max_value=1, help_text="两人一样的占比")
    expected = serializers.FloatField(min_value=0, max_value=1, help_text="碰巧一样的占比")
    kappa = serializers.FloatField(
        allow_null=True,
        min_value=-1,
        max_value=1,
        help_text="Cohen’s kappa；null：对数太少，或两人总是同一个答案",
    )
    low = serializers.FloatField(allow_null=True, help_text="95 % 区间的下限")
    high = serializers.FloatField(allow_null=True, help_text="95 % 区间的上限")
    few = serializers.BooleanField(help_text="对数少于 least，还看不出")
    reword = serializers.BooleanField(help_text="kappa 低于 limit，要改措辞或一起练")
    pairs = AgreementPair(many=True)


class AgreementWhole(serializers.Serializer):
    n = serializers.IntegerField(min_value=1)
    observed = serializers.FloatField(min_value=0, max_value=1)
    expected = serializers.FloatField(min_value=0, max_value=1)
    kappa = serializers.FloatField(allow_null=True, min_value=-1, max_value=1)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class AgreementOut(serializers.Serializer):
    of = serializers.ChoiceField(choices=services.OF)
    year = serializers.IntegerField(allow_null=True, help_text="null：所有年份")
    least = serializers.IntegerField(min_value=0, help_text="多少对起才算")
    limit = serializers.FloatField(help_text="kappa 低于它的标出来")
    whole = AgreementWhole(allow_null=True, help_text="所有的对合在一起；一对也没有时为 null")
    results = AgreementLine(many=True)


def wanted(request) -> tuple[str, int | None]:
    """By what, and the year; Refused with the name of the parameter."""
    params = request.query_params
    unknown = sorted(set(params) - {"of", "year"})
    if unknown:
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    of, year = params.get("of", services.OF[0]), params.get("year", "")
    if of not in services.OF:
        raise Refused(_("of：items、lists、people 中的一个"), field="of", code="of")
    if "year" in params and not (year.isascii() and year.isdigit() and len(year) == 4 and int(year) in YEARS):
        raise Refused(_("year：填四位的年份"), field="year", code="year")
    return of, int(year) if year else None


def figures(found: Agreement, few: bool = False) -> dict:
    """n, the two shares, kappa with its interval; none of these where the pairs are too few."""
    bounds = (None, None, None) if few or found.kappa is None else (found.kappa, found.low, found.high)
    return {
        "n": found.n,
        "observed": found.observed,
        "expected": found.expected,
        **dict(zip(("kappa", "low", "high"), bounds, strict=True)),
    }


def pair(one: services.Pair) -> dict:
    return {
        "inspection": one.visit.number,
        "finished_on": one.visit.finished_on.isoformat(),
        "facility": one.visit.facility.code,
        "item": one.item.key,
        "first": one.first,
        "again": one.again,
        "first_by": one.first_by.code,
        "again_by": one.again_by.code,
        "origin": one.origin,
    }


def line(one: services.Line, of: str) -> dict:
    names = {"items": one.item.text, "lists": one.item.version.checklist.name}
    return {
        "key": one.key,
        "label": names.get(of, _("、").join(one.pairs[0].people)),
        **figures(one.found, one.few),
        "few": one.few,
        "reword": one.low,
        "pairs": [pair(row) for row in one.pairs],
    }


class AgreementFigures(DistrictAPIView):
    """What the token's district has of pairs that may be known."""

    scope = "inspections:read"

    @extend_schema(
        operation_id="agreement_read",
        summary="检查人员一致性",
        description="同一项由两名检查人员各判各的，两人有多一致。抽查的要等当月证据公布以后才在这里，只有代码，没有姓名。",
        parameters=[
            OpenApiParameter("of", str, description="按什么分，默认 items", enum=services.OF),
            OpenApiParameter("year", int, description="哪一年完成的检查，四位"),
        ],
        responses={(200, "application/json"): AgreementOut, **PROBLEMS},
    )
    def get(self, request):
        of, year = wanted(request)
        limit = services.limits(timezone.localdate())
        found = services.pairs(request.auth, year)
        whole = services.whole(found)
        body = {
            "of": of,
            "year": year,
            "least": int(limit[0]),
            "limit": float(limit[1]),
            "whole": figures(whole) if whole else None,
            "results": [line(one, of) for one in services.lines(found, of, limit)],
        }
        return HttpResponse(orjson.dumps(body), content_type="application/json")
