"""REST: what ends when, and the emergency drills that were held; pages by key. No person is in it."""

from __future__ import annotations

from datetime import date

import orjson
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.models import EmergencyDrill, EmergencyPlan
from facilities.paging import decode, encode
from facilities.rules.emergency import KINDS, RESULTS
from facilities.views.clocks import PLACE
from portal.api import PROBLEMS, DistrictAPIView
from portal.clocks.board import Board, Wanted
from portal.errors import Denied, Refused
from portal.models.places import Street
from portal.navigation import REGISTRY
from portal.rules.rights import RIGHTS, Reach, Role

SIZE, LARGEST = 100, 500


def open_clocks() -> list[str]:
    """Keys of the clocks that a client may read: those without persons."""
    return [clock.key for clock in REGISTRY.clocks if Role.API_CLIENT in RIGHTS[clock.right]]


class ClockRow(serializers.Serializer):
    kind = serializers.CharField(
        help_text="事项：insurance、policy、lease、emergency-plan、fire-drill、drill"
    )
    label = serializers.CharField()
    what = serializers.CharField(allow_blank=True, help_text="险种、预案种类")
    facility = serializers.CharField(allow_null=True, help_text="机构编号")
    street = serializers.CharField(allow_null=True, help_text="街镇的九位代码")
    due = serializers.DateField(help_text="到期日；这一天还有效")
    left = serializers.IntegerField(help_text="还剩几天，过期的是负数")
    light = serializers.CharField(help_text="over 已过期；7、30、90 为几天内；later 更远")


class ClockPage(serializers.Serializer):
    on = serializers.DateField()
    results = ClockRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class DrillRow(serializers.Serializer):
    facility = serializers.CharField(help_text="机构编号")
    kind = serializers.ChoiceField(choices=list(KINDS), help_text="预案种类")
    plan_version = serializers.IntegerField(min_value=1, help_text="按第几版预案演练")
    held_on = serializers.DateField()
    scenario = serializers.CharField()
    staff_count = serializers.IntegerField(min_value=1)
    child_count = serializers.IntegerField(min_value=0)
    result = serializers.ChoiceField(choices=list(RESULTS))
    files = serializers.IntegerField(min_value=0, help_text="证据的份数")


class DrillPage(serializers.Serializer):
    results = DrillRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class PlanRow(serializers.Serializer):
    facility = serializers.CharField(help_text="机构编号")
    kind = serializers.ChoiceField(choices=list(KINDS))
    version = serializers.IntegerField(min_value=1)
    title = serializers.CharField()
    approved_on = serializers.DateField()
    review_on = serializers.DateField(help_text="复审日期")
    drilled_on = serializers.DateField(allow_null=True, help_text="最近一次演练；没有演练过为 null")


class PlanPage(serializers.Serializer):
    results = PlanRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


LIMIT = OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}")
CURSOR = OpenApiParameter("cursor", str, description="上一页的 next")


def known(params, names: set[str]) -> None:
    if unknown := sorted(set(params) - names):
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )


def size_of(params) -> int:
    limit = params.get("limit", str(SIZE))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= LARGEST):
        raise Refused(_("limit：填 1 到 %(n)d 之间的整数") % {"n": LARGEST}, field="limit", code="limit")
    return int(limit)


def day(params, name: str) -> date | None:
    text = params.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else _bad_day(name)
    except ValueError:
        return _bad_day(name)


def _bad_day(name: str):
    raise Refused(_("%(name)s：写成 2026-03-18 这样的日期") % {"name": name}, field=name, code="date")


def chosen(params, name: str, allowed: list[str]) -> list[str]:
    """A parameter that may come several times."""
    given = params.getlist(name)
    if any(one not in allowed for one in given):
        raise Refused(
            _("%(name)s：可以是 %(all)s") % {"name": name, "all": "、".join(allowed)}, field=name, code=name
        )
    return given


def answer(body: dict) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body), content_type="application/json")
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Authorization"
    return response


class ClockList(DistrictAPIView):
    scope = "clocks:read"

    @extend_schema(
        operation_id="clocks_list",
        summary="到期提醒",
        description="保险、租约、应急预案复审和演练到哪天，按到期日排。人员和幼儿的不在这里。",
        parameters=[
            OpenApiParameter("kind", str, many=True, description="只要这些事项"),
            OpenApiParameter("light", str, many=True, description="over、7、30、90、later，默认不含 later"),
            OpenApiParameter("facility", str, description="机构编号"),
            LIMIT,
            CURSOR,
        ],
        responses={(200, "application/json"): ClockPage, **PROBLEMS},
    )
    def get(self, request):
        actor = request.auth
        if Reach.ALL not in actor.reaches("clock.view"):
            raise Denied(_("令牌不能读整个区的到期提醒"))
        params = request.query_params
        known(params, {"kind", "light", "facility", "limit", "cursor"})
        board = Board(actor, timezone.localdate())
        limit = size_of(params)
        wanted = Wanted(
            clocks=chosen(params, "kind", open_clocks()),
            lights=chosen(params, "light", [light.key for light in board.lights]),
            facility=params.get("facility", "")[:12],
        )
        place = decode(params["cursor"], PLACE) if "cursor" in params else None
        found = board.rows(wanted, after=place, size=limit + 1)
        streets = dict(Street.objects.values_list("pk", "code"))
        results = [
            {
                "kind": row.clock.key,
                "label": _(row.clock.label),
                "what": _(str(row.clock.words[row.what])) if row.what in row.clock.words else "",
                "facility": row.facility_code or None,
                "street": streets.get(row.street_id),
                "due": row.due,
                "left": (row.due - board.on).days,
                "light": board.light_of(row.due).key,
            }
            for row in found[:limit]
        ]
        following = encode(found[limit - 1].place) if len(found) > limit else None
        return answer({"on": board.on, "results": results, "next": following})


class EmergencyView(DistrictAPIView):
    scope = "emergency:read"

    def demand(self, request) -> None:
        if Reach.ALL not in request.auth.reaches("emergency.view"):
            raise Denied(_("令牌不能读整个区的应急预案"))


class DrillList(EmergencyView):
    @extend_schema(
        operation_id="drills_list",
        summary="应急演练",
        description="登记过的演练，按登记先后。文件和发现的不足不在这里。",
        parameters=[
            OpenApiParameter("facility", str, description="机构编号"),
            OpenApiParameter("since", {"type": "string", "format": "date"}, description="从哪天起举行的"),
            LIMIT,
            CURSOR,
        ],
        responses={(200, "application/json"): DrillPage, **PROBLEMS},
    )
    def get(self, request):
        self.demand(request)
        params = request.query_params
        known(params, {"facility", "since", "limit", "cursor"})
        limit, since = size_of(params), day(params, "since")
        rows = EmergencyDrill.objects.select_related("plan__facility").prefetch_related("files")
        if "facility" in params:
            rows = rows.filter(plan__facility__code=params["facility"][:12])
        if since:
            rows = rows.filter(held_on__gte=since)
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        found = list(rows.order_by("pk")[: limit + 1])
        results = [
            {
                "facility": row.plan.facility.code,
                "kind": row.plan.kind,
                "plan_version": row.plan.version,
                "held_on": row.held_on,
                "scenario": row.scenario,
                "staff_count": row.staff_count,
                "child_count": row.child_count,
                "result": row.result,
                "files": len(row.files.all()),
            }
            for row in found[:limit]
        ]
        return answer(
            {"results": results, "next": encode([found[limit - 1].pk]) if len(found) > limit else None}
        )


class PlanList(EmergencyView):
    @extend_schema(
        operation_id="emergency_plans_list",
        summary="应急预案",
        description="现行的应急预案，按登记先后。",
        parameters=[OpenApiParameter("facility", str, description="机构编号"), LIMIT, CURSOR],
        responses={(200, "application/json"): PlanPage, **PROBLEMS},
    )
    def get(self, request):
        self.demand(request)
        params = request.query_params
        known(params, {"facility", "limit", "cursor"})
        limit = size_of(params)
        rows = EmergencyPlan.objects.in_force().select_related("facility")
        if "facility" in params:
            rows = rows.filter(facility__code=params["facility"][:12])
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        found = list(rows.order_by("pk")[: limit + 1])
        results = [
            {
                "facility": row.facility.code,
                **{
                    name: getattr(row, name)
                    for name in ("kind", "version", "title", "approved_on", "review_on", "drilled_on")
                },
            }
            for row in found[:limit]
        ]
        return answer(
            {"results": results, "next": encode([found[limit - 1].pk]) if len(found) > limit else None}
        )
