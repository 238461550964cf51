"""REST: who runs facilities, and what operators propose to change in the register; no persons."""

from __future__ import annotations

from django.db.models import Count, Sum
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers

from facilities.api.sites import LARGEST, SIZE, page, refuse, wanted
from facilities.models import Facility, Operator, Proposal
from facilities.paging import decode
from facilities.rules import proposals as rules
from facilities.rules.states import PROPOSAL
from portal.api import PROBLEMS, DistrictAPIView

PAGING = [
    OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
    OpenApiParameter("cursor", str, description="上一页的 next"),
]


class OperatorRow(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    credit_code = serializers.CharField(allow_blank=True, help_text="统一社会信用代码")
    chain = serializers.CharField(allow_blank=True, help_text="连锁品牌")
    facilities = serializers.IntegerField(min_value=0, help_text="没有终止的机构数")
    places = serializers.IntegerField(min_value=0, help_text="这些机构的托额合计")
    version = serializers.IntegerField(min_value=1)


class OperatorPage(serializers.Serializer):
    results = OperatorRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]})
class Fact(serializers.Field):
    """A value of the register as a proposal keeps it: a street by its code, an operator by name, a day as text."""


class ProposedFact(serializers.Serializer):
    field = serializers.ChoiceField(choices=rules.FIELDS)
    before = Fact(help_text="提出时名册里的，没有时为空文字")
    wanted = Fact(help_text="要改成的")


class ProposalRow(serializers.Serializer):
    id = serializers.IntegerField()
    facility = serializers.CharField(help_text="机构编号")
    state = serializers.ChoiceField(choices=list(PROPOSAL.states))
    changes = ProposedFact(many=True)
    reason = serializers.CharField(help_text="为什么要改")
    proposed_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True, help_text="还没答复时为 null")
    answer = serializers.CharField(allow_blank=True, help_text="区里的答复")


class ProposalPage(serializers.Serializer):
    results = ProposalRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class OperatorList(DistrictAPIView):
    """The operators in the order of their ids, each with the number of its facilities."""

    scope = "facilities:read"

    @extend_schema(
        operation_id="operators_list",
        summary="举办者",
        description="本区的举办者，按 id 先后，带机构数和托额合计。",
        parameters=[
            *PAGING,
            OpenApiParameter("credit_code", str, description="统一社会信用代码"),
            OpenApiParameter("chain", str, description="连锁品牌，全名"),
        ],
        responses={(200, "application/json"): OperatorPage, **PROBLEMS},
    )
    def get(self, request):
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "credit_code", "chain"})
        rows = Operator.objects.allowed(request.actor, "facility.view")
        for name in ("credit_code", "chain"):
            if name not in params:
                continue
            longest = Operator._meta.get_field(name).max_length
            if not 1 <= len(params[name]) <= longest or not params[name].isprintable():
                refuse(name, _("填 1 到 %(n)d 个字") % {"n": longest})
            rows = rows.filter(**{name: params[name]})
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        found = list(rows.order_by("pk").values("id", "name", "credit_code", "chain", "version")[: limit + 1])
        runs = {
            row["operator"]: row
            for row in Facility.objects.allowed(request.actor, "facility.view")
            .exclude(state="closed")
            .filter(operator__in=[row["id"] for row in found])
            .order_by()
            .values("operator")
            .annotate(n=Count("pk"), sum=Sum("places"))
        }
        for row in found:
            run = runs.get(row["id"])
            row["facilities"], row["places"] = (run["n"], run["sum"] or 0) if run else (0, 0)
        return page(found, limit, "id")


class ProposalList(DistrictAPIView):
    """The proposals in the order of their ids; who proposed and who decided is not in it."""

    scope = "facilities:read"

    @extend_schema(
        operation_id="proposals_list",
        summary="变更申请",
        description="举办者申请变更的登记事项和区里的答复，按 id 先后。没有人名和证明材料。",
        parameters=[
            *PAGING,
            OpenApiParameter("facility", str, description="机构编号"),
            OpenApiParameter("state", str, enum=list(PROPOSAL.states), description="状态"),
        ],
        responses={(200, "application/json"): ProposalPage, **PROBLEMS},
    )
    def get(self, request):
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "facility", "state"})
        rows = Proposal.objects.allowed(request.actor, "facility.view")
        if "facility" in params:
            if not 1 <= len(params["facility"]) <= 12 or not params["facility"].isprintable():
                refuse("facility", _("填机构编号"))
            rows = rows.filter(facility__code=params["facility"])
        if "state" in params:
            if params["state"] not in PROPOSAL.states:
                refuse(
                    "state",
                    _("没有“%(value)s”。可以是 %(all)s")
                    % {"value": params["state"], "all": "、".join(PROPOSAL.states)},
                )
            rows = rows.filter(state=params["state"])
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        found = rows.order_by("pk").values(
            "id", "facility__code", "state", "changes", "reason", "proposed_at", "decided_at", "answer"
        )
        results = []
        for row in found[: limit + 1]:
            facts = [
                {"field": field, "before": before, "wanted": wanted_}
                for field, (before, wanted_) in row["changes"].items()
            ]
            results.append(
                {"id": row["id"], "facility": row["facility__code"], "state": row["state"], "changes": facts}
                | {key: row[key] for key in ("reason", "proposed_at", "decided_at", "answer")}
            )
        return page(results, limit, "id")
