"""Freezing: what a month's draw will use is written down and its hash made public, before the entropy exists."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from inspections.models import Draw, DrawChain, PublicRecord, Scheme
from inspections.rules import draw as rules
from inspections.rules.frozen import canonical
from inspections.services import chains, employers, pools
from inspections.services.draws import check_month, one_line, publish, valid_draw
from portal.access import Actor
from portal.errors import Refused
from portal.services import audit, publicity
from portal.templatetags.ui import month_word

EARLIEST_DAYS = 31  # before the month's first (draw.md)


def freeze_day(scheme: Scheme, year: int, month: int) -> date:
    """The day on which 'see that this month is in order' freezes the month's pools."""
    return date(year, month, 1) - timedelta(days=scheme.freeze_days_before)


def last_freeze_day(year: int, month: int) -> date:
    """Until when a month that was missed wholly may be frozen, by hand."""
    return pools.month_days(year, month)[1] + timedelta(days=EARLIEST_DAYS)


def may_freeze(year: int, month: int, on: date) -> bool:
    """Whether the month's list may be frozen on the day, by the calendar."""
    first, _last = pools.month_days(year, month)
    return first - timedelta(days=EARLIEST_DAYS) <= on <= last_freeze_day(year, month)


def link_is_public(chain: DrawChain, month: int) -> bool:
    """Whether anybody can know the month's link: from its own evidence, or by hashing a later month's."""
    return Draw.objects.filter(chain=chain, month__gte=month, published_at__isnull=False).exists()


def freeze(
    scheme: Scheme,
    year: int,
    month: int,
    *,
    actor: Actor,
    on: date | None = None,
    at: datetime | None = None,
    lottery: str = "",
) -> Draw:
    """Freezes what the month's draw will use and publishes its hash; the month's draw if it is frozen already.

    At the earliest 31 days before the month, at the latest in the month after it. `lottery`: the issue whose
    result may serve as entropy; it must be named now. After a void draw the next one replaces it. Where the
    month's link is public already, Refused without a lottery: nothing else is accepted then.
    """
    actor.demand("draw.freeze")
    check_month(year, month)
    on, at = chains.moment(on, at)
    lottery = one_line(lottery, "lottery", _("彩票期号"))
    publicity.demand(lottery, field="lottery", label=_("彩票期号"))
    chains.lock(f"draw {scheme.key}")
    found = valid_draw(scheme.key, year, month)
    if found is not None:
        return found
    first, _last = pools.month_days(year, month)
    if on < first - timedelta(days=EARLIEST_DAYS):
        raise Refused(
            _("%(month)s 月的名单最早在 %(day)s 冻结")
            % {"month": month_word(month), "day": (first - timedelta(days=EARLIEST_DAYS)).isoformat()},
            field="month",
            code="too_early",
        )
    if on > last_freeze_day(year, month):
        raise Refused(
            _("%(year)s 年 %(month)s 月已经过去，不能再冻结名单")
            % {"year": year, "month": month_word(month)},
            field="month",
            code="too_late",
        )
    chain = chains.make_chain(scheme, year, actor=actor, at=at)
    public = link_is_public(chain, month)
    if public and not lottery:
        raise Refused(
            _("彩票期号：%(month)s 月的一环已经公开，要指定一期还没有开奖的彩票才能冻结")
            % {"month": month_word(month)},
            field="lottery",
            code="link_public",
        )
    voided = list(Draw.objects.filter(chain=chain, month=month).order_by("-pk"))
    replaced_hash = next((one.evidence_sha256 for one in voided if one.evidence_sha256), "")
    employers.derive(actor=actor, on=on)
    frozen = pools.frozen_content(
        scheme, chain, month, district_code=actor.district.code, on=on, replaces=replaced_hash
    )
    if not frozen["objects"]:
        raise Refused(
            _("没有可以抽取的机构：在办的一家也没有，或都到了年度上限。先查名册"), code="nothing_to_draw"
        )
    body = canonical(frozen)
    draw = Draw.objects.create(
        scheme=scheme,
        chain=chain,
        year=year,
        month=month,
        frozen=body,
        frozen_sha256=rules.frozen_sha256(frozen),
        frozen_at=at,
        frozen_by=actor.user,
        entropy_note=lottery,
        lottery_only=public,
        replaces=voided[0] if voided else None,
    )
    publish(draw, PublicRecord.Kind.FROZEN, draw.frozen_sha256, at, note=lottery)
    audit.record(
        "inspections.draw.freeze",
        draw,
        actor=actor,
        changes={
            "sha256": draw.frozen_sha256,
            "objects": len(frozen["objects"]),
            "capped": len(frozen["capped"]),
            "inspectors": len(frozen["inspectors"]),
            "replaces": frozen["replaces"],
            "lottery_only": public,
        },
    )
    return draw
