"""After the visits: objections, a correction, more time, the ladder, a repair, ratings; each by the people who do it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from django.core.files.base import ContentFile
from django.utils import timezone

from facilities.models import Facility, FacilityGrant
from inspections.models import Inspection, Order, ResultReview
from inspections.services import (
    escalations,
    extensions,
    publication,
    result_changes,
    result_reviews,
    visit_codes,
)
from portal import pdf
from portal.access import Actor
from portal.calendar import add_working_days
from portal.models.people import User
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms

REMARKS = (
    "来之前亮了码，讲得很清楚。",
    "检查时避开了午睡，谢谢。",
    "",
    "",
    "希望能提前告诉我们要准备哪些材料。",
)


def at(day: date, hour: int = 16) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour, 20)))


def paper(title: str, words: str) -> ContentFile:
    html = (
        f'<html lang="zh-CN"><title>{title}</title><body><h1><span>{title}（示例）</span></h1>'
        f'<div class="opening"><p>{words}</p></div></body></html>'
    )
    return ContentFile(pdf.render(html), name=f"{title}.pdf")


def keeper(facility: Facility, crew: Crew) -> Actor | None:
    """Somebody with an operator's account for the facility."""
    grants = FacilityGrant.objects.filter(content_object=facility, permission__codename="keep_facility")
    user = User.objects.filter(pk__in=grants.values("user"), is_active=True).order_by("pk").first()
    return crew.of(user) if user else None


def make(terms: Terms, crew: Crew) -> str:
    today, yesterday = terms.today, add_working_days(terms.today, -1)
    result_reviews.lapse_due(actor=crew.system, on=today, now=at(today, 7))
    kept = [(review, who) for review in drafts() if (who := keeper(review.inspection.facility, crew))]
    said = object_to(kept, yesterday, crew)
    changed = correct(yesterday, crew)
    asked = more_time(yesterday, crew)
    days = [today - timedelta(n) for n in range(12, -1, -1)]
    climbed = sum(escalations.climb_due(actor=crew.system, on=day) for day in days)
    repairs = repair(yesterday, crew)
    rated = rate(terms, crew)
    return f"意见 {said}，更正 {changed}，延期 {asked}，逾期报送 {climbed}，修复 {repairs}，评价 {rated}"


def drafts():
    rows = ResultReview.objects.filter(state="draft", inspection__findings__isnull=False).distinct()
    return rows.select_related("inspection__facility", "inspection__signed_by").order_by("answer_by", "pk")


def object_to(kept, on: date, crew: Crew) -> int:
    """The first waits for its decision, the second was accepted, the third has nothing against it."""
    count = 0
    for place, (review, who) in enumerate(kept[:3]):
        if timezone.localdate(review.inspection.confirmed_at) > on:
            continue
        if place == 2:
            result_reviews.agree(review, actor=who, now=at(on))
            continue
        finding = review.inspection.findings.order_by("pk").first()
        file = paper("情况说明", "当天的值班表和监控截图，请核对。")
        result_reviews.object_to(
            review,
            texts={finding.pk: "当时正在交接班，监控和值班表可以核对，不是没有做。"},
            files={finding.pk: [file]},
            actor=who,
            now=at(on),
        )
        count += 1
        if place == 1:
            said = review.objections.get().pk
            result_reviews.decide(
                review,
                outcomes={said: "accepted"},
                reasons={said: "看了监控和值班表，情况属实。"},
                actor=crew.second,
                now=at(on, 17),
            )
    return count


def correct(on: date, crew: Crew) -> int:
    """A published result with two findings or more: one goes, a head has still to decide."""
    rows = Inspection.objects.public(on).filter(review__state="final", findings__state="closed").distinct()
    for visit in rows.order_by("-published_at", "pk")[:20]:
        findings = list(visit.findings.exclude(state="withdrawn").order_by("pk"))
        if len(findings) > 1 and timezone.localdate(visit.published_at) <= on:
            result_changes.propose_change(
                visit.review,
                findings=[findings[0].pk],
                reason_kind="review",
                reason="复查时调了当天的记录，这一项当时符合要求。",
                decided_on=on,
                upload=paper("复核意见", "当天的记录完整，这一项不应当记为不符合。"),
                actor=crew.bureau,
                now=at(on, 9),
            )
            return 1
    return 0


def more_time(on: date, crew: Crew) -> int:
    rows = Order.objects.filter(state="issued", due_on__gt=on, issued_on__lte=on, extensions__isnull=True)
    for order in rows.select_related("facility").order_by("due_on", "number")[:20]:
        who = keeper(order.facility, crew)
        if who is not None:
            extensions.ask(
                order,
                wanted_on=add_working_days(order.due_on, 5),
                reason="防护栏要定做，厂家说下周才能装好，附订货单。",
                upload=paper("订货单", "防护栏十二米，下周三上门安装。"),
                actor=who,
                now=at(on, 11),
            )
            return 1
    return 0


def repair(on: date, crew: Crew) -> int:
    """Mended long ago: the facility asks, the bureau has looked, a head has still to decide."""
    rows = ResultReview.objects.filter(state="final", inspection__findings__state="closed").distinct()
    rows = rows.filter(inspection__in=Inspection.objects.public(on)).select_related("inspection__facility")
    for review in rows.order_by("inspection__published_at", "pk")[:30]:
        who = keeper(review.inspection.facility, crew)
        if who is None or publication.stands_against(review, on):
            continue
        made = publication.ask_repair(
            review,
            reason="问题当月就改好并通过了复查，半年来没有再发生，申请不再公示。",
            upload=paper("整改材料", "改好以后的照片和近半年的自查记录。"),
            actor=who,
            now=at(on, 10),
        )
        publication.examine_repair(made, True, answer="去现场看过，属实。", actor=crew.bureau, now=at(on, 15))
        return 1
    return 0


def rate(terms: Terms, crew: Crew) -> int:
    """Some of the last days' visits were rated by the code."""
    since = at(terms.today - timedelta(12), 0)
    rows = Inspection.objects.filter(signed_at__gte=since, rating__isnull=True).order_by("pk")
    count = 0
    for visit in rows[:12]:
        random = Random(f"{terms.seed}/{visit.number}/rating")
        visit_codes.rate(
            visit,
            scores={
                "basis": random.choice((3, 4, 5, 5)),
                "manner": random.choice((4, 5, 5)),
                "disturbance": random.choice((3, 4, 5)),
            },
            comment=random.choice(REMARKS),
            way="code",
            actor=crew.system,
            now=visit.signed_at + timedelta(hours=2),
        )
        count += 1
    return count
