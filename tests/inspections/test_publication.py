"""What is public, until when, what ends it; and that nothing of what people write ever gets out."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.urls import reverse
from django.utils import timezone

from facilities.rules import credit as credit_rules
from facilities.rules import register as register_rules
from facilities.services import applicants, training
from inspections.models import (
    ChecklistItem,
    Finding,
    Inspection,
    PublicationEvent,
    PublicationRepair,
    PublicRecord,
    ResultReview,
)
from inspections.rules import campaigns as campaign_rules
from inspections.rules import checklists as checklist_rules
from inspections.rules import evaluation_sets as set_rules
from inspections.rules import evaluations as round_rules
from inspections.rules import matters as matter_rules
from inspections.rules import plans as plan_rules
from inspections.services import complaints, publication, result_changes, results
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models import ApiClient
from portal.rules import personal
from portal.tenancy import district_scope, public_scope
from tests.facilities import filings
from tests.inspections import factories
from tests.inspections.factories import at
from tests.inspections.test_draws_hidden import told
from tests.inspections.test_result_reviews import AFTER, Draft
from tests.portal import stage as stages
from tests.portal.access.rows import Open
from tests.portal.access_table import TABLE
from tests.portal.test_access import address, prepared

REPAIRABLE = date(2026, 6, 18)  # three months after 18 March


class Public(Draft):
    """The draft's visit, published on 18 March 2026, public until 18 March 2028."""

    def __init__(self, cast):
        super().__init__(cast)
        self.visit = self.publish()
        self.review = ResultReview.objects.get()

    def mended(self) -> None:
        self.visit.findings.update(state="closed")

    def ask(self, on: date = REPAIRABLE, actor=None, **more) -> PublicationRepair:
        wanted = {"reason": "两个问题都改好了，附照片和复查记录", "upload": factories.photo()} | more
        return publication.ask_repair(self.review, actor=actor or self.operator, now=at(on), **wanted)


@pytest.fixture
def public(cast):
    with district_scope(cast.minhang):
        yield Public(cast)


@pytest.fixture
def closed(cast):
    with district_scope(cast.minhang):
        found = Public(cast)
    return found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("保安在岗，来访登记", ""),
        ("电话 13812345678", "mobile"),
        ("+86 138-1234-5678", "mobile"),
        ("电话１３８１２３４５６７８", "mobile"),
        ("身份证310112199003074512", "identity"),
        ("31011219900307451x", "identity"),
        ("310112900307451", "identity"),
        ("检查编号 JC-2603-001，2026 年 3 月", ""),
        ("沪教委规〔2024〕4号 第 31011 号", ""),
        ("913101120000000000", ""),  # a code of a company is no person's number
    ],
)
def test_numbers_of_persons_in_a_text(text, kind):
    assert personal.found(text) == kind


def a_matter(field):
    values = dict.fromkeys(matter_rules.LENGTHS, "抽查事项") | {"key": "fire", "kinds": ["nursery"]}
    return matter_rules.problems(values | {field: TOLD})


def a_plan(field):
    return plan_rules.problems_of_plan(
        {"title": "年度计划", "inspector_days": 4, "visits_a_day": 2} | {field: TOLD}
    )


def a_line(field):
    scheme = {
        "key": "fire", "name": "消防", "subject": "消防安全", "kinds": ["nursery"], "team_size": 2, "cap": 2,
        "rates_permille": {"A": 0, "B": 0, "C": 0, "D": 0}, "freeze_days_before": 10, "window_days": 5, "last_day": 12,
    }  # fmt: skip
    return plan_rules.problems_of_scheme(scheme | {field: TOLD})


def a_campaign(field):
    day = date(2026, 3, 2)
    values = {
        "kind": "special", "theme": "夏季食品", "occasion": "天热了，食品容易坏", "basis": "年度安排", "starts_on": day,
        "ends_on": day, "kinds": ["nursery"], "matters": ["food"], "codes": [], "units": [], "inspectors": [1, 2],
        "street": None, "reply_by": None,
    }  # fmt: skip
    return campaign_rules.problems(values | {field: TOLD}, day, (), {})


def a_set(field):
    points = {name: full for name, (_words, full) in set_rules.DIMENSIONS.items()}
    values = {"key": "nursery", "title": "标准", "basis": "", "kinds": ["nursery"], "points": points}
    return set_rules.problems_of_set(values | {field: TOLD})


def an_indicator(field):
    values = {
        "dimension": "care", "code": "1.1", "text": "保育", "points": 10, "steps": "10 全部做到\n5 做到一半", "evidence": "",
    }  # fmt: skip
    return set_rules.problems_of_indicator(values | {field: f"10 {TOLD}" if field == "steps" else TOLD})


def a_round(field):
    days = {f"{kind}_{end}": date(2026, 3, 2) for kind in round_rules.PHASES for end in ("from", "until")}
    return round_rules.problems_of_round({"year": 2026, "title": "评估", "peers": 2} | days | {field: TOLD})


def an_item(field):
    item = {
        "section": "安全", "text": "保安在岗", "weight": "major", "matter": "safety", "clause": None, "quote": "",
        "basis": "条例", "kinds": [], "hint": "",
    }  # fmt: skip
    return checklist_rules.problems(item | {field: TOLD}, [])


def an_entry(field):
    values = {
        "title": "区级先进", "facts": "事实和依据都写在这里", "authority": "区教育局", "document": "沪教〔2026〕1号",
        "kind": "honour", "matter": "general", "decided_on": date(2026, 3, 2), "until": None,
    }  # fmt: skip
    return credit_rules.problems(values | {field: TOLD}, date(2026, 3, 3))


def a_facility(field):
    return register_rules.problems(
        {"name": "示例托育园", "address": "示例路 1 号"} | {field: TOLD}, date(2026, 3, 2)
    )


def a_course(field):
    texts = {"title": "急救", "provider": "区妇幼所"}
    return training.texts({name: TOLD if name == field else text for name, text in texts.items()})


TOLD = "联系 13812345678"
WRITTEN = [
    (a_matter, tuple(matter_rules.LENGTHS)),
    (a_plan, ("title",)),
    (a_line, ("name", "subject")),
    (a_campaign, ("theme", "occasion", "basis")),
    (a_set, ("title", "basis")),
    (an_indicator, ("text", "evidence", "steps")),
    (a_round, ("title",)),
    (an_item, tuple(checklist_rules.LENGTHS)),
    (an_entry, ("title", "authority", "document")),
    (a_facility, ("name", "address")),
    (a_course, ("title", "provider")),
]


@pytest.mark.parametrize(("rule", "field"), [(rule, field) for rule, fields in WRITTEN for field in fields])
def test_what_becomes_public_is_refused_where_it_is_written(rule, field):
    assert (field, "mobile") in [(one[0], one[1]) for one in rule(field)]
    assert "mobile" not in [one[1] for one in rule("nothing")]


# --- the end by date --------------------------------------------------------------------------------


def test_publication_ends_after_its_last_day_also_where_the_task_is_late(closed):
    with district_scope(closed.cast.minhang):
        assert Inspection.objects.get().publish_until == date(2028, 3, 18)
        yesterday = timezone.localdate() - timedelta(days=1)
        Inspection.objects.update(publish_until=yesterday)
    with public_scope():
        assert not Inspection.objects.filter(pk=closed.visit.pk).values("pk").exists()
    with district_scope(closed.cast.minhang):
        assert not Inspection.objects.public(timezone.localdate()).exists()
        assert publication.end_due(actor=closed.system, on=yesterday) == 0
        assert publication.end_due(actor=closed.system) == 1
        assert publication.end_due(actor=closed.system) == 0
        assert not Finding.objects.filter(published=True).exists()
        assert list(PublicationEvent.objects.values_list("kind", flat=True)) == ["published", "ended"]
    with public_scope():
        assert not PublicationEvent.objects.filter(number=closed.visit.number).values("pk").exists()


def test_a_correction_keeps_the_day_on_which_publication_ends(public):
    public.propose()
    result_changes.confirm_change(public.review, actor=public.head, now=at(date(2026, 5, 4)))
    assert Inspection.objects.get().publish_until == date(2028, 3, 18)
    found = list(PublicationEvent.objects.values_list("kind", "reason_kind", "version"))
    assert found == [("published", "", 1), ("withdrawn", "review", 1), ("corrected", "", 2)]


# --- repair ----------------------------------------------------------------------------------------


class TestRepair:
    def test_asked_examined_and_granted_by_two(self, public):
        public.mended()
        asked = public.ask()
        examined = publication.examine_repair(asked, True, actor=public.bureau, now=at(REPAIRABLE))
        assert examined.state == "examined"
        granted = publication.decide_repair(examined, True, actor=public.head, now=at(REPAIRABLE))
        visit = Inspection.objects.get()
        assert granted.state == "granted" and visit.publication_ended_on == REPAIRABLE
        assert visit.state == "published"  # inside it stays what it was
        assert not Finding.objects.filter(published=True).exists()
        assert results.publish_lapsed(actor=public.system, on=date(2027, 1, 1)) == 0

    @pytest.mark.parametrize("by", ["bureau", "head"])
    def test_refused_with_a_reason(self, public, by):
        public.mended()
        asked = public.ask()
        if by == "bureau":
            with pytest.raises(Refused), transaction.atomic():
                publication.examine_repair(asked, False, actor=public.bureau)
            done = publication.examine_repair(asked, False, answer="照片看不出改好", actor=public.bureau)
        else:
            publication.examine_repair(asked, True, actor=public.bureau)
            done = publication.decide_repair(asked, False, answer="照片看不出改好", actor=public.head)
        assert done.state == "refused" and Inspection.objects.get().publication_ended_on is None
        assert public.ask().state == "asked"  # it may ask again

    def test_what_stands_against_it(self, public):
        with pytest.raises(Conflict), transaction.atomic():
            public.ask()  # findings open
        public.mended()
        for more, error in (
            ({"on": REPAIRABLE - timedelta(days=1)}, Conflict),
            ({"reason": "改好了"}, Refused),
            ({"upload": None}, Refused),
            ({"upload": factories.photo("a.txt", b"text", "text/plain")}, Refused),
            ({"actor": public.bureau}, Denied),
        ):
            with pytest.raises(error), transaction.atomic():
                public.ask(**more)
        asked = public.ask()
        with pytest.raises(Conflict), transaction.atomic():
            public.ask()
        for actor in (public.operator, public.one, public.head):
            with pytest.raises(Denied), transaction.atomic():
                publication.examine_repair(asked, True, actor=actor)
        with pytest.raises(Conflict), transaction.atomic():
            publication.decide_repair(asked, True, actor=public.head)
        publication.examine_repair(asked, True, actor=public.bureau)
        for actor in (public.bureau, public.operator, public.system):
            with pytest.raises(Denied), transaction.atomic():
                publication.decide_repair(asked, True, actor=actor)


# --- nothing personal ------------------------------------------------------------------------------

NAME, PHONE, IDENTITY = "王小明", "13812345678", "310112199003074512"
MARK = f"{NAME}{PHONE}{IDENTITY}"
#: Texts that are made to be published, each with what keeps persons out of it.
WRITTEN_SO = (
    "numbers are refused where it is written (test_what_becomes_public_is_refused_where_it_is_written), "
    "names before it goes out (test_names_in_public)"
)
OF_REGISTER = "copied from the register and the filing, looked at again when the notice is issued"
PUBLISHED = {
    "inspections.ChecklistItem.text": f"{WRITTEN_SO}; a number in it stops publication (below)",
    "inspections.ChecklistItem.section": WRITTEN_SO,
    "inspections.ChecklistItem.basis": f"{WRITTEN_SO}; on the door's page",
    "inspections.MatterVersion.name": WRITTEN_SO,
    "inspections.MatterVersion.basis": WRITTEN_SO,
    "inspections.MatterVersion.subject": WRITTEN_SO,
    "inspections.MatterVersion.ratio": WRITTEN_SO,
    "inspections.MatterVersion.frequency": WRITTEN_SO,
    "inspections.MatterVersion.method": WRITTEN_SO,
    "inspections.Scheme.name": WRITTEN_SO,
    "inspections.Scheme.subject": WRITTEN_SO,
    "inspections.Scheme.rates_permille": "figures",
    "inspections.InspectionPlan.title": WRITTEN_SO,
    "inspections.InspectionPlan.reason": "a revision's, refused where it is written (test_plans)",
    "inspections.InspectionPlan.content": "the plan's texts, looked at again when it is published",
    "inspections.InspectionPlan.content_sha256": "a hash",
    "inspections.Campaign.theme": WRITTEN_SO,
    "inspections.Campaign.occasion": WRITTEN_SO,
    "inspections.Campaign.basis": WRITTEN_SO,
    "inspections.IndicatorSet.title": WRITTEN_SO,
    "inspections.IndicatorSet.basis": WRITTEN_SO,
    "inspections.IndicatorSet.points": "figures",
    "inspections.Indicator.text": WRITTEN_SO,
    "inspections.Indicator.steps": WRITTEN_SO,
    "inspections.Indicator.evidence": WRITTEN_SO,
    "inspections.EvaluationRound.title": WRITTEN_SO,
    "inspections.EvaluationCase.grade": "a letter",
    "inspections.EvaluationCase.dimensions": "figures",
    "inspections.PublicRecord.scheme_name": "the plan's own",
    "inspections.PublicRecord.note": "a void's reason as it was typed, a lottery's issue: refused where they are written "
    "and before they go out (test_draws_voids)",
    "facilities.Facility.name": WRITTEN_SO,
    "facilities.Facility.address": WRITTEN_SO,
    "facilities.Facility.phone": "how the facility is reached: its own number, and meant to be known",
    "facilities.CreditEntry.title": WRITTEN_SO,
    "facilities.CreditEntry.authority": WRITTEN_SO,
    "facilities.CreditEntry.document": WRITTEN_SO,
    "facilities.Notice.title": "the kind's own words",
    "facilities.Notice.name": OF_REGISTER,
    "facilities.Notice.address": OF_REGISTER,
    "facilities.Notice.operator_name": OF_REGISTER,
    "facilities.Notice.issuer": "the bureau's name",
    "facilities.AttendanceCertificate.masked_name": "masked",
    "facilities.AttendanceCertificate.course": WRITTEN_SO,
    "facilities.AttendanceCertificate.provider": WRITTEN_SO,
    "facilities.AttendanceCertificate.issuer": "the bureau's name",
}
#: Keys, numbers of documents and hashes: no free text.
KEYS = {
    "number",
    "key",
    "scheme_key",
    "code",
    "item_key",
    "sha256",
    "anchor",
    "frozen_sha256",
    "evidence_sha256",
}


def free_texts(*labels: str):
    for label in labels or ("inspections",):
        for model in apps.get_app_config(label).get_models():
            for field in model._meta.local_concrete_fields:
                if not isinstance(field, (models.CharField, models.TextField, models.JSONField)):
                    continue
                known = (
                    field.choices or field.name in KEYS or f"{model._meta.label}.{field.name}" in PUBLISHED
                )
                if not known:
                    yield model, field


def addresses(visit: Inspection) -> list[str]:
    """The pages that tell of a result; every door without sign-in is walked below."""
    draw = visit.draw
    return [
        reverse("public"),
        reverse("public-draws", args=["minhang"]),
        reverse("public-draw", args=["minhang", draw.scheme.key, draw.year, draw.month]),
        reverse("public-results", args=["minhang"]),
        reverse("public-results", args=["minhang"]) + "?facility=TS0001",
        reverse("public-result", args=["minhang", visit.number]),
        reverse("public-credit", args=["minhang"]),
    ]


def test_nothing_that_people_write_gets_out(closed, client):
    """A name, a phone and an identity number in every free text of the app: none of them on a public page or in the
    API, before and after a correction."""
    token = "sy_minhang_nothing-personal"
    with district_scope(closed.cast.minhang):
        ApiClient.objects.create(
            name="市级平台", token_sha256=hashlib.sha256(token.encode()).hexdigest(), scopes=["results:read"],
            starts_on=date(2020, 1, 1), created_by=closed.cast.users["system_admin"],
        )  # fmt: skip
        closed.propose()
        result_changes.confirm_change(closed.review, actor=closed.head, now=at(date(2026, 3, 23)))
        closed.mended()
        Finding.objects.filter(pk=closed.air.pk).update(state="closed", published=True)
        closed.ask(on=date(2026, 9, 1))
        fed = 0
        for model, field in free_texts():
            if model.append_only:
                continue
            mark = {"a": MARK} if isinstance(field, models.JSONField) else MARK[: field.max_length or None]
            fed += 1
            if field.name in ("findings", "results"):  # ids, which pages read
                continue
            model.objects.update(**{field.name: mark})
        assert fed > 30
        visit = Inspection.objects.select_related("draw__scheme").get()
        PublicRecord.objects.create(
            kind="frozen",
            scheme_key="test",
            scheme_name="测试",
            year=2026,
            month=3,
            draw=visit.draw,
            sha256="f" * 64,
        )
        pages = addresses(visit)
    seen = 0
    for url in pages:
        answer = client.get(url)
        assert answer.status_code == 200, url
        text = answer.content.decode()
        assert not [word for word in (NAME, PHONE, IDENTITY) if word in text], url
        seen += visit.number in text
    assert seen >= 3  # the result is there, and the log of its correction
    answer = client.get("/api/v1/inspections/", HTTP_AUTHORIZATION=f"Bearer {token}")
    text = answer.content.decode()
    assert visit.number in text
    assert not [word for word in (NAME, PHONE, IDENTITY) if word in text]


def test_every_public_text_says_what_keeps_persons_out():
    """Of every column that is granted to the public; and each line of the list is about a column that there is."""
    for model, field in free_texts("inspections", "facilities"):
        if getattr(model, "public_rows", None) is not None:
            assert model.public_columns is not None and field.name not in model.public_columns, field
    for label in PUBLISHED:
        app, name, field = label.split(".")
        apps.get_model(app, name)._meta.get_field(field)


#: What a door without sign-in shows of persons all the same, and why: the columns that are not fed for it.
SHOWN = {
    "visit-door": {
        # who comes has to show who they are (行政处罚法 art. 55), to the facility that has the day's code
        "inspections.Inspector.name",
        "inspections.Inspector.licence_number",
    },
    "apply-status": {
        "facilities.Applicant.organisation",  # the applicant's own, by the applicant's own link
        "facilities.Applicant.answer",  # refused where it is written
    },
}
#: Columns by which a page finds its row.
FOUND_BY = ("hash", "sha256", "token", "nonce", "slug", "key", "prefix")


def feed(url: str) -> set[str]:
    """The mark in every free text of the district's inspections and facilities, as far as rows are there and take it."""
    fed = set()
    for model, field in free_texts("inspections", "facilities"):
        label = f"{model._meta.label}.{field.name}"
        if getattr(model, "append_only", False) or isinstance(field, models.JSONField):
            continue
        if (
            isinstance(field, models.SlugField)
            or field.name.endswith(FOUND_BY)
            or label in SHOWN.get(url, ())
        ):
            continue
        try:
            with transaction.atomic():
                if model.objects.update(**{field.name: MARK[: field.max_length or None]}):
                    fed.add(label)
        except DatabaseError:  # a code with a shape of its own, one of a kind, or not to be changed
            continue
    return fed


OPEN_DOORS = [row for row in TABLE if isinstance(row, Open) and row.method == "GET" and row.anonymous == 200]


@pytest.mark.long
def test_no_door_without_sign_in_shows_what_people_write(django_db_setup, django_db_blocker):
    """Every address of the table of access that answers without sign-in, pages and files, with the files that they
    offer."""
    fed, wrong, files = set(), [], 0
    with django_db_blocker.unblock(), stages.undone():
        stage = stages.build()
        for row in OPEN_DOORS:
            with stages.undone():
                kwargs, data = prepared(row, stage.inside)
                url = address(row, kwargs)
                with stage.inside.scope():
                    fed |= feed(row.url)
                    bodies = PublicRecord.objects.filter(body__isnull=False).values_list("pk", flat=True)
                    more = [reverse("public-record", args=["minhang", pk]) for pk in bodies]
                for one in [url, *more]:
                    answer = stage.clients["anonymous"].get(one, data if one == url else None)
                    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
                    text = told(body)
                    shown = [word for word in (NAME, PHONE, IDENTITY) if word in text]
                    if answer.status_code != 200 or shown:
                        wrong.append(f"{row} {one}: {answer.status_code} {shown}")
                files += len(more)
    assert wrong == []
    assert files, "no public file was looked at"
    assert len(fed) > 60, sorted(fed)
    assert {"inspections.Inspection.cancel_note", "inspections.Draw.void_reason"} <= fed


def test_an_answer_that_is_read_without_sign_in_holds_no_number(cast):
    with pytest.raises(Refused) as refused:
        complaints.said(f"已经查过，问 {PHONE}")
    assert (refused.value.field, refused.value.code) == ("answer", "personal")
    with district_scope(cast.minhang):
        assert complaints.said("已经查过，改好了") == "已经查过，改好了"
        row, _token = applicants.apply(
            name="示例人", phone="10000000001", organisation="示例有限公司", credit_code=filings.credit(7),
            actor=Actor.visitor(cast.minhang),
        )  # fmt: skip
        bureau = Actor.of(cast.users["bureau"], cast.minhang)
        with pytest.raises(Refused) as refused:
            applicants.turn_down(row, f"资料不全，问 {PHONE}", actor=bureau)
        assert (refused.value.field, refused.value.code) == ("answer", "personal")
        assert applicants.turn_down(row, "资料不全", actor=bureau).state == "refused"


def test_a_number_in_what_is_published_stops_publication(cast):
    with district_scope(cast.minhang):
        draft = Draft(cast)
        ChecklistItem.objects.filter(key="air").update(text=f"通风，找{PHONE}")
        with pytest.raises(Conflict):
            draft.publish()
        # the others of the day are published all the same
        assert results.publish_lapsed(actor=Actor.system(cast.minhang, "t"), on=date(2026, 6, 1)) == 0
        ChecklistItem.objects.filter(key="air").update(text="通风")
        assert draft.publish(AFTER).state == "published"


def test_a_result_that_is_not_public_has_no_page(closed, client):
    url = reverse("public-result", args=["minhang", closed.visit.number])
    page = client.get(url).content.decode()
    assert "保安在岗" in page and "还在整改" in page and "更正过" not in page
    with district_scope(closed.cast.minhang):
        closed.propose()
        result_changes.take_down(closed.review, actor=closed.bureau)
    assert client.get(url).status_code == 404
    listed = client.get(reverse("public-results", args=["minhang"])).content.decode()
    assert "撤回" in listed and "复查核实后更正" in listed


def test_the_page_of_a_corrected_result_says_so_and_the_desk_links_to_it(closed, client):
    url = reverse("public-result", args=["minhang", closed.visit.number])
    with district_scope(closed.cast.minhang):
        closed.publish()
        closed.propose()
        result_changes.confirm_change(closed.review, actor=closed.head, now=at(date(2026, 5, 4)))
    page = client.get(url).content.decode()
    assert "2026年5月4日 更正过" in page and "保安在岗" not in page
    client.force_login(closed.cast.users["bureau"])
    assert f'href="{url}"' in client.get(f"/minhang/results/{closed.review.pk}/").content.decode()
