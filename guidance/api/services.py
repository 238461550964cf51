"""REST: sessions of guidance with how many children came, and births by street and month. Children are in no answer."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.api.operators import PAGING
from facilities.api.sites import page, refuse, wanted
from facilities.paging import decode
from guidance.models import BirthCount, GuidanceSession
from guidance.rules import services as rules
from portal.api import PROBLEMS, DistrictAPIView

STREET = OpenApiParameter("street", str, description="街镇的九位代码")


def of_street(rows, params):
    if "street" not in params:
        return rows
    if not 1 <= len(params["street"]) <= 12 or not params["street"].isprintable():
        refuse("street", _("填街镇的九位代码"))
    return rows.filter(street__code=params["street"])


class GuidanceSessionRow(serializers.Serializer):
    id = serializers.IntegerField()
    served_on = serializers.DateField()
    kind = serializers.ChoiceField(choices=list(rules.KINDS), help_text="教育、医学、心理")
    online = serializers.BooleanField()
    given_by = serializers.ChoiceField(choices=list(rules.GIVERS), help_text="指导站、指导点、其他场所")
    place = serializers.CharField(allow_null=True, help_text="指导场所的编号")
    facility = serializers.CharField(allow_null=True, help_text="在科学育儿指导点时，机构编号")
    event = serializers.CharField(allow_null=True, help_text="由活动签到记的，活动的编号")
    street = serializers.CharField(
        allow_null=True, help_text="街镇的九位代码；区级活动不在指导场所办的为 null"
    )
    hours = serializers.FloatField()
    topic = serializers.CharField()
    children = serializers.IntegerField(min_value=1, help_text="幼儿数")
    struck_on = serializers.DateField(allow_null=True, help_text="作废的日期；作废的不计入")


class GuidanceSessionPage(serializers.Serializer):
    results = GuidanceSessionRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class SessionList(DistrictAPIView):
    scope = "guidance:read"

    @extend_schema(
        operation_id="guidance_sessions_list",
        summary="育儿指导服务",
        description="每次指导服务和参加的幼儿数，按 id 先后。没有幼儿和家长。",
        parameters=[*PAGING, STREET],
        responses={(200, "application/json"): GuidanceSessionPage, **PROBLEMS},
    )
    def get(self, request):
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "street"})
        rows = of_street(GuidanceSession.objects.allowed(request.actor, "guidance_service.view"), params)
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        names = ("id", "served_on", "kind", "online", "given_by", "topic", "struck_on")
        more = ("event__code", "place__code", "facility__code", "street__code", "hours", "children_n")
        results = [
            {name: row[name] for name in names}
            | {
                "place": row["place__code"],
                "facility": row["facility__code"],
                "event": row["event__code"],
                "street": row["street__code"],
                "hours": float(row["hours"]),
                "children": row["children_n"],
            }
            for row in rows.order_by("pk").values(*names, *more)[: limit + 1]
        ]
        return page(results, limit, "id")


class BirthRow(serializers.Serializer):
    id = serializers.IntegerField()
    street = serializers.CharField(help_text="街镇的九位代码")
    month = serializers.CharField(help_text="2026-03")
    total = serializers.IntegerField(min_value=0, help_text="出生总数")
    resident = serializers.IntegerField(min_value=0, help_text="其中常住")
    source = serializers.CharField()
    counted_on = serializers.DateField(help_text="统计时点")


class BirthPage(serializers.Serializer):
    results = BirthRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class BirthList(DistrictAPIView):
    scope = "guidance:read"

    @extend_schema(
        operation_id="births_list",
        summary="各街镇每月的出生数",
        description="按 id 先后。",
        parameters=[*PAGING, STREET],
        responses={(200, "application/json"): BirthPage, **PROBLEMS},
    )
    def get(self, request):
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "street"})
        rows = of_street(BirthCount.objects.allowed(request.actor, "newborn.view"), params)
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        names = ("id", "total", "resident", "source", "counted_on")
        results = [
            {name: row[name] for name in names}
            | {"street": row["street__code"], "month": f"{row['month']:%Y-%m}"}
            for row in rows.order_by("pk").values(*names, "street__code", "month")[: limit + 1]
        ]
        return page(results, limit, "id")
