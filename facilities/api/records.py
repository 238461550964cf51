"""REST: a facility's file, as it is and as it was known on a past day, and what changed between two days.

No people: a client with `facilities:read` reads what the register holds about a facility, not about who works there.
The columns of each table stand here once, as fields of the schema; a row is what Postgres gives, numbers as numbers.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db import models
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from facilities import differences, past
from facilities.models import (
    CareClass,
    EmergencyDrill,
    EmergencyPlan,
    Facility,
    FacilityTransition,
    Fee,
    FeeNotice,
    Insurance,
    Menu,
    OpeningHours,
    Operator,
    Permit,
    Premises,
    PremisesArea,
    Room,
    Site,
)
from portal.api import PROBLEMS, DistrictAPIView, Problem
from portal.errors import Refused

#: Table of the file -> its model and the columns that a client reads; rows are in the order of their ids.
TABLES: dict[str, tuple[type[models.Model], tuple[str, ...]]] = {
    "transitions": (FacilityTransition, ("source", "target", "on", "reason", "document")),
    "premises": (
        Premises,
        (
            "name",
            "address",
            "tenure",
            "lease_until",
            "outdoor_area",
            "outdoor_shared",
            "starts_on",
            "ends_on",
        ),
    ),
    "areas": (PremisesArea, ("premises_id", "use", "floor", "area")),
    "classes": (
        CareClass,
        ("name", "kind", "year", "places", "children", "staff", "started_on", "ended_on"),
    ),
    "fees": (Fee, ("item", "note", "amount", "unit", "starts_on", "ends_on")),
    "notices": (FeeNotice, ("published_on", "place", "detail")),
    "insurance": (Insurance, ("kind", "insurer", "number", "starts_on", "ends_on")),
    "permits": (Permit, ("kind", "name", "number", "authority", "issued_on", "valid_until")),
    "menus": (Menu, ("week", "text")),
    "site": (
        Site,
        ("siting", "running", "alone", "with_parent", "with_grandparent", "outdoor", "nursing_room"),
    ),
    "rooms": (Room, ("name", "area", "places", "closed")),
    "hours": (OpeningHours, ("weekday", "opens", "closes")),
}
#: Those that a client gets whose token has the scope of plans and drills, too.
PLANS = {
    "plans": (EmergencyPlan, ("kind", "version", "title", "approved_on", "review_on", "replaced_on")),
    "drills": (
        EmergencyDrill,
        (
            "plan_id",
            "held_on",
            "scenario",
            "staff_count",
            "child_count",
            "partners",
            "result",
            "problems",
            "measures",
        ),
    ),
}
PLANS_SCOPE = "emergency:read"
#: Of the facility itself: what the register's list has, without persons.
FACILITY = (
    "code", "name", "kind", "state", "ownership", "inclusive", "street_id", "address", "latitude", "longitude",
    "credit_code", "phone", "places", "enrolled", "full_day", "half_day", "hourly", "opens_at", "closes_at", "meals",
    "usable_area", "cameras", "alarm_buttons", "video_days", "video_connected", "alarm_connected", "insured_until",
    "fees_published_on", "opened_on", "closed_on", "version",
)  # fmt: skip
OPERATOR = ("name", "credit_code", "chain")
MENUS_SHOWN = 12


def field_of(model: type[models.Model], column: str) -> serializers.Field:
    """The schema's field of a model's column."""
    known = model._meta.get_field(column.removesuffix("_id"))
    more = {"allow_null": True} if known.null else {}
    if isinstance(known, models.ForeignKey):
        return serializers.IntegerField(**more)
    if known.choices:
        values = [value for value, _label in known.flatchoices]
        return serializers.ChoiceField(choices=values, **more)
    kinds = (
        (models.BooleanField, serializers.BooleanField),
        (models.DecimalField, serializers.FloatField),
        (models.IntegerField, serializers.IntegerField),
        (models.DateField, serializers.DateField),
        (models.TimeField, serializers.TimeField),
    )
    for kind, shape in kinds:
        if isinstance(known, kind):
            return shape(**more)
    return serializers.CharField(allow_blank=True, **more)


def shape(name: str, model: type[models.Model], columns: tuple[str, ...]) -> type[serializers.Serializer]:
    fields = {column: field_of(model, column) for column in columns}
    return type(name, (serializers.Serializer,), {"id": serializers.IntegerField(), **fields})


SHAPES = {
    key: shape(f"File{key.title()}", model, columns) for key, (model, columns) in (TABLES | PLANS).items()
}
FileFacility = shape("FileFacility", Facility, FACILITY)
FileOperator = shape("FileOperator", Operator, OPERATOR)
FacilityFile = type(
    "FacilityFile",
    (serializers.Serializer,),
    {
        "day": serializers.DateField(help_text="这一天结束时系统里的档案；今天的就是现在的"),
        "facility": FileFacility(allow_null=True, help_text="那一天系统里还没有时为 null"),
        "operator": FileOperator(allow_null=True),
        **{key: SHAPES[key](many=True) for key in TABLES},
        **{
            key: SHAPES[key](many=True, required=False, help_text=f"令牌还要有 {PLANS_SCOPE}")
            for key in PLANS
        },
    },
)


class FileChange(serializers.Serializer):
    table = serializers.ChoiceField(choices=["facility", "operator", *TABLES, *PLANS])
    id = serializers.IntegerField()
    change = serializers.ChoiceField(choices=["added", "removed", "changed"])
    fields = serializers.ListField(child=serializers.CharField(), help_text="改过的列")
    at = serializers.DateTimeField(allow_null=True, help_text="写下的时刻；没有了的行为 null")


class FileChanges(serializers.Serializer):
    start = serializers.DateField()
    end = serializers.DateField()
    changes = FileChange(many=True)


def plain(row: dict | None, columns: tuple[str, ...]) -> dict | None:
    """A row as the client gets it: its columns and its id, numbers as numbers."""
    if row is None:
        return None
    return {
        name: float(row[name]) if isinstance(row[name], Decimal) else row[name] for name in ("id", *columns)
    }


def day_in(params, name: str, otherwise: date) -> date:
    text = params.get(name)
    if text is None:
        return otherwise
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None:
        sentence = _("%(name)s：写成 2026-03-18 这样的日期") % {"name": name}
        raise Refused(sentence, field=name, code="parameter")
    if day > timezone.localdate():
        raise Refused(_("%(name)s：还没到这一天") % {"name": name}, field=name, code="parameter")
    return day


def known_parameters(params, names: tuple[str, ...]) -> None:
    if unknown := sorted(set(params) - set(names)):
        sentence = _("没有参数 %(names)s") % {"names": "、".join(unknown)}
        raise Refused(sentence, field=unknown[0], code="parameter")


RESPONSES = {**PROBLEMS, (404, "application/problem+json"): Problem}


DAY = {"type": "string", "format": "date"}


class FileView(DistrictAPIView):
    scope = "facilities:read"

    def facility(self, request, pk: int) -> Facility:
        found = (
            Facility.objects.allowed(request.actor, "facility.view").filter(pk=pk).only("pk").first()
            if pk < 2**63
            else None
        )
        if found is None:
            raise Http404
        return found

    def file(self, request, pk: int, day: date) -> past.File:
        """Without people; with plans and drills where the token has their scope."""
        more = PLANS_SCOPE in request.auth.client.scopes
        return past.file_on(pk, day, rights=frozenset({past.PLANS} if more else ()))


class FacilityFileView(FileView):
    """The file now, or at the end of a past day."""

    @extend_schema(
        operation_id="facilities_file",
        summary="一家机构的档案",
        description="场所、班级、收费、保险、食谱和状态变更；宝宝屋还有照护方式、照护室和开放时间。"
        "给出 day 时是那一天结束时系统里已知的内容，不含后来补记的。",
        parameters=[OpenApiParameter("day", DAY, description="哪一天，默认今天")],
        responses={(200, "application/json"): FacilityFile, **RESPONSES},
    )
    def get(self, request, pk):
        known_parameters(request.query_params, ("day",))
        one = self.facility(request, pk)
        day = day_in(request.query_params, "day", timezone.localdate())
        file = self.file(request, one.pk, day)
        rows = {
            key: [plain(row, columns) for row in sorted(file.rows[key], key=lambda row: row["id"])]
            for key, (_model, columns) in (TABLES | PLANS).items()
            if key in file.rows
        }
        rows["menus"] = sorted(rows["menus"], key=lambda row: row["week"])[-MENUS_SHOWN:]
        return Response(
            {
                "day": day,
                "facility": plain(file.facility, FACILITY),
                "operator": plain(next(iter(file.rows["operator"]), None), OPERATOR),
                **rows,
            }
        )


class FacilityChangesView(FileView):
    """Which rows of the file are otherwise at the end of one day than of another."""

    @extend_schema(
        operation_id="facilities_changes",
        summary="档案在两天之间的变化",
        parameters=[
            OpenApiParameter("start", DAY, description="第一天，默认一年前"),
            OpenApiParameter("end", DAY, description="第二天，默认今天"),
        ],
        responses={(200, "application/json"): FileChanges, **RESPONSES},
    )
    def get(self, request, pk):
        known_parameters(request.query_params, ("start", "end"))
        one = self.facility(request, pk)
        today = timezone.localdate()
        start = day_in(request.query_params, "start", today - timedelta(365))
        end = day_in(request.query_params, "end", today)
        if start > end:
            raise Refused(_("start 不能晚于 end"), field="start", code="parameter")
        before, after = self.file(request, one.pk, start), self.file(request, one.pk, end)
        changes = differences.changed_rows(before, after, told=self.told)
        return Response({"start": start, "end": end, "changes": changes})

    @staticmethod
    def told(key: str) -> tuple[str, ...]:
        return {"facility": FACILITY, "operator": OPERATOR}.get(key) or (TABLES | PLANS)[key][1]
