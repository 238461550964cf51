"""Experts: invited for some days, given districts to review, what they found on each indicator. docs/cycle.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models.people import Membership, User
from portal.rules.rights import Role
from portal.services import audit, people
from portal.services.steps import step
from portal.templatetags.ui import day_words
from targets.models.naming import Candidate, NamingCycle, ReviewMark, SiteReview
from targets.rules import naming as rules
from targets.services.naming import kept, locked, said, texted


def experts(on: date):
    """People who may review, now or from a later day."""
    rows = Membership.objects.filter(role=Role.EXPERT, user__is_active=True, ends_on__gte=on)
    return rows.select_related("user").order_by("user__name", "pk")


@transaction.atomic
def invite(
    cycle: NamingCycle, *, username: str, name: str, starts_on: date, ends_on: date, actor: Actor,
    password: str = "", now: datetime | None = None,
) -> tuple[User, str]:  # fmt: skip
    """An expert's account in the city's tenant, which works between the two days only; its first password, shown once.

    Refused for days outside of the review and for more than half a year.
    """
    actor.demand("cycle.manage")
    on = timezone.localdate(now or timezone.now())
    if cycle.state != "open":
        raise Conflict(
            _("周期在“进行中”才能安排专家，现在是“%(state)s”") % {"state": cycle.get_state_display()},
            code="state",
        )
    if ends_on < max(starts_on, on):
        raise Refused(_("到哪天：不能早于今天和开始的那天"), field="ends_on", code="days")
    if starts_on < on:
        raise Refused(_("从哪天：不能早于今天"), field="starts_on", code="days")
    if ends_on > rules.longest(starts_on):
        raise Refused(_("到哪天：专家账号最长半年"), field="ends_on", code="days")
    # the security administrators of a district give accounts; an expert's is the city's own to give, for some days
    process = Actor.system(actor.district, "targets.site_reviews.invite")
    user, first = people.create_person(username=username, name=name, actor=process, password=password)
    membership = Membership.objects.create(user=user, role=Role.EXPERT, starts_on=starts_on, ends_on=ends_on)
    audit.record(
        "targets.site_review.invite", membership, actor=actor, name=user.name,
        changes={"from": str(starts_on), "until": str(ends_on)},
    )  # fmt: skip
    return user, first


@transaction.atomic
def assign(candidate: Candidate, user: User, *, actor: Actor, now: datetime | None = None) -> SiteReview:
    """Gives an expert a district, for the days of the account and no longer than the stage of the review."""
    actor.demand("cycle.manage")
    on = timezone.localdate(now or timezone.now())
    candidate = locked(candidate, None)
    if candidate.state not in ("assessed", "reviewed") or candidate.cycle.state != "open":
        raise Conflict(
            _("%(name)s现在是“%(state)s”，报了自评才能现场审核")
            % {"name": candidate, "state": candidate.get_state_display()},
            code="state",
        )
    found = experts(on).filter(user=user).first()
    if found is None:
        raise Refused(_("专家：选一名账号在期限内的专家"), field="expert", code="expert")
    if candidate.reviews.filter(expert=user).exists():
        raise Conflict(_("%(name)s已经安排这位专家审核") % {"name": candidate}, field="expert", code="twice")
    last = max(min(found.ends_on, candidate.cycle.review_by), found.starts_on)
    row = SiteReview.objects.create(candidate=candidate, expert=user, starts_on=found.starts_on, ends_on=last)
    audit.record("targets.sitereview.assign", row, actor=actor, changes={"until": str(last)})
    return row


def in_time(row: SiteReview, on: date) -> None:
    """Denied outside of the days for which the review was given."""
    if not rules.works(row.starts_on, row.ends_on, on):
        raise Denied(
            _("这项审核从 %(start)s 到 %(end)s，现在不能看，也不能写。需要延期的找市里")
            % {"start": day_words(row.starts_on), "end": day_words(row.ends_on)},
            code="days",
        )


def write_marks(row: SiteReview, told: Mapping[str, Mapping], partly: bool) -> None:
    """`told`: key of the indicator -> finding, methods, points, note. Refused with every place."""
    errors = {}
    for one in row.candidate.cycle.indicators.all():
        given = told.get(one.key, {})
        finding, points = given.get("finding", ""), given.get("points")
        methods = [m for m in given.get("methods", ()) if m in ReviewMark.Method.values]
        if not finding and partly:
            row.marks.filter(indicator=one).delete()
            continue
        label = f"{one.position}. "
        if finding not in ReviewMark.Finding.values:
            errors[f"finding-{one.key}"] = label + said("finding")
        elif not methods:
            errors[f"methods-{one.key}"] = label + said("methods")
        elif one.most is None and points is not None:
            errors[f"points-{one.key}"] = label + said("no_points")
        elif one.most is not None and (points is None or not 0 <= points <= one.most):
            errors[f"points-{one.key}"] = label + said("points", most=one.most)
        else:
            ReviewMark.objects.update_or_create(
                review=row, indicator=one,
                defaults={
                    "finding": finding, "methods": methods, "points": points, "note": given.get("note", "").strip()[:500],
                },
            )  # fmt: skip
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="marks", errors=errors)


def totals(reviews: Iterable[SiteReview]) -> dict[int, Decimal]:
    """Id of each review that was handed in -> the points that its expert gave altogether; none where nothing has points."""
    rows = ReviewMark.objects.filter(
        review__in=[one.pk for one in reviews if one.state == "submitted"], points__isnull=False
    )
    return dict(rows.order_by("review").values_list("review").annotate(Sum("points")))


@transaction.atomic
def write(
    row: SiteReview, told: Mapping[str, Mapping], *, conclusion: str, submit: bool, version: int, actor: Actor,
    now: datetime | None = None,
) -> SiteReview:  # fmt: skip
    """Keeps what the expert has found so far, or hands it in whole; after that it stays."""
    actor.demand("cycle.review")
    row, now = locked(row, version), now or timezone.now()
    if not actor.same_person(row.expert):
        raise Denied(_("这项审核不是给你的"), code="other")
    in_time(row, timezone.localdate(now))
    before, row.state = row.state, step(rules.SITE_REVIEW, row, "submit" if submit else "write")
    write_marks(row, told, partly=not submit)
    row.conclusion = conclusion.strip()[:3000]
    if submit:
        row.conclusion = texted(conclusion, "conclusion", _("审核意见"), rules.TEXT, "text")
        row.submitted_at = now
    return kept(row, "submit" if submit else "write", before, actor=actor)


@transaction.atomic
def drop(row: SiteReview, *, version: int, actor: Actor) -> SiteReview:
    """The expert does not review this district any more; what was handed in cannot be dropped."""
    actor.demand("cycle.manage")
    row = locked(row, version)
    before, row.state = row.state, step(rules.SITE_REVIEW, row, "drop")
    return kept(row, "drop", before, actor=actor)
