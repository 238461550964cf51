"""'See that this month is in order': freezes, waits, warns, draws chained where it may, raises the alarm."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from inspections import tasks
from inspections.models import Draw, DrawChain, Inspection, InspectionPlan, PublicRecord, Scheme
from inspections.rules import draw as rules
from inspections.services import draw_evidence, draw_queue, draws, month, reference
from portal.errors import Refused
from portal.models import AuditEntry, District
from portal.services.reference import Tally
from portal.tenancy import district_scope
from tests.inspections import small_district
from tests.inspections.small_district import THROWS, moment


@pytest.fixture
def small(db):
    it = small_district.make()
    with it.scope():
        yield it


def see(small, on, number=3, year=2026):
    (state,) = month.see_month(small.district, year, number, on=on, actor=small.actor(), at=moment(on))
    return state


def everything():
    return (
        DrawChain.objects.count(), Draw.objects.count(), PublicRecord.objects.count(),
        AuditEntry.objects.count(), Inspection.objects.count(),
    )  # fmt: skip


def test_before_the_freeze_day_nothing_happens(small):
    state = see(small, date(2026, 2, 18))
    assert state.draw is None and state.did == ()
    assert not Draw.objects.exists() and not PublicRecord.objects.exists()
    assert state.current.key == "freeze" and state.current.state == "none"


def test_on_the_freeze_day_it_freezes_and_again_changes_nothing(small):
    state = see(small, date(2026, 2, 19))
    assert state.draw.state == "frozen" and len(state.did) == 1
    before = everything()
    again = see(small, date(2026, 2, 19))
    assert again.did == () and everything() == before
    assert again.current.key == "witness" and again.current.waits_for == "区教育局"


def test_a_missed_day_is_made_up_until_the_month_is_over(small):
    assert see(small, date(2026, 3, 28)).draw.state == "frozen"
    assert see(small, date(2026, 5, 2), 4).draw is None


@pytest.mark.parametrize(
    ("day", "state", "waits_for", "words"),
    [
        (date(2026, 3, 31), "warn", "区教育局", "逾期还没有冻结"),
        (date(2026, 4, 1), "warn", "区教育局", "要补做，在双随机页冻结，最迟 5月1日"),
        (date(2026, 5, 1), "warn", "区教育局", "最迟 5月1日"),
        (date(2026, 5, 2), "none", "", "补做的期限 5月1日 已过"),
    ],
)
def test_a_month_that_was_missed_wholly_says_until_when_it_can_be_made_up(
    small, day, state, waits_for, words
):
    found = month.see_status(small.scheme, 2026, 3, on=day)
    step = found.current
    assert (step.key, step.state, step.waits_for) == ("freeze", state, waits_for)
    assert words in step.note
    if day > date(2026, 3, 31):
        assert see(small, day, 3).draw is None  # never by itself


def test_months_before_the_plan_was_published_are_not_asked_for(small):
    plan = small.scheme.plan
    type(plan).objects.filter(pk=plan.pk).update(published_on=date(2026, 4, 20))
    small.scheme.plan.refresh_from_db()
    step = month.see_status(small.scheme, 2026, 3, on=date(2026, 4, 20)).current
    assert (step.state, step.waits_for) == ("none", "") and "4月20日 才公布" in step.note
    this = month.see_status(small.scheme, 2026, 4, on=date(2026, 4, 20)).current
    assert (this.state, this.waits_for) == ("none", "系统"), "not late on the plan's first day"
    late = month.see_status(small.scheme, 2026, 4, on=date(2026, 4, 21)).current
    assert late.state == "warn"
    first = [w for w in draw_queue.waiting(small.actor("bureau"), on=date(2026, 4, 20)) if "冻结" in w.title]
    assert first == []


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2026, 2, 25), "doing"),
        (date(2026, 3, 6), "doing"),
        (date(2026, 3, 9), "warn"),
        (date(2026, 3, 12), "warn"),
        (date(2026, 3, 13), "bad"),
    ],
)
def test_it_waits_then_warns_then_raises_the_alarm(small, day, state):
    see(small, date(2026, 2, 19))
    seen = see(small, day)
    assert (seen.current.key, seen.current.state) == ("witness", state)
    assert seen.draw.state == "frozen" and not Inspection.objects.exists()
    (waiting,) = [w for w in draw_queue.waiting(small.actor("bureau"), on=day) if "3 月" in w.title]
    assert waiting.state == state and waiting.due == date(2026, 3, 12)
    assert not draw_queue.waiting(small.actor("operator"), on=day)


def test_a_freezing_that_was_made_up_late_leaves_the_witness_its_days(small):
    type(small.scheme).objects.update(chained_allowed=True)
    see(small, date(2026, 3, 20))
    assert see(small, date(2026, 3, 27)).draw.state == "frozen"
    assert see(small, date(2026, 3, 28)).draw.state == "drawn"


def test_a_list_that_still_waits_when_its_month_is_over_is_seen_until_it_is_drawn(small):
    type(small.scheme).objects.update(chained_allowed=True)
    assert see(small, date(2026, 3, 30)).draw.state == "frozen"
    assert month.months_left_open(date(2026, 3, 31)) == []
    assert month.months_left_open(date(2026, 4, 1)) == [(2026, 3)]
    run = tasks.see_month._orig_run.__wrapped__
    run(small.district, "2026-04-07", actor=small.actor())
    assert Draw.objects.get(month=3).state == "frozen"  # the witness has five working days
    run(small.district, "2026-04-08", actor=small.actor())
    assert Draw.objects.get(month=3).entropy_source == "chained"
    assert month.months_left_open(date(2026, 4, 8)) == []
    before = everything()
    run(small.district, "2026-04-08", actor=small.actor())
    assert everything() == before


def test_after_the_last_day_it_draws_chained_where_the_scheme_allows_it(small):
    type(small.scheme).objects.update(chained_allowed=True)
    see(small, date(2026, 2, 19))
    assert see(small, date(2026, 3, 12)).draw.state == "frozen"
    state = see(small, date(2026, 3, 13))
    draw = state.draw
    assert draw.state == "drawn" and draw.entropy_source == "chained"
    assert draw.entropy_value == rules.chained_entropy(draw.chain.anchor, None)["value"]
    assert Inspection.objects.count() == len(draw.inspections.all()) > 0
    before = everything()
    see(small, date(2026, 3, 14))
    assert everything() == before
    see(small, date(2026, 3, 22), 4)
    april = see(small, date(2026, 4, 30), 4).draw
    assert april.entropy_value == rules.chained_entropy("", draw.evidence_file)["value"]


def test_a_list_frozen_this_very_run_is_not_drawn_in_it(small):
    type(small.scheme).objects.update(chained_allowed=True)
    assert see(small, date(2026, 3, 30)).draw.state == "frozen"


def test_chained_by_name_waits_for_the_last_day_too(small):
    draw = small.freeze()
    for on in (date(2026, 3, 1), date(2026, 3, 12)):
        with pytest.raises(Refused) as refused:
            draws.draw_chained(draw, actor=small.actor(), by_name=True, on=on)
        assert refused.value.code == "chained_early"
    with pytest.raises(Refused) as refused:
        draws.draw_chained(draw, actor=small.actor(), on=date(2026, 3, 13))
    assert refused.value.code == "chained_not_allowed"
    draw = draws.draw_chained(draw, actor=small.actor(), by_name=True, on=date(2026, 3, 13))
    assert draw.state == "drawn" and draws.differences(draw) == []


def test_every_scheme_has_a_chain_and_a_draw_of_its_own(small):
    scheme = small.scheme
    scheme.pk, scheme._state.adding, scheme.key, scheme.kinds = None, True, "baby-house", ["baby_house"]
    scheme.save()
    states = month.see_month(small.district, 2026, 3, on=date(2026, 2, 20), actor=small.actor())
    assert [s.scheme.key for s in states] == ["baby-house", "safety-health"]
    assert len({s.draw.chain.anchor for s in states}) == 2
    assert [len(s.draw.frozen_dict["objects"]) for s in states] == [1, 6]


def test_a_list_that_cannot_be_frozen_stops_no_other_scheme(small, caplog):
    scheme = small.scheme
    scheme.pk, scheme._state.adding, scheme.key, scheme.kinds = None, True, "baby-house", ["baby_house"]
    scheme.save()
    Scheme.objects.filter(key="safety-health").update(kinds=["nursery", "inclusive_site"])
    type(small.facility("SM0001")).objects.filter(kind="baby_house").update(code="SM 06")
    caplog.set_level("INFO")
    tasks.see_month._orig_run.__wrapped__(small.district, "2026-02-20", actor=small.actor())
    assert [d.chain.scheme_key for d in Draw.objects.filter(month=3)] == ["safety-health"]
    assert "baby-house 2026-03: 名单里有抽取用不了的内容" in caplog.text
    assert "safety-health 2026-03: 冻结了名单" in caplog.text


def test_by_december_the_next_years_anchors_are_public(small):
    assert month.see_chains(on=date(2026, 11, 30), actor=small.actor()) == 0
    assert month.see_chains(on=date(2026, 12, 1), actor=small.actor()) == 1
    month.see_chains(on=date(2026, 12, 2), actor=small.actor())
    (record,) = PublicRecord.objects.filter(kind="anchor", year=2027)
    assert timezone.localdate(record.at) == date(2026, 12, 1)


def test_the_evidence_is_published_by_the_daily_run(small):
    small.finish_all(small.draw())
    state = see(small, date(2026, 3, 21))
    assert state.did == ("公开了证据文件",)
    assert state.current.key == "evidence" and state.current.state == "ok"
    assert see(small, date(2026, 3, 22)).did == ()


def test_no_link_is_public_before_all_earlier_months_are_drawn(small):
    """link[3] is a hash of link[4]: whoever reads April's evidence could choose March's entropy."""
    late = small.freeze(3)
    april = small.draw(4)
    small.finish_all(april)
    assert not draw_evidence.publish_evidence(april, actor=small.actor())
    assert not PublicRecord.objects.filter(kind="evidence").exists()
    small.enter(late, at=moment(date(2026, 4, 25)))
    draws.confirm_and_draw(late, actor=small.actor("head"), at=moment(date(2026, 4, 25), 11))
    assert draw_evidence.publish_evidence(april, actor=small.actor())
    with pytest.raises(Refused) as refused:
        small.freeze(2)
    assert (refused.value.code, refused.value.field) == ("link_public", "lottery")


def test_the_months_status_says_what_the_evidence_waits_for(small):
    late = small.freeze(3)
    small.finish_all(small.draw(4))
    state = month.see_status(small.scheme, 2026, 4, on=date(2026, 4, 25))
    assert (state.current.key, state.current.state, state.waits_for) == ("evidence", "warn", "区教育局")
    assert "等 3 月先抽取" in state.current.note
    small.enter(late, at=moment(date(2026, 4, 25)))
    draws.confirm_and_draw(late, actor=small.actor("head"), at=moment(date(2026, 4, 25), 11))
    assert month.see_status(small.scheme, 2026, 4, on=date(2026, 4, 25)).current.note == "系统即将公开"


def test_month_13_is_refused(small):
    with pytest.raises(Refused) as refused:
        month.see_month(small.district, 2026, 13, on=date(2026, 2, 20), actor=small.actor())
    assert refused.value.field == "month"


def test_a_district_without_facilities_does_not_stop_the_run(small):
    type(small.facility("SM0001")).objects.update(state="closed", closed_on=date(2026, 1, 1))
    state = see(small, date(2026, 2, 20))
    assert state.draw is None and "没有可以抽取的机构" in state.did[0]


def test_the_task_is_idempotent_and_drops_what_it_does_not_know(db, caplog):
    it = small_district.make()
    with it.scope():
        today = timezone.localdate()
        InspectionPlan.objects.update(year=today.year - 1, published_on=today - timedelta(days=400))
    tasks.see_month(it.district.pk)
    with it.scope():
        before = everything()
        assert before[1] >= 1
    tasks.see_month(it.district.pk)
    tasks.publish_due(it.district.pk)
    with it.scope():
        assert everything() == before
    for unknown in (999999, "x", None):
        assert tasks.see_month(unknown) is None
    assert caplog.text.count("unknown district") == 3
    for nonsense in ("2026-02-30", "tomorrow", 7):
        assert tasks.see_month(it.district.pk, nonsense) is None
        assert f"{nonsense!r} is no day" in caplog.text
    with it.scope():
        assert everything() == before


def test_beat_knows_every_task_that_it_queues():
    import portal.celery

    portal.celery.app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in portal.celery.app.tasks, entry


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "label"), [("minhang", "二（二）2"), ("pudong", "二（二）2"), ("jinshan", "六3")]
)
def test_the_reference_data_has_a_plan_with_a_scheme(slug, label):
    district = District.objects.get(slug=slug)
    with district_scope(district):
        plans_ = list(InspectionPlan.objects.order_by("year"))
        assert len(plans_) >= 2 and plans_[1].year == plans_[0].year + 1
        for plan in plans_[:2]:
            scheme = plan.schemes.get()
            assert (scheme.key, scheme.clause.label) == ("safety-health", label)
            assert "guidance_point" not in scheme.kinds and len(scheme.kinds) == 4
            assert (scheme.team_size, scheme.rates_permille["D"]) == (2, 500)
            assert scheme.grades_public_confirmed_at is None
        before = Scheme.objects.count()
        reference.load(district, {}, Tally())
        assert Scheme.objects.count() == before


def test_what_waits_for_whom(small):
    on = date(2026, 3, 2)
    draw = small.enter(small.freeze())
    assert not [w for w in draw_queue.waiting(small.actor("bureau"), on=on) if "核对" in w.title]
    for name in ("clerk", "head"):
        (waiting,) = [w for w in draw_queue.waiting(small.actor(name), on=on) if "核对" in w.title]
        assert waiting.url == f"/small/draws/{draw.pk}/witness/"
    for name in ("auditor", "operator"):
        assert draw_queue.waiting(small.actor(name), on=on) == []


def test_a_year_of_draws_sees_every_facility_at_least_once(small):
    """Promise 4, through the services, with a facility that opens on the way."""
    for number in range(1, 13):
        draw = small.draw(number, THROWS[number])
        small.finish_all(draw)
        month.see_month(
            small.district,
            2026,
            number,
            on=date(2026, number, 28),
            actor=small.actor(),
            at=moment(date(2026, number, 28)),
        )
        if number == 4:
            newcomer = small.facility("SM0006")
            newcomer.pk, newcomer._state.adding, newcomer.code = None, True, "SM0007"
            newcomer.save()
    seen = set(Inspection.objects.filter(state="finished").values_list("facility__code", flat=True))
    assert seen == {f"SM000{n}" for n in range(1, 8)}
    for draw in Draw.objects.order_by("month"):
        assert draw.state == "published" and draws.differences(draw) == []
        streets = set(draw.inspections.values_list("facility__street__code", flat=True))
        assert streets == {"310199001", "310199002", "310199003"}
