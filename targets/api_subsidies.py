"""REST: claims of support with what was approved, paid and taken back."""

from __future__ import annotations

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.paging import encode
from inspections.api_joint import page_of
from portal.api import PROBLEMS, DistrictAPIView
from targets.models.subsidies import SubsidyClaim
from targets.rules import subsidies as rules

SIZE, LARGEST = 50, 200
MONEY = {"max_digits": 12, "decimal_places": 2}


class SubsidyPaymentOut(serializers.Serializer):
    paid_on = serializers.DateField()
    reference = serializers.CharField(help_text="拨付凭证号")
    amount = serializers.DecimalField(**MONEY)


class SubsidyOut(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.CharField(help_text="申报编号")
    facility = serializers.CharField(help_text="机构编号")
    rule = serializers.SlugField(help_text="补贴的代码")
    kind = serializers.ChoiceField(choices=list(rules.KINDS))
    terms = serializers.IntegerField(help_text="按第几版标准")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    state = serializers.ChoiceField(choices=list(rules.CLAIM.states))
    quantity = serializers.DecimalField(**MONEY)
    amount = serializers.DecimalField(**MONEY)
    paid = serializers.DecimalField(**MONEY)
    recovered = serializers.DecimalField(**MONEY)
    payments = SubsidyPaymentOut(many=True)


class SubsidyPage(serializers.Serializer):
    results = SubsidyOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class SubsidyList(DistrictAPIView):
    """Claims of the token's district that were handed in; drafts are the facility's own matter."""

    scope = "subsidies:read"

    @extend_schema(
        operation_id="subsidies_list",
        summary="补贴申报",
        description="交上来的补贴申报：数量、金额、状态、拨付和追回，按先后。草稿和撤回的不在里面。金额是字符串，单位元。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
        ],
        responses={(200, "application/json"): SubsidyPage, **PROBLEMS},
    )
    def get(self, request):
        limit, place = page_of(request, {"limit", "cursor"}, SIZE, LARGEST)
        rows = SubsidyClaim.objects.allowed(request.auth, "subsidy.view").exclude(
            state__in=("draft", "withdrawn")
        )
        if place is not None:
            rows = rows.filter(pk__gt=place)
        rows = rows.select_related("facility", "rule", "terms").prefetch_related("payments")
        found = list(rows.order_by("pk")[: limit + 1])
        more, found = len(found) > limit, found[:limit]
        results = [
            {name: str(getattr(row, name)) for name in ("quantity", "amount", "paid", "recovered")}
            | {
                "id": row.pk, "number": row.number, "facility": row.facility.code, "rule": row.rule.key,
                "kind": row.rule.kind, "terms": row.terms.number, "starts_on": row.starts_on, "ends_on": row.ends_on,
                "state": row.state,
                "payments": [
                    {"paid_on": one.paid_on, "reference": one.reference, "amount": str(one.amount)}
                    for one in row.payments.all()
                ],
            }
            for row in found
        ]  # fmt: skip
        body = {"results": results, "next": encode([found[-1].pk]) if more else None}
        return HttpResponse(orjson.dumps(body), content_type="application/json")
