"""REST: residents of the streets with source and version, places against them, neighbourhoods and their circle."""

from __future__ import annotations

from datetime import date

import orjson
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities import circle, supply
from facilities.models import Population
from facilities.paging import decode, encode
from facilities.rules import geo
from facilities.rules.forecast import POPULATIONS
from facilities.rules.residents import FIRST_YEAR, KINDS
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Refused
from portal.models.places import Street
from portal.services import parameters

SIZE, LARGEST = 200, 1000


class ResidentFigure(serializers.Serializer):
    street = serializers.CharField(help_text="街镇的九位代码")
    street_name = serializers.CharField()
    year = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=list(KINDS), help_text="1—3 岁和 3 岁以下是两种口径")
    count = serializers.IntegerField(min_value=0)
    counted_on = serializers.DateField(help_text="统计时点")
    source = serializers.CharField(help_text="来源")
    version = serializers.IntegerField(min_value=1, help_text="更正一次加一")


class FigurePage(serializers.Serializer):
    results = ResidentFigure(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class KindPlaces(serializers.Serializer):
    kind = serializers.ChoiceField(choices=list(supply.CARE_KINDS))
    places = serializers.IntegerField(min_value=0, help_text="托位")
    facilities = serializers.IntegerField(min_value=0, help_text="家数")


class Expected(serializers.Serializer):
    year = serializers.IntegerField()
    one_to_three = serializers.FloatField()
    under_three = serializers.FloatField()


class Accuracy(serializers.Serializer):
    population = serializers.ChoiceField(choices=list(POPULATIONS))
    checks = serializers.IntegerField(min_value=1, help_text="检验次数")
    mape = serializers.FloatField(help_text="平均绝对百分比误差")
    naive_mape = serializers.FloatField(help_text="照搬起算年的误差")


class StreetSupply(serializers.Serializer):
    street = serializers.CharField(help_text="街镇的九位代码")
    street_name = serializers.CharField()
    is_street = serializers.BooleanField(help_text="false：园区、农场，不计入街镇")
    places = KindPlaces(many=True)
    one_to_three = serializers.IntegerField(allow_null=True, help_text="1—3 岁常住幼儿，最近一年")
    under_three = serializers.IntegerField(allow_null=True, help_text="3 岁以下常住幼儿，最近一年")
    total = serializers.IntegerField(allow_null=True, help_text="常住人口，最近一年")
    baby_house_percent = serializers.FloatField(allow_null=True, help_text="宝宝屋托额 ÷ 1—3 岁，%")
    places_per_thousand = serializers.FloatField(allow_null=True, help_text="每千人口托位")
    forecast = Expected(many=True, help_text="往后三年；年份不够时为空")
    accuracy = Accuracy(many=True, help_text="同一算法过去的误差；没有可以检验的年份时为空")


class SupplyAnswer(serializers.Serializer):
    on = serializers.DateField(help_text="哪一天的托位")
    results = StreetSupply(many=True)


def known(params, names: set[str]) -> None:
    """Refused with the name of a parameter that is none."""
    if unknown := sorted(set(params) - names):
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )


def number(params, name: str, low: int, high: int) -> int:
    text = params[name]
    if not (text.isascii() and text.isdigit() and len(text) < 9 and low <= int(text) <= high):
        raise Refused(
            _("%(name)s：填 %(low)d 到 %(high)d 之间的整数") % {"name": name, "low": low, "high": high},
            field=name,
            code="parameter",
        )
    return int(text)


class PopulationList(DistrictAPIView):
    """Figures in force; what was corrected and what is only proposed is not here."""

    scope = "residents:read"

    @extend_schema(
        operation_id="residents_list",
        summary="人口数",
        description="各街镇有效的人口数，带来源、统计时点和版本。更正过的旧数、街镇报了还没有核定的数都不在这里。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
            OpenApiParameter("year", int, description="年份"),
            OpenApiParameter("kind", str, enum=list(KINDS), description="种类"),
        ],
        responses={(200, "application/json"): FigurePage, **PROBLEMS},
    )
    def get(self, request):
        params = request.query_params
        known(params, {"limit", "cursor", "year", "kind"})
        limit = number(params, "limit", 1, LARGEST) if "limit" in params else SIZE
        rows = Population.objects.allowed(request.auth, "residents.view").in_force()
        if "year" in params:
            rows = rows.filter(year=number(params, "year", FIRST_YEAR, 2100))
        if "kind" in params:
            if params["kind"] not in KINDS:
                raise Refused(
                    _("kind：可以是 %(all)s") % {"all": "、".join(KINDS)}, field="kind", code="parameter"
                )
            rows = rows.filter(kind=params["kind"])
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        names = ("street__code", "street__name", "year", "kind", "count", "counted_on", "source", "version")
        found = list(rows.order_by("pk").values_list("pk", *names)[: limit + 1])
        more, found = len(found) > limit, found[:limit]
        fields = ("street", "street_name", *names[2:])
        body = {
            "results": [dict(zip(fields, row[1:], strict=True)) for row in found],
            "next": encode([found[-1][0]]) if more else None,
        }
        return HttpResponse(orjson.dumps(body), content_type="application/json")


class SupplyList(DistrictAPIView):
    """Places of the day against the newest residents, the forecast and its error."""

    scope = "residents:read"

    @extend_schema(
        operation_id="supply_list",
        summary="托位与人口",
        description="各街镇今天在办的托位、最近一年的人口、往后三年的预测和它过去的误差。",
        parameters=[
            OpenApiParameter(
                "on", {"type": "string", "format": "date"}, description="哪一天的托位，默认今天；不能晚于今天"
            )
        ],
        responses={(200, "application/json"): SupplyAnswer, **PROBLEMS},
    )
    def get(self, request):
        known(request.query_params, {"on"})
        request.auth.demand("residents.view")
        on = day(request.query_params.get("on", ""))
        streets = list(Street.objects.order_by("code"))
        outlooks = supply.outlooks(streets)
        body = {
            "on": on,
            "results": [
                told(row, outlook)
                for row, outlook in zip(supply.supplies(on, streets)[0], outlooks, strict=True)
            ],
        }
        return HttpResponse(orjson.dumps(body), content_type="application/json")


def day(text: str) -> date:
    today = timezone.localdate()
    if not text:
        return today
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if found is None or not date(FIRST_YEAR, 1, 1) <= found <= today:
        raise Refused(_("on：填不晚于今天的日期，比如 2026-03-01"), field="on", code="parameter")
    return found


def rounded(value, places: int) -> float | None:
    return None if value is None else round(float(value), places)


def told(row: supply.Supply, outlook: supply.Outlook) -> dict:
    projection = outlook.projection
    errors = [(kind, outlook.error(kind)) for kind in POPULATIONS]
    return {
        "street": row.street.code,
        "street_name": row.street.name,
        "is_street": row.street.is_street,
        "places": [
            {"kind": kind, "places": places, "facilities": count}
            for kind in supply.CARE_KINDS
            for places, count in [row.places.get(kind, (0, 0))]
        ],
        "one_to_three": row.of("one_to_three"),
        "under_three": row.of("under_three"),
        "total": row.of("total"),
        "baby_house_percent": rounded(row.quota, 2),
        "places_per_thousand": rounded(row.per_thousand, 2),
        "forecast": [
            {"year": year} | {kind: rounded(projection.values[kind][year], 1) for kind in POPULATIONS}
            for year in sorted(projection.values["under_three"])
        ]
        if projection
        else [],
        "accuracy": [
            {
                "population": kind,
                "checks": error.checks,
                "mape": rounded(error.method, 2),
                "naive_mape": rounded(error.naive, 2),
            }
            for kind, error in errors
            if error
        ],
    }


class Point(serializers.Serializer):
    street = serializers.CharField(help_text="街镇的九位代码")
    name = serializers.CharField()
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    under_three = serializers.IntegerField(allow_null=True, help_text="3 岁以下常住幼儿；没有数时为 null")
    counted_on = serializers.DateField(help_text="统计时点")
    source = serializers.CharField(help_text="来源")
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=list(circle.WANTED)), help_text="圈内有哪些类型的在办机构"
    )
    kinds_across = serializers.ListField(
        child=serializers.ChoiceField(choices=list(circle.WANTED)), help_text="圈内邻区有哪些，不算本区的"
    )


class NeighbourhoodAnswer(serializers.Serializer):
    on = serializers.DateField(help_text="哪一天的机构")
    metres = serializers.FloatField(allow_null=True, help_text="圈的半径；没有定时为 null，圈内都空着")
    datum = serializers.ChoiceField(choices=list(geo.DATUMS))
    results = Point(many=True)


class NeighbourhoodList(DistrictAPIView):
    """Neighbourhoods as points, and which kinds of facilities lie within the circle."""

    scope = "residents:read"

    @extend_schema(
        operation_id="neighbourhoods_list",
        summary="居委和 15 分钟圈",
        description="居委的点、3 岁以下幼儿数，和 15 分钟圈内在办机构的类型。",
        parameters=[
            OpenApiParameter("datum", str, enum=list(geo.DATUMS), description="坐标系，默认 wgs84"),
        ],
        responses={(200, "application/json"): NeighbourhoodAnswer, **PROBLEMS},
    )
    def get(self, request):
        known(request.query_params, {"datum"})
        request.auth.demand("residents.view")
        datum = request.query_params.get("datum", geo.WGS84)
        if datum not in geo.DATUMS:
            raise Refused(
                _("datum：可以是 %(all)s") % {"all": "、".join(geo.DATUMS)}, field="datum", code="parameter"
            )
        on = timezone.localdate()
        metres = parameters.values([circle.METRES], on).get(circle.METRES)
        body = {
            "on": on,
            "metres": metres,
            "datum": datum,
            "results": [placed(row, datum) for row in circle.reached(on, float(metres or 0))],
        }
        return HttpResponse(orjson.dumps(body), content_type="application/json")


def placed(row: circle.Reached, datum: str) -> dict:
    one = row.neighbourhood
    point = geo.to_datum(geo.Point(float(one.latitude), float(one.longitude)), datum)
    return {
        "street": one.street.code,
        "name": one.name,
        "latitude": round(point.latitude, 6),
        "longitude": round(point.longitude, 6),
        "under_three": one.under_three,
        "counted_on": one.counted_on,
        "source": one.source,
        "kinds": [kind for kind in circle.WANTED if kind in row.kinds],
        "kinds_across": [kind for kind in circle.WANTED if kind in row.across],
    }
