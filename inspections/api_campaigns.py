"""REST: special campaigns and joint operations of streets, with counts and the departments' replies."""

from __future__ import annotations

import orjson
from django.db.models import Count, Q
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.models import Facility
from facilities.paging import encode
from inspections.api_joint import page_of
from inspections.models import Campaign, CampaignUnit
from inspections.rules.joint_states import CAMPAIGN, REPLY
from portal.api import PROBLEMS, DistrictAPIView

SIZE, LARGEST = 50, 200


class ReplyOut(serializers.Serializer):
    unit = serializers.SlugField(help_text="部门代码")
    state = serializers.ChoiceField(choices=list(REPLY.states))


class CampaignOut(serializers.Serializer):
    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=Campaign.Kind.values, help_text="专项检查或街镇综合执法")
    state = serializers.ChoiceField(choices=list(CAMPAIGN.states))
    theme = serializers.CharField()
    occasion = serializers.CharField(help_text="起因")
    basis = serializers.CharField(help_text="依据")
    street = serializers.CharField(allow_null=True, help_text="发起的街镇的九位代码；专项检查为 null")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=Facility.Kind.values))
    matters = serializers.ListField(child=serializers.SlugField(), help_text="抽查事项的代号")
    publish_by = serializers.DateField(allow_null=True, help_text="公布期限")
    published_on = serializers.DateField(allow_null=True)
    closed_on = serializers.DateField(allow_null=True)
    sent = serializers.IntegerField(min_value=0, help_text="派出的检查，销去的不算")
    made = serializers.IntegerField(min_value=0, help_text="查完的")
    units = ReplyOut(many=True)


class CampaignPage(serializers.Serializer):
    results = CampaignOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class CampaignList(DistrictAPIView):
    """Campaigns of the token's district from their approval on; which facilities, is told by the results."""

    scope = "campaigns:read"

    @extend_schema(
        operation_id="campaigns_list",
        summary="专项检查和街镇综合执法",
        description="批准以后的专项检查和街镇综合执法，按先后。草稿、等批准的和不办的不在这里。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
        ],
        responses={(200, "application/json"): CampaignPage, **PROBLEMS},
    )
    def get(self, request):
        limit, place = page_of(request, {"limit", "cursor"}, SIZE, LARGEST)
        rows = Campaign.objects.allowed(request.auth, "campaign.view").exclude(
            state__in=("draft", "asked", "submitted", "dropped")
        )
        if place is not None:
            rows = rows.filter(pk__gt=place)
        rows = rows.select_related("street").annotate(
            sent=Count(
                "inspections", filter=Q(inspections__isnull=False) & ~Q(inspections__state="cancelled")
            ),
            made=Count("inspections", filter=Q(inspections__state__in=("finished", "published"))),
        )
        found = list(rows.order_by("pk")[: limit + 1])
        more, found = len(found) > limit, found[:limit]
        units: dict[int, list[dict]] = {}
        for one in (
            CampaignUnit.objects.filter(campaign__in=found).select_related("unit").order_by("position")
        ):
            units.setdefault(one.campaign_id, []).append({"unit": one.unit.slug, "state": one.state})
        names = ("number", "kind", "state", "theme", "occasion", "basis", "kinds", "matters", "sent", "made")
        days = ("starts_on", "ends_on", "publish_by", "published_on", "closed_on")
        body = {
            "results": [
                {name: getattr(row, name) for name in names}
                | {day: value.isoformat() if (value := getattr(row, day)) else None for day in days}
                | {"street": row.street.code if row.street else None, "units": units.get(row.pk, [])}
                for row in found
            ],
            "next": encode([found[-1].pk]) if more else None,
        }
        return HttpResponse(orjson.dumps(body), content_type="application/json")
