"""REST: results of inspections that are published, page after page by key."""

from __future__ import annotations

from datetime import datetime

import orjson
from django.db.models import Count, Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.paging import decode, encode
from inspections.models import Finding, Inspection, Recusal
from inspections.rules.recusals import RECUSAL
from inspections.rules.states import ANSWERS, FINDING, WEIGHTS
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Denied, Refused
from portal.models import Street
from portal.rules.rights import Reach

SIZE, LARGEST = 100, 500


class ResultFinding(serializers.Serializer):
    item = serializers.CharField(help_text="检查项的文字")
    key = serializers.SlugField(help_text="检查项的编号，各版检查表一致")
    weight = serializers.ChoiceField(choices=list(WEIGHTS))
    state = serializers.ChoiceField(choices=list(FINDING.states))


class ResultAnswers(serializers.Serializer):
    ok = serializers.IntegerField(min_value=0, help_text="符合")
    bad = serializers.IntegerField(min_value=0, help_text="不符合")
    unseen = serializers.IntegerField(min_value=0, help_text="未查；不算符合")
    withdrawn = serializers.IntegerField(min_value=0, help_text="记过不符合、后来撤销的；不在别的数里")


class ResultRecusal(serializers.Serializer):
    asked_on = serializers.DateField()
    state = serializers.ChoiceField(choices=list(RECUSAL.states))
    decided_on = serializers.DateField(allow_null=True)


class Result(serializers.Serializer):
    number = serializers.CharField(help_text="检查编号")
    facility = serializers.CharField(help_text="机构编号")
    street = serializers.CharField(help_text="街镇的九位代码")
    kind = serializers.ChoiceField(choices=Inspection.Kind.values, help_text="双随机或有因检查")
    inspected_on = serializers.DateField()
    published_on = serializers.DateField()
    public_until = serializers.DateField(allow_null=True, help_text="公示到这一天")
    version = serializers.IntegerField(min_value=1, help_text="结果的第几版；更正以后加一")
    answers = ResultAnswers()
    findings = ResultFinding(many=True)
    recusals = ResultRecusal(many=True, help_text="这次检查的回避申请和决定；谁提出、说的是谁不在这里")


class ResultPage(serializers.Serializer):
    results = Result(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


def wanted(request) -> tuple[int, int | None, str, datetime | None]:
    """The request's limit, place, facility and moment; Refused with the name of the parameter."""
    params = request.query_params
    unknown = sorted(set(params) - {"limit", "cursor", "facility", "published_since"})
    if unknown:
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )
    limit = params.get("limit", str(SIZE))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= LARGEST and len(limit) < 9):
        raise Refused(_("limit：填 1 到 %(n)d 之间的整数") % {"n": LARGEST}, field="limit", code="limit")
    place = decode(params["cursor"], (int,))[0] if "cursor" in params else None
    facility = params.get("facility", "")
    if len(facility) > 12 or not facility.isprintable():
        raise Refused(_("facility：填机构编号"), field="facility", code="facility")
    since = None
    if text := params.get("published_since", ""):
        try:
            since = timezone.make_aware(datetime.strptime(text, "%Y-%m-%d"))
        except ValueError:
            raise Refused(
                _("published_since：填 2026-03-01 这样的日期"), field="published_since", code="date"
            ) from None
    return int(limit), place, facility, since


class ResultList(DistrictAPIView):
    """Public results of inspections. What is not published yet does not exist here."""

    scope = "results:read"

    @extend_schema(
        operation_id="inspections_list",
        summary="检查结果",
        description="正在公示的检查结果，按编号先后；撤回、期满、修复的不再给出。没有公示的检查、抽到还没有做的检查都不在这里。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
            OpenApiParameter("facility", str, description="机构编号"),
            OpenApiParameter(
                "published_since", {"type": "string", "format": "date"}, description="这一天及以后公示的"
            ),
        ],
        responses={(200, "application/json"): ResultPage, **PROBLEMS},
    )
    def get(self, request):
        if Reach.ALL not in request.auth.reaches("result.read"):
            raise Denied(_("令牌不能读整个区的检查结果"))
        limit, place, facility, since = wanted(request)
        rows = Inspection.objects.public(timezone.localdate())
        if place is not None:
            rows = rows.filter(pk__gt=place)
        if facility:
            rows = rows.filter(facility__code=facility)
        if since:
            rows = rows.filter(published_at__gte=since)
        counted = {value: Count("answers", filter=Q(answers__value=value)) for value in ANSWERS}
        found = list(
            rows.order_by("pk")
            .annotate(**{f"n_{value}": count for value, count in counted.items()})
            .values(
                "pk",
                "number",
                "kind",
                "finished_on",
                "published_at",
                "publish_until",
                "facility__code",
                "facility__street",
                "review__latest",
                *(f"n_{v}" for v in ANSWERS),
            )[: limit + 1]
        )
        more, found = len(found) > limit, found[:limit]
        body = {
            "results": self.results(found),
            "next": encode([found[-1]["pk"]]) if more else None,
        }
        return HttpResponse(orjson.dumps(body), content_type="application/json")

    def results(self, rows: list[dict]) -> list[dict]:
        streets = dict(Street.objects.values_list("pk", "code"))
        findings: dict[int, list[dict]] = {}
        gone = Finding.objects.filter(inspection__in=[row["pk"] for row in rows], state="withdrawn")
        withdrawn = dict(
            gone.order_by().values_list("inspection").annotate(n=Count("pk")).values_list("inspection", "n")
        )
        values = Finding.objects.filter(inspection__in=[row["pk"] for row in rows], published=True).order_by(
            "pk"
        )
        for inspection, item, key, weight, state in values.values_list(
            "inspection", "item__text", "item_key", "weight", "state"
        ):
            findings.setdefault(inspection, []).append(
                {"item": item, "key": key, "weight": weight, "state": state}
            )
        recusals: dict[int, list[dict]] = {}
        asked = Recusal.objects.filter(inspection__in=[row["pk"] for row in rows]).order_by("asked_at", "pk")
        for inspection, state, asked_at, decided_at in asked.values_list(
            "inspection", "state", "asked_at", "decided_at"
        ):
            recusals.setdefault(inspection, []).append(
                {
                    "asked_on": timezone.localdate(asked_at).isoformat(),
                    "state": state,
                    "decided_on": timezone.localdate(decided_at).isoformat() if decided_at else None,
                }
            )
        return [
            {
                "number": row["number"],
                "facility": row["facility__code"],
                "street": streets[row["facility__street"]],
                "kind": row["kind"],
                "inspected_on": row["finished_on"].isoformat(),
                "published_on": timezone.localdate(row["published_at"]).isoformat(),
                "public_until": row["publish_until"].isoformat() if row["publish_until"] else None,
                "version": row["review__latest"] or 1,
                "answers": self.answers(row, withdrawn.get(row["pk"], 0)),
                "findings": findings.get(row["pk"], []),
                "recusals": recusals.get(row["pk"], []),
            }
            for row in rows
        ]

    @staticmethod
    def answers(row: dict, withdrawn: int) -> dict:
        found = {value: row[f"n_{value}"] for value in ANSWERS}
        return {**found, "bad": found["bad"] - withdrawn, "withdrawn": withdrawn}
