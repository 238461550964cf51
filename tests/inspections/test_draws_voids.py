"""Voiding a draw and drawing again; inspectors who drop out."""

import hashlib
import json
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from facilities.models import Facility
from inspections.models import Draw, DrawAddendum, Inspection, Inspector, InspectorStreet, PublicRecord
from inspections.rules import draw as rules
from inspections.rules.frozen import canonical
from inspections.services import (
    cancellations,
    chains,
    draw_entropy,
    draw_evidence,
    draw_queue,
    draw_teams,
    draw_voids,
    draws,
    month,
)
from portal.errors import Conflict, Denied, Refused
from portal.models import AuditEntry
from tests.inspections import small_district
from tests.inspections.small_district import THROWS, moment

REASON = "录入的点数与现场照片不一致"


@pytest.fixture
def small(db):
    it = small_district.make()
    with it.scope():
        yield it


def void(small, draw, reason=REASON):
    draw_voids.request_void(draw, reason=reason, actor=small.actor("bureau"))
    return draw_voids.confirm_void(draw, actor=small.actor("head"))


def test_a_void_takes_two_people_and_a_reason(small):
    draw = small.draw()
    with pytest.raises(Conflict):
        draw_voids.confirm_void(draw, actor=small.actor("head"))
    with pytest.raises(Refused) as refused:
        draw_voids.request_void(draw, reason="  ", actor=small.actor("bureau"))
    assert refused.value.field == "reason"
    with pytest.raises(Denied):
        draw_voids.request_void(draw, reason=REASON, actor=small.actor("head"))
    draw_voids.request_void(draw, reason=REASON, actor=small.actor("bureau"))
    with pytest.raises(Conflict):
        draw_voids.request_void(draw, reason=REASON, actor=small.actor("clerk"))
    with pytest.raises(Denied):
        draw_voids.confirm_void(draw, actor=small.actor("bureau"))
    assert Draw.objects.get().state == "drawn"
    assert draw_voids.confirm_void(draw, actor=small.actor("head")).state == "void"


def test_one_person_with_both_roles_cannot_do_both(small):
    from portal.models import Membership

    Membership.objects.create(user=small.users["bureau"], role="unit_head", starts_on=date(2020, 1, 1))
    draw = small.draw()
    draw_voids.request_void(draw, reason=REASON, actor=small.actor("bureau"))
    with pytest.raises(Refused) as refused:
        draw_voids.confirm_void(draw, actor=small.actor("bureau"))
    assert refused.value.code == "same_person"
    assert Draw.objects.get().state == "drawn"


def test_the_head_can_say_no(small):
    draw = small.draw()
    draw_voids.request_void(draw, reason=REASON, actor=small.actor("bureau"))
    draw = draw_voids.decline_void(draw, actor=small.actor("head"))
    assert (draw.state, draw.void_reason, draw.void_requested_at) == ("drawn", "", None)
    with pytest.raises(Conflict):
        draw_voids.confirm_void(draw, actor=small.actor("head"))


def test_a_requested_void_holds_the_draw_up(small):
    draw = small.enter(small.freeze())
    draw_voids.request_void(draw, reason=REASON, actor=small.actor("bureau"))
    with pytest.raises(Conflict) as conflict:
        draws.confirm_and_draw(draw, actor=small.actor("head"))
    assert conflict.value.code == "void_requested"


def test_visits_not_begun_are_cancelled_and_finished_ones_stay(small):
    draw = small.draw(12)
    begun, done, *rest = draw.inspections.order_by("position")
    begun.state = "under_way"
    begun.save()
    small.finish(done, date(2026, 12, 5))
    void(small, draw)
    begun.refresh_from_db()
    done.refresh_from_db()
    assert (begun.state, done.state) == ("under_way", "finished")
    for visit in rest:
        visit.refresh_from_db()
        assert (visit.state, visit.cancelled_by) == ("cancelled", small.users["head"])
    (record,) = PublicRecord.objects.filter(kind="void")
    assert (record.sha256, record.note) == (draw.evidence_sha256, REASON)


def test_voiding_again_changes_nothing(small):
    draw = void(small, small.draw())
    before = (PublicRecord.objects.count(), AuditEntry.objects.count())
    draw_voids.confirm_void(draw, actor=small.actor("head"))
    assert before == (PublicRecord.objects.count(), AuditEntry.objects.count())


def test_the_next_draw_names_the_void_one_takes_new_entropy_and_is_never_chained(small):
    first = void(small, small.draw(3, THROWS[1]))
    type(small.scheme).objects.update(chained_allowed=True)
    second = small.freeze()
    assert second.pk != first.pk and second.replaces == first
    assert second.frozen_dict["replaces"] == first.evidence_sha256
    with pytest.raises(Refused) as refused:
        small.enter(second, THROWS[1])
    assert refused.value.code == "entropy_used"
    for by_name in (True, False):
        with pytest.raises(Refused) as refused:
            draws.draw_chained(second, actor=small.actor(), by_name=by_name, on=date(2026, 3, 30))
        assert refused.value.code == "chained_replacement"
    with pytest.raises(IntegrityError), transaction.atomic():
        Draw.objects.filter(pk=second.pk).update(entropy_source="chained")
    second = draws.confirm_and_draw(small.enter(second, THROWS[2]), actor=small.actor("head"))
    assert second.evidence_sha256 != first.evidence_sha256
    assert Draw.objects.filter(month=3).exclude(state="void").get() == second


def test_a_list_voided_before_the_draw_is_replaced_without_a_hash_and_still_not_chained(small):
    first = void(small, small.freeze())
    second = small.freeze()
    assert second.frozen_dict["replaces"] == "" and second.replaces == first
    with pytest.raises(Refused) as refused:
        draws.draw_chained(second, actor=small.actor(), by_name=True, on=date(2026, 3, 30))
    assert refused.value.code == "chained_replacement"


def test_a_void_ones_evidence_follows_with_that_of_its_successor(small):
    first = void(small, small.draw(3, THROWS[1]))
    assert draw_evidence.publish_due(actor=small.actor()) == 0
    second = small.draw(3, THROWS[2])
    small.finish_all(second)
    assert draw_evidence.publish_due(actor=small.actor()) == 2
    bodies = {bytes(r.body) for r in PublicRecord.objects.filter(kind="evidence")}
    assert bodies == {first.evidence_file, second.evidence_file}
    assert Draw.objects.get(pk=first.pk).state == "void"
    assert draw_evidence.publish_due(actor=small.actor()) == 0


ISSUE = "福彩双色球 2026038 期"


def test_after_publication_only_a_lottery_named_at_the_freezing_is_accepted(small):
    """The month's link is public then: whoever throws dice, or writes them down, could choose the draw."""
    type(small.scheme).objects.update(chained_allowed=True)
    first = small.draw(3, THROWS[1])
    small.finish_all(first)
    assert draw_evidence.publish_evidence(first, actor=small.actor())
    void(small, first)
    state = month.see_month(small.district, 2026, 3, on=date(2026, 3, 25), actor=small.actor())[0]
    assert state.draw is None and state.waits_for == "区教育局"
    assert "指定一期还没有开奖的彩票" in state.current.note
    with pytest.raises(Refused) as refused:
        small.freeze()
    assert (refused.value.code, refused.value.field) == ("link_public", "lottery")
    second = small.freeze(lottery=ISSUE)
    assert second.lottery_only and second.frozen_dict["replaces"] == first.evidence_sha256
    with pytest.raises(Refused) as refused:
        small.enter(second, THROWS[2])
    assert refused.value.code == "lottery_only" and ISSUE in str(refused.value)
    with pytest.raises(IntegrityError, match="public_link_takes_a_lottery"), transaction.atomic():
        Draw.objects.filter(pk=second.pk).update(entropy_source="witness")
    with pytest.raises(IntegrityError, match="public_link_takes_a_lottery"), transaction.atomic():
        Draw.objects.filter(pk=second.pk).update(entropy_note="")
    small.enter(second, "03 07 12 22 28 31 + 09", source="lottery")
    second = draws.confirm_and_draw(second, actor=small.actor("head"))
    record = json.loads(second.evidence_file)["record"]
    assert (record["lottery"], record["link_public"]) == (ISSUE, True)
    assert draws.differences(second) == []


def test_a_month_whose_link_follows_from_a_later_ones_takes_a_lottery_only_and_is_never_chained(small):
    type(small.scheme).objects.update(chained_allowed=True)
    april = small.draw(4)
    small.finish_all(april)
    assert draw_evidence.publish_evidence(april, actor=small.actor())
    march = small.freeze(3, lottery=ISSUE)
    assert march.lottery_only and march.replaces is None
    for by_name in (True, False):
        with pytest.raises(Refused) as refused:
            draws.draw_chained(march, actor=small.actor(), by_name=by_name, on=date(2026, 4, 30))
        assert refused.value.code == "lottery_only"
    (state,) = month.see_month(small.district, 2026, 3, on=date(2026, 4, 30), actor=small.actor())
    assert state.current.state == "bad" and Draw.objects.get(pk=march.pk).state == "frozen"


def test_the_database_allows_one_valid_draw_a_month(small):
    draw = small.freeze()
    with pytest.raises(IntegrityError), transaction.atomic():
        Draw.objects.create(
            scheme=draw.scheme, chain=draw.chain, year=2026, month=3, frozen=b"{}", frozen_sha256="1" * 64,
            frozen_at=draw.frozen_at,
        )  # fmt: skip


# --- Teams -----------------------------------------------------------------------------------------


def one_street(small):
    """All facilities in one street that four of the five inspectors serve."""
    street = small.facility("SM0001").street
    Facility.objects.update(street=street)
    return small.draw(12)


def codes(visit):
    return list(
        visit.all_team.filter(dropped_at__isnull=True)
        .order_by("position")
        .values_list("inspector__code", flat=True)
    )


def drop(small, visit, code, reason="病假"):
    return draw_teams.replace_inspector(
        visit,
        inspector=small.inspector(code),
        reason=reason,
        actor=small.actor("bureau"),
        at=moment(date(2026, 12, 3)),
    )


def test_who_drops_out_is_replaced_by_the_next_of_the_ranking_as_it_stood(small):
    draw = one_street(small)
    evidence = json.loads(draw.evidence_file)
    visit = draw.inspections.get(position=3)
    out, stays = codes(visit)
    expected = rules.replacement(evidence, visit.facility.code, [stays], [out])
    member = drop(small, visit, out)
    assert member.inspector.code == expected and member.origin == "replacement"
    assert codes(visit) == [stays, expected]
    (addendum,) = draw.addenda.all()
    assert addendum.kind == "replaced"
    assert addendum.sha256 == hashlib.sha256(bytes(addendum.content)).hexdigest()
    assert addendum.facts["evidence_sha256"] == draw.evidence_sha256
    facts = addendum.facts["content"]
    assert (facts["object"], facts["out"], facts["in"]) == (visit.facility.code, out, expected)
    (record,) = PublicRecord.objects.filter(kind="addendum")
    assert (record.sha256, record.body) == (addendum.sha256, None)
    small.finish_all(draw)
    assert draw_evidence.publish_evidence(draw, actor=small.actor())
    assert bytes(addendum.content) in {
        bytes(r.body) for r in PublicRecord.objects.filter(kind="addendum", body__isnull=False)
    }


def test_nobody_can_find_out_who_was_drawn_by_trying_all_addenda(small):
    """The hash is public at once, and there are few facilities and inspectors that could be meant."""
    draw = one_street(small)
    visit = draw.inspections.get(position=3)
    out, _stays = codes(visit)
    drop(small, visit, out)
    (addendum,) = draw.addenda.all()
    guess = addendum.facts
    salt = guess.pop("salt")
    assert salt == rules.ticket(chains.link(draw.chain, draw.month), "addendum", "1").hex()
    assert hashlib.sha256(canonical(guess)).hexdigest() != addendum.sha256
    assert hashlib.sha256(canonical(guess | {"salt": salt})).hexdigest() == addendum.sha256


def test_somebody_who_may_not_go_any_more_is_passed_over_on_record(small):
    draw = one_street(small)
    visit = draw.inspections.get(position=1)
    out, stays = codes(visit)
    evidence = json.loads(draw.evidence_file)
    first = rules.replacement(evidence, visit.facility.code, [stays], [out])
    second = rules.replacement(evidence, visit.facility.code, [stays], [out, first])
    Inspector.objects.filter(code=first).update(active=False)
    assert drop(small, visit, out).inspector.code == second
    assert draw.addenda.get().facts["content"]["passed_over"] == [first]


def test_where_nobody_is_left_a_head_names_one_from_another_street(small):
    street = small.facility("SM0001").street
    Facility.objects.exclude(code="SM0001").update(state="suspended")
    InspectorStreet.objects.filter(street=street).exclude(inspector__code__in=["JC001", "JC002"]).delete()
    draw = small.draw(12)
    visit = draw.inspections.get()
    assert set(codes(visit)) == {"JC001", "JC002"}
    with pytest.raises(Conflict) as conflict:
        draw_teams.name_inspector(visit, inspector=small.inspector("JC003"), actor=small.actor("fire_head"))
    assert conflict.value.code == "team_full"
    assert drop(small, visit, "JC002") is None
    assert codes(visit) == ["JC001"]
    assert [v.pk for v in month.short_teams(draw)] == [visit.pk]
    with pytest.raises(Refused) as refused:  # not of the head's own unit
        draw_teams.name_inspector(visit, inspector=small.inspector("JC004"), actor=small.actor("fire_head"))
    assert refused.value.code == "not_fit"
    with pytest.raises(Denied):
        draw_teams.name_inspector(visit, inspector=small.inspector("JC003"), actor=small.actor("bureau"))
    member = draw_teams.name_inspector(
        visit, inspector=small.inspector("JC003"), actor=small.actor("fire_head")
    )
    assert member.origin == "named" and codes(visit) == ["JC001", "JC003"]
    assert not month.short_teams(draw).exists()
    kinds = list(draw.addenda.order_by("number").values_list("kind", flat=True))
    assert kinds == ["replaced", "named"]
    assert draw.addenda.last().facts["content"] == {"object": "SM0001", "in": "JC003", "drawn": False}


@pytest.mark.parametrize("why", ["inactive", "licence", "interest", "serves the street", "ranking"])
def test_who_may_not_be_named(small, why):
    street = small.facility("SM0001").street
    Facility.objects.exclude(code="SM0001").update(state="suspended")
    keep = ["JC001"] if why != "ranking" else ["JC001", "JC002", "JC004"]
    InspectorStreet.objects.filter(street=street).exclude(inspector__code__in=keep).delete()
    draw = small.draw(12)
    visit = draw.inspections.get()
    fire = small.inspector("JC003")
    if why == "ranking":
        member = visit.all_team.first()
        member.dropped_at = moment(date(2026, 12, 3))
        member.save()
    elif why == "inactive":
        Inspector.objects.filter(pk=fire.pk).update(active=False)
    elif why == "licence":
        Inspector.objects.filter(pk=fire.pk).update(licence_until=date(2026, 12, 30))
    elif why == "interest":
        small.interest("JC003", "SM0001", date(2026, 12, 1))
    else:
        InspectorStreet.objects.create(inspector=fire, street=street)
    with pytest.raises(Refused) as refused:
        draw_teams.name_inspector(visit, inspector=fire, actor=small.actor("fire_head"))
    assert refused.value.code == ("ranking" if why == "ranking" else "not_fit")
    assert not DrawAddendum.objects.exists()


def test_a_team_does_not_change_any_more_once_the_visit_began(small):
    draw = small.draw(12)
    visit = draw.inspections.first()
    visit.state = "under_way"
    visit.save()
    with pytest.raises(Conflict):
        drop(small, visit, codes(visit)[0])


def test_a_team_that_the_draw_left_short_is_said_loudly(small):
    InspectorStreet.objects.filter(street__code="310199003").exclude(inspector__code="JC001").delete()
    draw = small.draw(12)
    (visit,) = month.short_teams(draw)
    assert visit.facility.code == "SM0006" and codes(visit) == ["JC001"]
    state = month.see_status(small.scheme, 2026, 12, on=date(2026, 12, 3))
    assert state.current.key == "visits" and state.current.state == "bad"
    assert "1 家检查组缺人" in state.current.note
    audit = AuditEntry.objects.get(action="inspections.draw.draw")
    assert audit.changes["short_teams"] == 1


def test_what_is_struck_off_is_appended_before_the_evidence_is_public(small):
    draw = small.draw(12)
    visit = draw.inspections.order_by("position").first()
    Inspection.objects.filter(pk=visit.pk).update(state="cancelled", cancel_reason="closed")
    small.finish_all(draw)
    assert draw_evidence.publish_evidence(draw, actor=small.actor())
    (addendum,) = draw.addenda.all()
    assert addendum.facts["content"] == {"object": visit.facility.code, "reason": "closed"}
    assert PublicRecord.objects.filter(kind="addendum", body__isnull=False).count() == 1


def titles(small, name: str, on: date) -> list[str]:
    return [one.title for one in draw_queue.waiting(small.actor(name), on=on) if "3 月" in one.title]


def test_a_void_draw_of_last_month_waits_for_the_bureau_while_it_can_be_made_up(small):
    draw = small.draw()
    assert titles(small, "bureau", date(2026, 4, 10)) == []
    void(small, draw)
    assert titles(small, "bureau", date(2026, 4, 10)) == ["冻结 3 月的名单"]
    (waiting,) = [
        one for one in draw_queue.waiting(small.actor("bureau"), on=date(2026, 5, 1)) if "3" in one.facts
    ]
    assert "最迟" in waiting.facts
    assert titles(small, "bureau", date(2026, 5, 2)) == []
    assert titles(small, "head", date(2026, 4, 10)) == []


def test_a_month_before_the_plan_was_published_waits_for_nobody(small):
    assert titles(small, "bureau", date(2026, 4, 10)) == ["冻结 3 月的名单"]
    type(small.scheme.plan).objects.update(published_on=date(2026, 3, 5))
    assert titles(small, "bureau", date(2026, 4, 10)) == []


# --- Nothing personal in what becomes public ----------------------------------------------------------

PHONE = "13812345678"


@pytest.mark.parametrize("text", [f"点数报错，问{PHONE}", "点数报错，310112199003074512"])
def test_a_reason_with_the_number_of_a_person_is_refused(small, text):
    draw = small.draw()
    with pytest.raises(Refused) as refused:
        draw_voids.request_void(draw, reason=text, actor=small.actor("bureau"))
    assert (refused.value.field, refused.value.code) == ("reason", "personal")
    assert "理由" in refused.value.message and "去掉" in refused.value.message
    assert Draw.objects.get().void_requested_at is None


def test_a_reason_written_before_is_not_published(small):
    draw = small.draw()
    draw_voids.request_void(draw, reason=REASON, actor=small.actor("bureau"))
    Draw.objects.update(void_reason=f"问{PHONE}")
    with pytest.raises(Conflict) as refused:
        draw_voids.confirm_void(draw, actor=small.actor("head"))
    assert refused.value.code == "personal"
    assert not PublicRecord.objects.filter(kind="void").exists()
    draw_voids.decline_void(draw, actor=small.actor("head"))
    assert void(small, draw).state == "void"


def test_witnesses_and_what_they_saw_hold_no_number(small):
    with pytest.raises(Refused) as refused:
        small.freeze(lottery=f"第 26001 期 {PHONE}")
    assert (refused.value.field, refused.value.code) == ("lottery", "personal")
    draw = small.freeze()
    for field, values in (
        ("witnesses", {"witnesses": f"周*（区人大代表）{PHONE}"}),
        ("value", {"value": f"见证人念的：{PHONE}"}),
    ):
        with pytest.raises(Refused) as refused:
            small.enter(draw, **values)
        assert (refused.value.field, refused.value.code) == (field, "personal")
    small.enter(draw, witnesses="周*（区人大代表）")
    Draw.objects.update(witnesses=f"周*{PHONE}")  # as it was entered before
    with pytest.raises(Conflict) as stopped:
        draws.confirm_and_draw(draw, actor=small.actor("head"))
    assert stopped.value.code == "personal"
    draw_entropy.correct(draw, actor=small.actor("head"))
    draw = small.enter(draw, witnesses="周*（区人大代表）")
    assert draws.confirm_and_draw(draw, actor=small.actor("head")).state == "drawn"


def test_what_is_added_to_the_evidence_holds_no_number(small):
    draw = one_street(small)
    visit = draw.inspections.get(position=3)
    out, _stays = codes(visit)
    with pytest.raises(Refused) as refused:
        drop(small, visit, out, reason=f"病假，{PHONE}")
    assert (refused.value.field, refused.value.code) == ("reason", "personal")
    assert out in codes(visit)
    note = {"reason": "force_majeure", "actor": small.actor("bureau")}
    with pytest.raises(Refused) as refused:
        cancellations.request_cancel(visit, note=f"台风，问{PHONE}", **note)
    assert (refused.value.field, refused.value.code) == ("note", "personal")
    cancellations.request_cancel(visit, note="台风停课一周", **note)
    Inspection.objects.filter(pk=visit.pk).update(cancel_note=f"问{PHONE}")
    with pytest.raises(Conflict) as stopped:
        cancellations.confirm_cancel(visit, actor=small.actor("head"))
    assert stopped.value.code == "personal"
    assert not draw.addenda.exists()
