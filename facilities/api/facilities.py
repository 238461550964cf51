"""REST: the register, page after page by key.

Postgres writes the rows as JSON and the bytes pass through: building them in Python costs ten times as much
(docs/performance.md). So the columns stand here once, with the SQL that pins how numbers and moments are written,
and beside each the field of the schema; tests hold the two together.
"""

from __future__ import annotations

from datetime import UTC
from typing import NamedTuple

import orjson
from django.db import connection
from django.http import Http404, HttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.serializers import BooleanField, CharField, ChoiceField, DateField, IntegerField

from facilities.models import CreditEntry, Facility
from facilities.paging import decode, encode
from facilities.rules.states import FACILITY
from facilities.rules.words import words
from facilities.search import found_ids
from facilities.services.facilities import REGISTER
from portal.api import PROBLEMS, DistrictAPIView, Problem
from portal.errors import Denied, Refused
from portal.models.places import Street
from portal.rules.rights import Reach

SIZE, LARGEST = 100, 200
#: Moves when the columns or their form do, so that no client keeps rows of the old form.
FORM = 3
KINDS = Facility.Kind.values
#: The lists of the credit record, as the public may read them today.
LISTS = (
    f"FROM facilities_creditentry c WHERE c.kind IN ('discipline', 'incentive') AND {CreditEntry.public_rows}"
)
LISTED = ("none", "incentive", "discipline")


class Column(NamedTuple):
    sql: str
    field: serializers.Field


COLUMNS: dict[str, Column] = {
    "id": Column("f.id", IntegerField(help_text="在地址里用")),
    "code": Column("f.code", CharField(help_text="编号，本区内不变")),
    "district": Column("f.district_id", IntegerField(help_text="区的六位代码")),
    "name": Column("f.name", CharField()),
    "kind": Column("f.kind", ChoiceField(choices=KINDS, help_text="类型")),
    "state": Column("f.state", ChoiceField(choices=list(FACILITY.states), help_text="状态")),
    "ownership": Column("f.ownership", ChoiceField(choices=Facility.Ownership.values, help_text="性质")),
    "inclusive": Column("f.inclusive", BooleanField(help_text="普惠")),
    "street": Column("s.code", CharField(help_text="街镇的九位代码")),
    "street_name": Column("s.name", CharField()),
    "address": Column("f.address", CharField()),
    "latitude": Column("f.latitude", serializers.FloatField(allow_null=True, help_text="WGS-84，六位小数")),
    "longitude": Column("f.longitude", serializers.FloatField(allow_null=True, help_text="WGS-84，六位小数")),
    "operator": Column("coalesce(o.name, '')", CharField(allow_blank=True, help_text="举办者")),
    "chain": Column("coalesce(o.chain, '')", CharField(allow_blank=True, help_text="举办者的连锁品牌")),
    "credit_code": Column("f.credit_code", CharField(allow_blank=True, help_text="统一社会信用代码")),
    "phone": Column("f.phone", CharField(allow_blank=True, help_text="对外电话")),
    "places": Column("f.places", IntegerField(min_value=1, max_value=500, help_text="托位")),
    "enrolled": Column("f.enrolled", IntegerField(min_value=0, help_text="在托")),
    "full_day": Column("f.full_day", BooleanField(help_text="全日制")),
    "half_day": Column("f.half_day", BooleanField(help_text="半日制")),
    "hourly": Column("f.hourly", BooleanField(help_text="计时制")),
    "opens_at": Column("f.opens_at", serializers.TimeField(allow_null=True, help_text="开门时间")),
    "closes_at": Column("f.closes_at", serializers.TimeField(allow_null=True, help_text="关门时间")),
    "meals": Column("f.meals", BooleanField(help_text="供餐")),
    "grade": Column(
        "nullif(f.grade, '')",
        ChoiceField(choices=Facility.Grade.values, allow_null=True, help_text="风险等级；没有定时为 null"),
    ),
    "listed": Column(
        f"coalesce((SELECT min(c.kind) {LISTS} AND c.facility_id = f.id), 'none')",
        ChoiceField(choices=LISTED, help_text="诚信名单；上了名单、离开名单不动 changed_at"),
    ),
    "usable_area": Column(
        "f.usable_area", serializers.FloatField(allow_null=True, help_text="使用面积，平方米，一位小数")
    ),
    "cameras": Column("f.cameras", IntegerField(allow_null=True, help_text="摄像头，个")),
    "alarm_buttons": Column("f.alarm_buttons", IntegerField(allow_null=True, help_text="报警按钮，个")),
    "video_days": Column("f.video_days", IntegerField(allow_null=True, help_text="录像保存天数")),
    "video_connected": Column("f.video_connected", BooleanField(allow_null=True)),
    "alarm_connected": Column("f.alarm_connected", BooleanField(allow_null=True)),
    "insured_until": Column("f.insured_until", DateField(allow_null=True, help_text="责任险到期")),
    "fees_published_on": Column("f.fees_published_on", DateField(allow_null=True, help_text="收费公示日期")),
    "opened_on": Column("f.opened_on", DateField(allow_null=True)),
    "closed_on": Column("f.closed_on", DateField(allow_null=True)),
    "version": Column("f.version", IntegerField(min_value=1, help_text="每改一次加一")),
    "changed_at": Column(
        """to_char(f.changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
        serializers.DateTimeField(help_text="UTC，六位小数秒"),
    ),
}
SELECT = ", ".join(f'{column.sql} AS "{name}"' for name, column in COLUMNS.items())
FROM = (
    "facilities_facility f JOIN portal_street s ON s.district_id = f.district_id AND s.id = f.street_id"
    " LEFT JOIN facilities_operator o ON o.district_id = f.district_id AND o.id = f.operator_id"
)

#: The register's number, the last loading of reference data, which names the streets, and who stands on a list today
#: as an ETag.
STANDING = (
    f"SELECT '\"{FORM}-' || current_setting('portal.district') || '-'"
    f" || coalesce((SELECT last FROM portal_series WHERE name = '{REGISTER}'), 0) || '-'"
    " || coalesce((SELECT extract(epoch FROM max(loaded_at))::bigint FROM portal_shippedfile), 0) || '-'"
    f" || coalesce((SELECT md5(string_agg(c.facility_id || c.kind, ',' ORDER BY c.facility_id, c.kind)) {LISTS}), '')"
    " || '\"'"
)

FacilityRow = type("Facility", (serializers.Serializer,), {n: column.field for n, column in COLUMNS.items()})


class FacilityPage(serializers.Serializer):
    results = FacilityRow(many=True)
    next = CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


PARAMETERS = [
    OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
    OpenApiParameter("cursor", str, description="上一页的 next"),
    OpenApiParameter("street", str, many=True, explode=True, description="街镇的九位代码，可以重复"),
    OpenApiParameter("kind", str, enum=KINDS, many=True, description="类型，可以重复"),
    OpenApiParameter("state", str, enum=list(FACILITY.states), many=True, description="状态，可以重复"),
    OpenApiParameter("inclusive", bool, description="true 普惠，false 非普惠"),
    OpenApiParameter(
        "updated_since",
        {"type": "string", "format": "date-time"},
        description="这一刻及以后改过的，要带时区：2026-03-18T00:00:00+08:00",
    ),
    OpenApiParameter("search", str, description="名称、地址、编号或拼音，空格隔开的词都要有"),
]
UNCHANGED = {304: OpenApiResponse(description="和 If-None-Match 里的版本相比没有变化")}


def page_sql(conditions: list[str], limit: int) -> str:
    """One row of JSON text per facility, by code; `conditions` hold placeholders for the caller's parameters."""
    where = " AND ".join(["true", *conditions])
    return (
        f"SELECT row_to_json(p)::text FROM (SELECT {SELECT} FROM {FROM} WHERE {where}"
        f" ORDER BY f.code LIMIT {limit:d}) p"
    )


def refuse(name: str, sentence: str, **facts):
    raise Refused(f"{name}：{sentence}" % facts, field=name, code="parameter")


def wanted(params) -> tuple[list[str], list, int]:
    """Conditions, their parameters and the page's size from a query; Refused with the name of the parameter."""
    unknown = sorted(set(params) - {parameter.name for parameter in PARAMETERS})
    if unknown:
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    conditions, values = [], []
    limit = params.get("limit", str(SIZE))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= LARGEST):
        refuse("limit", _("填 1 到 %(n)d 之间的整数"), n=LARGEST)
    if "cursor" in params:
        conditions.append("f.code > %s")
        values += decode(params["cursor"], (str,))
    for name, choices in (("kind", KINDS), ("state", list(FACILITY.states))):
        if chosen := params.getlist(name):
            if strange := [value for value in chosen if value not in choices]:
                refuse(name, _("没有“%(value)s”。可以是 %(all)s"), value=strange[0], all="、".join(choices))
            conditions.append(f"f.{name} = ANY(%s)")
            values.append(chosen)
    if codes := params.getlist("street"):
        if strange := [code for code in codes if not (code.isascii() and code.isdigit() and len(code) == 9)]:
            refuse("street", _("“%(code)s”不是九位代码"), code=strange[0])
        streets = dict(Street.objects.filter(code__in=codes).values_list("code", "pk"))
        if strange := [code for code in codes if code not in streets]:
            refuse("street", _("本区没有街镇 %(code)s"), code=strange[0])
        conditions.append("f.street_id = ANY(%s)")
        values.append(list(streets.values()))
    if "inclusive" in params:
        if params["inclusive"] not in ("true", "false"):
            refuse("inclusive", _("填 true 或 false"))
        conditions.append("f.inclusive = %s")
        values.append(params["inclusive"] == "true")
    if text := params.get("updated_since"):
        conditions.append("f.changed_at >= %s")
        values.append(moment(text))
    if wordings := words(params.get("search", "")[:60]):
        ids = found_ids(Facility, params["search"][:60])
        if ids is None:  # a broad search: the list is walked, see facilities/search.py
            conditions += ["strpos(f.search_text, %s) > 0"] * len(wordings)
            values += wordings
        else:
            conditions.append("f.id = ANY(%s)")
            values.append(ids)
    return conditions, values, int(limit)


def moment(text: str):
    try:
        found = parse_datetime(text.replace(" ", "+"))  # a + in an address means a space
        found = (
            found.astimezone(UTC) if found and found.tzinfo else None
        )  # Postgres takes no offset beyond 16 hours
    except (ValueError, OverflowError):
        found = None
    if found is None or found.year < 1900:
        refuse("updated_since", _("填带时区的时间，例如 2026-03-18T00:00:00+08:00"))
    return found


class RegisterView(DistrictAPIView):
    """What list and single row share: the scope, and the answer 304 while the register stands as it stood."""

    scope = "facilities:read"

    def answer(self, request, conditions: list[str], values: list, limit: int, body) -> HttpResponse:
        """304, or what `body` makes of the rows' JSON texts.

        The register's number comes first in the same statement; a client that says what it has is asked first.
        """
        if Reach.ALL not in request.auth.reaches("facility.view"):  # raw SQL asks no queryset
            raise Denied(_("令牌不能读整个区的名册"))
        known, rows = request.headers.get("If-None-Match", ""), []
        with connection.cursor() as cursor:
            if known:
                cursor.execute(STANDING)
                tag = cursor.fetchone()[0]
            if not known or tag not in known:
                cursor.execute(f"{STANDING} UNION ALL ({page_sql(conditions, limit)})", values)
                tag, *rows = (row[0] for row in cursor.fetchall())
                response = HttpResponse(body(rows), content_type="application/json")
            else:
                response = HttpResponse(status=304)
        response["ETag"] = tag
        response["Cache-Control"] = "private, no-cache"
        response["Vary"] = "Authorization"
        return response


class FacilityList(RegisterView):
    """The register by code."""

    @extend_schema(
        operation_id="facilities_list",
        summary="名册",
        description="本区的机构，按编号先后，一页一页取。没有变化时用 If-None-Match 问，回 304。",
        parameters=PARAMETERS,
        responses={(200, "application/json"): FacilityPage, **UNCHANGED, **PROBLEMS},
    )
    def get(self, request):
        conditions, values, limit = wanted(request.query_params)

        def page(rows: list[str]) -> bytes:
            following = "null"
            if len(rows) > limit:
                rows.pop()
                following = f'"{encode([orjson.loads(rows[-1])["code"]])}"'
            return f'{{"results":[{",".join(rows)}],"next":{following}}}'.encode()

        return self.answer(request, conditions, values, limit + 1, page)


class FacilityDetail(RegisterView):
    @extend_schema(
        operation_id="facilities_retrieve",
        summary="一家机构",
        parameters=[],
        responses={
            (200, "application/json"): FacilityRow,
            **UNCHANGED,
            **PROBLEMS,
            (404, "application/problem+json"): Problem,
        },
    )
    def get(self, request, pk):
        def row(rows: list[str]) -> bytes:
            if not rows:
                raise Http404
            return rows[0].encode()

        if pk >= 2**63:
            raise Http404
        return self.answer(request, ["f.id = %s"], [pk], 1, row)
