"""REST: sites of 宝宝屋 and their sessions, page after page by key. Children are in no answer."""

from __future__ import annotations

from datetime import date, timedelta

import orjson
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.api.facilities import LISTED
from facilities.lists.sites import KIND
from facilities.models import CareSession, Facility, OpeningHours, Room, Site
from facilities.models.credit import listing
from facilities.models.enrolments import Mode
from facilities.paging import decode, encode
from facilities.rules.states import FACILITY
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Denied, Refused
from portal.models import Street
from portal.rules.rights import Reach

SIZE, LARGEST = 100, 500
LONGEST_DAYS = 92


class SiteRoom(serializers.Serializer):
    name = serializers.CharField()
    area = serializers.FloatField(help_text="使用面积，平方米")
    places = serializers.IntegerField(min_value=1, help_text="同时最多几人")


class SiteHours(serializers.Serializer):
    weekday = serializers.IntegerField(min_value=1, max_value=7, help_text="1 周一，7 周日")
    opens = serializers.CharField(help_text="09:00")
    closes = serializers.CharField(help_text="17:00")


class SiteRow(serializers.Serializer):
    code = serializers.CharField(help_text="机构编号")
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=list(FACILITY.states))
    street = serializers.CharField(help_text="街镇的九位代码")
    address = serializers.CharField()
    phone = serializers.CharField(allow_blank=True, help_text="对外电话")
    places = serializers.IntegerField(min_value=1, help_text="托额")
    listed = serializers.ChoiceField(choices=LISTED, help_text="诚信名单")
    modes = serializers.ListField(
        child=serializers.ChoiceField(choices=Mode.values), help_text="照护方式：单独托、亲子托、老小托"
    )
    siting = serializers.ChoiceField(choices=Site.Siting.values, allow_null=True, help_text="设置形式")
    rooms = SiteRoom(many=True)
    hours = SiteHours(many=True)


class SitePage(serializers.Serializer):
    results = SiteRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class SessionRow(serializers.Serializer):
    id = serializers.IntegerField()
    site = serializers.CharField(help_text="机构编号")
    room = serializers.CharField()
    date = serializers.DateField()
    starts_at = serializers.CharField(help_text="09:00")
    ends_at = serializers.CharField(help_text="11:00")
    mode = serializers.ChoiceField(choices=Mode.values, help_text="照护方式")
    places = serializers.IntegerField(min_value=1, help_text="名额")
    taken = serializers.IntegerField(min_value=0, help_text="已约")
    state = serializers.ChoiceField(choices=CareSession.State.values)


class SessionPage(serializers.Serializer):
    results = SessionRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


def refuse(name: str, sentence: str) -> None:
    raise Refused(f"{name}：{sentence}", field=name, code="parameter")


def wanted(params, known: set[str]) -> int:
    """The limit; Refused for a parameter that there is not."""
    unknown = sorted(set(params) - known)
    if unknown:
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    limit = params.get("limit", str(SIZE))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= LARGEST):
        refuse("limit", _("填 1 到 %(n)d 之间的整数") % {"n": LARGEST})
    return int(limit)


def day(params, name: str, default: date) -> date:
    try:
        found = date.fromisoformat(params[name]) if name in params else default
    except ValueError:
        found = None
    if found is None or len(params.get(name, "2026-03-01")) != 10:
        refuse(name, _("填 2026-03-01 这样的日期"))
    return found


def page(rows: list[dict], limit: int, key: str) -> HttpResponse:
    more, rows = len(rows) > limit, rows[:limit]
    body = {"results": rows, "next": encode([rows[-1][key]]) if more else None}
    return HttpResponse(orjson.dumps(body), content_type="application/json")


class SitesView(DistrictAPIView):
    scope = "sites:read"

    def demand(self, request) -> None:
        if Reach.ALL not in request.auth.reaches("site.view"):
            raise Denied(_("令牌不能读整个区的宝宝屋"))


class SiteList(SitesView):
    """The sites by code, with rooms and hours."""

    @extend_schema(
        operation_id="sites_list",
        summary="宝宝屋",
        description="本区的宝宝屋，按编号先后，带照护方式、房间和开放时间。没有幼儿资料。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
            OpenApiParameter("street", str, description="街镇的九位代码"),
        ],
        responses={(200, "application/json"): SitePage, **PROBLEMS},
    )
    def get(self, request):
        self.demand(request)
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "street"})
        streets = dict(Street.objects.values_list("pk", "code"))
        rows = Facility.objects.filter(kind=KIND)
        if "street" in params:
            if params["street"] not in streets.values():
                refuse("street", _("没有这个街镇"))
            rows = rows.filter(street__in=[pk for pk, code in streets.items() if code == params["street"]])
        if "cursor" in params:
            rows = rows.filter(code__gt=decode(params["cursor"], (str,))[0])
        found = list(
            rows.order_by("code").values(
                "pk", "code", "name", "state", "street", "address", "phone", "places", listed=listing()
            )[: limit + 1]
        )
        ids = [row["pk"] for row in found]
        described = {one.facility_id: one for one in Site.objects.filter(facility__in=ids)}
        rooms: dict[int, list] = {}
        for one in Room.objects.filter(facility__in=ids, closed=False):
            rooms.setdefault(one.facility_id, []).append(
                {"name": one.name, "area": float(one.area), "places": one.places}
            )
        hours: dict[int, list] = {}
        for one in OpeningHours.objects.filter(facility__in=ids):
            hours.setdefault(one.facility_id, []).append(
                {"weekday": one.weekday, "opens": f"{one.opens:%H:%M}", "closes": f"{one.closes:%H:%M}"}
            )
        results = []
        for row in found:
            pk = row.pop("pk")
            site = described.get(pk)
            results.append(
                row
                | {
                    "street": streets[row["street"]],
                    "listed": row["listed"] or "none",
                    "modes": site.modes if site else [],
                    "siting": site.siting if site else None,
                    "rooms": rooms.get(pk, []),
                    "hours": hours.get(pk, []),
                }
            )
        return page(results, limit, "code")


class SessionList(SitesView):
    """The sessions of a span of days."""

    @extend_schema(
        operation_id="care_sessions_list",
        summary="照护时段",
        description="宝宝屋的照护时段，按 id 先后；名额和已约数，没有幼儿资料。默认从今天起两周。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
            OpenApiParameter("site", str, description="机构编号"),
            OpenApiParameter("from", {"type": "string", "format": "date"}, description="从这一天起"),
            OpenApiParameter(
                "to", {"type": "string", "format": "date"}, description=f"到这一天止，最多 {LONGEST_DAYS} 天"
            ),
        ],
        responses={(200, "application/json"): SessionPage, **PROBLEMS},
    )
    def get(self, request):
        self.demand(request)
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "site", "from", "to"})
        first = day(params, "from", timezone.localdate())
        if not date(2000, 1, 1) <= first <= date(2200, 1, 1):
            refuse("from", _("填 2000 年到 2200 年之间的日期"))
        last = day(params, "to", first + timedelta(13))
        if not timedelta(0) <= last - first < timedelta(LONGEST_DAYS):
            refuse("to", _("不早于 from，最多 %(n)d 天") % {"n": LONGEST_DAYS})
        rows = CareSession.objects.filter(on__gte=first, on__lte=last)
        if "site" in params:
            if not 1 <= len(params["site"]) <= 12 or not params["site"].isprintable():
                refuse("site", _("填机构编号"))
            rows = rows.filter(facility__code=params["site"])
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        found = rows.select_related("facility", "room").order_by("pk")[: limit + 1]
        return page(
            [
                {
                    "id": one.pk,
                    "site": one.facility.code,
                    "room": one.room.name,
                    "date": one.on.isoformat(),
                    "starts_at": f"{one.starts_at:%H:%M}",
                    "ends_at": f"{one.ends_at:%H:%M}",
                    "mode": one.mode,
                    "places": one.places,
                    "taken": one.taken,
                    "state": one.state,
                }
                for one in found
            ],
            limit,
            "id",
        )
