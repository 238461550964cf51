"""REST: events that were announced, with counts. No family is in any answer."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.api.operators import PAGING
from facilities.api.sites import page, refuse, wanted
from facilities.paging import decode
from guidance.api.services import STREET, of_street
from guidance.models import GuidanceEvent
from guidance.rules import events as rules
from portal.api import PROBLEMS, DistrictAPIView

STATES = ["announced", "over", "cancelled"]


class GuidanceEventRow(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    kind = serializers.ChoiceField(
        choices=list(rules.KINDS),
        help_text="育儿加油站、亲子嘉年华、讲座、健康家庭社区行、父母成长支持计划、其他",
    )
    level = serializers.ChoiceField(choices=list(rules.LEVELS), help_text="区级、街镇")
    street = serializers.CharField(allow_null=True, help_text="街镇的九位代码；区级的为 null")
    title = serializers.CharField()
    domains = serializers.ListField(child=serializers.ChoiceField(choices=list(rules.DOMAINS)))
    online = serializers.BooleanField()
    held_on = serializers.DateField()
    starts_at = serializers.TimeField(format="%H:%M")
    ends_at = serializers.TimeField(format="%H:%M")
    venue = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_blank=True)
    months_from = serializers.IntegerField()
    months_until = serializers.IntegerField()
    capacity = serializers.IntegerField(help_text="名额（户）")
    taken = serializers.IntegerField(help_text="已有名额的户数")
    came = serializers.IntegerField(allow_null=True, help_text="到场户数；没有办结的为 null")
    state = serializers.ChoiceField(choices=STATES, help_text="已发布、已办完、已取消")


class GuidanceEventPage(serializers.Serializer):
    results = GuidanceEventRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class EventList(DistrictAPIView):
    scope = "guidance:read"

    @extend_schema(
        operation_id="guidance_events_list",
        summary="育儿指导活动",
        description="发布过的活动和户数，按 id 先后。草稿和报名的家庭不在里面。",
        parameters=[
            *PAGING,
            STREET,
            OpenApiParameter("kind", str, enum=list(rules.KINDS), description="类型"),
        ],
        responses={(200, "application/json"): GuidanceEventPage, **PROBLEMS},
    )
    def get(self, request):
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "street", "kind"})
        rows = GuidanceEvent.objects.allowed(request.actor, "guidance_event.view").exclude(state="draft")
        rows = of_street(rows, params)
        if "kind" in params:
            if params["kind"] not in rules.KINDS:
                refuse("kind", _("可以是 %(all)s") % {"all": "、".join(rules.KINDS)})
            rows = rows.filter(kind=params["kind"])
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        names = (
            "id", "code", "kind", "level", "title", "domains", "online", "held_on", "venue", "address", "months_from",
            "months_until", "capacity", "taken", "state",
        )  # fmt: skip
        more = ("starts_at", "ends_at", "came", "street__code")
        results = [
            {name: row[name] for name in names}
            | {
                "street": row["street__code"],
                "starts_at": f"{row['starts_at']:%H:%M}",
                "ends_at": f"{row['ends_at']:%H:%M}",
                "came": row["came"] if row["state"] == "over" else None,
            }
            for row in rows.order_by("pk").values(*names, *more)[: limit + 1]
        ]
        return page(results, limit, "id")
