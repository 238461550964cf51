"""REST: who works where, with which certificates, hours and inquiries; no identity number, no phone, no full name."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import orjson
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateField,
    FloatField,
    IntegerField,
)

from facilities.api.facilities import LARGEST, SIZE, refuse
from facilities.models import Certificate, Employment
from facilities.paging import decode, encode
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Denied, Refused
from portal.rules.rights import Reach


class HeldCertificate(serializers.Serializer):
    kind = ChoiceField(choices=Certificate.Kind.values)
    issued_on = DateField()
    valid_until = DateField(allow_null=True, help_text="没有期限时为 null")


class Column(NamedTuple):
    sql: str
    field: serializers.Field


def hours(kind: str) -> str:
    return (
        "coalesce((SELECT sum(t.hours) FROM facilities_trainingrecord t WHERE t.district_id = e.district_id"
        f" AND t.staff_id = e.staff_id AND t.kind = '{kind}' AND t.passed"
        " AND t.done_on BETWEEN date_trunc('year', %(on)s::date)::date AND %(on)s), 0)"
    )


def last_check(column: str) -> str:
    return (
        f"(SELECT {column} FROM facilities_recordcheck r WHERE r.district_id = e.district_id"
        " AND r.staff_id = e.staff_id ORDER BY r.checked_on DESC LIMIT 1)"
    )


COLUMNS: dict[str, Column] = {
    "id": Column("e.id", IntegerField(help_text="一段任职一行")),
    "code": Column("s.code", CharField(help_text="人员编号，本区内不变")),
    "name": Column("left(s.name, 1) || '*'", CharField(help_text="只有姓")),
    "facility": Column("f.code", CharField(help_text="机构编号")),
    "street": Column("p.code", CharField(help_text="街镇的九位代码")),
    "post": Column("e.post", ChoiceField(choices=Employment.Post.values, help_text="岗位")),
    "full_time": Column("e.full_time", BooleanField(help_text="全职")),
    "starts_on": Column("e.starts_on", DateField(help_text="到岗")),
    "ends_on": Column("e.ends_on", DateField(allow_null=True, help_text="离岗；没有定时为 null")),
    "certificates": Column(
        "coalesce((SELECT jsonb_agg(jsonb_build_object('kind', c.kind, 'issued_on', c.issued_on,"
        " 'valid_until', c.valid_until) ORDER BY c.id) FROM facilities_certificate c"
        " WHERE c.district_id = e.district_id AND c.staff_id = e.staff_id), '[]')",
        HeldCertificate(many=True, help_text="证书和健康证，没有编号"),
    ),
    "skills_hours": Column(hours("skills"), FloatField(help_text="今年综合技能课时")),
    "ethics_hours": Column(hours("ethics"), FloatField(help_text="今年职业道德课时")),
    "checked_on": Column(
        last_check("checked_on"),
        DateField(allow_null=True, help_text="最近一次违法犯罪记录查询；没查过为 null"),
    ),
    "clear": Column(last_check("NOT found"), BooleanField(allow_null=True, help_text="那次查询没有记录")),
}
SELECT = ", ".join(f'{column.sql} AS "{name}"' for name, column in COLUMNS.items())
FROM = """facilities_employment e
    JOIN facilities_staffmember s ON s.district_id = e.district_id AND s.id = e.staff_id
    JOIN facilities_facility f ON f.district_id = e.district_id AND f.id = e.facility_id
    JOIN portal_street p ON p.district_id = f.district_id AND p.id = f.street_id"""

StaffRow = type("Staff", (serializers.Serializer,), {n: column.field for n, column in COLUMNS.items()})


class StaffPage(serializers.Serializer):
    results = StaffRow(many=True)
    next = CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


DAY = {"type": "string", "format": "date"}
PARAMETERS = [
    OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
    OpenApiParameter("cursor", str, description="上一页的 next"),
    OpenApiParameter("facility", str, description="机构编号"),
    OpenApiParameter("since", DAY, description="也要这一天以后离岗的；不给时只有今天在岗的"),
    OpenApiParameter("post", str, enum=Employment.Post.values, many=True, description="岗位，可以重复"),
]


def refuse_day() -> None:
    refuse("since", _("填 2026-03-01 这样的日期"))


def wanted(params, arguments: dict) -> tuple[list[str], int]:
    """Conditions and the page's size; their values go into `arguments`."""
    unknown = sorted(set(params) - {parameter.name for parameter in PARAMETERS})
    if unknown:
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    since = params.get("since")
    if since is not None:
        try:
            arguments["since"] = date.fromisoformat(since) if len(since) == 10 else refuse_day()
        except ValueError:
            refuse_day()
    at_least = "since" if since else "on"
    conditions = ["e.starts_on <= %(on)s", f"(e.ends_on IS NULL OR e.ends_on >= %({at_least})s)"]
    limit = params.get("limit", str(SIZE))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= LARGEST):
        refuse("limit", _("填 1 到 %(n)d 之间的整数"), n=LARGEST)
    if "cursor" in params:
        code, pk = decode(params["cursor"], (str, int))
        conditions.append("(s.code, e.id) > (%(code)s, %(pk)s)")
        arguments |= {"code": code, "pk": pk}
    if "facility" in params:
        conditions.append("f.code = %(facility)s")
        arguments["facility"] = params["facility"]
    if chosen := params.getlist("post"):
        if strange := [value for value in chosen if value not in Employment.Post.values]:
            refuse(
                "post",
                _("没有“%(value)s”。可以是 %(all)s"),
                value=strange[0],
                all="、".join(Employment.Post.values),
            )
        conditions.append("e.post = ANY(%(posts)s)")
        arguments["posts"] = chosen
    return conditions, int(limit)


class StaffList(DistrictAPIView):
    """Everybody at work, by code."""

    scope = "staff:read"

    @extend_schema(
        operation_id="staff_list",
        summary="从业人员",
        description="本区在岗的人，按编号先后，一页一页取；给了 since 还有以前的任职。没有身份证号、手机和全名。",
        parameters=PARAMETERS,
        responses={(200, "application/json"): StaffPage, **PROBLEMS},
    )
    def get(self, request):
        if Reach.ALL not in request.auth.reaches("staff.read"):  # raw SQL asks no queryset
            raise Denied(_("令牌不能读整个区的人员"))
        arguments = {"on": timezone.localdate()}
        conditions, limit = wanted(request.query_params, arguments)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT row_to_json(r)::text FROM (SELECT {SELECT} FROM {FROM} WHERE {' AND '.join(conditions)}"
                f" ORDER BY s.code, e.id LIMIT {limit + 1:d}) r",
                arguments,
            )
            rows = [row[0] for row in cursor.fetchall()]
        following = "null"
        if len(rows) > limit:
            rows.pop()
            last = orjson.loads(rows[-1])
            following = f'"{encode([last["code"], last["id"]])}"'
        body = f'{{"results":[{",".join(rows)}],"next":{following}}}'
        response = HttpResponse(body.encode(), content_type="application/json")
        response["Cache-Control"] = "private, no-cache"
        response["Vary"] = "Authorization"
        return response
