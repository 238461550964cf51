"""REST: guidance places."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.api.operators import PAGING
from facilities.api.sites import page, refuse, wanted
from facilities.paging import decode
from guidance.models import GuidancePlace
from guidance.rules import places as rules
from portal.api import PROBLEMS, DistrictAPIView


class GuidancePlaceRow(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    kind = serializers.ChoiceField(
        choices=list(rules.KINDS),
        help_text="指导站、儿童友好社区示范点、早期发展基地、儿童服务中心、儿童之家、游戏观察室",
    )
    name = serializers.CharField()
    street = serializers.CharField(help_text="街镇的九位代码")
    community = serializers.CharField(allow_blank=True, help_text="居委、村委")
    address = serializers.CharField()
    phone = serializers.CharField(allow_blank=True)
    services = serializers.ListField(child=serializers.ChoiceField(choices=list(rules.SERVICES)))
    tier = serializers.ChoiceField(choices=list(rules.TIERS), allow_blank=True, help_text="1+4+X+Y 的哪一层")
    kit_from = serializers.DateField(allow_null=True, help_text="资源包启用日期")
    opened_on = serializers.DateField()
    closed_on = serializers.DateField(allow_null=True, help_text="没有停用时为 null")


class GuidancePlacePage(serializers.Serializer):
    results = GuidancePlaceRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class PlaceList(DistrictAPIView):
    """All guidance places, closed ones too, in the order of their ids."""

    scope = "guidance:read"

    @extend_schema(
        operation_id="guidance_places_list",
        summary="育儿指导场所",
        description="指导站、示范点、基地、儿童服务中心和儿童之家，按 id 先后，停用的也在。科学育儿指导点在机构名册里。",
        parameters=[
            *PAGING,
            OpenApiParameter("street", str, description="街镇的九位代码"),
            OpenApiParameter("kind", str, enum=list(rules.KINDS), description="类型"),
        ],
        responses={(200, "application/json"): GuidancePlacePage, **PROBLEMS},
    )
    def get(self, request):
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "street", "kind"})
        rows = GuidancePlace.objects.allowed(request.actor, "guidance_place.view")
        if "street" in params:
            if not 1 <= len(params["street"]) <= 12 or not params["street"].isprintable():
                refuse("street", _("填街镇的九位代码"))
            rows = rows.filter(street__code=params["street"])
        if "kind" in params:
            if params["kind"] not in rules.KINDS:
                refuse("kind", _("可以是 %(all)s") % {"all": "、".join(rules.KINDS)})
            rows = rows.filter(kind=params["kind"])
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        names = (
            "id", "code", "kind", "name", "community", "address", "phone", "services", "tier", "kit_from", "opened_on",
            "closed_on",
        )  # fmt: skip
        found = rows.order_by("pk").values(*names, "street__code")[: limit + 1]
        results = [{name: row[name] for name in names} | {"street": row["street__code"]} for row in found]
        return page(results, limit, "id")
