"""REST: the kindergartens, with or without nursery class; the denominator of the 托幼一体 share."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.api.operators import PAGING
from facilities.api.sites import page, refuse, wanted
from facilities.models import Facility, Kindergarten
from facilities.paging import decode
from portal.api import PROBLEMS, DistrictAPIView


class KindergartenRow(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    street = serializers.CharField(help_text="街镇的九位代码")
    ownership = serializers.ChoiceField(choices=Facility.Ownership.values)
    opened_on = serializers.DateField()
    closed_on = serializers.DateField(allow_null=True, help_text="没有停办时为 null")
    works = serializers.ChoiceField(
        choices=Kindergarten.Works.values, allow_blank=True, help_text="新建、改扩建；没有时为空文字"
    )
    facility = serializers.CharField(allow_null=True, help_text="开了托班时，托幼一体的机构编号")


class KindergartenPage(serializers.Serializer):
    results = KindergartenRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class KindergartenList(DistrictAPIView):
    """All kindergartens, closed ones too, in the order of their ids."""

    scope = "facilities:read"

    @extend_schema(
        operation_id="kindergartens_list",
        summary="幼儿园",
        description="本区的幼儿园，按 id 先后，停办的也在；开了托班的带机构编号。",
        parameters=[*PAGING, OpenApiParameter("street", str, description="街镇的九位代码")],
        responses={(200, "application/json"): KindergartenPage, **PROBLEMS},
    )
    def get(self, request):
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "street"})
        rows = Kindergarten.objects.allowed(request.actor, "facility.view")
        if "street" in params:
            if not 1 <= len(params["street"]) <= 12 or not params["street"].isprintable():
                refuse("street", _("填街镇的九位代码"))
            rows = rows.filter(street__code=params["street"])
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        names = ("id", "code", "name", "ownership", "opened_on", "closed_on", "works")
        found = rows.order_by("pk").values(*names, "street__code", "facility__code")[: limit + 1]
        results = [
            {name: row[name] for name in names}
            | {"street": row["street__code"], "facility": row["facility__code"]}
            for row in found
        ]
        return page(results, limit, "id")
