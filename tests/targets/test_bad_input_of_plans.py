"""What issue 5 names under "Bad input", each through the outer door: refused with the place and the way out in the
reader's language, and nothing half-loaded. The rules behind have their own tests; here stands what somebody sees.
"""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from facilities.models import Facility
from portal.access import Actor
from portal.models import Clause, DocumentVersion, Parameter, PolicyDocument
from portal.tenancy import district_scope
from targets.metrics.base import Family, Metric
from targets.models import (
    Attestation,
    CycleApplication,
    DocumentDraft,
    NamingCycle,
    Snapshot,
    Target,
    Task,
)
from targets.services import applications, rollup
from tests.portal.access.attestations import values
from tests.portal.stage import png
from tests.targets import figures as f
from tests.targets import test_naming as naming_tests
from tests.targets.plans import content
from tests.targets.test_documents import published, written
from tests.targets.test_naming import crew  # noqa: F401 - the fixture
from tests.targets.test_plan_files import book, plan_file, put, renamed
from tests.targets.test_target_api import URL as TARGETS_API
from tests.targets.test_target_api import get as get_api
from tests.targets.test_target_api import grant

pytestmark = pytest.mark.django_db
TOKEN = "sy_minhang_bad-input"
ROWS = (PolicyDocument, Clause, DocumentVersion, DocumentDraft, Task, Target, Parameter)


def spoken(client, language: str):
    client.cookies["django_language"] = language
    return client


@pytest.fixture
def bureau(client, cast):
    client.force_login(cast.bureau)
    return client


@pytest.fixture
def nothing_loaded(cast):
    """After the test there are as many rows of each kind as before it."""

    def count() -> dict:
        with district_scope(cast.minhang):
            return {model.__name__: model.objects.count() for model in ROWS}

    before = count()
    yield
    assert count() == before


# ---- a plan file: an unknown unit, a clause that is not there, a target without comparator

WRONG_CELLS = [
    (("任务", 2, "牵头单位", "火星局"), "任务!G2", "没有单位“火星局”", "火星局"),
    (("任务", 3, "条款", "九九"), "任务!F3", "没有条款“九九”", "九九"),
    (("指标", 2, "比较", None), "指标!E2", "填 ≥、≤ 或 =", "≥, ≤ or ="),
]


@pytest.mark.parametrize(("wrong", "place", "said", "english"), WRONG_CELLS)
def test_a_workbook_is_refused_with_cell_and_way_out(
    cast, bureau, nothing_loaded, wrong, place, said, english
):
    for language, words in (("zh-hans", said), ("en", english)):
        with district_scope(cast.minhang):
            upload = book(content(), put(*wrong))
        answer = spoken(bureau, language).post(
            reverse("document-file-new", args=["minhang"]), {"file": upload}
        )
        page = answer.content.decode()
        assert answer.status_code == 422 and place in page and words in page, language


def broken(part: str) -> dict:
    plan = renamed("minhang")
    match part:
        case "unit":
            plan["tasks"][0]["leads"][0]["unit"] = "mars"
        case "clause":
            plan["targets"][0]["clause"] = ""
        case "comparator":
            del plan["targets"][0]["comparator"]
    return plan


@pytest.mark.parametrize(
    ("part", "place", "said", "english"),
    [
        ("unit", "tasks 1 leads", "单位 mars 不在 units 里。在 units 里加上它", "mars"),
        ("clause", "targets[0]", "缺少 clause（条款）。补上它", "clause (Clause) is missing. Add it"),
        ("comparator", "targets[0]", "缺少 comparator（比较）。可填：==、&gt;=、&lt;=", "is missing. Possible:"),
    ],
)  # fmt: skip
def test_a_plan_file_is_refused_with_entry_and_way_out(bureau, nothing_loaded, part, place, said, english):
    for language, words in (("zh-hans", said), ("en", english)):
        upload = plan_file(broken(part))
        answer = spoken(bureau, language).post(
            reverse("document-file-new", args=["minhang"]), {"file": upload}
        )
        page = answer.content.decode()
        assert answer.status_code == 422 and place in page and words in page, language


ENTRY = {
    "key": "x", "clause": "一（二）", "target": "示例", "kind": "count", "comparator": ">=", "value": "2", "unit": "个",
    "period": "year", "scope": "district", "proof": "not_yet", "proof_reason": "还没有登记", "streets": "plan",
}  # fmt: skip


@pytest.mark.parametrize(
    ("part", "change", "said"),
    [
        ("targets", {"comparator": ""}, "比较"),
        ("targets", {"clause": "九九"}, "条款：列表里没有“九九”"),
        (
            "tasks",
            {"number": 9, "origin": "table", "task": "x", "clause": "一（一）", "leads": "火星局"},
            "没有单位“火星局”",
        ),
    ],
)  # fmt: skip
def test_the_form_of_an_entry_says_it_at_the_field(cast, bureau, part, change, said):
    with district_scope(cast.minhang):
        draft = written(cast)
    address = reverse("document-entry-new", args=["minhang", draft.pk, part])
    given = (ENTRY if part == "targets" else {}) | change | {"version": draft.version}
    answer = bureau.post(address, given)
    assert answer.status_code == 422 and said in answer.content.decode()
    with district_scope(cast.minhang):
        assert DocumentDraft.objects.get(pk=draft.pk).content == draft.content
    if part == "targets":
        fine = bureau.post(address, ENTRY | {"version": draft.version})
        assert fine.status_code == 302, "without the fault it is taken"


# ---- two versions in force on one day


def test_two_versions_on_one_day_are_refused_on_the_page(cast, bureau):
    with district_scope(cast.minhang):
        document = published(cast, written(cast), date(2027, 1, 1)).document
        draft = written(cast, content(targets=content()["targets"][:1]), document=document)
    for language, said in (("zh-hans", "同一天不能有两版"), ("en", "two versions")):
        answer = spoken(bureau, language).post(
            reverse("document-step", args=["minhang", draft.pk]),
            {"what": "submit", "starts_on": "2027-01-01", "reason": "示例会议定的", "version": draft.version},
        )
        page = answer.content.decode()
        assert answer.status_code == 422 and said in page, language
    with district_scope(cast.minhang):
        assert document.versions.count() == 1
        last = document.versions.get()
        assert DocumentDraft.objects.get(pk=draft.pk).state == "draft"
        with pytest.raises(IntegrityError), transaction.atomic():
            DocumentVersion.objects.create(
                document=document, number=2, starts_on=last.starts_on, content={}, sha256="0" * 64,
                published_at=timezone.now(),
            )  # fmt: skip


# ---- a denominator of zero


def test_nothing_to_divide_by_is_no_data_on_page_and_in_rest(cast, bureau):
    with district_scope(cast.minhang):
        f.only({"key": "visits", "metric": "yearly_visit"})
        Facility.objects.update(opened_on=None)
        today = timezone.localdate()
        rollup.roll_up(
            rollup.period_of(today.year, today.month, on=today), actor=Actor.system(cast.minhang, "test")
        )
        target = Target.objects.get()
    grant(cast, cast.minhang, TOKEN)
    for page in ("/minhang/targets/", f"/minhang/targets/{target.pk}/"):
        said = bureau.get(page).content.decode()
        assert "没有可算的行" in said or "没有数据" in said, page
    row = next(r for r in get_api(bureau, TARGETS_API, TOKEN).json()["results"] if r["key"] == "visits")
    assert (row["figure"]["value"], row["figure"]["verdict"]) == (None, "unknown")


# ---- a snapshot of the future


def test_a_snapshot_of_the_future_is_refused_at_each_door(cast, bureau):
    with district_scope(cast.minhang):
        before = Snapshot.objects.count()
    grant(cast, cast.minhang, TOKEN)
    later = timezone.localdate() + timedelta(40)
    for language, said in (
        ("zh-hans", "选已经开始的月份、季度或年份"),
        ("en", "Choose a month, quarter or year"),
    ):
        spoken(bureau, language)
        for answer in (
            bureau.post("/minhang/targets/roll-up/", {"period": f"{later:%Y-%m}"}),
            bureau.get(f"/minhang/targets/?period={later:%Y-%m}"),
        ):
            assert answer.status_code == 400 and said in answer.content.decode(), language
    answer = get_api(spoken(bureau, "zh-hans"), f"{TARGETS_API}?period={later.year + 1}", TOKEN)
    assert (answer.status_code, answer.json()["field"]) == (400, "period")
    assert "选已经开始的" in answer.json()["detail"]
    told = io.StringIO()
    call_command("month", district="minhang", month=f"{later:%Y-%m}", stdout=told)
    assert "还没开始" in told.getvalue()
    with pytest.raises(CommandError, match="月份：写成 2026-11"):
        call_command("month", district="minhang", month=f"{later:%Y}-x")
    with district_scope(cast.minhang):
        assert Snapshot.objects.count() == before


# ---- an attestation by the one who confirms it


def test_who_hands_in_does_not_confirm_on_the_page_nor_past_it(cast, bureau):
    with district_scope(cast.minhang):
        f.only(
            {"key": "a", "proof": "attested", "metric": "", "proof_reason": "由文件证明", "text": "建立制度"}
        )
        target = Target.objects.get()
    assert (
        bureau.post(f"/minhang/targets/{target.pk}/attestations/new/", values(files=png())).status_code == 302
    )
    with district_scope(cast.minhang):
        row = Attestation.objects.get()
    for language, said in (("zh-hans", "由另一个人确认"), ("en", "somebody else confirms")):
        answer = spoken(bureau, language).post(
            f"/minhang/attestations/{row.pk}/step/", {"what": "confirm", "version": row.version}
        )
        assert answer.status_code == 403 and said in answer.content.decode(), language
    with district_scope(cast.minhang):
        assert Attestation.objects.get().state == "given"
        with pytest.raises(IntegrityError), transaction.atomic():
            Attestation.objects.update(confirmed_by=cast.bureau)


# ---- a district that applies after the deadline; a quota exceeded


def test_a_district_that_applies_late_is_refused_on_its_page(crew, client):  # noqa: F811
    naming_tests.opened(crew, apply_by=timezone.localdate())
    client.force_login(crew.bureau)
    assert client.get("/minhang/applications/").status_code == 200
    with district_scope(crew.minhang):
        row = applications.begin(applications.offers()[0], actor=crew.actor("bureau"))
        applications.write(
            row, approval="示例府〔2026〕1号", approved_on=timezone.localdate(), intent="愿意参加示范区创建。" * 3,
            version=row.version, actor=crew.actor("bureau"),
        )  # fmt: skip
    with district_scope(crew.city):
        NamingCycle.objects.update(apply_by=timezone.localdate() - timedelta(1))
    with district_scope(crew.minhang):
        row = CycleApplication.objects.get()
    client.force_login(crew.head)
    for language, said in (("zh-hans", "市里不再收申请"), ("en", "no more applications")):
        answer = spoken(client, language).post(
            reverse("cycle-application-step", args=["minhang", row.pk]),
            {"what": "send", "version": row.version},
        )
        assert answer.status_code == 409 and said in answer.content.decode(), language
    with district_scope(crew.minhang):
        assert CycleApplication.objects.get().state == "draft"


def test_a_quota_exceeded_is_refused_on_the_page_in_english_too(crew, client):  # noqa: F811
    naming_tests.opened(crew)
    with district_scope(crew.city):
        row, found = NamingCycle.objects.get(), naming_tests.many(crew, 7)
    client.force_login(crew.city_officer)
    for language, said in (("zh-hans", "去掉 1 个再报"), ("en", "Take 1")):
        answer = spoken(client, language).post(
            reverse("naming-selection", args=["shanghai", row.pk]),
            {"municipal": [one.pk for one in found], "version": row.version},
        )
        assert answer.status_code == 422 and said in answer.content.decode(), language
    with district_scope(crew.city):
        assert NamingCycle.objects.get().state == "open"


# ---- a metric that fails for one district


def test_a_metric_that_fails_in_one_district_is_said_there_and_at_the_city(cast, client, monkeypatch):
    """In Jinshan it divides by nought; its other figures, and Minhang's, are whole."""
    broken = Metric("broken", "坏的", "坏的", hit="1 / (f.visits - f.visits) > 0")
    family = rollup.FAMILIES[[one.key for one in rollup.FAMILIES].index("visits")]
    fine = rollup.METRICS["yearly_visit"]
    worse = Family(
        **{name: getattr(family, name) for name in family.__dataclass_fields__} | {"metrics": (broken, fine)}
    )
    today = timezone.localdate()
    for district in (cast.minhang, cast.jinshan):
        with district_scope(district):
            f.only({"key": "broken", "metric": "broken"}, {"key": "visits", "metric": "yearly_visit"})
            street = cast.street if district == cast.minhang else cast.foreign_facility.street
            f.visit(f.facility(street), today)
            if district == cast.minhang:
                Target.objects.filter(key="broken").delete()
            with monkeypatch.context() as patched:
                if district == cast.jinshan:
                    patched.setattr(rollup, "FAMILIES", (worse,))
                    patched.setitem(rollup.METRICS, "broken", broken)
                made = rollup.roll_up(
                    rollup.period_of(today.year, today.month, on=today), actor=Actor.system(district, "test")
                )
            assert ("broken" in made.unknown) == (district == cast.jinshan)
            assert made.values.get(metric="yearly_visit", street=None).numerator == 1
    with district_scope(cast.jinshan):
        Target.objects.filter(key="broken").update(metric="certified_share")
        Snapshot.objects.update(unknown={"certified_share": made.unknown["broken"]})
    client.force_login(cast.stranger)
    said = client.get("/jinshan/targets/").content.decode()
    assert "division by zero" in said and "1 / " in said, (
        "the failed one says so, the other one has its figure"
    )
    client.force_login(cast.city_officer)
    page = client.get(f"/shanghai/city/figures/yearly_visit/?period={today:%Y-%m}").content.decode()
    assert page.count("1 / ") >= 2, "both districts' figures stand"
