"""REST: meetings of the joint conference with the decisions of confirmed minutes and how far they are."""

from __future__ import annotations

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.paging import encode
from inspections.api_joint import page_of
from portal.api import PROBLEMS, DistrictAPIView
from targets.models.conferences import AgendaItem, Conference, ConferenceMinutes, ConferenceUnit
from targets.rules.conferences import CONFERENCE, DECISION
from targets.services import conference_decisions

SIZE, LARGEST = 50, 200


class ConferenceUnitOut(serializers.Serializer):
    unit = serializers.SlugField(help_text="单位代码")
    part = serializers.ChoiceField(choices=ConferenceUnit.Part.values, help_text="成员或列席")


class AgendaItemOut(serializers.Serializer):
    topic = serializers.CharField()
    purpose = serializers.ChoiceField(choices=AgendaItem.Purpose.values, help_text="审议或通报")
    unit = serializers.SlugField(allow_null=True, help_text="提议单位")


class ConferenceDecisionOut(serializers.Serializer):
    text = serializers.CharField()
    state = serializers.ChoiceField(choices=[state for state in DECISION.states if state != "draft"])
    due_on = serializers.DateField(allow_null=True, help_text="办理期限")
    leads = serializers.ListField(child=serializers.SlugField(), help_text="牵头单位")
    supports = serializers.ListField(child=serializers.SlugField(), help_text="配合单位")
    task = serializers.IntegerField(allow_null=True, help_text="任务分工里的序号；没有写单位的为 null")


class ConferenceOut(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Conference.Kind.values, help_text="全体会议或办公室会议")
    year = serializers.IntegerField()
    number = serializers.IntegerField(help_text="当年第几次")
    on = serializers.DateField()
    place = serializers.CharField()
    state = serializers.ChoiceField(choices=list(CONFERENCE.states))
    minutes = serializers.CharField(allow_null=True, help_text="纪要编号；没有确认的为 null")
    minutes_sha256 = serializers.CharField(allow_null=True, help_text="纪要 PDF 的指纹")
    units = ConferenceUnitOut(many=True)
    items = AgendaItemOut(many=True)
    decisions = ConferenceDecisionOut(many=True, help_text="纪要确认以后才有")


class ConferencePage(serializers.Serializer):
    results = ConferenceOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class ConferenceList(DistrictAPIView):
    """Meetings of the token's district. Who came by name, and what was said, stands in the minutes only."""

    scope = "conferences:read"

    @extend_schema(
        operation_id="conferences_list",
        summary="联席会议",
        description="联席会议的日期、议程、参加单位和决定，按先后。出席人员的姓名和议定内容只在纪要里。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
        ],
        responses={(200, "application/json"): ConferencePage, **PROBLEMS},
    )
    def get(self, request):
        limit, place = page_of(request, {"limit", "cursor"}, SIZE, LARGEST)
        rows = Conference.objects.allowed(request.auth, "conference.view")
        if place is not None:
            rows = rows.filter(pk__gt=place)
        found = list(rows.order_by("pk")[: limit + 1])
        more, found = len(found) > limit, found[:limit]
        units: dict[int, list] = {}
        for one in ConferenceUnit.objects.filter(conference__in=found).select_related("unit"):
            units.setdefault(one.conference_id, []).append({"unit": one.unit.slug, "part": one.part})
        items: dict[int, list] = {}
        listed = AgendaItem.objects.filter(conference__in=found, state="listed").select_related("unit")
        for one in listed.order_by("position", "pk"):
            items.setdefault(one.conference_id, []).append(
                {"topic": one.topic, "purpose": one.purpose, "unit": one.unit.slug if one.unit else None}
            )
        decided: dict[int, list] = {}
        settled = conference_decisions.decisions().filter(item__conference__in=found)
        for one in settled.order_by("item__position", "position", "pk"):
            decided.setdefault(one.item.conference_id, []).append(
                {
                    "text": one.text,
                    "state": one.state,
                    "due_on": one.due_on.isoformat() if one.due_on else None,
                    "leads": [link.unit.slug for link in one.units.all() if link.role == "lead"],
                    "supports": [link.unit.slug for link in one.units.all() if link.role == "support"],
                    "task": one.task.number if one.task else None,
                }
            )
        final = {
            one.conference_id: one
            for one in ConferenceMinutes.objects.filter(
                conference__in=found, confirmed_at__isnull=False
            ).defer("content")
        }
        results = []
        for row in found:
            minutes = final.get(row.pk)
            results.append(
                {name: getattr(row, name) for name in ("kind", "year", "number", "place", "state")}
                | {
                    "id": row.pk,
                    "on": row.on.isoformat(),
                    "minutes": minutes.number if minutes else None,
                    "minutes_sha256": (minutes.sha256 or None) if minutes else None,
                    "units": units.get(row.pk, []),
                    "items": items.get(row.pk, []),
                    "decisions": decided.get(row.pk, []),
                }
            )
        body = {"results": results, "next": encode([found[-1].pk]) if more else None}
        return HttpResponse(orjson.dumps(body), content_type="application/json")
