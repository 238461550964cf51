"""REST: the targets of a district with their newest figures, of the district and street by street."""

from __future__ import annotations

from collections import defaultdict

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from portal.api import PROBLEMS, DistrictAPIView, Problem
from portal.errors import Denied, NotFound, Refused
from portal.models.places import Street
from portal.rules.rights import Reach
from targets.metrics.registry import METRICS, OWN
from targets.models import Snapshot, SnapshotValue, Target
from targets.rules import attestations as proofs
from targets.rules import verdicts
from targets.services import attestations, first_records, promises, rollup, snapshots, unannounced

#: Periods of snapshots.
PERIODS = ["month", "year"]
VERDICTS = [verdicts.MET, verdicts.ON_PACE, verdicts.BEHIND, verdicts.MISSED, verdicts.UNKNOWN]


def number(help_text: str, **more) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=help_text, **more)


class Figure(serializers.Serializer):
    numerator = number(help_text="计入的行数、街镇数或合计")
    denominator = number(help_text="分母；合计没有分母，为 null")
    value = number(help_text="比例（0 到 1）或数；没有数据时为 null")
    limit = number(help_text="要求，和 value 同一单位；没有要求时为 null")
    verdict = serializers.ChoiceField(
        choices=VERDICTS, allow_null=True, help_text="达到、快于进度、缺口、未达、没有数据；没有要求时为 null"
    )


class StreetFigure(Figure):
    street = serializers.CharField(help_text="街镇的九位代码")


class DistrictFigure(Figure):
    on_due_day = Figure(allow_null=True, help_text="期限已过的按期指标：期限那天的数；其余为 null")


class TargetSource(serializers.Serializer):
    document = serializers.CharField(help_text="文号；没有文号的是标题")
    clause = serializers.CharField()
    period_to = serializers.DateField(allow_null=True, help_text="计划期止")
    over = serializers.BooleanField(help_text="计划期已满，没有接续的计划，仍是衡量的尺度")


class Method(serializers.Serializer):
    metric = serializers.CharField()
    version = serializers.IntegerField(min_value=1)
    measure = serializers.ChoiceField(choices=["share", "count", "per_population"])
    words = serializers.CharField(help_text="算法")


class TargetProof(serializers.Serializer):
    state = serializers.ChoiceField(
        choices=list(proofs.WORDS),
        help_text="proved 有效，short 有效而没有达到要求，expired 过期，waiting 等第二人确认，missing 没有",
    )
    title = serializers.CharField(allow_null=True, help_text="材料名称；没有材料时为 null")
    document_number = serializers.CharField(allow_null=True, allow_blank=True, help_text="文号")
    issuer = serializers.CharField(allow_null=True, allow_blank=True, help_text="出具单位")
    achieved = number(help_text="材料证明的完成数；指标不要求数时为 null")
    starts_on = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)


class TargetRow(serializers.Serializer):
    key = serializers.CharField(help_text="文件内不变的名字；本系统自己的数是算法的名字")
    text = serializers.CharField(help_text="文件原文")
    source = TargetSource(allow_null=True, help_text="本系统自己的数没有出处，为 null")
    kind = serializers.CharField(allow_null=True)
    comparator = serializers.ChoiceField(choices=["==", ">=", "<="], allow_null=True)
    asked = serializers.JSONField(allow_null=True, help_text="文件里的值：数，或 true")
    unit = serializers.CharField(allow_blank=True)
    period = serializers.ChoiceField(choices=["plan", "by-date", "year", "month"], allow_null=True)
    due = serializers.DateField(allow_null=True)
    scope = serializers.CharField(allow_null=True)
    proof = serializers.ChoiceField(
        choices=Target.Proof.values, help_text="counted 算出，attested 由材料证明，not_yet 还没算"
    )
    proof_reason = serializers.CharField(allow_blank=True)
    attestation = TargetProof(allow_null=True, help_text="不由材料证明的为 null")
    method = Method(allow_null=True, help_text="没有算出的为 null")
    figure = DistrictFigure(allow_null=True, help_text="没有算出的为 null，不当作达到")
    streets = StreetFigure(many=True)


class SnapshotRow(serializers.Serializer):
    id = serializers.IntegerField()
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")
    period = serializers.ChoiceField(choices=PERIODS)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    as_of = serializers.DateField(help_text="算到这一天的记录")
    taken_at = serializers.DateTimeField()
    unknown = serializers.DictField(child=serializers.CharField(), help_text="没算出来的算法和原因")


class TargetList(serializers.Serializer):
    snapshot = SnapshotRow(allow_null=True, help_text="这段时间还没有算过时为 null")
    results = TargetRow(many=True)


def plain(value) -> float | int | None:
    """A decimal as JSON's number, whole ones without a point."""
    if value is None:
        return None
    value = float(value)
    return int(value) if value.is_integer() else value


def figure(row) -> dict:
    """A kept figure: of a row, or of the due day's dictionary."""
    get = row.get if isinstance(row, dict) else lambda name: getattr(row, name)
    found = {name: plain(get(name)) for name in ("numerator", "denominator", "value", "limit")}
    return found | {"verdict": get("verdict") or None}


def snapshot_of(text: str) -> Snapshot | None:
    """The newest of `2026-11`, `2026`, `plan` or a day; without a text the newest month that was counted."""
    if not text:
        return (
            Snapshot.objects.filter(period="month")
            .order_by("-starts_on", "-as_of", "-taken_at", "-pk")
            .first()
        )
    try:
        period = rollup.period_named(text, on=timezone.localdate())
    except Refused as refused:
        raise Refused(f"period：{refused.message}", field="period", code="parameter") from None
    return snapshots.latest_of(period)


class TargetsView(DistrictAPIView):
    """All targets of the district's plans."""

    scope = "targets:read"

    @extend_schema(
        operation_id="targets_list",
        summary="指标",
        description="本区各计划的指标，最新一次算出的全区数和各街镇数，附快照的指纹。没有算出的不当作达到。"
        "抽到的检查没有全部公开的月份（和它所在的年），双随机检查完成只给全区的数，streets 为空。",
        parameters=[
            OpenApiParameter(
                "period",
                str,
                description="2026-11、2026-Q4、2026、plan（整个计划期）或 2026-11-15（那天为止）；默认最近算过的一个月",
            )
        ],
        responses={
            (200, "application/json"): TargetList,
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
            if first_records.none_of(rollup.period_named(text, on=timezone.localdate())):
                raise NotFound(_(first_records.NONE_YET), code="no_records")
            raise Http404
        return Response(content(snapshot, unannounced.veiled_metrics(request.auth, snapshot)))


def content(snapshot: Snapshot | None, veiled: frozenset[str] = frozenset()) -> dict:
    """The whole answer in five queries; of `veiled` metrics no street's figure."""
    on = snapshot.as_of if snapshot else timezone.localdate()
    codes = dict(Street.objects.values_list("pk", "code"))
    whole: dict[tuple, SnapshotValue] = {}
    streets: dict[tuple, list[dict]] = defaultdict(list)
    values = SnapshotValue.objects.filter(snapshot=snapshot) if snapshot else SnapshotValue.objects.none()
    for value in values.exclude(metric__in=veiled, street__isnull=False) if veiled else values:
        key = (value.metric, value.target_id)
        if value.street_id is None:
            whole[key] = value
        else:
            streets[key].append({"street": codes[value.street_id], **figure(value)})
    targets = promises.targets_in_force(on)
    results = [row(t, on, whole, streets) for t in targets]
    asked = {key for key, target_id in whole if target_id is not None}
    alone = sorted(key for key, target_id in whole if target_id is None and key in OWN and key not in asked)
    results += [own(key, whole[key, None], streets[key, None]) for key in alone]
    head = None
    if snapshot:
        head = {
            "id": snapshot.pk,
            "sha256": snapshot.sha256,
            "period": snapshot.period,
            "starts_on": snapshot.starts_on,
            "ends_on": snapshot.ends_on,
            "as_of": snapshot.as_of,
            "taken_at": snapshot.taken_at,
            "unknown": snapshot.unknown,
        }
    return {"snapshot": head, "results": results}


def method(key: str) -> dict:
    metric = METRICS[key]
    return {"metric": key, "version": metric.version, "measure": metric.measure, "words": metric.method}


def proof(target: Target, on) -> dict:
    state, found = attestations.standing(target, on)
    names = ("title", "issuer", "starts_on", "valid_until")
    told = {name: getattr(found, name) if found else None for name in names}
    return {
        "state": state,
        **told,
        "document_number": found.number if found else None,
        "achieved": plain(found.achieved) if found else None,
    }


def row(target: Target, on, whole: dict, streets: dict) -> dict:
    counted = target.proof == Target.Proof.COUNTED
    key = (target.metric, target.pk)
    value = whole.get(key) if counted else None
    due = value.on_due_day if value else None
    document = target.document
    return {
        "key": target.key,
        "text": target.text,
        "source": {
            "document": str(document),
            "clause": target.clause.label,
            "period_to": document.period_to,
            "over": promises.plan_over(target, on),
        },
        "kind": target.kind,
        "comparator": target.comparator,
        "asked": target.value,
        "unit": target.unit,
        "period": target.period,
        "due": target.due,
        "scope": target.scope,
        "proof": target.proof,
        "proof_reason": target.proof_reason,
        "attestation": proof(target, on) if target.proof == Target.Proof.ATTESTED else None,
        "method": method(target.metric) if counted else None,
        "figure": {**figure(value), "on_due_day": figure(due) if due else None} if value else None,
        "streets": sorted(streets[key], key=lambda s: s["street"]) if value else [],
    }


def own(key: str, value: SnapshotValue, streets: list[dict]) -> dict:
    """A figure of the product: nobody's promise."""
    metric = METRICS[key]
    empty = dict.fromkeys(("attestation", "source", "kind", "comparator", "asked", "period", "due", "scope"))
    return {
        "key": key,
        "text": metric.label,
        **empty,
        "unit": metric.unit,
        "proof": "counted",
        "proof_reason": "",
        "method": method(key),
        "figure": {**figure(value), "on_due_day": None},
        "streets": sorted(streets, key=lambda s: s["street"]),
    }
