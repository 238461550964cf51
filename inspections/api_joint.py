"""REST: the departments' parts of joint visits that were made, page after page by key."""

from __future__ import annotations

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.paging import decode, encode
from inspections.models import Answer, Finding, Order, VisitItem, VisitPart
from inspections.rules.joint_states import PART
from inspections.rules.states import ANSWERS, FINDING, ORDER, WEIGHTS
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Refused

SIZE, LARGEST = 50, 200


class PartItem(serializers.Serializer):
    number = serializers.IntegerField(min_value=1, help_text="在整份记录里的序号")
    key = serializers.SlugField()
    text = serializers.CharField()
    answer = serializers.ChoiceField(choices=list(ANSWERS), allow_null=True)
    answered_by = serializers.SlugField(help_text="由哪个部门答；几个部门都要查的，由一个部门答")


class PartFinding(serializers.Serializer):
    key = serializers.SlugField()
    weight = serializers.ChoiceField(choices=list(WEIGHTS))
    state = serializers.ChoiceField(choices=list(FINDING.states))
    order = serializers.CharField(allow_null=True, help_text="整改通知编号；当场改正的为 null")


class PartOrder(serializers.Serializer):
    number = serializers.CharField()
    state = serializers.ChoiceField(choices=list(ORDER.states))
    issued_on = serializers.DateField()
    due_on = serializers.DateField()


class PartOut(serializers.Serializer):
    inspection = serializers.CharField(help_text="检查编号")
    facility = serializers.CharField(help_text="机构编号")
    inspected_on = serializers.DateField()
    unit = serializers.SlugField(help_text="部门代码")
    inspectors = serializers.ListField(child=serializers.CharField(), help_text="这个部门到场的检查人员编号")
    state = serializers.ChoiceField(choices=list(PART.states))
    absent_reason = serializers.CharField(allow_blank=True)
    handed_to = serializers.CharField(allow_blank=True)
    case_number = serializers.CharField(allow_blank=True)
    items = PartItem(many=True)
    findings = PartFinding(many=True)
    orders = PartOrder(many=True)


class PartPage(serializers.Serializer):
    results = PartOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


def page_of(request, names: set[str], size: int, largest: int) -> tuple[int, int | None]:
    """Limit and place of a page; Refused with the name for a parameter that is not among `names`."""
    params = request.query_params
    unknown = sorted(set(params) - names)
    if unknown:
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    limit = params.get("limit", str(size))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= largest):
        raise Refused(_("limit：填 1 到 %(n)d 之间的整数") % {"n": largest}, field="limit", code="limit")
    return int(limit), decode(params["cursor"], (int,))[0] if "cursor" in params else None


def wanted(request) -> tuple[int, int | None, str, str]:
    """Limit, place, unit and visit that the request asks for; Refused with the name of the parameter."""
    limit, place = page_of(request, {"limit", "cursor", "unit", "inspection"}, SIZE, LARGEST)
    unit, inspection = request.query_params.get("unit", ""), request.query_params.get("inspection", "")
    if len(unit) > 80 or not unit.isprintable():
        raise Refused(_("unit：填部门代码"), field="unit", code="unit")
    if len(inspection) > 20 or not inspection.isprintable():
        raise Refused(_("inspection：填检查编号"), field="inspection", code="inspection")
    return limit, place, unit, inspection


def of_rows(parts: list[VisitPart]) -> list[dict]:
    """The parts as they go out; six queries, whatever their number."""
    visits = {part.inspection_id for part in parts}
    items: dict[int, list[VisitItem]] = {}
    for row in (
        VisitItem.objects.filter(inspection__in=visits).select_related("item", "unit").order_by("position")
    ):
        items.setdefault(row.inspection_id, []).append(row)
    answers = {
        (visit, item): value
        for visit, item, value in Answer.objects.filter(inspection__in=visits).values_list(
            "inspection_id", "item_id", "value"
        )
    }
    findings: dict[tuple[int, int], Finding] = {
        (one.inspection_id, one.item_id): one
        for one in Finding.objects.filter(inspection__in=visits)
        .exclude(state="withdrawn")
        .select_related("order")
    }
    orders: dict[tuple[int, int], list[Order]] = {}
    for order in Order.objects.filter(inspection__in=visits, unit__isnull=False).order_by("pk"):
        orders.setdefault((order.inspection_id, order.unit_id), []).append(order)
    people: dict[tuple[int, int], list[str]] = {}
    for visit, unit, code in (
        VisitPart.objects.filter(inspection__in=visits, inspection__all_team__dropped_at__isnull=True)
        .order_by("inspection__all_team__position")
        .values_list(
            "inspection_id",
            "inspection__all_team__inspector__unit_id",
            "inspection__all_team__inspector__code",
        )
    ):
        found = people.setdefault((visit, unit), [])
        if code not in found:
            found.append(code)
    made = []
    for part in parts:
        mine = [row for row in items.get(part.inspection_id, ()) if part.unit.slug in row.units]
        failed = [findings[key] for row in mine if (key := (part.inspection_id, row.item_id)) in findings]
        key = (part.inspection_id, part.unit_id)
        made.append(
            {
                "inspection": part.inspection.number,
                "facility": part.inspection.facility.code,
                "inspected_on": part.inspection.finished_on.isoformat(),
                "unit": part.unit.slug,
                "inspectors": people.get(key, []),
                "state": part.state,
                "absent_reason": part.absent_reason,
                "handed_to": part.handed_to,
                "case_number": part.case_number,
                "items": [
                    {
                        "number": row.position,
                        "key": row.item.key,
                        "text": row.item.text,
                        "answer": answers.get((part.inspection_id, row.item_id)) or None,
                        "answered_by": row.unit.slug if row.unit else "",
                    }
                    for row in mine
                ],
                "findings": [
                    {
                        "key": one.item_key,
                        "weight": one.weight,
                        "state": one.state,
                        "order": one.order.number if one.order else None,
                    }
                    for one in failed
                ],
                "orders": [
                    {
                        "number": one.number,
                        "state": one.state,
                        "issued_on": one.issued_on.isoformat(),
                        "due_on": one.due_on.isoformat(),
                    }
                    for one in orders.get(key, ())
                ],
            }
        )
    return made


class PartList(DistrictAPIView):
    """Departments' parts of joint visits that are finished. A visit that is still to be made does not exist here."""

    scope = "parts:read"

    @extend_schema(
        operation_id="parts_list",
        summary="联合检查各部门的部分",
        description="已完成的联合检查里各部门的检查项、问题、整改通知和处理，按先后。没有完成的检查不在这里。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
            OpenApiParameter("unit", str, description="部门代码"),
            OpenApiParameter("inspection", str, description="检查编号"),
        ],
        responses={(200, "application/json"): PartPage, **PROBLEMS},
    )
    def get(self, request):
        limit, place, unit, inspection = wanted(request)
        rows = VisitPart.objects.allowed(request.auth, "part.view").filter(
            inspection__state__in=("finished", "published")
        )
        if place is not None:
            rows = rows.filter(pk__gt=place)
        if unit:
            rows = rows.filter(unit__slug=unit)
        if inspection:
            rows = rows.filter(inspection__number=inspection)
        found = list(rows.select_related("inspection__facility", "unit").order_by("pk")[: limit + 1])
        more, found = len(found) > limit, found[:limit]
        body = {"results": of_rows(found), "next": encode([found[-1].pk]) if more else None}
        return HttpResponse(orjson.dumps(body), content_type="application/json")
