"""REST: the credit record and the two lists, page after page by key. Neither drafts, nor facts, nor who asked."""

from __future__ import annotations

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.models import CreditEntry
from facilities.paging import decode, encode
from facilities.rules import credit as rules
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Denied, Refused
from portal.rules.rights import Reach

SIZE, LARGEST = 100, 200
#: What was entered wrongly, or is not told yet, is not given out.
GIVEN = rules.HELD


class CreditRow(serializers.Serializer):
    number = serializers.CharField(help_text="编号")
    facility = serializers.CharField(help_text="机构编号")
    street = serializers.CharField(help_text="街镇的九位代码")
    kind = serializers.ChoiceField(choices=CreditEntry.Kind.values, help_text="种类")
    matter = serializers.ChoiceField(choices=CreditEntry.Matter.values, help_text="处罚的事项")
    state = serializers.ChoiceField(choices=list(GIVEN), help_text="状态")
    title = serializers.CharField(help_text="什么事")
    authority = serializers.CharField(help_text="认定单位")
    document = serializers.CharField(help_text="决定书文号")
    decided_on = serializers.DateField()
    starts_on = serializers.DateField(help_text="生效日期")
    ends_on = serializers.DateField(allow_null=True, help_text="期限的最后一天；没有期限时为 null")
    repair_from = serializers.DateField(allow_null=True, help_text="从哪天起可以申请修复；不能修复的为 null")
    left_on = serializers.DateField(allow_null=True, help_text="从哪天起不再生效")
    ground = serializers.CharField(allow_null=True, help_text="联合惩戒所依据的记录的编号")


class CreditPage(serializers.Serializer):
    results = CreditRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


CHOICES = {"kind": list(CreditEntry.Kind.values), "state": list(GIVEN)}
PARAMETERS = [
    OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
    OpenApiParameter("cursor", str, description="上一页的 next"),
    OpenApiParameter("facility", str, description="机构编号"),
    OpenApiParameter("kind", str, enum=CHOICES["kind"], description="只要这一种"),
    OpenApiParameter("state", str, enum=CHOICES["state"], description="只要这个状态的"),
]


def wanted(params) -> tuple[int, int | None, dict]:
    """Limit, place and conditions; Refused with the name of the parameter."""
    unknown = sorted(set(params) - {parameter.name for parameter in PARAMETERS})
    if unknown:
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    limit = params.get("limit", str(SIZE))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= LARGEST):
        raise Refused(_("limit：填 1 到 %(n)d 之间的整数") % {"n": LARGEST}, field="limit", code="limit")
    place = decode(params["cursor"], (int,))[0] if "cursor" in params else None
    conditions = {}
    for name, values in CHOICES.items():
        if name in params:
            if params[name] not in values:
                raise Refused(
                    _("%(name)s：填 %(states)s 中的一个") % {"name": name, "states": "、".join(values)},
                    field=name,
                    code=name,
                )
            conditions[name] = params[name]
    if "facility" in params:
        if "\0" in params["facility"]:
            raise Refused(_("没有这家机构"), field="facility", code="facility")
        conditions["facility__code"] = params["facility"]
    return int(limit), place, conditions


class CreditList(DistrictAPIView):
    """Entries of the district in the order in which they were made."""

    scope = "credit:read"

    @extend_schema(
        operation_id="credit_list",
        summary="诚信记录",
        description="生效过的诚信记录和两份名单，按录入先后。待审定、告知中和已撤销的不在这里。",
        parameters=PARAMETERS,
        responses={(200, "application/json"): CreditPage, **PROBLEMS},
    )
    def get(self, request):
        if Reach.ALL not in request.auth.reaches("credit.view"):
            raise Denied(_("令牌不能读整个区的诚信记录"))
        limit, place, conditions = wanted(request.query_params)
        rows = CreditEntry.objects.filter(state__in=GIVEN).filter(**conditions)
        if place is not None:
            rows = rows.filter(pk__gt=place)
        found = list(
            rows.order_by("pk")
            .select_related("facility__street", "ground")
            .defer("facts", "facility__search_text", "ground__facts")[: limit + 1]
        )
        cursor = encode([found[limit - 1].pk]) if len(found) > limit else None
        body = {"results": [shown(row) for row in found[:limit]], "next": cursor}
        return HttpResponse(orjson.dumps(body), content_type="application/json")


#: Fields that are given as they stand.
PLAIN = (
    "number", "kind", "matter", "state", "title", "authority", "document", "decided_on", "starts_on", "ends_on",
    "repair_from", "left_on",
)  # fmt: skip


def shown(row: CreditEntry) -> dict:
    return {name: getattr(row, name) for name in PLAIN} | {
        "facility": row.facility.code,
        "street": row.facility.street.code,
        "ground": row.ground.number if row.ground else None,
    }
