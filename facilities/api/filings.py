"""REST: filings and where they stand, page after page by key. Answers and files are not given out."""

from __future__ import annotations

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.models import Filing, Notice
from facilities.paging import decode, encode
from facilities.rules.filing_form import KINDS
from facilities.rules.states import FILING, NOTICE
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Denied, Refused
from portal.rules.rights import Reach

SIZE, LARGEST = 100, 200


class FilingNotice(serializers.Serializer):
    number = serializers.CharField(help_text="文号")
    code = serializers.CharField(help_text="核验码")
    state = serializers.ChoiceField(choices=list(NOTICE.states), help_text="告知书今天的状态")
    state_on = serializers.DateField(help_text="从哪天起")


class FilingRow(serializers.Serializer):
    number = serializers.CharField(help_text="备案编号")
    kind = serializers.ChoiceField(choices=list(KINDS), help_text="事项")
    state = serializers.ChoiceField(choices=list(FILING.states), help_text="状态")
    name = serializers.CharField(allow_blank=True, help_text="机构名称")
    facility = serializers.CharField(allow_null=True, help_text="机构编号；还没有时为 null")
    street = serializers.CharField(allow_null=True, help_text="街镇的九位代码")
    round = serializers.IntegerField(min_value=0, help_text="送审过几次")
    sent_on = serializers.DateField(allow_null=True)
    received_on = serializers.DateField(allow_null=True)
    due_on = serializers.DateField(allow_null=True, help_text="正在走的期限")
    decided_on = serializers.DateField(allow_null=True)
    effect_on = serializers.DateField(allow_null=True, help_text="决定从哪天起生效")
    notice = FilingNotice(allow_null=True)


class FilingPage(serializers.Serializer):
    results = FilingRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


def wanted(request) -> tuple[int, int | None, str]:
    """The request's limit, place and state; Refused with the name of the parameter."""
    params = request.query_params
    unknown = sorted(set(params) - {"limit", "cursor", "state"})
    if unknown:
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    limit = params.get("limit", str(SIZE))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= LARGEST):
        raise Refused(_("limit：填 1 到 %(n)d 之间的整数") % {"n": LARGEST}, field="limit", code="limit")
    place = decode(params["cursor"], (int,))[0] if "cursor" in params else None
    state = params.get("state", "")
    if state and state not in FILING.states:
        raise Refused(
            _("state：填 %(states)s 中的一个") % {"states": "、".join(FILING.states)},
            field="state",
            code="state",
        )
    return int(limit), place, state


class FilingList(DistrictAPIView):
    """Filings of the district in the order in which they were begun."""

    scope = "facilities:read"

    @extend_schema(
        operation_id="filings_list",
        summary="备案",
        description="备案和它们的状态、期限、告知书，按开始填写的先后。填写的内容和文件不在这里。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
            OpenApiParameter("state", str, enum=list(FILING.states), description="只要这个状态的"),
        ],
        responses={(200, "application/json"): FilingPage, **PROBLEMS},
    )
    def get(self, request):
        if Reach.ALL not in request.auth.reaches("filing.view"):
            raise Denied(_("令牌不能读整个区的备案"))
        limit, place, state = wanted(request)
        rows = Filing.objects.all()
        if place is not None:
            rows = rows.filter(pk__gt=place)
        if state:
            rows = rows.filter(state=state)
        found = list(rows.order_by("pk").select_related("facility", "street")[: limit + 1])
        papers = {n.filing_id: n for n in Notice.objects.filter(filing__in=[r.pk for r in found])}
        results = [shown(row, papers.get(row.pk)) for row in found[:limit]]
        cursor = encode([found[limit - 1].pk]) if len(found) > limit else None
        return HttpResponse(
            orjson.dumps({"results": results, "next": cursor}), content_type="application/json"
        )


def shown(row: Filing, paper: Notice | None) -> dict:
    return {
        "number": row.number,
        "kind": row.kind,
        "state": row.state,
        "name": row.name,
        "facility": row.facility.code if row.facility else None,
        "street": row.street.code if row.street else None,
        "round": row.round,
        "sent_on": row.sent_on,
        "received_on": row.received_on,
        "due_on": row.clock_due,
        "decided_on": row.decided_on,
        "effect_on": row.effect_on,
        "notice": {
            "number": paper.number,
            "code": paper.code,
            "state": paper.state,
            "state_on": paper.state_on,
        }
        if paper
        else None,
    }
