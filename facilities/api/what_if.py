"""REST: where new facilities would serve most children that have none near by, and what it would do to what plans ask."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from facilities import what_if as reading
from facilities.api.residents import known, rounded
from facilities.rules.what_if import MOST_PLACES, MOST_SITES
from facilities.views.what_if import form_of, outcome
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Refused
from portal.models.places import Street

NAMES = ("sites", "kind", "places", "street", "gap")


class SupposedSite(serializers.Serializer):
    neighbourhood = serializers.CharField(help_text="建在哪个居住小区")
    street = serializers.CharField(help_text="街镇的九位代码")
    children = serializers.IntegerField(help_text="圈内原来没有、现在有了的 3 岁以下幼儿")
    reached = serializers.IntegerField(help_text="圈内原来没有的小区数")
    left = serializers.IntegerField(help_text="建了这些以后，还没有的幼儿")


class SupposedAsk(serializers.Serializer):
    parameter = serializers.CharField()
    text = serializers.CharField(help_text="文件的要求")
    wanted = serializers.FloatField()
    unit = serializers.CharField(allow_blank=True)
    now = serializers.FloatField(allow_null=True)
    then = serializers.FloatField(allow_null=True, help_text="建了以后")
    met_now = serializers.BooleanField(allow_null=True)
    met_then = serializers.BooleanField(allow_null=True)


class WhatIfAnswer(serializers.Serializer):
    places = serializers.IntegerField(help_text="每家托位")
    children_without = serializers.IntegerField(help_text="现在圈内没有的幼儿")
    children_without_then = serializers.IntegerField(help_text="建了以后")
    sites = SupposedSite(many=True)
    asked = SupposedAsk(many=True)


class WhatIfView(DistrictAPIView):
    """Nothing is kept: the answer is computed from the records of today."""

    scope = "residents:read"

    @extend_schema(
        operation_id="supply_what_if",
        summary="假如新开几家",
        description="按居住小区的 3 岁以下幼儿和步行圈，假如新开几家，建在哪里补缺口最多，计划要求的数会怎样变。"
        "只是推算，什么也不保存。",
        parameters=[
            OpenApiParameter("sites", int, description=f"新开几家，1—{MOST_SITES}，默认 5"),
            OpenApiParameter("kind", str, enum=list(reading.KINDS), description="类型，默认 inclusive_site"),
            OpenApiParameter("places", int, description=f"每家托位，0—{MOST_PLACES}；默认本区同类的平均数"),
            OpenApiParameter("street", str, description="街镇的九位代码；默认全区"),
            OpenApiParameter("gap", str, enum=["any", "same"], description="补谁的缺口，默认 any"),
        ],
        responses={(200, "application/json"): WhatIfAnswer, **PROBLEMS},
    )
    def get(self, request):
        request.auth.demand("residents.view")
        known(request.query_params, set(NAMES))
        on, streets = timezone.localdate(), list(Street.objects.order_by("code"))
        query = request.query_params.dict()
        if query.get("street"):
            codes = {street.code: str(street.pk) for street in streets}
            if query["street"] not in codes:
                raise Refused(_("street：填本区街镇的九位代码"), field="street", code="parameter")
            query["street"] = codes[query["street"]]
        form, found = form_of(query, streets), reading.parameters(on)
        if not form.is_valid():
            field, said = next(iter(form.errors.items()))
            raise Refused(f"{field}：{said[0]}", field=field, code="parameter")
        result = outcome(on, form, streets, found)
        if result is None:
            raise Refused(_("没有步行圈的半径，先在参数里填上"), code="radius")
        codes = {street.pk: street.code for street in streets}
        return Response(
            {
                "places": result.places,
                "children_without": result.before.children_without,
                "children_without_then": result.after_children,
                "sites": [
                    {
                        "neighbourhood": one.neighbourhood.name,
                        "street": codes[one.neighbourhood.street_id],
                        "children": one.children,
                        "reached": len(one.reached),
                        "left": one.left,
                    }
                    for one in result.sites
                ],
                "asked": [
                    {
                        "parameter": now.parameter.key,
                        "text": now.text,
                        "wanted": float(now.wanted),
                        "unit": now.unit,
                        "now": rounded(now.value, 4),
                        "then": rounded(then.value, 4),
                        "met_now": now.met,
                        "met_then": then.met,
                    }
                    for now, then in result.asked
                ],
            }
        )
