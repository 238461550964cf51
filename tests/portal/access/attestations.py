"""Rows of the proofs of targets."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from portal.models import User
from targets.models import Attestation, Target
from targets.services import attestations
from tests.portal.access.rows import Row
from tests.portal.stage import Place, png


def attested() -> Target:
    today = timezone.localdate()
    return (
        Target.objects.filter(proof="attested").current(today).order_by("document__key", "position").first()
    )


def values(**more) -> dict:
    """What a form of a proof holds."""
    today = timezone.localdate()
    return {
        "title": "示例制度文件", "number": "示例〔2026〕1号", "issuer": "示例单位", "issued_on": "2026-01-05",
        "text": "第三条写明每年排摸一次，附件是排摸记录", "starts_on": "2026-01-05",
        "valid_until": str(today + timedelta(200)), "achieved": "1",
    } | more  # fmt: skip


def given(place: Place, state: str = "given", target: Target | None = None) -> Attestation:
    """A proof that the product handed in, led to a state."""
    said = values()
    days = {name: date.fromisoformat(said[name]) for name in ("issued_on", "starts_on", "valid_until")}
    made = attestations.give(
        target or attested(), actor=place.process, files=[png()], **said | days | {"achieved": Decimal(1)}
    )
    if state != "given":
        Attestation.objects.filter(pk=made.pk).update(
            state=state,
            confirmed_at=timezone.now() if state == "confirmed" else None,
            confirmed_by=User.objects.get(username="minhang-head") if state == "confirmed" else None,
        )
        made.refresh_from_db()
    return made


def one(place: Place, state: str = "given") -> dict:
    return {"pk": given(place, state).pk}


def step(place: Place, what: str, **more):
    made = given(place)
    return {"pk": made.pk}, {"what": what, "version": made.version} | more


ATTESTATIONS = [
    Row("attestations", "GET", "target.view", denied=403),
    Row("attestation-new", "GET", "attestation.give", denied=403, make=lambda p: {"pk": attested().pk}),
    Row(
        "attestation-new", "POST", "attestation.give", denied=403,
        make=lambda p: ({"pk": attested().pk}, values(files=png())),
    ),
    Row("attestation", "GET", "target.view", denied=403, make=one),
    Row("attestation-edit", "GET", "attestation.give", denied=403, make=one),
    Row(
        "attestation-edit", "POST", "attestation.give", denied=403,
        make=lambda p: (one(p), values(version=1, files=png())),
    ),
    Row("attestation-step", "POST", "attestation.confirm", denied=403, make=lambda p: step(p, "confirm")),
    Row(
        "attestation-step", "POST", "attestation.give", denied=403, note="withdraw",
        make=lambda p: step(p, "withdraw", note="交错了"),
    ),
    Row(
        "attestation-file", "GET", "target.view", denied=403,
        make=lambda p: {"pk": given(p).files.first().pk},
    ),
]  # fmt: skip
