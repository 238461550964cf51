"""What of the naming cycle waits for whom: the city, an expert with reviews, a district."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import Actor
from portal.navigation import Waiting
from targets.models.naming import (
    Candidate,
    CycleApplication,
    NamingCycle,
    NoticeObjection,
    Revocation,
    SiteReview,
)
from targets.rules import naming as rules
from targets.services import applications, naming, revocations

MOST = 20


def waiting(actor: Actor) -> list[Waiting]:
    if actor.user is None or actor.visiting:
        return []
    if actor.district.is_city:
        found = of_the_city(actor) if actor.may("cycle.manage") else []
        return found + (of_an_expert(actor) if actor.may("cycle.review") else [])
    return of_a_district(actor) if actor.may("cycle_application.view") else []


def shape(due: date, on: date) -> str:
    return "bad" if due < on else "warn" if (due - on).days < 7 else "doing"


def of_the_city(actor: Actor) -> list[Waiting]:
    """Open cycles with their next day, what a second person confirms, objections, hearings."""
    slug, on, found = actor.district.slug, timezone.localdate(), []
    for row in NamingCycle.objects.exclude(state="named").order_by("year")[:MOST]:
        url, own = reverse("naming-cycle", args=[slug, row.pk]), actor.same_person(row.proposed_by)
        if row.state == "draft":
            found.append(
                Waiting(
                    title=_("发布示范创建：%(name)s") % {"name": row},
                    facts=_("还在筹备，各区看不到"),
                    url=url,
                    verb=_("去发布"),
                    due=row.apply_by,
                    state=shape(row.apply_by, on),
                )
            )
        elif row.state == "open" and row.note:
            found.append(
                Waiting(
                    title=_("重新遴选：%(name)s") % {"name": row},
                    facts=row.note,
                    url=url,
                    verb=_("去遴选"),
                    due=row.select_by,
                    state=shape(row.select_by, on),
                )
            )
        elif row.state == "open" and on > row.assess_by:
            due = row.review_by if on <= row.review_by else row.select_by
            words = _("现场审核：%(name)s") if on <= row.review_by else _("评审遴选：%(name)s")
            found.append(
                Waiting(
                    title=words % {"name": row},
                    facts=_("自评已经截止"),
                    url=url,
                    verb=_("去看"),
                    due=due,
                    state=shape(due, on),
                )
            )
        elif row.state == "proposed" and not own:
            found.append(
                Waiting(
                    title=_("复核遴选结果：%(name)s") % {"name": row},
                    facts=_("报的人不能复核"),
                    url=url,
                    verb=_("去复核"),
                    due=row.select_by,
                    state=shape(row.select_by, on),
                )
            )
        elif row.state == "notice" and not own and not naming.not_yet(row, on):
            found.append(
                Waiting(
                    title=_("命名：%(name)s") % {"name": row},
                    facts=_("公示期满，没有待核实的异议"),
                    url=url,
                    verb=_("去命名"),
                    due=row.name_by,
                    state=shape(row.name_by, on),
                )
            )
    found += of_candidates(slug, on)
    for row in NoticeObjection.objects.filter(state="open").select_related("cycle").order_by("at")[:MOST]:
        url = reverse("naming-objection", args=[slug, row.pk])
        found.append(
            Waiting(
                title=_("核实公示异议：%(name)s") % {"name": row.cycle},
                facts=str(row),
                url=url,
                verb=_("去核实"),
                due=row.cycle.notice_to,
                state="warn",
            )
        )
    rows = Revocation.objects.filter(state__in=("notified", "heard")).select_related(
        "candidate__applicant", "statement"
    )
    for row in rows.order_by("hearing_on")[:MOST]:
        url = reverse("naming-candidate", args=[slug, row.candidate_id])
        if row.state == "heard" and not actor.same_person(row.raised_by):
            found.append(
                Waiting(
                    title=_("决定是否撤销命名：%(name)s") % {"name": row},
                    facts=_("提出的人不能决定"),
                    url=url,
                    verb=_("去决定"),
                    state="warn",
                )
            )
        elif row.state == "notified" and revocations.may_hear(row, on):
            facts = _("陈述已经收到") if row.statement_id else _("没有收到陈述")
            found.append(
                Waiting(
                    title=_("听取陈述：%(name)s") % {"name": row},
                    facts=facts,
                    url=url,
                    verb=_("去记"),
                    due=row.hearing_on,
                    state=shape(row.hearing_on, on),
                )
            )
    return found


def of_candidates(slug: str, on: date) -> list[Waiting]:
    """Districts whose self-assessment came and that nobody reviews yet, and those whose reviews are all in."""
    rows = Candidate.objects.filter(state="assessed", cycle__state="open").select_related(
        "applicant", "cycle"
    )
    rows = rows.annotate(
        given=Count("reviews", filter=Q(reviews__state="given"), distinct=True),
        done=Count("reviews", filter=Q(reviews__state="submitted"), distinct=True),
    )
    return [
        Waiting(
            title=(_("写综合评审：%(name)s") if row.done else _("安排专家审核：%(name)s")) % {"name": row},
            facts=str(row.cycle),
            url=reverse("naming-candidate", args=[slug, row.pk]),
            verb=_("去评审") if row.done else _("去安排"),
            due=row.cycle.select_by if row.done else row.cycle.review_by,
            state=shape(row.cycle.select_by if row.done else row.cycle.review_by, on),
        )
        for row in rows.filter(given=0).order_by("applicant")[:MOST]
    ]


def of_an_expert(actor: Actor) -> list[Waiting]:
    on = timezone.localdate()
    rows = SiteReview.objects.allowed(actor, "cycle.review").filter(
        state="given", starts_on__lte=on, ends_on__gte=on
    )
    return [
        Waiting(
            title=_("现场审核：%(name)s") % {"name": row.candidate},
            facts=str(row.candidate.cycle),
            url=reverse("naming-review", args=[actor.district.slug, row.pk]),
            verb=_("去审核"),
            due=row.ends_on,
            state=shape(row.ends_on, on),
        )
        for row in rows.select_related("candidate__applicant", "candidate__cycle").order_by("ends_on")[:MOST]
    ]


def of_a_district(actor: Actor) -> list[Waiting]:
    """Cycles to apply for, the days of the application, the yearly report, a charge that waits for a statement."""
    writes, sends = actor.may("cycle_application.write"), actor.may("cycle_application.send")
    if not (writes or sends):
        return []
    slug, on, found = actor.district.slug, timezone.localdate(), []
    rows = {row.cycle: row for row in CycleApplication.objects.select_related("plan")}
    if writes:
        for offer in applications.offers()[:MOST]:
            plan = offer.content
            due = applications.day_of(plan, "apply_by")
            if offer.cycle not in rows and on <= due <= on + timedelta(2 * rules.SOON):
                found.append(
                    Waiting(
                        title=_("定要不要申报：%(name)s") % {"name": plan["title"]},
                        facts=_("以区人民政府名义申报"),
                        url=reverse("cycle-applications", args=[slug]),
                        verb=_("去看"),
                        due=due,
                        state=shape(due, on),
                    )
                )
    for row in rows.values():
        url, plan = reverse("cycle-application", args=[slug, row.pk]), row.plan.content
        if row.state in ("draft", "applied"):
            stage = "apply_by" if row.state == "draft" else "assess_by"
            due = applications.day_of(plan, stage)
            if due <= on + timedelta(2 * rules.SOON):
                words = _("申报示范创建：%(name)s") if row.state == "draft" else _("示范创建自评：%(name)s")
                found.append(
                    Waiting(
                        title=words % {"name": row},
                        facts=_("写好后由单位负责人报出"),
                        url=url,
                        verb=_("去写") if writes else _("去看"),
                        due=due,
                        state=shape(due, on),
                    )
                )
        if row.charge and not row.charge.get("answered"):
            due = date.fromisoformat(row.charge["hearing_on"])
            found.append(
                Waiting(
                    title=_("向市里陈述：%(name)s") % {"name": row},
                    facts=row.charge["ground"],
                    url=reverse("cycle-application-statement", args=[slug, row.pk])
                    if sends
                    else reverse("cycle-statement-draft", args=[slug, row.pk]),
                    verb=_("去陈述") if sends else _("去起草"),
                    due=due,
                    state=shape(due, on),
                )
            )
        owed = applications.owed_years(row, on + timedelta(rules.SOON)) if row.state == "named" else []
        due_now = [year for year in owed if rules.report_due(year) <= on + timedelta(2 * rules.SOON)]
        if due_now:
            due = rules.report_due(due_now[0])
            title = ngettext("报 %(n)d 个年度的示范区情况", "报 %(n)d 个年度的示范区情况", len(due_now)) % {
                "n": len(due_now)
            }
            found.append(
                Waiting(
                    title=title,
                    facts=_("示范区每年向市里报一次：%(years)s") % {"years": _("、").join(map(str, due_now))},
                    url=reverse("cycle-application-report", args=[slug, row.pk])
                    if sends
                    else reverse("cycle-report-draft", args=[slug, row.pk]),
                    verb=_("去报") if sends else _("去起草"),
                    due=due,
                    state=shape(due, on),
                )
            )
    return found
