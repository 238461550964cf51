"""REST: policy documents, and each with its clauses, all that rests on them, and its versions."""

from __future__ import annotations

from django.db.models import Count
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from facilities.paging import encode
from inspections.api_joint import page_of
from portal.api import PROBLEMS, DistrictAPIView, Problem
from portal.models.policy import PolicyDocument
from portal.views.documents import clauses_of, whole

SIZE, LARGEST = 50, 200
ORIGINS = PolicyDocument.Origin.values
FACTS = (
    "key", "title", "number", "issued_on", "issuers", "bases", "period_from", "period_to", "period_stated",
    "origin", "superseded_on",
)  # fmt: skip


class DocumentFacts(serializers.Serializer):
    key = serializers.SlugField(help_text="本区之内不变的名字")
    title = serializers.CharField()
    number = serializers.CharField(allow_blank=True, help_text="文号")
    issued_on = serializers.DateField(allow_null=True, help_text="印发日期")
    issuers = serializers.ListField(child=serializers.CharField(), help_text="发文单位")
    bases = serializers.ListField(child=serializers.CharField(), help_text="依据的文件")
    period_from = serializers.DateField(allow_null=True)
    period_to = serializers.DateField(allow_null=True)
    period_stated = serializers.CharField(allow_blank=True, help_text="文件里怎么写期限")
    origin = serializers.ChoiceField(
        choices=ORIGINS, help_text="随产品载入、载入后本区改过、本区录入、联席会议纪要"
    )
    follows = serializers.CharField(allow_null=True, help_text="接续哪一份文件（key）")
    superseded_on = serializers.DateField(allow_null=True, help_text="接续它的文件从这一天起衡量")


class DocumentRow(DocumentFacts):
    clauses = serializers.IntegerField(help_text="条款数")


class DocumentPage(serializers.Serializer):
    results = DocumentRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class RestingOut(serializers.Serializer):
    kind = serializers.CharField(help_text="任务、职责、指标、规则、参数、检查项……")
    text = serializers.CharField()
    note = serializers.CharField(allow_blank=True)


class DocumentClauseOut(serializers.Serializer):
    label = serializers.CharField(help_text="条款：二（二）1")
    text = serializers.CharField(allow_null=True, help_text="原文；没有录入的为 null")
    note = serializers.CharField(allow_blank=True, help_text="抄本在这里缺什么，或者有什么笔误")
    resting = RestingOut(many=True, help_text="依据这一条的内容")


class DocumentVersionOut(serializers.Serializer):
    number = serializers.IntegerField(min_value=1)
    starts_on = serializers.DateField()
    reason = serializers.CharField(allow_blank=True)
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")
    current = serializers.BooleanField(help_text="今天执行的一版")


class DocumentOut(DocumentFacts):
    clauses = DocumentClauseOut(many=True)
    without_clause = RestingOut(many=True, help_text="没有写条款的内容")
    versions = DocumentVersionOut(many=True, help_text="随产品载入、没有改过的没有版本")


def facts(row: PolicyDocument) -> dict:
    return {name: getattr(row, name) for name in FACTS} | {
        "follows": row.follows.key if row.follows else None
    }


def told(resting) -> list[dict]:
    return [{"kind": str(r.kind), "text": str(r.text), "note": str(r.note)} for r in resting]


class DocumentList(DistrictAPIView):
    """The documents of the token's district."""

    scope = "documents:read"

    @extend_schema(
        operation_id="documents_list",
        summary="政策文件",
        description="本区的政策文件，按 id 先后。起草中的不在里面。",
        parameters=[
            OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
            OpenApiParameter("cursor", str, description="上一页的 next"),
        ],
        responses={(200, "application/json"): DocumentPage, **PROBLEMS},
    )
    def get(self, request):
        limit, place = page_of(request, {"limit", "cursor"}, SIZE, LARGEST)
        rows = PolicyDocument.objects.allowed(request.auth, "document.view").select_related("follows")
        if place is not None:
            rows = rows.filter(pk__gt=place)
        found = list(rows.annotate(of_clauses=Count("clauses")).order_by("pk")[: limit + 1])
        more, found = len(found) > limit, found[:limit]
        results = [facts(row) | {"clauses": row.of_clauses} for row in found]
        return Response({"results": results, "next": encode([found[-1].pk]) if more else None})


class DocumentDetail(DistrictAPIView):
    """One document, clause by clause."""

    scope = "documents:read"

    @extend_schema(
        operation_id="documents_retrieve",
        summary="一份政策文件",
        description="一份文件的条款、原文、依据每一条的任务、指标、规则、检查项、参数，以及它的各版。",
        responses={
            (200, "application/json"): DocumentOut,
            **PROBLEMS,
            (404, "application/problem+json"): Problem,
        },
    )
    def get(self, request, key):
        page_of(request, set(), SIZE, LARGEST)
        row = whole(PolicyDocument.objects.allowed(request.auth, "document.view")).filter(key=key).first()
        if row is None:
            raise Http404
        current, clauses, loose = clauses_of(row, request.auth, timezone.localdate())
        return Response(
            facts(row)
            | {
                "clauses": [
                    {
                        "label": clause.label,
                        "text": text or None,
                        "note": note,
                        "resting": told(on_it),
                    }
                    for clause, text, note, on_it in clauses
                ],
                "without_clause": told(loose),
                "versions": [
                    {name: getattr(one, name) for name in ("number", "starts_on", "reason", "sha256")}
                    | {"current": current is not None and one.pk == current.pk}
                    for one in row.versions.all()
                ],
            }
        )
