"""REST: where the counted targets whose time still runs will stand at its end, each with its method."""

from __future__ import annotations

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from portal.api import PROBLEMS, DistrictAPIView, Problem
from portal.errors import Denied, Refused
from portal.rules.rights import Reach
from targets.api import number, plain, snapshot_of
from targets.rules import forecasts
from targets.views.board import board


class ForecastRow(serializers.Serializer):
    key = serializers.CharField(help_text="指标，同 targets/")
    metric = serializers.CharField()
    value = number(help_text="现在：比例（0 到 1）或数")
    limit = number(help_text="要求，和 value 同一单位")
    day = serializers.DateField(help_text="预计到哪一天")
    forecast = number(help_text="那一天约多少，和 value 同一单位")
    reaches = serializers.BooleanField(help_text="按预计能不能达到要求")
    method = serializers.ChoiceField(choices=list(forecasts.METHODS))
    words = serializers.CharField(help_text="怎样预计；不是承诺，不知道季节和计划中的事")
    points = serializers.IntegerField(help_text="用了几个月末的数；按平均速度推的为 0")


class ForecastList(serializers.Serializer):
    sha256 = serializers.CharField(allow_null=True, help_text="快照的指纹；还没有算过时为 null")
    as_of = serializers.DateField(allow_null=True, help_text="算到这一天的记录")
    results = ForecastRow(many=True)


class ForecastsView(DistrictAPIView):
    """Of the targets in force; what is met, over or too young has no forecast."""

    scope = "targets:read"

    @extend_schema(
        operation_id="targets_forecasts",
        summary="指标预计",
        description="期限没有到、还没有达到的指标，到期（或年底）约能做到多少，写明算法。和指标页同一个算法。",
        parameters=[
            OpenApiParameter("period", str, description="2026-11、2026-Q4 或 2026；默认最近算过的一个月")
        ],
        responses={
            (200, "application/json"): ForecastList,
            **PROBLEMS,
            (404, "application/problem+json"): Problem,
        },
    )
    def get(self, request):
        if Reach.ALL not in request.auth.reaches("target.view"):
            raise Denied(_("令牌不能读整个区的指标"))
        unknown = sorted(set(request.query_params) - {"period"})
        if unknown:
            raise Refused(
                _("没有参数 %(names)s") % {"names": "、".join(unknown)}, field=unknown[0], code="parameter"
            )
        text = request.query_params.get("period", "")
        snapshot = snapshot_of(text)
        if snapshot is None and text:
            raise Http404
        rows = []
        if snapshot is not None:
            shown = board(
                snapshot, request.auth.district.slug, on=timezone.localdate(), street_values=False
            ).rows
            rows = [row for row in shown if row.forecast is not None]
        return Response(
            {
                "sha256": snapshot.sha256 if snapshot else None,
                "as_of": snapshot.as_of if snapshot else None,
                "results": [
                    {
                        "key": row.target.key,
                        "metric": row.metric.key,
                        "value": plain(row.value.value),
                        "limit": plain(row.value.limit),
                        "day": row.forecast.day,
                        "forecast": round(float(row.forecast.value), 6),
                        "reaches": row.forecast_state == "ok",
                        "method": row.forecast.method,
                        "words": row.forecast_method,
                        "points": row.forecast.points,
                    }
                    for row in rows
                ],
            }
        )
