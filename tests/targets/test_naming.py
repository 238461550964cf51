"""The cycle in which districts are named 示范区: from the city's stages to the district's hearing, across two tenants."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.access import Actor
from portal.calendar import add_working_days, working_days_between
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import District, Membership, Message, Unit, User
from portal.models.records import AuditEntry
from portal.rules.rights import Role
from portal.services import people
from portal.services.files import path_of
from portal.spreadsheets import Asked
from portal.tenancy import district_scope
from targets import exports
from targets.demonstration import naming as demonstration
from targets.demonstration.stages import Terms
from targets.models import (
    Candidate,
    CycleApplication,
    CycleLetter,
    LetterTaken,
    NamingCycle,
    NoticeObjection,
    RevocationCondition,
    SiteReview,
    Snapshot,
    SnapshotValue,
    Target,
)
from targets.rules import naming as rules
from targets.services import (  # noqa: F401 - the inboxes register what takes the letters
    applications,
    applications_inbox,
    naming,
    naming_inbox,
    naming_letters,
    notice_objections,
    revocations,
    site_reviews,
)
from targets.views import applications as views
from tests.cast import person
from tests.portal.access.naming import CITY_PAGES
from tests.portal.stage import png

TODAY = timezone.localdate

# --- Rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "districts", "most", "least", "in_principle", "limit", "ceiling"),
    [
        (10, 16, 2, 1, True, 1, 2),  # 1.6: one, a second in principle with a reason
        (40, 16, 6, None, False, 6, 6),  # 6.4
        (40, 15, 6, None, False, 6, 6),
        (40, 14, 6, None, False, 5, 5),
        (40, 20, 6, None, False, 6, 6),
        (10, 9, 2, 1, True, 1, 2),  # 0.9: the document's least number
        (10, 30, 2, 1, True, 2, 2),
        (10, 1, 2, 1, True, 1, 1),
        (40, 2, 6, None, False, 0, 0),
    ],
)
def test_a_quota_is_a_share_rounded_down_within_the_documents_numbers(
    share, districts, most, least, in_principle, limit, ceiling
):
    found = rules.quota(share, districts, most, least, in_principle)
    assert (found.limit, found.ceiling) == (limit, ceiling)
    assert rules.held_to(found, limit) == rules.WITHIN
    assert rules.held_to(found, ceiling + 1) == rules.BEYOND
    if ceiling > limit:
        assert rules.held_to(found, ceiling) == rules.WITH_REASON


def test_a_quota_of_no_districts_is_an_error():
    with pytest.raises(ValueError, match="0"):
        rules.quota(10, 0, 2)


def test_a_deadlines_own_day_is_in_time():
    due = date(2026, 12, 31)
    assert not rules.is_late(due, due)
    assert rules.is_late(due, due + timedelta(1))


def test_stages_follow_each_other():
    days = {name: date(2027, 1 + n, 1) for n, name in enumerate(rules.STAGES)}
    assert rules.out_of_order(days) is None
    assert rules.out_of_order(days | {"review_by": date(2027, 1, 2)}) == "review_by"


def test_a_report_is_owed_from_the_year_after_the_naming_until_it_ends():
    named, until = date(2024, 12, 20), date(2026, 12, 20)
    assert rules.report_years(named, until, date(2024, 12, 31)) == []
    assert rules.report_years(named, until, date(2026, 3, 1)) == [2025, 2026]
    assert rules.report_years(named, until, date(2030, 1, 1)) == [2025, 2026]


def test_points_are_added_where_there_are_some():
    assert rules.total([None, None]) is None
    assert rules.total([Decimal("1.5"), None, Decimal(2)]) == Decimal("3.5")


# --- The stage: the city and two districts --------------------------------------------------------


@contextmanager
def at(district, name: str, cast):
    """The actor of that name in the scope of that district."""
    with district_scope(district):
        yield Actor.of(cast.users[name], district)


@pytest.fixture
def crew(cast):
    """Two of the city, and for Jinshan a bureau (the stranger) and a head."""
    with district_scope(cast.city):
        cast.users["city2"] = person("cast-city2", "示例city2", Role.CITY)
    with district_scope(cast.jinshan):
        cast.users["head_js"] = person("cast-head-js", "示例金山负责人", Role.UNIT_HEAD, Unit.objects.first())
    return cast


def days(**more) -> dict:
    on = TODAY()
    return {
        "title": "示例周期示范区创建",
        "year": on.year + 1,
        **{name: on + timedelta(30 * n) for n, name in enumerate(rules.STAGES, 1)},
    } | more


def opened(crew, points: bool = False, **more) -> NamingCycle:
    with at(crew.city, "city_officer", crew) as actor:
        row = naming.make(actor=actor, **days(**more))
        if points:
            first = row.indicators.first().key
            row = naming.set_points(row, {first: Decimal(10)}, version=row.version, actor=actor)
        row = naming.open_cycle(row, version=row.version, actor=actor)
    take(crew)
    return row


def take(crew) -> None:
    """What the worker does with the letters in each tenant."""
    for one in (crew.city, crew.minhang, crew.jinshan):
        with district_scope(one):
            naming_letters.take_letters(actor=Actor.system(one, "test"))


WHO = {"minhang": ("bureau", "head"), "jinshan": ("stranger", "head_js")}


def applied(crew, slug: str = "minhang") -> None:
    district = getattr(crew, slug)
    writer, head = WHO[slug]
    with at(district, writer, crew) as actor:
        row = applications.begin(applications.offers()[0], actor=actor)
        applications.write(
            row,
            approval="示例府〔2026〕1号",
            approved_on=TODAY(),
            intent="愿意参加示范区创建，工作基础扎实。",
            version=row.version,
            actor=actor,
        )
    with at(district, head, crew) as actor:
        row = CycleApplication.objects.get()
        applications.apply(row, version=row.version, actor=actor)
    take(crew)


def assessed(crew, slug: str = "minhang", file: bool = False) -> None:
    applied(crew, slug)
    district = getattr(crew, slug)
    writer, head = WHO[slug]
    with at(district, writer, crew) as actor:
        row = CycleApplication.objects.get()
        for n, entry in enumerate(row.entries.all()):
            row.refresh_from_db()
            applications.assess(
                entry,
                text="示例：这一项做到了，有文件有记录。",
                points=entry.most and Decimal(8),
                taken=None,
                files=[png()] if file and not n else (),
                version=row.version,
                actor=actor,
            )
        row.refresh_from_db()
        applications.summarise(row, summary="示例自评报告，逐项都写了。", version=row.version, actor=actor)
    with at(district, head, crew) as actor:
        row = CycleApplication.objects.get()
        applications.hand_in(row, version=row.version, actor=actor)
    take(crew)


def reviewed(crew, slug: str = "minhang", passed: bool = True) -> None:
    """An expert invited, the district reviewed on every indicator, the city's judgement."""
    with at(crew.city, "city_officer", crew) as actor:
        cycle = NamingCycle.objects.get()
        candidate = Candidate.objects.get(applicant__slug=slug)
        name = f"expert-{slug}"
        user, _password = site_reviews.invite(
            cycle,
            username=name,
            name="示例专家",
            starts_on=TODAY(),
            ends_on=TODAY() + timedelta(30),
            actor=actor,
        )
        crew.users[name] = user
        review = site_reviews.assign(candidate, user, actor=actor)
    with at(crew.city, name, crew) as actor:
        site_reviews.write(
            review,
            marks(cycle),
            conclusion="示例：自评情况属实，材料齐全。",
            submit=True,
            version=review.version,
            actor=actor,
        )
    with at(crew.city, "city_officer", crew) as actor:
        naming.judge(
            Candidate.objects.get(pk=candidate.pk),
            passed=passed,
            score=None,
            opinion="示例：综合评审通过，建议入选。",
            version=candidate.version,
            actor=actor,
        )


def marks(cycle) -> dict:
    return {
        one.key: {
            "finding": "true",
            "methods": ["site", "read"],
            "points": one.most and Decimal(7),
            "note": "",
        }
        for one in cycle.indicators.all()
    }


def proposed(crew) -> NamingCycle:
    with at(crew.city, "city_officer", crew) as actor:
        row = NamingCycle.objects.get()
        chosen = list(Candidate.objects.filter(state="reviewed"))
        return naming.propose(row, municipal=chosen, national=[], reason="", version=row.version, actor=actor)


def noticed(crew, days_ago: int = 0) -> NamingCycle:
    row = proposed(crew)
    with at(crew.city, "city2", crew) as actor:
        return naming.publish(row, version=row.version, actor=actor, now=timezone.now() - timedelta(days_ago))


def named(crew) -> NamingCycle:
    row = noticed(crew, days_ago=30)
    with at(crew.city, "city2", crew) as actor:
        row = naming.name(row, version=row.version, actor=actor)
    take(crew)
    return row


def application(crew, slug: str = "minhang") -> CycleApplication:
    with district_scope(getattr(crew, slug)):
        return CycleApplication.objects.get()


# --- The city opens a cycle -----------------------------------------------------------------------


def test_a_new_cycle_has_the_documents_days_quotas_and_indicators(crew):
    with at(crew.city, "city_officer", crew) as actor:
        known = naming.defaults(2030)
        assert [known[name] for name in rules.STAGES] == [
            date(2029, 12, 31),
            date(2030, 5, 31),
            date(2030, 7, 31),
            date(2030, 9, 30),
            date(2030, 12, 31),
        ]
        row = naming.make(actor=actor, **days())
        assert row.document.number == "沪教委托幼〔2021〕8号" and row.districts == 16 and row.cycle_years == 2
        assert row.indicators.count() == 28
        assert naming.quota_of(row, "municipal").limit == 6 and naming.quota_of(row, "national").ceiling == 2
        with pytest.raises(Conflict, match="已经有一个周期"):
            naming.make(actor=actor, **days())
        with pytest.raises(Refused, match="不能早于上一个阶段的期限") as late:
            naming.make(actor=actor, **days(year=TODAY().year + 2, review_by=TODAY()))
        assert late.value.field == "review_by"


def test_a_cycle_whose_day_of_applications_is_over_is_not_opened(crew):
    with at(crew.city, "city_officer", crew) as actor:
        row = naming.make(actor=actor, **days(apply_by=TODAY() - timedelta(1)))
        with pytest.raises(Refused, match="来不及申报"):
            naming.open_cycle(row, version=row.version, actor=actor)


def test_every_district_gets_the_cycle_and_nobody_in_a_district_can_make_one(crew):
    row = opened(crew)
    for slug in WHO:
        with district_scope(getattr(crew, slug)):
            (offer,) = applications.offers()
            assert offer.cycle == row.token and len(offer.content["indicators"]) == 28
            assert NamingCycle.objects.count() == 0  # the city's own books stay the city's
    with at(crew.minhang, "bureau", crew) as actor, pytest.raises(Denied):
        naming.make(actor=actor, **days())


def test_points_are_fixed_once_the_districts_know_them(crew):
    row = opened(crew, points=True)
    with at(crew.city, "city_officer", crew) as actor, pytest.raises(Conflict, match="分值不再改"):
        naming.set_points(row, {}, version=row.version, actor=actor)


def test_a_prolonged_day_reaches_the_districts(crew):
    row = opened(crew)
    applied(crew)
    later = row.assess_by + timedelta(5)
    with at(crew.city, "city_officer", crew) as actor:
        row.refresh_from_db()
        naming.change(row, version=row.version, actor=actor, **days(assess_by=later))
    take(crew)
    with district_scope(crew.minhang):
        assert applications.day_of(CycleApplication.objects.get().plan.content, "assess_by") == later


def test_once_published_a_day_only_moves_later_and_the_districts_are_told(crew, client):
    row = opened(crew)
    url = reverse("naming-cycle-edit", args=["shanghai", row.pk])
    client.force_login(crew.city_officer)

    def post(**more):
        data = {name: str(getattr(row, name)) for name in rules.STAGES}
        data |= {name: str(day) for name, day in more.items()}
        return client.post(url, data | {"title": row.title, "year": row.year, "version": row.version})

    sooner = post(apply_by=TODAY() - timedelta(3))
    assert sooner.status_code == 422 and "只能往后改" in sooner.content.decode()
    with district_scope(crew.minhang):
        assert [m.title for m in Message.objects.filter(user=crew.head)] == [f"市里发布了{row.title}"]
    assert post(apply_by=row.apply_by + timedelta(2)).status_code == 302
    take(crew)
    with district_scope(crew.minhang):
        message = Message.objects.filter(user=crew.head).order_by("-pk").first()
        assert message.title == f"{row.title}：期限改了"
        (line,) = message.lines
        assert line["words"].startswith("申报期限改到 ") and "原来是" in line["words"]


# --- A district applies ---------------------------------------------------------------------------


def test_an_application_arrives_as_it_was_sent(crew):
    opened(crew)
    applied(crew)
    with district_scope(crew.minhang):
        sent = CycleLetter.objects.get(direction="out")
        assert AuditEntry.objects.filter(action="targets.cycle_letter.send").exists()
    with district_scope(crew.city):
        candidate = Candidate.objects.get()
        assert (candidate.applicant, candidate.state) == (crew.minhang, "applied")
        assert candidate.application.sha256 == sent.sha256 and candidate.application.body == sent.body
        assert candidate.application.content["applicant"] == "闵行区人民政府"
        assert AuditEntry.objects.filter(action="targets.cycle_letter.take").exists()


def test_the_paper_of_the_governments_agreement_goes_with_the_application(crew, client):
    opened(crew)
    with at(crew.minhang, "bureau", crew) as actor:
        row = applications.begin(applications.offers()[0], actor=actor)
    client.force_login(crew.bureau)
    url = reverse("cycle-application-edit", args=["minhang", row.pk])
    assert (
        client.get(url).content.decode().count("（可不填）") == 1
    )  # the copy; the rest is wanted before it is sent
    data = {
        "approval": "示例府〔2026〕1号", "approved_on": str(TODAY()), "intent": "愿意参加示范区创建，工作基础扎实。",
        "paper": png(), "version": row.version,
    }  # fmt: skip
    assert client.post(url, data).status_code == 302
    paper = reverse("cycle-application-paper", args=["minhang", row.pk])
    assert paper in client.get(reverse("cycle-application", args=["minhang", row.pk])).content.decode()
    assert client.get(paper).status_code == 200
    with at(crew.minhang, "head", crew) as actor:
        row.refresh_from_db()
        applications.apply(row, version=row.version, actor=actor)
    take(crew)
    with district_scope(crew.city):
        candidate = Candidate.objects.get()
        (file,) = candidate.application.files.all()
        assert file.key == "approval" and path_of(file.file).read_bytes()
    client.force_login(crew.city_officer)
    page = client.get(reverse("naming-candidate", args=["shanghai", candidate.pk])).content.decode()
    assert reverse("naming-letter-file", args=["shanghai", file.pk]) in page


def test_the_ruler_of_the_stages_shows_what_the_district_has_done(crew):
    opened(crew)
    applied(crew)
    with district_scope(crew.minhang):
        row, on = CycleApplication.objects.select_related("plan").get(), TODAY()
        plan = row.plan.content
    shown = [one["state"] for one in views.days_of(row, plan, on)]
    assert shown == ["ok", "doing", "none", "none", "none"]
    late = [one["state"] for one in views.days_of(row, plan, date.fromisoformat(plan["review_by"]))]
    assert late == ["ok", "bad", "none", "none", "none"]
    row.state = "assessed"
    done = [one["state"] for one in views.days_of(row, plan, date.fromisoformat(plan["select_by"]))]
    assert done == ["ok", "ok", "ok", "doing", "none"]


def test_who_wrote_the_application_does_not_send_it(crew):
    opened(crew)
    with at(crew.minhang, "bureau", crew) as actor:
        row = applications.begin(applications.offers()[0], actor=actor)
        with pytest.raises(Denied):
            applications.apply(row, version=row.version, actor=actor)
    with at(crew.minhang, "head", crew) as actor:
        with pytest.raises(Refused, match="区委、区政府同意") as missing:
            applications.apply(row, version=row.version, actor=actor)
        assert set(missing.value.params["errors"]) == {"approval", "intent"}
        row.refresh_from_db()
        row.writers = [actor.user.pk]
        row.save()
        with pytest.raises(Denied, match="请另一位"):
            applications.apply(row, version=row.version, actor=actor)


def test_a_district_that_comes_after_the_day_is_refused_with_place_and_way_out(crew):
    row = opened(crew, apply_by=TODAY())
    tomorrow = timezone.now() + timedelta(1)
    with at(crew.minhang, "bureau", crew) as actor:
        with pytest.raises(Conflict, match=r"申报阶段的期限是 .*，已经过了 1 天。向市里要求延期") as late:
            applications.begin(applications.offers()[0], actor=actor, now=tomorrow)
        assert late.value.code == "late"
        applications.begin(applications.offers()[0], actor=actor)  # on the day itself
        # the city moves its day without the district knowing: the city's own books decide
    with district_scope(crew.city):
        NamingCycle.objects.filter(pk=row.pk).update(apply_by=TODAY() - timedelta(1))
    with at(crew.minhang, "bureau", crew) as actor:
        row = CycleApplication.objects.get()
        applications.write(
            row,
            approval="示例府〔2026〕1号",
            approved_on=TODAY(),
            intent="愿意参加示范区创建。" * 3,
            version=row.version,
            actor=actor,
        )
    with at(crew.minhang, "head", crew) as actor:
        row = CycleApplication.objects.get()
        with pytest.raises(Conflict, match="市里不再收申请"), transaction.atomic():
            applications.apply(row, version=row.version, actor=actor)
        assert CycleApplication.objects.get().state == "draft"
        assert not CycleLetter.objects.filter(direction="out").exists()


@pytest.mark.parametrize("kind", ["cycle", "outcome"])
def test_a_district_cannot_say_what_the_city_says(crew, kind):
    row = opened(crew)
    with at(crew.minhang, "head", crew) as actor:
        with pytest.raises(DatabaseError, match="only the city"), transaction.atomic():
            naming_letters.send(kind, row.token, {}, to=crew.city, actor=actor)
        with pytest.raises(DatabaseError, match="between a district and the city"), transaction.atomic():
            naming_letters.send("application", row.token, {}, to=crew.jinshan, actor=actor)


def test_a_letter_of_another_district_is_not_delivered_and_a_changed_one_neither(crew):
    opened(crew)
    applied(crew)
    with district_scope(crew.minhang):
        letter = CycleLetter.objects.get(direction="out")
    with district_scope(crew.jinshan), pytest.raises(DatabaseError, match="no letter"), transaction.atomic():
        naming_letters.naming_across.deliver(letter.pk)
    with district_scope(crew.minhang):
        forged = CycleLetter.objects.create(
            cycle=letter.cycle,
            other=crew.city,
            direction="out",
            kind="statement",
            body="{}",
            sha256="0" * 64,
            sender="x",
            at=timezone.now(),
        )
        with pytest.raises(DatabaseError, match="fingerprint"), transaction.atomic():
            naming_letters.naming_across.deliver(forged.pk)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE targets_cycleletter SET body = 'x'")


def test_a_district_that_withdrew_may_come_back(crew):
    opened(crew)
    applied(crew)
    with at(crew.minhang, "head", crew) as actor:
        row = CycleApplication.objects.get()
        applications.withdraw(row, note="示例：今年先不参加", version=row.version, actor=actor)
    take(crew)
    with district_scope(crew.city):
        assert Candidate.objects.get().state == "withdrawn"
    applied(crew)
    with district_scope(crew.city):
        assert Candidate.objects.get().state == "applied"


# --- The self-assessment --------------------------------------------------------------------------


def test_a_self_assessment_is_whole_and_its_files_come_with_it(crew):
    opened(crew, points=True)
    applied(crew)
    with at(crew.minhang, "head", crew) as actor:
        row = CycleApplication.objects.get()
        with pytest.raises(Conflict, match="还有 28 条指标没有自评（第 1、2"):
            applications.hand_in(row, version=row.version, actor=actor)
    with at(crew.minhang, "bureau", crew) as actor:
        first, second = row.entries.all()[:2]
        for entry, points in ((first, None), (first, Decimal(11)), (second, Decimal(1))):
            with pytest.raises(Refused) as wrong, transaction.atomic():
                applications.assess(
                    entry,
                    text="示例：这一项做到了，有记录。",
                    points=points,
                    taken=None,
                    version=row.version,
                    actor=actor,
                )
            assert wrong.value.field == "points"
        row.delete()
    with district_scope(crew.city):
        Candidate.objects.all().delete()
    assessed(crew, file=True)
    with district_scope(crew.city):
        candidate = Candidate.objects.get()
        assert candidate.state == "assessed" and not candidate.late
        (file,) = candidate.assessment.files.all()
        assert (
            file.key == "policy-1" and path_of(file.file).read_bytes() and str(crew.city.pk) in file.file.path
        )
        assert len(candidate.assessment.content["entries"]) == 28


def test_a_file_that_is_not_what_the_letter_says_is_refused(crew):
    row = opened(crew)
    applied(crew)
    with at(crew.minhang, "head", crew) as actor:
        content = {
            "summary": "x",
            "entries": [],
            "files": [
                {"key": "", "name": "a.png", "sha256": "0" * 64, "size": 1, "path": f"{crew.jinshan.pk}/a"}
            ],
        }
        naming_letters.send("assessment", row.token, content, to=crew.city, actor=actor)
    take(crew)
    with district_scope(crew.city):
        assert "不在报送方的文件里" in LetterTaken.objects.order_by("-pk").first().refusal
        assert Candidate.objects.get().state == "applied"  # nothing half taken


# --- Experts --------------------------------------------------------------------------------------


def test_an_expert_reviews_what_was_given_in_its_days_and_no_other(crew, client):
    opened(crew, points=True)
    assessed(crew)
    with at(crew.city, "city_officer", crew) as actor:
        cycle, candidate = NamingCycle.objects.get(), Candidate.objects.get()
        with pytest.raises(Refused, match="没有交来的现场审核意见"):
            naming.judge(
                candidate,
                passed=True,
                score=None,
                opinion="示例：综合评审通过。",
                version=candidate.version,
                actor=actor,
            )
        with pytest.raises(Refused, match="最长半年"):
            site_reviews.invite(
                cycle,
                username="sh-expert",
                name="示例专家",
                starts_on=TODAY(),
                ends_on=TODAY() + timedelta(300),
                actor=actor,
            )
        user, password = site_reviews.invite(
            cycle,
            username="sh-expert",
            name="示例专家",
            starts_on=TODAY(),
            ends_on=TODAY() + timedelta(9),
            actor=actor,
        )
        assert user.must_change_password and user.check_password(password)
        review = site_reviews.assign(candidate, user, actor=actor)
        with pytest.raises(Conflict, match="已经安排这位专家"):
            site_reviews.assign(candidate, user, actor=actor)
        crew.users["expert_sh"] = user
    with at(crew.city, "expert_sh", crew) as actor:
        told = marks(cycle)
        first = next(iter(told))
        with pytest.raises(Refused, match="得分：填 0 到 10") as wrong, transaction.atomic():
            site_reviews.write(
                review,
                told | {first: told[first] | {"points": Decimal(12)}},
                conclusion="示例：属实，材料齐全。",
                submit=True,
                version=review.version,
                actor=actor,
            )
        assert wrong.value.field == f"points-{first}"
        later = timezone.now() + timedelta(10)
        with pytest.raises(Denied, match="现在不能看，也不能写"):
            site_reviews.write(
                review,
                told,
                conclusion="示例：属实，材料齐全。",
                submit=True,
                version=review.version,
                actor=actor,
                now=later,
            )
        row = site_reviews.write(
            review,
            told,
            conclusion="示例：属实，材料齐全。",
            submit=True,
            version=review.version,
            actor=actor,
        )
        assert row.state == "submitted" and row.marks.count() == 28
        with pytest.raises(Conflict):
            site_reviews.write(
                row, told, conclusion="示例：属实，材料齐全。", submit=True, version=row.version, actor=actor
            )
    # the account's days are the membership's: after them the sign-in reaches nothing
    user.must_change_password = False
    user.save()
    client.force_login(user)
    assert client.get(reverse("naming-review", args=["shanghai", review.pk])).status_code == 200
    assert client.get(reverse("naming-cycles", args=["shanghai"])).status_code == 403
    with district_scope(crew.city):
        Membership.objects.filter(user=user).update(
            ends_on=TODAY() - timedelta(1), starts_on=TODAY() - timedelta(2)
        )
    assert client.get(reverse("naming-review", args=["shanghai", review.pk])).status_code == 404


def test_the_experts_points_stand_beside_the_citys_judgement_and_propose_its_score(crew, client):
    opened(crew, points=True)
    assessed(crew)
    reviewed(crew)
    with district_scope(crew.city):
        candidate = Candidate.objects.get()
        assert candidate.score is None
    client.force_login(crew.city_officer)
    url = reverse("naming-judge", args=["shanghai", candidate.pk])
    text = client.get(url).content.decode()
    assert "打分合计 7 / 10" in text and "各位专家平均 7<" in text and 'value="7.00"' in text
    page = client.get(reverse("naming-candidate", args=["shanghai", candidate.pk])).content.decode()
    assert "打分合计 7" in page


def test_the_mean_of_the_experts_sums():
    assert rules.mean([]) is None
    assert rules.mean([Decimal(80), Decimal(85), Decimal("86.5")]) == Decimal("83.83")


# --- Selection ------------------------------------------------------------------------------------


def many(crew, number: int) -> list[Candidate]:
    """So many districts that came through the review: what the quota is tried with."""
    cycle, letter = NamingCycle.objects.get(), CycleLetter.objects.filter(direction="out").first()
    found = []
    for n in range(number):
        one, _made = District.objects.get_or_create(
            pk=310200 + n, defaults={"slug": f"d{n}", "name": f"示例{n}区"}
        )
        found.append(
            Candidate.objects.create(
                cycle=cycle, applicant=one, application=letter, state="reviewed", passed=True
            )
        )
    return found


def test_more_than_the_quota_is_refused_with_the_sum_and_the_way_out(crew):
    opened(crew)
    with at(crew.city, "city_officer", crew) as actor:
        row, found = NamingCycle.objects.get(), many(crew, 7)

        def propose(municipal: int, national: int, reason: str = ""):
            return naming.propose(
                row,
                municipal=found[:municipal],
                national=found[:national],
                reason=reason,
                version=row.version,
                actor=actor,
            )

        with pytest.raises(
            Refused, match=r"选了 7 个，最多 6 个：16 个可申报区的 40%.*去掉 1 个再报"
        ) as beyond:
            propose(7, 0)
        assert (beyond.value.field, beyond.value.code) == ("municipal", "quota")
        with pytest.raises(Refused, match=r"选了 3 个，最多 2 个：16 个可申报区的 10%"):
            propose(6, 3)
        with pytest.raises(Refused, match="写明多推荐的理由") as reason:
            propose(6, 2)
        assert reason.value.field == "reason"
        with pytest.raises(Refused, match="至少选一个区"):
            propose(0, 0)
        done = propose(6, 2, "示例：两个区的工作各有特色，评审意见一致。")
        assert done.state == "proposed" and Candidate.objects.filter(municipal=True).count() == 6


def test_only_districts_that_passed_are_selected(crew):
    opened(crew)
    with at(crew.city, "city_officer", crew) as actor:
        row, found = NamingCycle.objects.get(), many(crew, 1)
        Candidate.objects.update(passed=False)
        with pytest.raises(Refused, match="没有通过现场审核"):
            naming.propose(row, municipal=found, national=[], reason="", version=row.version, actor=actor)


# --- Notice and naming ----------------------------------------------------------------------------


def test_the_notice_stands_five_working_days_and_a_second_person_publishes_it(crew):
    opened(crew)
    assessed(crew)
    reviewed(crew)
    row = proposed(crew)
    with at(crew.city, "city_officer", crew) as actor, pytest.raises(Denied, match="请另一个人复核"):
        naming.publish(row, version=row.version, actor=actor)
    with at(crew.city, "city2", crew) as actor:
        row = naming.publish(row, version=row.version, actor=actor)
        assert working_days_between(row.notice_from, row.notice_to) == 5
        assert row.notice_to == add_working_days(TODAY(), 5)
        last = timezone.make_aware(datetime.combine(row.notice_to, time(23, 59)))
        with pytest.raises(Conflict, match="第二天起才能命名"):
            naming.name(row, version=row.version, actor=actor, now=last)
        named_row = naming.name(row, version=row.version, actor=actor, now=last + timedelta(minutes=2))
        assert named_row.state == "named"
    take(crew)
    mine = application(crew)
    assert mine.state == "named" and mine.valid_until == rules.in_year(mine.named_on, 2)
    with district_scope(crew.minhang):
        assert Message.objects.filter(user=crew.head, title__contains="已命名").exists()


def test_an_open_objection_holds_the_naming_up_and_one_that_is_right_ends_it(crew):
    opened(crew)
    assessed(crew)
    reviewed(crew)
    row = noticed(crew)
    with district_scope(crew.city):
        visitor = Actor.visitor(crew.city)
        with pytest.raises(Refused, match="能联系到你"):
            notice_objections.object_to(
                row,
                candidate=None,
                text="示例：公示的情况和实际不一样。",
                name="甲",
                contact="",
                actor=visitor,
            )
        made = notice_objections.object_to(
            row,
            candidate=None,
            text="示例：公示的情况和实际不一样。",
            name="示例市民",
            contact="00000000000",
            actor=visitor,
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT contact, name FROM targets_noticeobjection")
            assert b"00000000000" not in bytes(cursor.fetchone()[0])
    after = timezone.now() + timedelta(30)
    with at(crew.city, "city2", crew) as actor:
        with pytest.raises(Conflict, match="还有 1 条异议没有答复"):
            naming.name(row, version=row.version, actor=actor, now=after)
        notice_objections.answer(
            made, "uphold", text="示例：核实后情况属实。", version=made.version, actor=actor
        )
        row = NamingCycle.objects.get()
        assert (row.state, row.withdrawn_on, row.notice_from) == ("open", TODAY(), None)
        assert row.note == "异议成立：示例：核实后情况属实。" and Candidate.objects.get().state == "reviewed"
    with district_scope(crew.city), pytest.raises(Conflict, match="不再收异议"):
        notice_objections.object_to(
            row,
            candidate=None,
            text="示例：公示的情况和实际不一样。",
            name="示例市民",
            contact="00000000000",
            actor=visitor,
        )


def test_anybody_reads_the_notice_and_objects_without_sign_in(crew, client):
    opened(crew)
    assessed(crew)
    reviewed(crew)
    row = proposed(crew)
    url = reverse("naming-notice", args=["shanghai", row.pk])
    assert client.get(url).status_code == 404  # not published yet
    every = reverse("naming-notices", args=["shanghai"])
    assert url not in client.get(every).content.decode()
    with at(crew.city, "city2", crew) as actor:
        naming.publish(row, version=row.version, actor=actor)
    assert url in client.get(every).content.decode() and every in client.get("/public/").content.decode()
    text = client.get(url).content.decode()
    assert "闵行区" in text and "综合评审通过" not in text
    assert client.post(url, {"text": "短", "name": "", "contact": ""}).status_code == 422
    answer = client.post(
        url, {"text": "示例：公示的情况和实际不一样。", "name": "示例市民", "contact": "00000000000"}
    )
    assert answer.status_code == 200
    with district_scope(crew.city):
        assert NoticeObjection.objects.get().contact == "00000000000"
    assert client.get(reverse("naming-notice", args=["minhang", row.pk])).status_code == 404


def objected(row, crew) -> NoticeObjection:
    with district_scope(crew.city):
        return notice_objections.object_to(
            row, candidate=None, text="示例：公示的情况和实际不一样。", name="示例市民", contact="00000000000",
            actor=Actor.visitor(crew.city),
        )  # fmt: skip


def test_an_objection_that_is_right_takes_the_notice_down_and_everybody_reads_so(crew, client):
    opened(crew)
    assessed(crew)
    reviewed(crew)
    row = noticed(crew)
    made, waits = objected(row, crew), objected(row, crew)
    client.force_login(crew.city_officer)
    url = reverse("naming-objection", args=["shanghai", made.pk])
    answer = client.post(
        url, {"what": "uphold", "answer": "示例：核实后情况属实。", "version": made.version}, follow=True
    )
    assert "公示已撤下，重新遴选" in answer.content.decode()
    today = client.get(reverse("today", args=["shanghai"])).content.decode()
    assert "重新遴选：" in today and "异议成立：" in today
    client.logout()
    notice = client.get(reverse("naming-notice", args=["shanghai", row.pk]))
    text = notice.content.decode()
    assert notice.status_code == 200 and "公示已撤下，重新遴选" in text
    assert "闵行区" not in text and "核实后情况属实" not in text
    assert "公示已撤下，重新遴选" in client.get(reverse("naming-notices", args=["shanghai"])).content.decode()
    # who objected to the first notice is answered before the naming of the second
    row = noticed(crew)
    assert "正在公示" in client.get(reverse("naming-notice", args=["shanghai", row.pk])).content.decode()
    after = timezone.now() + timedelta(30)
    with at(crew.city, "city2", crew) as actor:
        with pytest.raises(Conflict, match="还有 1 条异议没有答复"):
            naming.name(row, version=row.version, actor=actor, now=after)
        notice_objections.answer(
            waits, "reject", text="示例：核实后不属实。", version=waits.version, actor=actor
        )
        assert naming.name(row, version=row.version, actor=actor, now=after).state == "named"


def test_who_selects_sees_which_districts_bear_the_name_already(crew, client):
    opened(crew)
    assessed(crew)
    reviewed(crew)
    with district_scope(crew.city):
        row, found = NamingCycle.objects.get(), Candidate.objects.get()
        twin = NamingCycle.objects.get()
        twin.pk, twin.token, twin.year, twin.state = None, uuid.uuid4(), row.year - 2, "named"
        twin.save()
        Candidate.objects.create(
            cycle=twin, applicant=crew.minhang, application=found.application, state="named",
            named_on=TODAY() - timedelta(300), valid_until=date(TODAY().year + 1, 12, 15),
        )  # fmt: skip
    client.force_login(crew.city_officer)
    text = client.get(reverse("naming-selection", args=["shanghai", row.pk])).content.decode()
    assert f"已经是示范区，有效到 {TODAY().year + 1}年12月15日" in text


def test_the_others_are_told_that_they_are_not_among_them(crew):
    opened(crew)
    assessed(crew)
    reviewed(crew)
    applied(crew, "jinshan")
    named(crew)
    assert application(crew).state == "named"
    assert application(crew, "jinshan").state == "passed_over"


# --- Pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", CITY_PAGES, ids=str)
def test_who_gets_in_at_the_citys_pages(row, crew, client):
    """The city's officer; an expert only at the review that was given to it; nobody of the city's other accounts."""
    with district_scope(crew.city):
        made = row.make(None) if row.make else ({}, {})
        kwargs, data = made if isinstance(made, tuple) else (made, {})
        crew.users["auditor_sh"] = person("cast-sh-auditor", "示例审计", Role.AUDITOR)
        crew.users["expert_sh"] = person("cast-sh-expert", "示例专家", Role.EXPERT)
    url = reverse(row.url, kwargs={"district": "shanghai"} | kwargs)

    def status(name: str) -> int:
        client.force_login(crew.users[name])
        call = client.get if row.method == "GET" else client.post
        for value in data.values():
            if hasattr(value, "seek"):
                value.seek(0)
        return call(url, data).status_code

    nothing = 404 if row.url in ("naming-review", "naming-letter-file") else 403
    assert status("expert_sh") == nothing
    assert status("auditor_sh") == 403
    assert status("city_officer") == (403 if row.right == "cycle.review" else row.success)


@pytest.mark.parametrize(
    "name", ["naming-cycles", "naming-cycle", "naming-candidate", "naming-review", "naming-invite"]
)
def test_a_page_of_the_city_takes_twelve_queries_at_most(name, crew, client):
    row = next(row for row in CITY_PAGES if row.url == name and row.method == "GET")
    with district_scope(crew.city):
        kwargs = row.make(None) if row.make else {}
    client.force_login(crew.city_officer)
    url = reverse(name, kwargs={"district": "shanghai"} | kwargs)
    client.get(url)  # what a process reads once
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    own = [
        one["sql"] for one in asked if one["sql"].lstrip().startswith("SELECT ") and '"targets_' in one["sql"]
    ]
    assert len(own) <= 12, own


def test_what_waits_for_the_city_an_expert_and_a_district(crew, client):
    def today(name: str, slug: str) -> str:
        client.force_login(crew.users[name])
        return client.get(reverse("today", args=[slug])).content.decode()

    row = opened(crew, apply_by=TODAY() + timedelta(20))
    assert "定要不要申报" in today("bureau", "minhang")
    assessed(crew)
    with at(crew.city, "city_officer", crew) as actor:
        user, _password = site_reviews.invite(
            row,
            username="sh-expert",
            name="示例专家",
            starts_on=TODAY(),
            ends_on=TODAY() + timedelta(9),
            actor=actor,
        )
        site_reviews.assign(Candidate.objects.get(), user, actor=actor)
        user.must_change_password = False
        user.save()
        crew.users["expert_sh"] = user
    text = today("expert_sh", "shanghai")
    assert "现场审核：闵行区" in text and "金山区" not in text
    with district_scope(crew.city):
        SiteReview.objects.all().delete()
    reviewed(crew)
    proposed(crew)
    assert "复核遴选结果" not in today("city_officer", "shanghai")
    assert "复核遴选结果" in today("city2", "shanghai")


def test_a_selection_beyond_the_quota_is_refused_on_its_page(crew, client):
    opened(crew)
    with district_scope(crew.city):
        row, found = NamingCycle.objects.get(), many(crew, 7)
    client.force_login(crew.city_officer)
    url = reverse("naming-selection", args=["shanghai", row.pk])
    answer = client.post(url, {"municipal": [one.pk for one in found], "version": row.version})
    assert answer.status_code == 422
    assert "去掉 1 个再报" in answer.content.decode()


def test_the_rest_of_the_city_and_of_a_district(crew, client):
    opened(crew)
    assessed(crew)
    with district_scope(crew.city):
        crew.users["admin_sh"] = person("cast-sh-admin", "示例系统管理员", Role.SYSTEM_ADMIN)
    tokens = {}
    for district, who, scope in (
        (crew.city, "admin_sh", "city:read"),
        (crew.minhang, "system_admin", "cycles:read"),
    ):
        with at(district, who, crew) as actor:
            _client, tokens[scope] = people.create_client(name="t", scopes=[scope], actor=actor, on=TODAY())
    answer = client.get("/api/v1/city/cycles/", headers={"Authorization": f"Bearer {tokens['city:read']}"})
    (row,) = answer.json()["results"]
    assert row["state"] == "open" and [one["district"] for one in row["districts"]] == ["310112"]
    answer = client.get("/api/v1/applications/", headers={"Authorization": f"Bearer {tokens['cycles:read']}"})
    (row,) = answer.json()["results"]
    assert row["state"] == "assessed" and len(row["indicators"]) == 28


def test_a_figure_of_the_districts_targets_goes_with_the_assessment(crew, client):
    opened(crew)
    applied(crew)
    with district_scope(crew.minhang):
        target = Target.objects.filter(proof="counted").first()
        snapshot = Snapshot.objects.create(
            period="year", starts_on=date(TODAY().year, 1, 1), ends_on=date(TODAY().year, 12, 31), as_of=TODAY(),
            taken_at=timezone.now(), sha256="a" * 64,
        )  # fmt: skip
        value = SnapshotValue.objects.create(
            snapshot=snapshot, metric=target.metric, target=target, numerator=3, denominator=4, value=Decimal("0.75"),
            verdict="met",
        )  # fmt: skip
        row = CycleApplication.objects.get()
        entry = row.entries.first()
    client.force_login(crew.bureau)
    url = reverse("cycle-entry", args=["minhang", entry.pk])
    text = client.get(url).content.decode()
    assert ("75%（3 / 4）　" in text or "3 / 4　" in text) and "0.75" not in text
    answer = client.post(
        url, {"text": "示例：这一项做到了，有记录。", "taken": value.pk, "version": row.version}
    )
    assert answer.status_code == 302
    with district_scope(crew.minhang):
        entry.refresh_from_db()
        assert entry.figure["value"] == "0.75" and entry.figure["sha256"] == "a" * 64
        assert (entry.target, entry.snapshot) == (target, snapshot)
        asked = Asked(Actor.of(crew.bureau, crew.minhang), QueryDict(""), TODAY())
        assert next(iter(exports.cycle_entries(asked).rows))[-2] == "0.75"


def test_the_demonstration_has_a_cycle_that_can_be_named_today(crew):
    terms = Terms("test", TODAY())
    District.objects.filter(pk=crew.jinshan.pk).update(demonstration=True)  # what is written into the past
    with district_scope(crew.city):
        for name in ("sh-city", "sh-city2"):
            person(name, f"示例{name}", Role.CITY)
        demonstration.open_middle(terms, Actor.system(crew.city, "test"))
    with district_scope(crew.jinshan):
        demonstration.take_part_middle(
            terms,
            SimpleNamespace(
                system=Actor.system(crew.jinshan, "test"),
                bureau=Actor.of(crew.users["stranger"], crew.jinshan),
                head=Actor.of(crew.users["head_js"], crew.jinshan),
            ),
        )
    with district_scope(crew.city):
        demonstration.notice_middle(terms, Actor.system(crew.city, "test"))
        row = NamingCycle.objects.get()
        assert row.state == "notice" and naming.not_yet(row, TODAY()) == ""
        actor = Actor.of(User.objects.get(username="sh-city2"), crew.city)
        assert naming.name(row, version=row.version, actor=actor).state == "named"


# --- After the naming -----------------------------------------------------------------------------


@pytest.fixture
def a_named_one(crew):
    opened(crew)
    assessed(crew)
    reviewed(crew)
    named(crew)
    return crew


def test_a_named_district_reports_each_year_once(a_named_one):
    crew, year = a_named_one, TODAY().year
    with district_scope(crew.minhang):
        CycleApplication.objects.update(named_on=date(year - 1, 12, 1), valid_until=date(year + 1, 12, 1))
    with at(crew.minhang, "head", crew) as actor:
        row = CycleApplication.objects.get()
        assert applications.owed_years(row, TODAY()) == [year]
        with pytest.raises(NotFound):
            applications.report(row, year + 1, text="示例：今年的工作情况。", actor=actor)
    with at(crew.minhang, "bureau", crew) as actor:
        with pytest.raises(Refused, match="最多 5 个文件"):
            applications.prepare(
                row,
                "report",
                text="示例：今年的工作情况。",
                files=[png()] * 6,
                version=row.version,
                actor=actor,
            )
        row = applications.prepare(
            row,
            "report",
            text="示例：今年的工作情况。",
            files=[png(), png()],
            version=row.version,
            actor=actor,
        )
        first, second = row.report_files.all()
    with at(crew.minhang, "head", crew) as actor:
        report = applications.report(
            row,
            year,
            text="示例：今年的工作情况写在这里。",
            drop=[first.pk],
            version=row.version,
            actor=actor,
        )
        assert [one.pk for one in row.report_files.filter(year=report.year)] == [second.pk]
        sha256 = second.file.sha256
        with pytest.raises(Conflict, match="已经报过"):
            applications.report(row, year, text="示例：今年的工作情况写在这里。", actor=actor)
    take(crew)
    with district_scope(crew.city):
        (came,) = naming_inbox.reports_of(Candidate.objects.get()).items()
        assert came[0] == year and [one.file.sha256 for one in came[1].files.all()] == [sha256]


def test_the_years_report_goes_with_its_files_from_the_form(a_named_one, client):
    crew, year = a_named_one, TODAY().year
    with district_scope(crew.minhang):
        CycleApplication.objects.update(named_on=date(year - 1, 12, 1), valid_until=date(year + 1, 12, 1))
        row = CycleApplication.objects.get()
    at_page = f"/minhang/applications/{row.pk}/"
    client.force_login(crew.bureau)
    said = {"text": "示例：今年的工作情况写在这里。", "version": row.version, "files": [png(), png()]}
    assert client.post(f"{at_page}report/draft/", said).status_code == 302
    with district_scope(crew.minhang):
        row.refresh_from_db()
        first, second = row.report_files.all()
    page = client.get(at_page).content.decode()
    link = reverse("cycle-report-file", args=["minhang", second.pk])
    assert link in page and client.get(link).status_code == 200
    client.force_login(crew.head)
    assert f'name="drop" value="{first.pk}"' in client.get(f"{at_page}report/").content.decode()
    said = {"text": said["text"], "version": row.version, "drop": [first.pk]}
    assert client.post(f"{at_page}report/", said).status_code == 302
    page = client.get(at_page).content.decode()
    assert link in page and reverse("cycle-report-file", args=["minhang", first.pk]) not in page
    take(crew)
    client.force_login(crew.city_officer)
    with district_scope(crew.city):
        candidate = Candidate.objects.get()
        file = naming_inbox.reports_of(candidate)[year].files.get()
    page = client.get(reverse("naming-candidate", args=["shanghai", candidate.pk])).content.decode()
    assert reverse("naming-letter-file", args=["shanghai", file.pk]) in page


def test_a_name_is_taken_away_on_a_ground_after_a_hearing_by_a_second_person(a_named_one):
    crew = a_named_one
    with at(crew.city, "city_officer", crew) as actor:
        candidate, grounds = Candidate.objects.get(), list(RevocationCondition.objects.order_by("number"))
        assert len(grounds) == 3
        charge = {"ground": grounds[0], "facts": "示例：查实发生了一起重大安全责任事故。", "actor": actor}
        early = add_working_days(TODAY(), 5) - timedelta(1)
        with pytest.raises(Refused, match="给区里准备的时间"):
            revocations.raise_one(candidate, hearing_on=early, version=candidate.version, **charge)
        row = revocations.raise_one(
            candidate, hearing_on=TODAY() + timedelta(10), version=candidate.version, **charge
        )
        with pytest.raises(Conflict, match="已经有一件在办"):
            revocations.raise_one(
                candidate, hearing_on=TODAY() + timedelta(10), version=candidate.version, **charge
            )
        with pytest.raises(Conflict, match="还没有陈述"):
            revocations.hear(row, hearing="示例：没有收到陈述。就此记录。", version=row.version, actor=actor)
        with pytest.raises(Conflict):  # no decision before the hearing
            revocations.decide(
                row, "revoke", note="示例：情况属实，撤销命名。", version=row.version, actor=actor
            )
    take(crew)
    with at(crew.minhang, "head", crew) as actor:
        mine = CycleApplication.objects.get()
        assert mine.charge["ground"] == grounds[0].text
        mine = applications.state(
            mine, text="示例：事故原因正在调查，请求从轻处理。", version=mine.version, actor=actor
        )
        with pytest.raises(Conflict):
            applications.state(
                mine, text="示例：再陈述一次，补充一些情况。", version=mine.version, actor=actor
            )
    take(crew)
    with at(crew.city, "city_officer", crew) as actor:
        row.refresh_from_db()
        assert "从轻处理" in row.statement.content["text"]
        heard = {"hearing": "示例：听取了闵行区的陈述，记录在案。", "actor": actor}
        with pytest.raises(Conflict, match="要求当面陈述") as before:
            revocations.hear(row, version=row.version, **heard)
        assert before.value.code == "early"
        on_the_day = timezone.now() + timedelta(10)
        row = revocations.hear(row, version=row.version, now=on_the_day, **heard)
        with pytest.raises(Denied, match="请另一个人决定"):
            revocations.decide(
                row, "revoke", note="示例：情况属实，撤销命名。", version=row.version, actor=actor
            )
    with at(crew.city, "city2", crew) as actor:
        revocations.decide(row, "revoke", note="示例：情况属实，撤销命名。", version=row.version, actor=actor)
        assert Candidate.objects.get().state == "revoked"
    take(crew)
    assert application(crew).state == "revoked"


def charged(crew) -> None:
    with at(crew.city, "city_officer", crew) as actor:
        candidate = Candidate.objects.get()
        revocations.raise_one(
            candidate, ground=RevocationCondition.objects.get(number=1), facts="示例：查实发生了一起重大事故。",
            hearing_on=TODAY() + timedelta(20), version=candidate.version, actor=actor,
        )  # fmt: skip
    take(crew)


def test_the_bureau_reads_the_facts_and_drafts_and_a_head_sends_and_waives_the_hearing(a_named_one, client):
    crew = a_named_one
    charged(crew)
    mine = application(crew)
    own, draft, state = (
        reverse(name, args=["minhang", mine.pk])
        for name in ("cycle-application", "cycle-statement-draft", "cycle-application-statement")
    )
    client.force_login(crew.bureau)
    today = client.get(reverse("today", args=["minhang"])).content.decode()
    assert f'"{draft}"' in today and f'"{state}"' not in today
    text = client.get(own).content.decode()
    assert "查实发生了一起重大事故" in text and f'"{draft}"' in text and f'"{state}"' not in text
    assert "查实发生了一起重大事故" in client.get(draft).content.decode()
    words = "示例：事故正在调查，请求从轻处理。"
    assert client.post(draft, {"text": words, "version": mine.version}).status_code == 302
    assert client.get(state).status_code == 403
    client.force_login(crew.head)
    assert f'"{state}"' in client.get(reverse("today", args=["minhang"])).content.decode()
    page = client.get(state).content.decode()
    assert words in page and "起草的，可以改" in page
    mine = application(crew)
    answer = client.post(state, {"text": words, "waived": "on", "version": mine.version})
    assert answer.status_code == 302 and application(crew).drafts == {}
    take(crew)
    client.force_login(crew.city_officer)
    with district_scope(crew.city):
        candidate = Candidate.objects.get()
        charge = candidate.revocations.get()
    page = client.get(reverse("naming-candidate", args=["shanghai", candidate.pk])).content.decode()
    assert "撤销命名：已收到陈述" in page and "不再当面陈述" in page and "记陈述…" in page
    url = reverse("naming-revocation-step", args=["shanghai", charge.pk])
    note = "示例：区里书面陈述，记录在案。"
    assert client.post(url, {"what": "hear", "note": note, "version": charge.version}).status_code == 302
    with district_scope(crew.city):
        assert candidate.revocations.get().state == "heard"


def test_the_bureau_drafts_the_years_report_and_a_head_sends_it(a_named_one, client):
    crew, year = a_named_one, TODAY().year
    with district_scope(crew.minhang):
        CycleApplication.objects.update(named_on=date(year - 1, 12, 1), valid_until=date(year + 1, 12, 1))
    mine = application(crew)
    draft, send = (
        reverse(name, args=["minhang", mine.pk])
        for name in ("cycle-report-draft", "cycle-application-report")
    )
    client.force_login(crew.bureau)
    assert client.get(send).status_code == 403
    words = "示例：今年的工作情况写在这里。"
    assert client.post(draft, {"text": "短", "version": mine.version}).status_code == 422
    assert client.post(draft, {"text": words, "version": mine.version}).status_code == 302
    client.force_login(crew.head)
    assert words in client.get(send).content.decode()
    assert client.post(send, {"text": words, "version": application(crew).version}).status_code == 302
    mine = application(crew)
    assert mine.drafts == {}
    client.force_login(crew.bureau)
    assert "没有要报的年度" in client.get(draft).content.decode()


def test_a_charge_that_is_dropped_leaves_the_name(a_named_one):
    crew = a_named_one
    with at(crew.city, "city_officer", crew) as actor:
        candidate = Candidate.objects.get()
        row = revocations.raise_one(
            candidate,
            ground=RevocationCondition.objects.get(number=3),
            facts="示例：满意度调查的结果不高。",
            hearing_on=TODAY() + timedelta(10),
            version=candidate.version,
            actor=actor,
        )
        revocations.decide(row, "drop", note="示例：复核后不属于这种情形。", version=row.version, actor=actor)
        assert Candidate.objects.get().state == "named"
    take(crew)
    mine = application(crew)
    assert mine.state == "named" and mine.charge == {}


def test_a_letter_is_taken_once(crew):
    opened(crew)
    applied(crew)
    take(crew)
    with district_scope(crew.city):
        assert Candidate.objects.count() == 1
        assert LetterTaken.objects.filter(letter__kind="application").count() == 1
        assert SiteReview.objects.count() == 0
