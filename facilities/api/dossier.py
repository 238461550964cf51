"""REST: a facility's dossier, page after page by key, as far as the token's scopes reach."""

from __future__ import annotations

from datetime import date

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.models import Facility
from facilities.paging import decode, encode
from portal.api import PROBLEMS, DistrictAPIView, Problem
from portal.dossier import KINDS, Wanted, leaf
from portal.errors import NotFound, Refused
from portal.navigation import REGISTRY

SIZE, LARGEST = 100, 200


class DossierEvent(serializers.Serializer):
    day = serializers.DateField()
    kind = serializers.ChoiceField(choices=list(KINDS), help_text="类别")
    state = serializers.ChoiceField(choices=["ok", "warn", "bad", "doing", "none"], help_text="轻重")
    fact = serializers.CharField(help_text="事项")
    detail = serializers.CharField(allow_blank=True, help_text="说明；姓名只有姓")


class DossierPage(serializers.Serializer):
    results = DossierEvent(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


PARAMETERS = [
    OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
    OpenApiParameter("cursor", str, description="上一页的 next"),
    OpenApiParameter("kind", str, enum=list(KINDS), many=True, description="类别，可以重复"),
    OpenApiParameter("since", date, description="从这一天起"),
    OpenApiParameter("until", date, description="到这一天止"),
]


def refuse(name: str, words: str) -> None:
    raise Refused(f"{name}：{words}", field=name, code=name)


def day_of(params, name: str) -> date | None:
    if name not in params:
        return None
    try:
        return date.fromisoformat(params[name])
    except ValueError:
        refuse(name, _("写成 2026-03-18 这样的日期"))


def wanted(params) -> tuple[int, tuple | None, Wanted]:
    unknown = sorted(set(params) - {parameter.name for parameter in PARAMETERS})
    if unknown:
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    limit = params.get("limit", str(SIZE))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= LARGEST):
        refuse("limit", _("填 1 到 %(n)d 之间的整数") % {"n": LARGEST})
    kinds = frozenset(params.getlist("kind"))
    if strange := sorted(kinds - KINDS.keys()):
        refuse("kind", _("没有“%(value)s”") % {"value": strange[0][:20]})
    place = tuple(decode(params["cursor"], (date, int, int))) if "cursor" in params else None
    return int(limit), place, Wanted(kinds, day_of(params, "since"), day_of(params, "until"))


class DossierView(DistrictAPIView):
    """One facility's events, the newest first."""

    scope = "dossier:read"

    @extend_schema(
        operation_id="facilities_dossier",
        summary="一机构一档案",
        description="一家机构的大事记，从近到远，一页一页取。只有令牌看得到的；未公示的检查结果不写内容。",
        parameters=PARAMETERS,
        responses={
            (200, "application/json"): DossierPage,
            **PROBLEMS,
            (404, "application/problem+json"): Problem,
        },
    )
    def get(self, request, pk):
        actor = request.auth
        facility = Facility.objects.allowed(actor, "facility.view").filter(pk=pk).first()
        if facility is None:
            raise NotFound(_("没有这家机构"), code="facility")
        limit, place, asked = wanted(request.query_params)
        page = leaf(REGISTRY.dossier(), facility, actor, asked, after=place, size=limit)
        body = {
            "results": [
                {"day": e.day, "kind": e.kind, "state": e.state, "fact": e.fact, "detail": e.detail}
                for e in page.events
            ],
            "next": encode(list(page.after)) if page.after else None,
        }
        return HttpResponse(orjson.dumps(body), content_type="application/json")
