"""The draw's pages: who may open what, what is said when something is refused, what the public reads."""

import io
import json
import zipfile
from datetime import date, timedelta

import pytest
from django.utils import timezone

from inspections.models import Draw, InspectionPlan, InspectorStreet, PublicRecord
from inspections.services import draw_entropy, draw_evidence, draw_voids, draws, freezing, month, plans
from inspections.views import draws as draw_views
from portal.crypto import encrypt
from tests.inspections import small_district
from tests.inspections.small_district import DICE, THROWS


@pytest.fixture
def small(db):
    """The district with a plan that is in force today, whatever day that is."""
    it = small_district.make()
    with it.scope():
        today = timezone.localdate()
        InspectionPlan.objects.update(year=today.year - 1, published_on=today - timedelta(days=400))
    it.year, it.month = month.months_to_see(timezone.localdate())[1]
    return it


def now(small, what=None, throw=1):
    """Next month's draw as it stands after `what`: frozen, witnessed, drawn, published."""
    with small.scope():
        draw = freezing.freeze(small.scheme, small.year, small.month, actor=small.actor())
        if what in ("witnessed", "drawn", "published"):
            draw_entropy.enter_witness(
                draw,
                source="witness",
                value=THROWS[throw],
                witnesses="周*（区人大代表）",
                actor=small.actor("bureau"),
            )
        if what in ("drawn", "published"):
            draws.confirm_and_draw(draw, actor=small.actor("head"))
        if what == "published":
            small.finish_all(draw, timezone.localdate())
            draw_evidence.publish_evidence(draw, actor=small.actor())
        return Draw.objects.select_related("scheme", "chain").get(pk=draw.pk)


def as_(client, small, name):
    client.force_login(small.users[name])
    return client


def test_the_year_has_a_constant_number_of_queries(client, small, django_assert_max_num_queries):
    client = as_(client, small, "bureau")
    for what in (None, "drawn"):
        now(small, what)
        client.get(f"/small/draws/?year={small.year}")
        with django_assert_max_num_queries(16):
            answer = client.get(f"/small/draws/?year={small.year}")
        assert answer.status_code == 200
        assert "每月街镇双随机" in answer.content.decode()


def test_a_years_page_for_a_year_without_a_plan(client, small):
    answer = as_(client, small, "bureau").get("/small/draws/?year=2001")
    assert answer.status_code == 200 and "没有公布的检查计划" in answer.content.decode()
    assert as_(client, small, "bureau").get("/small/draws/?year=x").status_code == 200


@pytest.mark.parametrize("name", ["bureau", "head", "auditor"])
@pytest.mark.parametrize("what", ["frozen", "witnessed", "drawn", "published"])
def test_a_months_page_in_each_state(client, small, name, what):
    draw = now(small, what)
    answer = as_(client, small, name).get(f"/small/draws/{draw.pk}/")
    text = answer.content.decode()
    assert answer.status_code == 200 and draw.frozen_sha256 in text
    with small.scope():
        codes = list(draw.inspections.values_list("facility__code", flat=True))
    sees = what == "published" or (what == "drawn" and name == "bureau")
    for code in codes:
        assert (code in text) is sees
    if what in ("drawn", "published"):
        assert "复算一致" in text
        assert json.loads(draw.evidence_file)["link"] not in text
        assert (json.loads(draw.evidence_file)["link"][:6] in text) is (what == "published")


def test_a_long_list_comes_in_pages_and_keeps_its_filter(client, small, monkeypatch):
    monkeypatch.setattr(draw_views, "ROWS_A_PAGE", 2)
    draw, client = now(small, "drawn"), as_(client, small, "bureau")
    with small.scope():
        codes = list(draw.inspections.order_by("position").values_list("facility__code", flat=True))
    url, shown = f"/small/draws/{draw.pk}/?show=open", []
    for number in range(1, (len(codes) + 1) // 2 + 1):
        answer = client.get(f"{url}&after={number}" if number > 1 else url)
        here = [line["facility"].code for line in answer.context["lines"]]
        assert len(here) <= 2 and all(code in answer.content.decode() for code in here)
        following = f'href="{url.replace("&", "&amp;")}&amp;after={number + 1}" rel="next"'
        assert (following in answer.content.decode()) is (number < (len(codes) + 1) // 2)
        shown += here
    assert shown == codes and len(codes) > 2


def test_a_changed_evidence_is_computed_again_although_the_page_was_just_looked_at(client, small):
    draw, client = now(small, "drawn"), as_(client, small, "bureau")
    assert "复算一致" in client.get(f"/small/draws/{draw.pk}/").content.decode()
    evidence = json.loads(draw.evidence_file)
    evidence["results"][0]["inspectors"] = evidence["results"][0]["inspectors"][::-1]
    with small.scope():
        Draw.objects.filter(pk=draw.pk).update(evidence=encrypt(json.dumps(evidence).encode()))
    assert "复算不一致" in client.get(f"/small/draws/{draw.pk}/").content.decode()


def test_the_operator_has_no_page_of_the_draw(client, small):
    draw = now(small, "drawn")
    client = as_(client, small, "operator")
    assert client.get("/small/draws/").status_code == 403
    for path in ("", "witness/", "void/", "export/"):
        assert client.get(f"/small/draws/{draw.pk}/{path}").status_code == 404


def test_freezing_from_the_page(client, small):
    client = as_(client, small, "bureau")
    form = {"scheme": "safety-health", "year": small.year, "month": small.month, "lottery": ""}
    assert client.post("/small/draws/freeze/", form).status_code == 302
    with small.scope():
        draw = Draw.objects.get()
    assert draw.frozen_by == small.users["bureau"]
    assert client.post("/small/draws/freeze/", form).url == f"/small/draws/{draw.pk}/"
    for bad in ({"month": 13}, {"month": "x"}, {"scheme": "none"}, {"year": 99999}):
        answer = client.post("/small/draws/freeze/", form | bad)
        assert answer.status_code in (400, 404), bad
        assert "Traceback" not in answer.content.decode()
    assert as_(client, small, "head").post("/small/draws/freeze/", form).status_code == 403


def test_the_witness_is_entered_by_one_and_confirmed_by_another(client, small):
    draw = now(small)
    page = f"/small/draws/{draw.pk}/witness/"
    bureau = as_(client, small, "bureau")
    for value, sentence in (("", "必填"), ("1 2 3", "现在 3 次"), ("a\nb", "一行")):
        answer = bureau.post(page, {"source": "witness", "value": value, "witnesses": "周*"})
        text = answer.content.decode()
        assert answer.status_code == 422 and (sentence in text or value == ""), value
    assert bureau.post(page, {"source": "chained", "value": "x", "witnesses": "周*"}).status_code == 422
    assert bureau.post(page, {"source": "witness", "value": DICE, "witnesses": "周*"}).status_code == 302
    confirm = f"/small/draws/{draw.pk}/confirm/"
    refused = bureau.post(confirm, {"seen": DICE})
    assert refused.status_code == 400 and "两个人" in refused.content.decode()
    head = as_(client, small, "head")
    assert "与现场一致" in head.get(page).content.decode()
    assert head.post(confirm, {"seen": THROWS[9]}).status_code == 409
    assert head.post(confirm, {"seen": DICE}).status_code == 302
    assert head.post(confirm, {"seen": DICE}).status_code == 302
    with small.scope():
        assert Draw.objects.get().state == "drawn"
        assert PublicRecord.objects.filter(kind="evidence_hash").count() == 1
    assert as_(client, small, "auditor").post(confirm, {"seen": DICE}).status_code == 403


def test_entropy_that_was_used_is_refused_at_its_field(client, small):
    first = now(small, "drawn")
    with small.scope():
        draw_voids.request_void(first, reason="点数录错了", actor=small.actor("bureau"))
        draw_voids.confirm_void(first, actor=small.actor("head"))
    second = now(small)
    answer = as_(client, small, "bureau").post(
        f"/small/draws/{second.pk}/witness/", {"source": "witness", "value": THROWS[1], "witnesses": "周*"}
    )
    assert answer.status_code == 422 and "用过同一段" in answer.content.decode()


def test_sending_back(client, small):
    draw = now(small, "witnessed")
    assert as_(client, small, "head").post(f"/small/draws/{draw.pk}/correct/").status_code == 302
    with small.scope():
        assert Draw.objects.get().state == "frozen"
    assert client.post(f"/small/draws/{draw.pk}/correct/").status_code == 409


def test_a_void_from_the_page(client, small):
    draw = now(small, "drawn")
    page = f"/small/draws/{draw.pk}/void/"
    bureau = as_(client, small, "bureau")
    assert bureau.post(page, {"what": "request", "reason": ""}).status_code == 422
    assert bureau.post(page, {"what": "request", "reason": "x"}).status_code == 422
    assert bureau.post(page, {"what": "request", "reason": "点数录错了"}).status_code == 302
    assert bureau.post(page, {"what": "confirm"}).status_code == 403
    head = as_(client, small, "head")
    assert "点数录错了" in head.get(page).content.decode()
    assert head.post(page, {"what": "confirm"}).status_code == 302
    text = head.get(f"/small/draws/{draw.pk}/").content.decode()
    assert "这次抽取已作废" in text
    public = client.get(f"/public/small/draws/safety-health/{small.year}/{small.month}/").content.decode()
    assert "这次抽取已作废" in public and "点数录错了" in public


def test_a_team_from_the_page(client, small):
    draw = now(small, "drawn")
    with small.scope():
        visit = draw.inspections.order_by("position").first()
        out = visit.all_team.order_by("position").first().inspector.code
    page = f"/small/draws/{draw.pk}/team/{visit.pk}/"
    bureau = as_(client, small, "bureau")
    assert bureau.get(page).status_code == 200
    assert bureau.post(page, {"what": "replace", "inspector": out, "reason": ""}).status_code == 422
    assert bureau.post(page, {"what": "replace", "inspector": "JC999", "reason": "病假"}).status_code == 422
    assert bureau.post(page, {"what": "replace", "inspector": out, "reason": "病假"}).status_code == 302
    with small.scope():
        assert draw.addenda.get().facts["content"]["out"] == out
    assert as_(client, small, "head").get(page).status_code == 404
    assert bureau.get(f"/small/draws/{draw.pk}/team/999999/").status_code == 404


def test_a_head_sees_only_the_team_that_has_to_be_filled(client, small):
    with small.scope():
        InspectorStreet.objects.filter(street__code="310199003").exclude(inspector__code="JC001").delete()
        small.facility("SM0001").__class__.objects.exclude(code="SM0006").update(
            street=small.facility("SM0001").street
        )
    draw = now(small, "drawn")
    with small.scope():
        short = draw.inspections.get(facility__code="SM0006")
        others = list(draw.inspections.exclude(pk=short.pk).values_list("facility__code", flat=True))
    head = as_(client, small, "fire_head")
    text = head.get(f"/small/draws/{draw.pk}/").content.decode()
    assert "1 家检查组缺人，不能开检" in text and "示例SM0006" in text
    assert others and not any(code in text for code in others)
    page = f"/small/draws/{draw.pk}/team/{short.pk}/"
    assert "JC003" not in text
    assert head.post(page, {"what": "name", "inspector": "JC001"}).status_code == 422
    assert head.post(page, {"what": "name", "inspector": "JC003"}).status_code == 302
    with small.scope():
        assert draw.addenda.get().kind == "named"


def test_the_export_holds_what_the_page_shows(client, small):
    draw = now(small, "drawn")
    answer = as_(client, small, "bureau").get(f"/small/draws/{draw.pk}/export/")
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        strings = book.read("xl/sharedStrings.xml").decode()
    with small.scope():
        visits = list(draw.inspections.select_related("facility"))
    assert all(v.number in strings and v.facility.name in strings for v in visits)
    assert as_(client, small, "head").get(f"/small/draws/{draw.pk}/export/").status_code == 404


def test_confirming_publicity_from_the_page(client, small):
    with small.scope():
        type(small.scheme).objects.update(grades_public_confirmed_at=None)
    bureau = as_(client, small, "bureau")
    assert "还要确认一次" in bureau.get(f"/small/draws/?year={small.year}").content.decode()
    assert bureau.post(f"/small/draws/schemes/{small.scheme.pk}/publicity/").status_code == 302
    with small.scope():
        scheme = plans.scheme("safety-health", small.year, timezone.localdate())
        assert scheme.grades_public_confirmed_by == small.users["bureau"]
    assert (
        as_(client, small, "head").post(f"/small/draws/schemes/{small.scheme.pk}/publicity/").status_code
        == 404
    )


# --- Without sign-in -------------------------------------------------------------------------------


def public(client, small, path=""):
    return client.get(f"/public/small/draws/{path}")


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (None, "名单已冻结，还没有抽"),
        ("witnessed", "名单已冻结，还没有抽"),
        ("drawn", "已抽取，检查正在进行"),
        ("published", "结果已公开，可以重算"),
    ],
)
def test_the_public_month_in_each_state(client, small, what, sentence):
    draw = now(small, what)
    answer = public(client, small, f"safety-health/{small.year}/{small.month}/")
    text = answer.content.decode()
    assert answer.status_code == 200 and sentence in text
    assert draw.frozen_sha256 in text and draw.chain.anchor in text
    assert (draw.evidence_sha256 in text) is (what in ("drawn", "published")) or not draw.evidence_sha256
    with small.scope():
        visits = list(draw.inspections.select_related("facility"))
    assert not any(v.facility.code in text or v.number in text for v in visits)
    assert ("周*" in text) is (what == "published")
    assert public(client, small).status_code == 200
    assert client.get("/public/").status_code == 200


def test_the_public_list_has_every_draw_and_the_void_ones(client, small):
    """The list from the newest on, each month with how often it was voided; the month's page with each void."""
    reason = "掷骰时少了一枚，当场发现"
    first = now(small, "drawn")
    page = public(client, small).content.decode()
    assert f"{small.month} 月" in page and "已抽取，检查做完后公开" in page and first.chain.anchor in page
    assert "作废过" not in page and "已作废" not in page
    with small.scope():
        draw_voids.request_void(first, reason=reason, actor=small.actor("bureau"))
        draw_voids.confirm_void(first, actor=small.actor("head"))
    page = public(client, small).content.decode()
    assert "已作废，等重新抽取" in page and "作废过" not in page  # the month has no other yet
    of_month = f"safety-health/{small.year}/{small.month}/"
    page = public(client, small, of_month).content.decode()
    assert "这次抽取已作废" in page and reason in page and "这个月作废过的抽取" not in page

    second = now(small, "drawn", throw=2)
    page = public(client, small).content.decode()
    assert "已抽取，检查做完后公开" in page and "作废过 1 次" in page and "已作废，等重新抽取" not in page
    month_page = public(client, small, of_month).content.decode()
    voided = month_page.split("这个月作废过的抽取", 1)[1]
    for fact in (reason, first.frozen_sha256, first.evidence_sha256):
        assert fact in voided
    assert second.evidence_sha256 in month_page.split("这个月作废过的抽取", 1)[0]
    assert second.evidence_sha256 not in voided and "下载作废那次的证据文件" not in voided

    with small.scope():
        small.finish_all(second, timezone.localdate())
        draw_evidence.publish_due(actor=small.actor())
        old = PublicRecord.objects.get(kind="evidence", draw=first)
    voided = public(client, small, of_month).content.decode().split("这个月作废过的抽取", 1)[1]
    assert f"files/{old.pk}/" in voided and "下载作废那次的证据文件" in voided
    assert public(client, small, f"files/{old.pk}/").content == first.evidence_file
    page = public(client, small).content.decode()
    assert "结果已公开，可以重算" in page and "作废过 1 次" in page


def test_the_published_file_is_what_was_hashed_and_nothing_is_served_before(client, small):
    draw = now(small, "drawn")
    with small.scope():
        hidden = list(PublicRecord.objects.values_list("pk", flat=True))
    for pk in hidden:
        assert public(client, small, f"files/{pk}/").status_code == 404
    with small.scope():
        small.finish_all(draw, timezone.localdate())
        draw_evidence.publish_evidence(draw, actor=small.actor())
        record = PublicRecord.objects.get(kind="evidence")
    answer = public(client, small, f"files/{record.pk}/")
    assert answer.status_code == 200 and answer.content == draw.evidence_file
    assert client.get(f"/public/minhang/draws/files/{record.pk}/").status_code == 404
    text = public(client, small, f"safety-health/{small.year}/{small.month}/").content.decode()
    assert "verify/verify_draw.py" in text and draw.evidence_sha256 in text


def test_a_chained_draw_says_so_in_plain_words(client, small):
    with small.scope():
        today = timezone.localdate()
        draw = freezing.freeze(
            small.scheme, today.year, today.month, actor=small.actor(),
            at=small_district.moment(today.replace(day=1) - timedelta(days=10)),
        )  # fmt: skip
        on = date(today.year, today.month, 28)
        draws.draw_chained(draw, actor=small.actor(), by_name=True, on=on)
        small.finish_all(draw, today)
        draw_evidence.publish_evidence(draw, actor=small.actor())
    text = public(client, small, f"safety-health/{today.year}/{today.month}/").content.decode()
    assert "这个月是接链抽取" in text and "能够事先算出来" in text


def test_what_is_not_there_is_404_for_the_public(client, small):
    now(small)
    for path in ("safety-health/2026/13/", "none/2026/3/", "safety-health/1999/3/", "files/1/"):
        assert public(client, small, path).status_code == 404
    assert client.get("/public/nowhere/draws/").status_code == 404
    assert client.get("/public/shanghai/draws/").status_code == 404
