"""A month's draw: frozen, witnessed (draw_entropy.py), confirmed by a second person and drawn; or drawn chained.

Each function locks, so that what is asked for by many workers at once is done once; each leaves a state from
which the next one goes on.
"""

from __future__ import annotations

import hashlib
import importlib.util
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from inspections.models import Draw, PublicRecord
from inspections.rules import draw as rules
from inspections.rules.states import DRAW
from inspections.services import chains, pools
from inspections.services.draw_visits import make_visits
from portal.access import Actor
from portal.crypto import encrypt
from portal.errors import Conflict, Refused
from portal.services import audit, publicity
from portal.services.steps import step

# --- What everybody asks ---------------------------------------------------------------------------


def check_month(year: int, month: int) -> None:
    """Refused unless month is 1 to 12 and the year one that a draw can have."""
    if not 1 <= month <= 12:
        raise Refused(_("月份：填 1 到 12，现在是 %(month)s") % {"month": month}, field="month", code="month")
    if not 2000 <= year <= 2999:
        raise Refused(_("年份：填 2000 到 2999 之间的数"), field="year", code="year")


def valid_draw(scheme_key: str, year: int, month: int) -> Draw | None:
    """The draw of the month that is not void, or None."""
    return (
        Draw.objects.filter(chain__scheme_key=scheme_key, year=year, month=month)
        .exclude(state="void")
        .select_related("scheme", "chain")
        .first()
    )


def locked(draw: Draw) -> Draw:
    """The draw as it stands, locked until the transaction ends."""
    return Draw.objects.select_for_update(of=("self",)).select_related("scheme", "chain").get(pk=draw.pk)


def publish(
    draw: Draw, kind: str, sha256: str, at: datetime, body: bytes | None = None, note: str = ""
) -> None:
    """A line of the public log."""
    PublicRecord.objects.create(
        draw=draw,
        kind=kind,
        at=at,
        scheme_key=draw.chain.scheme_key,
        scheme_name=draw.scheme.name,
        year=draw.year,
        month=draw.month,
        sha256=sha256,
        body=body,
        note=note,
    )


def one_line(text: str, field: str, label: str) -> str:
    """Trimmed text of one line, 200 characters at most; Refused names the field."""
    text = (text or "").strip()
    if len(text) > 200:
        raise Refused(
            _("%(label)s：最多 200 个字，现在 %(n)s 个") % {"label": label, "n": len(text)}, field=field
        )
    if any(not c.isprintable() and c != "\u3000" for c in text):
        raise Refused(_("%(label)s：写成一行，不要换行") % {"label": label}, field=field)
    return text


# --- Drawing ---------------------------------------------------------------------------------------


def check_second(draw: Draw, actor: Actor) -> None:
    if actor.same_person(draw.entered_by):
        raise Refused(
            _("录入和确认要两个人。由另一位工作人员或单位负责人在自己的账号上确认"),
            code="same_person",
        )


def confirm_and_draw(
    draw: Draw, *, actor: Actor, seen: str | None = None, at: datetime | None = None
) -> Draw:
    """The second person confirms what was entered, and the draw is made; the drawn draw if it was made already.

    `seen`: the entropy text that the person saw; Conflict when it was entered anew meanwhile.
    """
    actor.demand("draw.confirm")
    draw = locked(draw)
    if draw.state in ("drawn", "published"):
        return draw
    step(DRAW, draw, "draw")
    check_second(draw, actor)
    if draw.void_requested_at is not None:
        raise Conflict(_("有人申请作废这次抽取，先由单位负责人决定"), code="void_requested")
    if seen is not None and seen != draw.entropy_value:
        raise Conflict(_("录入的点数刚刚改过。对照现场重新核对"), field="seen", code="changed")
    _on, at = chains.moment(None, at)
    return _make(draw, "draw", {"source": draw.entropy_source, "value": draw.entropy_value}, actor, at)


def chained_from(draw: Draw) -> date:
    """The first day on which the draw may be made chained: the witness's time is over by the scheme's calendar."""
    _first, last = pools.month_days(draw.year, draw.month)
    return min(date(draw.year, draw.month, min(draw.scheme.last_day, last.day)), last) + timedelta(days=1)


def draw_chained(
    draw: Draw,
    *,
    actor: Actor,
    by_name: bool = False,
    on: date | None = None,
    at: datetime | None = None,
) -> Draw:
    """Draws without a public fact; the drawn draw if it was made already.

    Only after the witness's last day, where the scheme allows it or somebody asked for it by name, and never for
    a draw that replaces a void one.
    """
    actor.demand("draw.confirm")
    on, at = chains.moment(on, at)
    draw = locked(draw)
    if draw.state in ("drawn", "published"):
        return draw
    step(DRAW, draw, "draw_chained")
    if draw.replaces_id is not None:
        raise Refused(
            _("这次抽取替换作废的一次，只能用新的见证，不能接链"), field="source", code="chained_replacement"
        )
    if draw.lottery_only:
        raise Refused(
            _("这个月的一环已经公开，只能用冻结时指定的彩票，不能接链"), field="source", code="lottery_only"
        )
    if not (draw.scheme.chained_allowed or by_name):
        raise Refused(_("方案不允许接链。安排见证"), field="source", code="chained_not_allowed")
    if on < chained_from(draw):
        raise Refused(
            _("见证期到 %(day)s 才过，之后才能接链")
            % {"day": (chained_from(draw) - timedelta(days=1)).isoformat()},
            field="source",
            code="chained_early",
        )
    previous = (
        Draw.objects.filter(chain=draw.chain, month__lt=draw.month, state__in=("drawn", "published"))
        .order_by("-month")
        .first()
    )
    entropy = rules.chained_entropy(draw.chain.anchor, previous.evidence_file if previous else None)
    return _make(draw, "draw_chained", entropy, actor, at)


@lru_cache(maxsize=1)
def _independent_verifier():
    """static/verify/verify_draw.py, the program that citizens run: it shares no code with the rules."""
    path = Path(settings.BASE_DIR, "static", "verify", "verify_draw.py")
    spec = importlib.util.spec_from_file_location("verify_draw", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def differences(draw: Draw) -> list[str]:
    """What the citizens' program finds wrong with the draw's evidence; nothing when all re-computes."""
    return list(_faults(draw.evidence_file, draw.evidence_sha256))


@lru_cache(maxsize=16)
def _faults(file: bytes, published_sha256: str) -> tuple[str, ...]:
    """Depends on these bytes alone, so that a page looked at again does not compute the month's draw again."""
    faults, _notes = _independent_verifier().verify(file, published_sha256)
    return tuple(faults)


def _role(user) -> str:
    """How somebody stands in the evidence: never by name."""
    return "process" if user is None else "staff"


def _make(draw: Draw, action: str, entropy: dict, actor: Actor, at: datetime) -> Draw:
    """The draw itself, in the caller's transaction with the draw locked: all of it or nothing."""
    target = step(DRAW, draw, action)
    scheme = draw.scheme
    if scheme.grades_public_confirmed_at is None:
        raise Refused(_("先确认一次：等级和回避随证据公开。在双随机页上确认，之后不再问"), code="publicity")
    publicity.demand_none(
        [draw.witnesses, draw.entropy_value, draw.entropy_note],
        _("退回重录，去掉号码；冻结时的彩票期号里有，就作废重抽"),
    )
    evidence = rules.draw(draw.frozen_dict, chains.link(draw.chain, draw.month), draw.month, entropy)
    evidence["record"] = {
        "frozen_at": draw.frozen_at.isoformat(),
        "entered_at": draw.entered_at.isoformat() if draw.entered_at else "",
        "drawn_at": at.isoformat(),
        "witnesses": draw.witnesses,
        "lottery": draw.entropy_note,
        "link_public": draw.lottery_only,
        "entered_by": _role(draw.entered_by) if draw.entered_at else "",
        "confirmed_by": _role(actor.user),
    }
    file = rules.evidence_file(evidence)
    draw.state = target
    draw.entropy_source, draw.entropy_value = entropy["source"], entropy["value"]
    draw.evidence = encrypt(file)
    draw.evidence_sha256 = hashlib.sha256(file).hexdigest()
    draw.drawn_at, draw.drawn_by = at, actor.user
    faults = differences(draw)
    if faults:  # the two programs disagree: one of them is wrong, and nothing is drawn
        raise RuntimeError(f"the evidence does not re-compute: {faults}")
    draw.save(
        update_fields=[
            "state", "entropy_source", "entropy_value", "evidence", "evidence_sha256", "drawn_at", "drawn_by",
        ]
    )  # fmt: skip
    make_visits(draw, evidence, at)
    publish(draw, PublicRecord.Kind.EVIDENCE_HASH, draw.evidence_sha256, at)
    audit.record(
        "inspections.draw.draw",
        draw,
        actor=actor,
        changes={
            "source": entropy["source"],
            "evidence_sha256": draw.evidence_sha256,
            "drawn": len(evidence["results"]),
            "short_teams": len(rules.short_teams(evidence)),
        },
    )
    return draw
