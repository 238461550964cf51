"""REST: devices with their last state, and the door through which the district's video platform reports."""

from __future__ import annotations

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import JSONParser

from facilities.api.sites import LARGEST, SIZE, page, refuse, wanted
from facilities.paging import decode
from inspections.lists import devices as lists
from inspections.models import VideoDevice
from inspections.rules.devices import FAULTS, KEPT_DAYS, MOST
from inspections.services.device_reports import Report, take_reports
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Denied, Refused
from portal.rules.rights import Reach

STATES = (*FAULTS, "fault", "fine")


class DeviceRow(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField(help_text="区视频平台里的设备编号")
    facility = serializers.CharField(help_text="机构编号")
    kind = serializers.ChoiceField(choices=VideoDevice.Kind.values, help_text="摄像头、紧急报警按钮")
    place = serializers.CharField()
    installed_on = serializers.DateField()
    heard_at = serializers.DateTimeField(allow_null=True, help_text="最近一次上报的时刻")
    working = serializers.BooleanField(allow_null=True, help_text="在录像；按钮在线")
    kept_days = serializers.IntegerField(allow_null=True, help_text="录像保存天数")
    faults = serializers.ListField(
        child=serializers.ChoiceField(choices=list(FAULTS)), help_text="现在的告警；没有就是空的"
    )


class DevicePage(serializers.Serializer):
    results = DeviceRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class DeviceList(DistrictAPIView):
    scope = "devices:read"

    @extend_schema(
        operation_id="devices_list",
        summary="摄像头和报警按钮",
        description="在用的设备和最近一次上报的状态，按编号先后。没有画面。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
            OpenApiParameter("facility", str, description="机构编号"),
            OpenApiParameter(
                "state", str, enum=list(STATES), description="哪种告警；fault 任何一种，fine 没有"
            ),
        ],
        responses={(200, "application/json"): DevicePage, **PROBLEMS},
    )
    def get(self, request):
        if Reach.ALL not in request.auth.reaches("device.view"):
            raise Denied(_("令牌不能读整个区的设备"))
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "facility", "state"})
        if "state" in params and params["state"] not in STATES:
            refuse(
                "state",
                _("没有“%(value)s”。可以是 %(all)s") % {"value": params["state"], "all": "、".join(STATES)},
            )
        if len(params.get("facility", "")) > 12 or not params.get("facility", "").isprintable():
            refuse("facility", _("填机构编号"))
        rows, _asked = lists.devices(request.auth, params)
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        found = list(lists.with_state(rows).select_related("facility").order_by("pk")[: limit + 1])
        faults = lists.faults_of(found)
        results = [
            {
                "id": row.pk,
                "code": row.code,
                "facility": row.facility.code,
                "kind": row.kind,
                "place": row.place,
                "installed_on": row.installed_on,
                "heard_at": row.heard_at,
                "working": row.working,
                "kept_days": row.kept_days,
                "faults": faults.get(row.pk, []),
            }
            for row in found
        ]
        return page(results, limit, "id")


class ReportIn(serializers.Serializer):
    device = serializers.CharField(max_length=32, help_text="设备编号")
    at = serializers.DateTimeField(help_text="平台测得的时刻，带时区，比如 2026-03-02T09:10:00+08:00")
    working = serializers.BooleanField(help_text="在录像；按钮在线")
    kept_days = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=KEPT_DAYS[0],
        max_value=KEPT_DAYS[1],
        help_text="录像保存天数；不知道就不写",
    )


class ReportsIn(serializers.Serializer):
    reports = ReportIn(many=True, help_text=f"最多 {MOST} 条")


class TakenOut(serializers.Serializer):
    moved = serializers.IntegerField(help_text="状态更新了的设备数")
    stale = serializers.IntegerField(help_text="比已知的旧、没有用上的条数；同一条再送一次也算在这里")
    unknown = serializers.ListField(child=serializers.CharField(), help_text="没有登记的设备编号")


class DeviceReports(DistrictAPIView):
    """What the platform reports. Sent again it does no harm, so a platform that got no answer sends it again."""

    scope = "devices:report"
    parser_classes = [JSONParser]

    @extend_schema(
        operation_id="devices_report",
        summary="上报设备状态",
        description="视频平台上报设备状态，一次最多 1000 条。同一条再送一次不会有影响，旧的不会盖过新的。"
        "有一条写错，整批都不收；没有登记的设备不影响别的，会在 unknown 里列出。",
        request=ReportsIn,
        responses={(200, "application/json"): TakenOut, **PROBLEMS},
    )
    def post(self, request):
        taken = take_reports(reports_in(request.data), actor=request.auth)
        body = {"moved": taken.moved, "stale": taken.stale, "unknown": taken.unknown}
        return HttpResponse(orjson.dumps(body), content_type="application/json")


def reports_in(data) -> list[Report]:
    """The reports of a message; Refused with the place (`reports[3].at`) of the first that is wrong."""
    if not isinstance(data, dict) or not isinstance(data.get("reports"), list):
        raise Refused(_("要一个对象，里面有列表 reports"), field="reports", code="shape")
    if unknown := sorted(set(data) - {"reports"}, key=str):
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    rows = data["reports"]
    if len(rows) > MOST:
        raise Refused(_("一次最多 %(n)d 条上报，分几次送") % {"n": MOST}, field="reports", code="too_many")
    checked = ReportIn(data=rows, many=True)
    if not checked.is_valid():
        found = checked.errors
        numbered = found.items() if isinstance(found, dict) else enumerate(found)
        number, errors = next((n, e) for n, e in numbered if e)
        field, sentences = next(iter(errors.items()))
        place = f"reports[{number}]" if field == "non_field_errors" else f"reports[{number}].{field}"
        raise Refused(f"{place}：{sentences[0]}", field=place, code="report")
    return [
        Report(one["device"], one["at"], one["working"], one.get("kept_days"))
        for one in checked.validated_data
    ]
