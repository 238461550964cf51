"""One month's draw by its services: frozen, witnessed, confirmed, published."""

import hashlib
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from inspections.models import Draw, DrawChain, Inspection, InspectionPlan, PublicRecord
from inspections.rules import draw as rules
from inspections.services import chains, draw_entropy, draw_evidence, draws, freezing, plans
from portal.errors import Conflict, Denied, Refused
from portal.models import AuditEntry
from tests.inspections import small_district
from tests.inspections.small_district import DICE, THROWS, moment

ROOT = Path(__file__).resolve().parent.parent.parent
VERIFIER = ROOT / "static" / "verify" / "verify_draw.py"


@pytest.fixture
def small(db):
    it = small_district.make()
    with it.scope():
        yield it


def records(kind):
    return list(PublicRecord.objects.filter(kind=kind))


def test_the_chain_is_made_once_and_its_anchor_is_public_at_once(small):
    chain = chains.make_chain(small.scheme, 2027, actor=small.actor("bureau"))
    assert chains.make_chain(small.scheme, 2027, actor=small.actor("clerk")) == chain
    assert DrawChain.objects.count() == 1
    (anchor,) = records("anchor")
    assert (anchor.year, anchor.month, anchor.sha256, anchor.body) == (2027, None, chain.anchor, None)
    for month in range(13):
        assert rules.verify_link(chain.anchor, month, chains.link(chain, month))


def test_the_secret_stands_encrypted(small):
    chain = chains.make_chain(small.scheme, 2027, actor=small.actor("bureau"))
    assert chains.link(chain, 12) not in bytes(chain.secret)
    assert len(bytes(chain.secret)) > 32


def test_nobody_chooses_the_secret_of_a_real_district(small):
    for name in ("", "bureau"):
        with pytest.raises(Refused) as refused:
            chains.make_chain(small.scheme, 2027, actor=small.actor(name), secret=b"0" * 32)
        assert refused.value.code == "secret"
    assert not DrawChain.objects.exists()


def test_who_may_not_freeze_is_refused(small):
    for name in ("head", "operator", "auditor"):
        with pytest.raises(Denied):
            freezing.freeze(small.scheme, 2026, 3, actor=small.actor(name), on=date(2026, 2, 20))
    assert not Draw.objects.exists() and not DrawChain.objects.exists()


@pytest.mark.parametrize("month", [0, 13, -1])
def test_a_month_that_is_none_is_refused(small, month):
    with pytest.raises(Refused) as refused:
        freezing.freeze(small.scheme, 2026, month, actor=small.actor(), on=date(2026, 2, 20))
    assert refused.value.field == "month"
    assert not DrawChain.objects.exists()


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (date(2026, 1, 28), "too_early"),
        (date(2026, 1, 29), None),
        (date(2026, 2, 20), None),
        (date(2026, 3, 31), None),
        (date(2026, 5, 1), None),
        (date(2026, 5, 2), "too_late"),
    ],
)
def test_the_earliest_and_the_latest_day_to_freeze(small, on, code):
    if code is None:
        assert freezing.freeze(small.scheme, 2026, 3, actor=small.actor(), on=on).state == "frozen"
        return
    with pytest.raises(Refused) as refused:
        freezing.freeze(small.scheme, 2026, 3, actor=small.actor(), on=on)
    assert refused.value.code == code


def test_freezing_publishes_the_hash_before_anything_else_and_only_once(small):
    draw = small.freeze()
    assert small.freeze() == draw
    (record,) = records("frozen")
    assert record.sha256 == draw.frozen_sha256 == hashlib.sha256(bytes(draw.frozen)).hexdigest()
    assert record.body is None
    assert {r.kind for r in PublicRecord.objects.all()} == {"anchor", "frozen"}
    assert not Inspection.objects.exists()


def test_nothing_to_draw_is_said(small):
    small.facility("SM0001").__class__.objects.update(state="suspended")
    with pytest.raises(Refused) as refused:
        small.freeze()
    assert refused.value.code == "nothing_to_draw"


def test_a_month_from_the_freezing_to_the_published_evidence(small, tmp_path):
    draw = small.enter(small.freeze(), DICE, witnesses="周*（区人大代表）　徐*（家长代表）")
    assert draw.state == "witnessed" and draw.entropy_value == DICE
    draw = draws.confirm_and_draw(draw, actor=small.actor("head"), seen=DICE, at=moment(date(2026, 3, 2)))
    assert draw.state == "drawn"
    evidence = json.loads(draw.evidence_file)
    visits = list(draw.inspections.order_by("position"))
    assert [v.facility.code for v in visits] == [r["object"] for r in evidence["results"]]
    assert [v.number for v in visits] == [f"JC-2603-{n:03d}" for n in range(1, len(visits) + 1)]
    assert [v.position for v in visits] == list(range(1, len(visits) + 1))
    assert {v.due_on for v in visits} == {date(2026, 3, 31)}
    for visit, result in zip(visits, evidence["results"], strict=True):
        team = list(visit.all_team.order_by("position").values_list("inspector__code", flat=True))
        assert team == result["inspectors"]

    (record,) = records("evidence_hash")
    assert record.sha256 == hashlib.sha256(draw.evidence_file).hexdigest()
    assert record.body is None and not records("evidence")

    for visit in visits:
        assert not draw_evidence.publish_evidence(draw, actor=small.actor())
        assert draw_evidence.publish_due(actor=small.actor()) == 0
        small.finish(visit, date(2026, 3, 20))
    assert draw_evidence.publish_due(actor=small.actor()) == 1
    assert draw_evidence.publish_due(actor=small.actor()) == 0
    assert draw_evidence.publish_evidence(draw, actor=small.actor())
    (published,) = records("evidence")
    assert Draw.objects.get().state == "published"

    path = tmp_path / "evidence.json"
    path.write_bytes(bytes(published.body))
    done = subprocess.run(
        [sys.executable, VERIFIER, path, record.sha256], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    path.write_bytes(bytes(published.body).replace(b'"witness"', b'"lottery"'))
    changed = subprocess.run(
        [sys.executable, VERIFIER, path, record.sha256], capture_output=True, text=True, check=False
    )
    assert changed.returncode == 1 and "published_sha256" in changed.stdout


def test_the_evidence_stands_encrypted_until_it_is_public(small):
    draw = small.draw()
    link = chains.link(draw.chain, 3).hex().encode()
    assert link in draw.evidence_file
    assert link not in bytes(draw.evidence)


def test_who_entered_does_not_confirm(small):
    draw = small.enter(small.freeze())
    with pytest.raises(Refused) as refused:
        draws.confirm_and_draw(draw, actor=small.actor("bureau"))
    assert refused.value.code == "same_person"
    assert Draw.objects.get().state == "witnessed" and not Inspection.objects.exists()
    assert draws.confirm_and_draw(draw, actor=small.actor("clerk")).state == "drawn"


def test_confirming_again_changes_nothing(small):
    draw = small.draw()
    before = (Inspection.objects.count(), PublicRecord.objects.count(), AuditEntry.objects.count())
    again = draws.confirm_and_draw(draw, actor=small.actor("clerk"))
    assert again.evidence_sha256 == draw.evidence_sha256
    assert before == (Inspection.objects.count(), PublicRecord.objects.count(), AuditEntry.objects.count())


def test_the_second_person_sends_back_what_was_typed_wrong(small):
    draw = small.enter(small.freeze(), THROWS[1])
    draw = draw_entropy.correct(draw, actor=small.actor("head"))
    assert (draw.state, draw.entropy_value, draw.entered_by) == ("frozen", "", None)
    draw = small.enter(draw, THROWS[2])
    with pytest.raises(Conflict) as conflict:
        draws.confirm_and_draw(draw, actor=small.actor("head"), seen=THROWS[1])
    assert conflict.value.code == "changed"
    assert draws.confirm_and_draw(draw, actor=small.actor("head"), seen=THROWS[2]).state == "drawn"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "entropy_empty"),
        (" \u3000 ", "entropy_empty"),
        ("x" * 201, "entropy_long"),
        ("line\nline", "entropy_lines"),
        ("1 2 3 4 5 6", "dice"),
        ("1" * 21, "dice"),
    ],
)
def test_entropy_that_is_none_is_refused_by_name(small, value, code):
    draw = small.freeze()
    with pytest.raises(Refused) as refused:
        draw_entropy.enter_witness(draw, source="witness", value=value, actor=small.actor("bureau"))
    assert (refused.value.code, refused.value.field) == (code, "value")
    assert Draw.objects.get().state == "frozen"


@pytest.mark.parametrize("source", ["chained", "beacon", "", "anything"])
def test_a_source_that_is_no_public_fact_is_refused(small, source):
    draw = small.freeze()
    with pytest.raises(Refused) as refused:
        draw_entropy.enter_witness(draw, source=source, value="0" * 64, actor=small.actor("bureau"))
    assert refused.value.field == "source"


def test_dice_are_written_in_one_way(small):
    draw = small.enter(small.freeze(), DICE.replace(" ", ""))
    assert draw.entropy_value == DICE


def test_a_text_that_served_before_is_refused_however_it_is_spaced(small):
    small.draw(3, DICE)
    april = small.freeze(4)
    for value in (DICE, DICE.replace(" ", ""), f"  {DICE} "):
        with pytest.raises(Refused) as refused:
            small.enter(april, value)
        assert refused.value.code == "entropy_used"
    assert Draw.objects.get(month=4).state == "frozen"


def test_entropy_of_before_the_freezing_is_refused(small):
    draw = small.freeze()
    with pytest.raises(Refused) as refused:
        small.enter(draw, at=moment(date(2026, 2, 18)))
    assert refused.value.code == "entropy_early"


def test_a_lottery_must_be_named_at_the_freezing(small):
    march = small.freeze(3)
    with pytest.raises(Refused) as refused:
        small.enter(march, "03 07 12 22 28 31 + 09", source="lottery")
    assert refused.value.code == "lottery_not_named"
    april = small.freeze(4, lottery="福彩双色球 2026037 期")
    (record,) = PublicRecord.objects.filter(kind="frozen", month=4)
    assert record.note == "福彩双色球 2026037 期"
    with pytest.raises(Refused) as refused:
        small.enter(april, "03 07 12 22 28 31 + 09", source="lottery", note="福彩双色球 2026038 期")
    assert refused.value.code == "lottery_other"
    for wrong in ("0３ 07", "红球 03 07", "+ 03 07"):
        with pytest.raises(Refused) as refused:
            small.enter(april, wrong, source="lottery")
        assert refused.value.code == "lottery_numbers"
    april = small.enter(april, " 03,07 12 22 28 31 + 09 ", source="lottery")
    assert (april.state, april.entropy_value) == ("witnessed", "03 07 12 22 28 31 09")


def test_the_bureau_must_have_confirmed_that_grades_become_public(small):
    type(small.scheme).objects.update(grades_public_confirmed_at=None)
    draw = small.enter(small.freeze())
    with pytest.raises(Refused) as refused:
        draws.confirm_and_draw(draw, actor=small.actor("head"))
    assert refused.value.code == "publicity"
    plans.confirm_publicity(small.scheme, actor=small.actor("bureau"))
    assert draws.confirm_and_draw(draw, actor=small.actor("head")).state == "drawn"


def test_the_last_published_plan_goes_on_until_the_next_is_published(small):
    draw = small.freeze(1, 2027)
    assert draw.scheme == small.scheme
    plan = plans.make_plan(2027, actor=small.actor("bureau"))
    assert plans.schemes(2027, date(2027, 3, 1)) == [small.scheme]
    with pytest.raises(Conflict):
        plans.make_plan(2027, actor=small.actor("bureau"))
    InspectionPlan.objects.filter(pk=plan.pk).update(state="approved")
    plans.publish_plan(plan, actor=small.actor("bureau"), on=date(2027, 3, 15))
    assert plans.schemes(2027, date(2027, 3, 14)) == [small.scheme]
    (new,) = plans.schemes(2027, date(2027, 3, 15))
    assert new != small.scheme and new.key == small.scheme.key and new.grades_public_confirmed_at
    # The month that the old scheme froze is not drawn a second time by the new one.
    assert freezing.freeze(new, 2027, 1, actor=small.actor(), on=date(2027, 1, 5)) == draw
