"""REST of the rulebook: the rules with their counts, and verdicts of one rule or of one facility."""

from __future__ import annotations

from datetime import date, datetime

import orjson
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.models import Facility
from facilities.paging import decode, encode
from facilities.rulebook import verdicts
from facilities.rulebook.base import BOOK
from facilities.rulebook.verdicts import Counts, Found
from facilities.rules.rulebook import NOT_MET, SUBJECTS, VERDICTS
from portal.api import PROBLEMS, DistrictAPIView, Problem
from portal.errors import Denied, Refused
from portal.rules.rights import Reach

SIZE, LARGEST = 100, 500
EARLIEST = date(2000, 1, 1)


class RuleRow(serializers.Serializer):
    key = serializers.CharField(help_text="规则的键，各区、各版本一致")
    label = serializers.CharField()
    subject = serializers.ChoiceField(choices=list(SUBJECTS))
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=Facility.Kind.values))
    document = serializers.CharField(allow_null=True, help_text="文号；不是本区文件的规则为 null")
    clause = serializers.CharField(allow_null=True)
    basis = serializers.CharField(allow_blank=True, help_text="不在本区文件里的依据")
    weak = serializers.BooleanField(help_text="待核对")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    not_met = serializers.IntegerField(min_value=0, help_text="不符合的机构数")
    met = serializers.IntegerField(min_value=0)
    unknown = serializers.IntegerField(min_value=0, help_text="缺记录的机构数，不算符合")


class RuleList(serializers.Serializer):
    on = serializers.DateField()
    results = RuleRow(many=True)


class VerdictRow(serializers.Serializer):
    facility = serializers.CharField(help_text="机构编号")
    rule = serializers.CharField()
    verdict = serializers.ChoiceField(choices=list(VERDICTS))
    value = serializers.CharField(allow_null=True, help_text="查到的数、日期或字；没有登记时为 null")
    of = serializers.IntegerField(allow_null=True, help_text="按人数判断的规则：共有几人")
    limit = serializers.CharField(allow_null=True, help_text="要求的数或日期")
    since = serializers.DateField(allow_null=True, help_text="从哪天起不是符合；还没有核对过时为 null")


class VerdictPage(serializers.Serializer):
    on = serializers.DateField()
    results = VerdictRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


DAY = OpenApiParameter(
    "on", {"type": "string", "format": "date"}, description="按哪一天判断，默认今天；不能晚于今天"
)


def known(params, names: set[str]) -> None:
    if unknown := sorted(set(params) - names):
        raise Refused(
            _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
        )


def day(params) -> date:
    today = timezone.localdate()
    if "on" not in params:
        return today
    try:
        on = datetime.strptime(params["on"], "%Y-%m-%d").date()
    except ValueError:
        on = None
    if on is None or not EARLIEST <= on <= today:
        raise Refused(_("on：填 2026-03-01 这样的日期，不能晚于今天"), field="on", code="date")
    return on


def text(value) -> str | None:
    """Numbers without zeros at their end, days as ISO, yes and no as true and false."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    return f"{value:.4f}".rstrip("0").rstrip(".")


def verdict_row(found: Found) -> dict:
    return {
        "facility": found.code,
        "rule": found.rule.key,
        "verdict": found.verdict,
        "value": text(found.value),
        "of": found.of,
        "limit": text(found.limit),
        "since": found.since,
    }


def answer(body: dict) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body), content_type="application/json")
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Authorization"
    return response


class RulebookView(DistrictAPIView):
    scope = "rulebook:read"

    def demand(self, request) -> None:
        if Reach.ALL not in request.auth.reaches("rule.view"):
            raise Denied(_("令牌不能读整个区的规则执行"))


class RulebookRules(RulebookView):
    @extend_schema(
        operation_id="rulebook_rules",
        summary="规则",
        description="某一天有效的规则，各有多少家在办机构符合、不符合、缺记录。",
        parameters=[DAY],
        responses={(200, "application/json"): RuleList, **PROBLEMS},
    )
    def get(self, request):
        self.demand(request)
        known(request.query_params, {"on"})
        on = day(request.query_params)
        found = verdicts.rules(on)
        totals = verdicts.summed(verdicts.counted(found, on))
        results = []
        for rule in found:
            counts = totals.get(rule.key, Counts())
            document = rule.clause.document if rule.clause else None
            results.append(
                {
                    "key": rule.key,
                    "label": _(BOOK.tests[rule.key].label),
                    "subject": rule.subject,
                    "kinds": rule.kinds,
                    "document": (document.number or document.title) if document else None,
                    "clause": rule.clause.label if rule.clause else None,
                    "basis": rule.basis,
                    "weak": rule.weak,
                    "starts_on": rule.starts_on,
                    "ends_on": rule.ends_on,
                    "not_met": counts.not_met,
                    "met": counts.met,
                    "unknown": counts.unknown,
                }
            )
        return answer({"on": on, "results": results})


class RulebookVerdicts(RulebookView):
    @extend_schema(
        operation_id="rulebook_verdicts",
        summary="判断结果",
        description="哪些机构不符合（或缺记录、符合）哪条规则，按机构编号一页一页取，可以只要一条规则的；"
        "给 facility 时，是这一家的全部规则，一次取完。",
        parameters=[
            DAY,
            OpenApiParameter("rule", str, description="规则的键"),
            OpenApiParameter("facility", str, description="机构编号"),
            OpenApiParameter(
                "verdict",
                str,
                enum=list(VERDICTS),
                description="要哪种结果，默认 not_met；给 facility 时不用",
            ),
            OpenApiParameter("limit", int, description=f"每页几家机构，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
        ],
        responses={
            (200, "application/json"): VerdictPage,
            **PROBLEMS,
            (404, "application/problem+json"): Problem,
        },
    )
    def get(self, request):
        self.demand(request)
        params = request.query_params
        known(params, {"on", "rule", "facility", "verdict", "limit", "cursor"})
        on = day(params)
        limit = params.get("limit", str(SIZE))
        if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= LARGEST):
            raise Refused(_("limit：填 1 到 %(n)d 之间的整数") % {"n": LARGEST}, field="limit", code="limit")
        place = decode(params["cursor"], (str,))[0] if "cursor" in params else ""
        verdict = params.get("verdict", NOT_MET)
        if verdict not in VERDICTS:
            raise Refused(
                _("verdict：可以是 %(all)s") % {"all": "、".join(VERDICTS)}, field="verdict", code="verdict"
            )
        if "rule" in params and "facility" in params:
            raise Refused(_("rule、facility：只给一个"), field="rule", code="rule")
        if "facility" in params:
            code = params["facility"]
            facility = None if "\x00" in code else Facility.objects.filter(code=code[:12]).only("pk").first()
            if facility is None:
                raise Http404
            rows = [verdict_row(one) for one in verdicts.of_facility(facility.pk, on)]
            return answer({"on": on, "results": rows, "next": None})
        found = self.page(params.get("rule"), on, verdict, place, int(limit) + 1)
        following = None
        if len(found) > int(limit):
            found.pop()
            following = encode([found[-1][0].code])
        results = [verdict_row(one) for of in found for one in of]
        return answer({"on": on, "results": results, "next": following})

    def page(self, key: str | None, on: date, verdict: str, after: str, limit: int) -> list[list[Found]]:
        """Verdicts by facility, of all rules or one."""
        if key is None:
            return verdicts.of_all(on, verdict=verdict, after=after, limit=limit)
        rules = [] if "\x00" in key else verdicts.rules(on, key)
        if not rules:
            raise Http404
        return [[one] for one in verdicts.of_rule(rules[0], on, verdict=verdict, after=after, limit=limit)]
