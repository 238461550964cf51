"""Policy documents from paper to database: drafts, two people, versions, successors."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models import AuditEntry, Clause, DocumentVersion, Parameter, PolicyDocument, Unit
from portal.services.parameters import value
from portal.services.reference import load_reference
from portal.tenancy import district_scope
from targets.models import DocumentDraft, ProgressReport, Target, Task
from targets.rules.plan_content import problems
from targets.services import document_drafts as drafts
from targets.services import document_follows, plan_base, rounds, tasks
from targets.services.matrix import matrix_page
from targets.services.promises import targets_in_force
from tests.targets.plans import BEGIN, content, target

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(datetime(2026, 11, 22, 10))
ON = date(2026, 11, 22)


@pytest.fixture
def minhang(cast):
    with district_scope(cast.minhang):
        yield cast


def written(cast, made: dict | None = None, *, follows=None, document=None) -> DocumentDraft:
    actor = cast.actor("bureau")
    made = made or content()
    if document is not None:
        row = drafts.begin_version(document, actor=actor, now=NOW)
    else:
        row = drafts.begin_new(made["document"], follows=follows, actor=actor, now=NOW)
    return drafts.replace(row, made, version=row.version, actor=actor)


def published(
    cast, row: DocumentDraft, starts_on: date = BEGIN, reason: str = "示例会议定的"
) -> DocumentVersion:
    row = drafts.submit(
        row, starts_on=starts_on, reason=reason, version=row.version, actor=cast.actor("bureau"), now=NOW
    )
    return drafts.publish(row, version=row.version, actor=cast.actor("head"), now=NOW)


def in_force(on: date, document: PolicyDocument) -> dict[str, Target]:
    return {one.key: one for one in targets_in_force(on) if one.document_id == document.pk}


def test_what_ships_is_a_content_without_a_problem(minhang):
    known = plan_base.known()
    for document in PolicyDocument.objects.exclude(key="own"):  # the product's own figures, of no authority
        assert problems(plan_base.content_of(document), known) == []


def test_a_plan_is_published_by_a_second_person_and_stands_as_entered(minhang):
    made = content(
        units=[
            {"slug": "minhang-new", "name": "示例新办", "kind": "office", "aliases": [], "collective": False}
        ],
        parameters=[
            {"key": "order.days_high", "value": "3", "starts_on": "2027-01-01", "clause": "一（一）"}
        ],
    )
    made["tasks"][0]["leads"].append({"unit": "minhang-new", "name": "示例新办"})
    row = written(minhang, made)
    assert not PolicyDocument.objects.filter(title=made["document"]["title"]).exists()
    row = drafts.submit(row, starts_on=BEGIN, reason="", version=2, actor=minhang.actor("bureau"), now=NOW)
    with pytest.raises(Denied):
        drafts.publish(row, version=row.version, actor=minhang.actor("bureau"), now=NOW)
    version = drafts.publish(row, version=row.version, actor=minhang.actor("head"), now=NOW)
    document = version.document
    assert (document.number, document.period_to, document.origin) == (
        "示例发〔2026〕9号",
        date(2029, 12, 31),
        "own",
    )
    assert [c.label for c in Clause.objects.filter(document=document)] == ["一（一）", "一（二）"]
    first = Task.objects.get(document=document, number=1)
    assert (first.starts_on, first.ends_on, first.clause.label) == (BEGIN, None, "一（一）")
    assert [(u.role, u.unit.slug) for u in first.units.all()] == [
        ("lead", "minhang-education"), ("lead", "minhang-new"), ("support", "minhang-health"),
    ]  # fmt: skip
    assert Unit.objects.get(slug="minhang-new").name == "示例新办"
    assert in_force(date(2026, 12, 31), document) == {}
    assert set(in_force(BEGIN, document)) == {"sites", "share"}
    assert [t.task.number for t in in_force(BEGIN, document)["sites"].task_links.all()] == [1]
    assert value("order.days_high", date(2026, 12, 31)) != 3 and value("order.days_high", BEGIN) == 3
    assert Parameter.objects.get(key="order.days_high", starts_on=BEGIN).clause.label == "一（一）"
    assert version.content == row.content and len(version.sha256) == 64
    assert AuditEntry.objects.filter(action="portal.document.publish").count() == 1


def test_the_next_version_ends_what_it_changes_and_leaves_the_rest(minhang):
    document = published(minhang, written(minhang)).document
    before = in_force(BEGIN, document)
    first, second = Task.objects.filter(document=document).order_by("number")
    made = plan_base.content_of(document)
    made["targets"][1]["value"] = 90
    made["targets"].append(target("added", text="新加的"))
    made["tasks"][1]["text"] = "另一项，改了"
    day = date(2027, 7, 1)
    version = published(minhang, written(minhang, made, document=document), day)
    assert (version.number, version.reason) == (2, "示例会议定的")
    after = in_force(day, document)
    assert after["sites"] == before["sites"], "nothing changed in it"
    assert after["share"].pk != before["share"].pk and after["share"].follows == before["share"]
    assert (in_force(date(2027, 6, 30), document)["share"].value, after["share"].value) == (85, 90)
    assert set(after) == {"sites", "share", "added"}
    assert Task.objects.get(pk=first.pk).ends_on is None
    assert Task.objects.get(pk=second.pk).ends_on == date(2027, 6, 30)
    assert Task.objects.get(document=document, number=2, starts_on=day).follows_id == second.pk
    old = DocumentVersion.objects.get(document=document, number=1)
    assert old.content["targets"][1]["value"] == 85, "the old wording stays to be read"


def test_a_target_that_goes_ends_the_day_before(minhang):
    document = published(minhang, written(minhang)).document
    made = plan_base.content_of(document)
    made["targets"].pop()
    published(minhang, written(minhang, made, document=document), date(2027, 7, 1))
    assert set(in_force(date(2027, 6, 30), document)) == {"sites", "share"}
    assert set(in_force(date(2027, 7, 1), document)) == {"sites"}


def refusal(cast, row, starts_on=BEGIN, reason="示例会议定的", kind=Refused) -> str:
    with pytest.raises(kind) as refused:
        drafts.submit(
            row, starts_on=starts_on, reason=reason, version=row.version, actor=cast.actor("bureau"), now=NOW
        )
    return str(refused.value)


def test_two_versions_are_never_in_force_on_one_day(minhang):
    document = published(minhang, written(minhang)).document
    made = plan_base.content_of(document)
    made["targets"].pop()
    row = written(minhang, made, document=document)
    assert "同一天不能有两版" in refusal(minhang, row, BEGIN)
    assert "同一天不能有两版" in refusal(minhang, row, date(2026, 12, 1))
    assert "不能早于今天" in refusal(minhang, row, date(2026, 11, 21))
    assert "为什么改" in refusal(minhang, row, date(2027, 2, 1), reason=" ")


def test_a_version_that_says_the_same_is_none(minhang):
    document = published(minhang, written(minhang)).document
    row = drafts.begin_version(document, actor=minhang.actor("bureau"), now=NOW)
    assert "和现在的一版一样" in refusal(minhang, row, date(2027, 2, 1))
    with pytest.raises(Conflict):
        drafts.begin_version(document, actor=minhang.actor("bureau"), now=NOW)


def test_a_draft_with_a_fault_is_not_handed_over_and_says_where(minhang):
    made = content()
    made["targets"][0]["comparator"] = None
    said = refusal(minhang, written(minhang, made))
    assert "指标 示例指标sites 比较" in said and "填 ≥、≤ 或 =" in said
    assert "期限" in refusal(minhang, written(minhang, content()), date(2030, 1, 1))


def test_a_parameter_never_changes_days_that_are_over(minhang):
    one = {"key": "order.days_high", "value": "3", "starts_on": "2026-11-01", "clause": "一（一）"}
    assert "不能早于今天" in refusal(minhang, written(minhang, content(parameters=[one])))


def test_a_number_that_another_document_has_is_refused(minhang):
    published(minhang, written(minhang))
    with pytest.raises(Conflict) as refused:
        written(minhang)
    assert refused.value.field == "doc_number" and "从它的页面起草" in str(refused.value)


def test_a_draft_that_somebody_changed_meanwhile_is_not_overwritten(minhang):
    row = written(minhang)
    actor = minhang.actor("bureau")
    drafts.save_entry(row, "clauses", 0, {"label": "一（一）", "text": "新"}, version=2, actor=actor)
    with pytest.raises(Conflict):
        drafts.save_entry(row, "clauses", 0, {"label": "一（一）", "text": "旧"}, version=2, actor=actor)


def test_what_rests_on_a_clause_goes_with_its_label_and_keeps_it(minhang):
    row, actor = written(minhang), minhang.actor("bureau")
    row = drafts.save_entry(row, "clauses", 0, {"label": "一（甲）"}, version=2, actor=actor)
    assert {one["clause"] for one in row.content["tasks"]} == {"一（甲）"}
    with pytest.raises(Conflict) as refused:
        drafts.remove_entry(row, "clauses", 0, version=3, actor=actor)
    assert "先改那些" in str(refused.value)
    with pytest.raises(Conflict):
        drafts.remove_entry(row, "tasks", 0, version=3, actor=actor)
    assert len(drafts.remove_entry(row, "targets", 0, version=3, actor=actor).content["targets"]) == 1


# ---- successors


def test_a_successor_takes_over_row_by_row_and_the_predecessor_stays_until_its_day(minhang):
    actor = minhang.actor("bureau")
    old = PolicyDocument.objects.get(key="minhang")
    held = in_force(ON, old)
    row = drafts.begin_new(content()["document"], follows=old, actor=actor, now=NOW)
    base = drafts.base_of(row)
    assert len(base["targets"]) == 48 and len(base["tasks"]) == 23
    lines = drafts.changes_of(row)
    assert {one.what for part in lines for one in lines[part]} == {"dropped"}
    some = [one["id"] for one in base["tasks"] if one["number"] in (1, 2)]
    row = document_follows.take_over(row, "tasks", some, version=row.version, actor=actor)
    chosen = [one["id"] for one in base["targets"][:3]]
    row = document_follows.take_over(row, "targets", chosen, version=row.version, actor=actor)
    changed = row.content["targets"][1] | {"value": 60, "due": "2029-12-31"}
    row = drafts.save_entry(row, "targets", 1, changed, version=row.version, actor=actor)
    lines = drafts.changes_of(row)["targets"]
    assert [one.what for one in lines].count("dropped") == 45
    assert [(one.what, one.fields) for one in lines[:3]] == [
        ("same", ()), ("changed", ("value", "due")), ("same", ()),
    ]  # fmt: skip
    document = published(minhang, row).document
    old.refresh_from_db()
    assert (document.follows, old.superseded_on) == (old, BEGIN)
    assert in_force(date(2026, 12, 31), old).keys() == held.keys()
    assert in_force(BEGIN, old) == {}
    new = in_force(BEGIN, document)
    assert (
        len(new) == 3
        and new["integrated-kindergarten-share"].follows == held["integrated-kindergarten-share"]
    )
    assert new["integrated-kindergarten-share"].metric == "integrated_kindergarten_share"
    assert [t.task.document for t in new["integrated-kindergarten-share"].task_links.all()] == [document]
    with pytest.raises(Conflict):
        drafts.begin_version(old, actor=actor, now=NOW)


def test_the_matrix_and_what_is_owed_follow_the_day(minhang):
    actor = minhang.actor("bureau")
    old = PolicyDocument.objects.get(key="minhang")
    made = content()
    row = drafts.begin_new(made["document"], follows=old, actor=actor, now=NOW)
    row = drafts.replace(row, made, version=row.version, actor=actor)
    document = published(minhang, row).document
    this, following = (
        rounds.open_round(*quarter, actor=minhang_process(minhang)) for quarter in ((2026, 4), (2027, 1))
    )
    assert {t.document_id for t in matrix_page(this, on=ON).tasks} == {old.pk}
    assert {t.document_id for t in matrix_page(following, on=BEGIN).tasks} == {document.pk}
    new = set(Task.objects.filter(document=document).values_list("pk", flat=True))
    assert not {task for task, _unit in rounds.owing(this)} & new
    assert {task for task, _unit in rounds.owing(following)} == new
    stale = Task.objects.get(document=old, number=1)
    with pytest.raises(Refused) as refused:
        tasks.demand_in_force(stale, following, BEGIN)
    assert "不在执行" in str(refused.value) and not ProgressReport.objects.filter(task=stale).exists()


def minhang_process(cast):
    return Actor.system(cast.minhang, "test")


# ---- what ships and what the district wrote


def test_loading_again_undoes_nothing_that_the_district_entered(cast):
    with district_scope(cast.minhang):
        old = PolicyDocument.objects.get(key="minhang")
        made = plan_base.content_of(old)
        made["document"]["title"] = "改过的标题"
        made["targets"][0]["value"] = 60
        made["tasks"][0]["text"] = "改过的任务"
        made["clauses"].reverse()
        published(cast, written(cast, made, document=old), date(2027, 1, 1))
        own = published(cast, written(cast)).document
        state = snapshot_of(old), snapshot_of(own)
    tallies = load_reference(force=True)
    assert tallies["minhang"].facts().keys() <= {"portal.Parameter"}, "one that the cast set"
    with district_scope(cast.minhang):
        assert (snapshot_of(old), snapshot_of(own)) == state
        assert PolicyDocument.objects.get(key="minhang").origin == "amended"
        assert DocumentVersion.objects.filter(document=old).count() == 2, (
            "the shipped wording was kept beside"
        )


def test_a_shipped_file_leaves_a_document_of_the_districts_own_alone(cast):
    with district_scope(cast.minhang):
        PolicyDocument.objects.filter(key="minhang").update(origin="own", title="本区自己的")
    load_reference(force=True)
    with district_scope(cast.minhang):
        assert PolicyDocument.objects.get(key="minhang").title == "本区自己的"


def snapshot_of(document) -> tuple:
    row = PolicyDocument.objects.filter(pk=document.pk).values().get()
    fields = ("pk", "key", "text", "value", "starts_on", "ends_on", "position")
    return (
        row,
        list(Clause.objects.filter(document=document).order_by("pk").values_list("label", "position")),
        list(Target.objects.filter(document=document).order_by("pk").values_list(*fields)),
        list(
            Task.objects.filter(document=document)
            .order_by("pk")
            .values_list("pk", "text", "starts_on", "ends_on")
        ),
    )


# ---- pages


def post(client, user, name, *args, **data):
    client.force_login(user)
    return client.post(reverse(name, args=["minhang", *args]), data)


def get(client, user, name, *args):
    client.force_login(user)
    return client.get(reverse(name, args=["minhang", *args]))


FACTS = {
    "title": "示例计划",
    "doc_number": "示例〔2026〕2号",
    "issuers": "区教育局、区卫健委",
    "period_from": "2027-01-01",
}


def test_a_plan_is_entered_in_the_browser_alone(client, cast, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda value=None, timezone=None: ON)
    assert post(client, cast.bureau, "document-draft-new", **FACTS).status_code == 302
    with district_scope(cast.minhang):
        pk = DocumentDraft.objects.get().pk
    entries = [
        ("clauses", {"label": "二1", "words": "每个街镇至少一个普惠性托育点"}),
        ("tasks", {"number": 1, "origin": "table", "task": "建点", "clause": "二1", "leads": "区教育局",
                   "supports": "区卫健委"}),
        ("targets", {"target": "每个街镇至少一个", "clause": "二1", "kind": "per_unit_count", "comparator": ">=",
                     "value": "1", "unit": "个", "period": "plan", "scope": "street", "streets": "street", "tasks": "1",
                     "proof": "counted", "metric": "inclusive_site_per_street"}),
        ("parameters", {"parameter": "order.days_high", "value": "4", "starts_on": "2027-01-01", "clause": "二1"}),
    ]  # fmt: skip
    for version, (part, data) in enumerate(entries, 1):
        answer = post(client, cast.bureau, "document-entry-new", pk, part, version=version, **data)
        assert answer.status_code == 302, answer.content.decode()[:2000]
    page = get(client, cast.bureau, "document-draft", pk).content.decode()
    assert "≥ 1个" in page and "建点" in page and "处要改" not in page
    step = {"what": "submit", "version": 5, "starts_on": "2027-01-01"}
    assert post(client, cast.bureau, "document-step", pk, **step).status_code == 302
    assert "等第二个人公布" in get(client, cast.bureau, "document-draft", pk).content.decode()
    assert post(client, cast.bureau, "document-step", pk, what="publish", version=6).status_code == 403
    today = get(client, cast.head, "today").content.decode()
    assert "公布文件：示例计划" in today
    answer = post(client, cast.head, "document-step", pk, what="publish", version=6)
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "每个街镇至少一个普惠性托育点" in page, "the words of the clause"
    assert "建点" in page and "整改" in page and "第 1 版" in page
    with district_scope(cast.minhang):
        found = Target.objects.get(document__title="示例计划")
        assert (found.metric, found.value, found.clause.label) == ("inclusive_site_per_street", 1, "二1")


def test_a_wrong_entry_says_at_its_field_what_is_wrong(client, cast):
    with district_scope(cast.minhang):
        pk = written(cast).pk
    entry = {
        "number": 3,
        "origin": "table",
        "task": "x",
        "clause": "一（一）",
        "leads": "火星局",
        "version": 2,
    }
    answer = post(client, cast.bureau, "document-entry-new", pk, "tasks", **entry)
    assert answer.status_code == 422
    assert "没有单位“火星局”" in answer.content.decode()
    answer = post(
        client, cast.bureau, "document-entry-new", pk, "tasks", **entry | {"leads": "", "number": 1}
    )
    assert answer.status_code == 422 and "重复" in answer.content.decode()


def test_the_comparison_offers_what_was_not_taken(client, cast):
    with district_scope(cast.minhang):
        old = PolicyDocument.objects.get(key="minhang")
        row = drafts.begin_new(content()["document"], follows=old, actor=cast.actor("bureau"), now=NOW)
        first = drafts.base_of(row)["targets"][0]["id"]
    page = get(client, cast.bureau, "document-changes", row.pk).content.decode()
    assert "没有接续 48" in page
    taken = post(client, cast.bureau, "document-changes", row.pk, part="targets", rows=[first], version=1)
    assert taken.status_code == 302
    page = get(client, cast.bureau, "document-changes", row.pk).content.decode()
    assert "没有接续 47" in page and "不变 1" in page
    stale = post(client, cast.bureau, "document-changes", row.pk, part="targets", rows=[first], version=1)
    assert stale.status_code in (409, 422)


def test_a_value_that_begins_before_today_is_refused_at_once_and_called_by_its_name(
    client, cast, monkeypatch
):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda value=None, timezone=None: ON)
    with district_scope(cast.minhang):
        row = written(cast)
    entry = {"parameter": "order.days_high", "value": "4", "starts_on": "2026-11-21", "clause": "一（一）"}
    answer = post(
        client, cast.bureau, "document-entry-new", row.pk, "parameters", version=row.version, **entry
    )
    assert answer.status_code == 422 and "不能早于今天" in answer.content.decode()
    fine = entry | {"starts_on": "2026-11-22"}
    answer = post(
        client, cast.bureau, "document-entry-new", row.pk, "parameters", version=row.version, **fine
    )
    assert answer.status_code == 302
    monkeypatch.setattr(
        "django.utils.timezone.localdate", lambda value=None, timezone=None: ON + timedelta(days=1)
    )
    page = get(client, cast.bureau, "document-draft", row.pk).content.decode()
    assert "参数 高风险项整改期限 从哪天起" in page and "order.days_high" not in page


def test_a_row_whose_words_changed_is_linked_by_hand_to_the_one_it_follows(client, cast):
    with district_scope(cast.minhang):
        old = published(cast, written(cast)).document
        made = content()
        made["document"] |= {"title": "示例后续计划", "number": "示例〔2028〕1号"}
        made["targets"] = [target("other", text="换了说法的指标")]
        made["tasks"] = [made["tasks"][0] | {"number": 6}]
        row = written(cast, made, follows=old)
        base = drafts.base_of(row)
        first = base["tasks"][0]["id"]
        row = drafts.replace(
            row, row.content | {"tasks": [row.content["tasks"][0] | {"follows": first}]},
            version=row.version, actor=cast.actor("bureau"),
        )  # fmt: skip
        sites = next(one["id"] for one in base["targets"] if one["key"] == "sites")
    page = get(client, cast.bureau, "document-changes", row.pk).content.decode()
    assert "<b>序号</b>　<del>1</del> → <ins>6</ins>" in page, "the number that changed is told"
    assert "没有接续 2" in page and "新加 1" in page and "接续哪一行" in page
    link = {"part": "targets", "index": 0, "follows": sites, "version": row.version}
    assert (
        post(client, cast.bureau, "document-changes", row.pk, **link | {"follows": 999999}).status_code == 422
    )
    assert post(client, cast.bureau, "document-changes", row.pk, **link).status_code == 302
    page = get(client, cast.bureau, "document-changes", row.pk).content.decode()
    assert "没有接续 1" in page and "改了 1" in page and "新加 1" not in page
    with district_scope(cast.minhang):
        row.refresh_from_db()
        assert row.content["targets"][0]["follows"] == sites
    again = post(client, cast.bureau, "document-changes", row.pk, **link | {"version": row.version})
    assert again.status_code == 409 and "已经有一条接续了" in again.content.decode()
    assert post(client, cast.department, "document-changes", row.pk, **link).status_code == 403


def test_a_task_without_a_clause_stands_on_its_documents_page(client, cast, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda value=None, timezone=None: BEGIN)
    with district_scope(cast.minhang):
        made = content()
        made["tasks"][1]["clause"] = ""
        key = published(cast, written(cast, made)).document.key
    page = get(client, cast.bureau, "document", key).content.decode()
    loose = page[page.index('<section id="loose">') :]
    loose = loose[: loose.index("</section>")]
    assert "另一项示例任务" in loose and "/minhang/tasks/" in loose and loose.count("<li>") == 1


def test_what_another_choice_makes_needed_is_not_called_optional(client, cast):
    with district_scope(cast.minhang):
        row = written(cast)
    page = get(client, cast.bureau, "document-entry-new", row.pk, "targets").content.decode()
    for label in ("数值", "到期日", "算法", "原因"):
        assert f">{label}</label>" in page, label
    assert page.count("（可不填）") < 12
    units = get(client, cast.bureau, "document-entry-new", row.pk, "units").content.decode()
    assert '<option value="civil_affairs">民政</option>' in units


def test_what_is_taken_over_brings_the_words_of_its_clause_to_their_place(client, cast):
    with district_scope(cast.minhang):
        made = content(clauses=[{"label": f"一（{n}）", "text": f"示例原文{n}"} for n in "一二三"])
        made["targets"][0]["clause"] = "一（一）"
        old = published(cast, written(cast, made)).document
        own = content()
        own["document"] |= {"title": "示例后续计划", "number": "示例〔2028〕1号"}
        own |= {"clauses": [{"label": "一（三）", "text": "自己的"}], "tasks": [], "targets": []}
        row = written(cast, own, follows=old)
        ids = [one["id"] for one in drafts.base_of(row)["targets"]]
    post(client, cast.bureau, "document-changes", row.pk, part="targets", rows=ids, version=row.version)
    with district_scope(cast.minhang):
        row.refresh_from_db()
        assert [(one["label"], one["text"]) for one in row.content["clauses"]] == [
            ("一（一）", "示例原文一"), ("一（二）", "示例原文二"), ("一（三）", "自己的"),
        ]  # fmt: skip


def test_a_document_that_has_not_begun_says_so(client, cast):
    with district_scope(cast.minhang):
        document = published(cast, written(cast), timezone.localdate() + timedelta(400)).document
    page = get(client, cast.bureau, "document", document.key).content.decode()
    assert "还没有起用" in page and ">现在<" not in page
    rows = get(client, cast.bureau, "documents").content.decode().split("<tr>")
    (line,) = [one for one in rows if document.title in one]
    assert "还没有起用" in line and "在期内" not in line


def test_tasks_without_category_and_clause_stand_under_a_heading_in_words(client, cast):
    with district_scope(cast.minhang):
        made = content()
        for one in made["tasks"]:
            one |= {"category": "", "clause": ""}
        begun = content()["document"] | {"period": {**content()["document"]["period"], "from": "2026-01-01"}}
        published(cast, written(cast, made | {"document": begun}), ON)
    page = get(client, cast.bureau, "tasks").content.decode()
    assert "没有写类别" in page and ">None<" not in page and "　None" not in page


def test_the_menu_shows_where_a_draft_belongs(client, cast):
    with district_scope(cast.minhang):
        pk = written(cast).pk
    page = get(client, cast.bureau, "document-draft", pk).content.decode()
    lit = re.findall(r'<a[^>]*href="([^"]*)"[^>]*aria-current="page"', page)
    assert "/minhang/documents/" in lit and "/minhang/" not in lit


def test_an_old_version_stays_readable(client, cast):
    with district_scope(cast.minhang):
        old = published(cast, written(cast))
        made = plan_base.content_of(old.document)
        made["targets"][1]["value"] = 90
        new = published(cast, written(cast, made, document=old.document), date(2027, 7, 1))
    first = get(client, cast.officer, "document-version", old.pk).content.decode()
    second = get(client, cast.officer, "document-version", new.pk).content.decode()
    assert "≥ 85%" in first and "≥ 90%" not in first and "≥ 90%" in second
    assert "2027-07-01 起由后一版接替" in first
    assert get(client, cast.officer, "document-drafts").status_code == 403
