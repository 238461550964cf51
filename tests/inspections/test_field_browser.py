"""Each promise of the field app in a real browser, with the network cut, the server killed, the storage full."""

from __future__ import annotations

import hashlib
import io
import random
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.cache import SessionStore
from PIL import Image

from inspections.models import (
    Answer,
    AnswerPhoto,
    FieldFile,
    FieldOperation,
    FieldOutcome,
    FieldRecord,
    Inspection,
    VoiceNote,
)
from inspections.services import answers, cancellations, visits
from inspections.services.checklists import items_of
from portal.services.files import path_of
from portal.tenancy import district_scope
from tests.inspections.field_phones import (  # noqa: F401
    PHONE,
    all_sent,
    answer_on_screen,
    begin,
    installed,
    section,
    sign_in,
    visit,
    waiting,
)
from tests.inspections.test_visits_browser import accessible, no_sideways
from tests.inspections.test_visits_browser import sign_in as sign_in_desk
from tests.world import wait_for

pytestmark = pytest.mark.long


def picture(width: int = 640, height: int = 480, noise: bool = False) -> dict:
    """A photograph as a file chooser gives it; with noise its JPEG is large."""
    if noise:
        body = random.Random(1).randbytes(width * height * 3)
        image = Image.frombytes("RGB", (width, height), body)
    else:
        image = Image.new("RGB", (width, height), (200, 220, 240))
    out = io.BytesIO()
    image.save(out, "PNG")
    return {"name": "a.png", "mimeType": "image/png", "buffer": out.getvalue()}


def photograph(page, key: str, file: dict, cover: bool = False) -> None:
    section(page, key).locator(".shot.add input").set_input_files(file)
    page.wait_for_selector("dialog.look[open]")
    if cover:
        box = page.locator("dialog.look canvas").bounding_box()
        page.mouse.move(box["x"] + 10, box["y"] + 10)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        page.mouse.up()
    page.click("[data-keep-photo]")
    page.wait_for_selector("dialog.look", state="detached")


FULL = """() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (row, ...rest) {
    const big = [row.value, row.sealed && row.sealed.data].some((one) => one && one.byteLength > 100000);
    if (!big) return put.call(this, row, ...rest);
    this.transaction.abort();
    throw new DOMException("full", "QuotaExceededError");
  };
}"""


def restart(world) -> None:
    """The web server again, where the browser knows it."""
    port = world.url.rsplit(":", 1)[1]
    args = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port]
    args += ["--workers", "1", "--blocking-threads", "4", "portal.wsgi:application"]
    child = world._spawn("web", args, {"PORTAL_URL": world.url})
    wait_for(lambda: world._answers(child), what="the web server")


def other_phone(browser, world, name: str = "inspector2"):
    context = browser.new_context(locale="zh-CN", viewport=PHONE)
    page = context.new_page()
    page.set_default_timeout(30_000)
    sign_in(page, world, name)
    return page


def stored(cast, key: str) -> Answer | None:
    with district_scope(cast.minhang):
        return Answer.objects.filter(item__key=key).select_related("by").first()


def state(cast) -> str:
    with district_scope(cast.minhang):
        return Inspection.objects.get(pk=cast.visit.pk).state


def held_one(cast):
    def there() -> bool:
        with district_scope(cast.minhang):
            return FieldOutcome.objects.filter(state="held").exists()

    return there


def draw_signature(page, number: int) -> None:
    canvas = page.locator("canvas.pad").nth(number)
    canvas.evaluate("pad => pad.scrollIntoView({ block: 'center' })")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 70, steps=5)
    page.mouse.up()


def test_a_photograph_is_scaled_covered_hashed_and_comes_whole(world, visit, page):  # noqa: F811
    sign_in(page, world, "inspector")
    installed(page)
    begin(page)
    page.context.set_offline(True)
    answer_on_screen(page, "guards", "bad", "门岗没有人")
    photograph(page, "guards", picture(2400, 1800), cover=True)
    page.wait_for_selector("[data-shot=waiting]")
    assert page.locator("footer [data-left]").first.get_attribute("data-left") == "1"
    assert "1 张照片还剩 1 张" in page.inner_text("footer")
    accessible(page)
    assert no_sideways(page)
    page.context.set_offline(False)
    page.wait_for_selector("[data-shot=sent]")
    all_sent(page)
    with district_scope(visit.minhang):
        one = AnswerPhoto.objects.select_related("file").get()
        body = path_of(one.file).read_bytes()
        assert hashlib.sha256(body).hexdigest() == one.file.sha256
        image = Image.open(io.BytesIO(body))
        assert image.size == (1600, 1200) and not image.getexif()
        assert max(image.getpixel((300, 250))) < 12, "the covered part"
        assert min(image.getpixel((1500, 1100))) > 150
        assert one.meta["covered"] == "1" and one.meta["taken_at"] and one.meta["time"]


def test_the_server_killed_in_the_middle_of_an_upload_costs_nothing(world, visit, page):  # noqa: F811
    sign_in(page, world, "inspector")
    begin(page)
    answer_on_screen(page, "guards", "bad", "门岗没有人")
    all_sent(page)
    sent = []

    def slow(route):
        sent.append(int(route.request.headers["upload-offset"]))
        if len(sent) == 2:  # the second piece is on its way: the server dies under it
            world.children[0].kill()
        route.continue_()

    page.route("**/field/minhang/files/**", slow)
    photograph(page, "guards", picture(1600, 1200, noise=True))
    page.wait_for_selector("text=没有网络")
    with district_scope(visit.minhang):
        half = FieldFile.objects.get()
        assert 0 < half.received < half.size
    answer_on_screen(page, "emergency-plans", "ok")
    page.wait_for_selector("[data-saved-here*=':']")
    restart(world)
    page.wait_for_selector("[data-shot=sent]", timeout=90_000, state="attached")
    assert sent[2] == half.received, "it went on where it had been"
    all_sent(page)
    with district_scope(visit.minhang):
        one = AnswerPhoto.objects.select_related("file").get()
        assert hashlib.sha256(path_of(one.file).read_bytes()).hexdigest() == one.file.sha256
        assert stored_ok(Answer.objects.get(item__key="emergency-plans"))
        assert FieldOperation.objects.count() == len(
            set(FieldOperation.objects.values_list("uuid", flat=True))
        )


def stored_ok(answer: Answer) -> bool:
    return answer.value == "ok"


def test_answers_that_are_lost_on_the_way_back_are_sent_twice_without_harm(world, visit, page):  # noqa: F811
    """The server has them, the phone does not know."""
    sign_in(page, world, "inspector")
    lost = []

    def swallow(route):
        if len(lost) < 2:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.route("**/field/minhang/operations/", swallow)
    begin(page)
    answer_on_screen(page, "guards", "bad", "门岗没有人")
    page.wait_for_timeout(400)  # what was typed is written
    all_sent(page)
    assert len(lost) == 2 and stored(visit, "guards").note == "门岗没有人"
    with district_scope(visit.minhang):
        assert Answer.objects.count() == 1
        assert set(FieldOutcome.objects.values_list("state", flat=True)) <= {"applied", "replaced"}


def test_two_phones_show_both_answers_and_ask(world, visit, page, browser):  # noqa: F811
    sign_in(page, world, "inspector")
    begin(page)
    answer_on_screen(page, "guards", "bad", "我看到门岗没有人")
    all_sent(page)
    second = other_phone(browser, world)
    second.click("[data-visit-card]")
    second.context.set_offline(True)
    answer_on_screen(second, "guards", "ok")
    answer_on_screen(page, "guards", "bad", "我又看了一遍")
    wait_for(lambda: stored(visit, "guards").note == "我又看了一遍", 30, "the first one's second look")
    second.context.set_offline(False)
    asked = second.locator("[data-conflict]")
    asked.wait_for()
    assert "我又看了一遍" in asked.inner_text()
    accessible(second)
    second.click("[data-keep=theirs]")
    asked.wait_for(state="detached")
    all_sent(second)
    assert stored(visit, "guards").note == "我又看了一遍"
    second.context.close()


def test_signing_out_locks_and_the_same_person_unlocks(world, visit, page):  # noqa: F811
    sign_in(page, world, "inspector")
    installed(page)
    begin(page)
    page.context.set_offline(True)
    answer_on_screen(page, "guards", "bad", "锁上以前写的")
    page.wait_for_selector("[data-saved-here*=':']")
    page.goto(f"{world.url}/minhang/field/#/")
    page.click("[data-leave]")
    page.wait_for_selector("[data-sealed]")
    assert "锁上以前写的" not in page.content()
    assert int(page.get_attribute("[data-sealed]", "data-sealed")) >= 2
    page.context.set_offline(False)
    wait_for(lambda: not page.context.cookies() or signed_out(page, world), 20, "the session's end")
    # somebody else sees how much there is, and nothing of it
    sign_in(page, world, "inspector2")
    page.goto(f"{world.url}/minhang/field/#/waiting")
    assert "锁上以前写的" not in page.content() and stored(visit, "guards") is None
    page.goto(f"{world.url}/minhang/field/#/")
    page.click("[data-leave]")
    page.wait_for_selector("[data-sealed]")
    wait_for(lambda: signed_out(page, world), 20, "the session's end")
    sign_in(page, world, "inspector")
    wait_for(lambda: (a := stored(visit, "guards")) and a.note == "锁上以前写的", 40, "what was sealed")


def signed_out(page, world) -> bool:
    return "/sign-in/" in page.request.get(f"{world.url}/minhang/").url


def test_a_session_that_ended_holds_no_upload_up(world, visit, page):  # noqa: F811
    sign_in(page, world, "inspector")
    installed(page)
    begin(page)
    key = next(c["value"] for c in page.context.cookies() if c["name"] == "sessionid")
    SessionStore(key).delete()
    answer_on_screen(page, "guards", "bad", "登录过期以后写的")
    wait_for(lambda: (a := stored(visit, "guards")) and a.note, 30, "the answer")
    page.reload()
    page.wait_for_selector("[data-sheet]")
    answer_on_screen(page, "emergency-plans", "ok")
    wait_for(lambda: stored(visit, "emergency-plans"), 30, "the answer after a reload")


def test_a_full_phone_refuses_before_the_camera_and_hands_over_a_file(world, visit, page, browser):  # noqa: F811
    sign_in(page, world, "inspector")
    begin(page)
    page.context.set_offline(True)
    answer_on_screen(page, "guards", "bad", "存满以前写的")
    photograph(page, "guards", picture())
    # Chromium tells every page of ten gigabytes and its override of the quota does not hold here: the disk is full
    # where it is written to
    page.evaluate(FULL)
    chosen = []
    page.on("filechooser", lambda chooser: chosen.append(chooser))
    section(page, "guards").locator(".shot.add").click()
    page.wait_for_selector("text=手机剩的空间不够")
    assert chosen == []
    page.goto(f"{world.url}/minhang/field/#/waiting")
    with page.expect_download() as download:
        page.click("[data-save]")
    body = open(download.value.path(), "rb").read()
    assert "存满以前写的".encode() not in body, "sealed as it lies on the phone"

    desk = browser.new_context(locale="zh-CN")
    theirs = desk.new_page()
    sign_in_desk(theirs, world, "inspector2")
    theirs.goto(f"{world.url}/minhang/field/bring/")
    accessible(theirs)
    for _twice in range(2):
        file = {"name": "shanyu.ndjson", "mimeType": "application/x-ndjson", "buffer": body}
        theirs.set_input_files("[name=file]", file)
        theirs.click("main form button")
        theirs.wait_for_selector("text=1 个文件")
    desk.close()
    assert stored(visit, "guards").note == "存满以前写的"
    assert stored(visit, "guards").by.username == "cast-inspector"
    with district_scope(visit.minhang):
        assert AnswerPhoto.objects.count() == 1
        assert set(FieldOperation.objects.values_list("by_file", flat=True)) == {True} | (
            {False} if FieldOperation.objects.filter(kind="start", by_file=False).exists() else set()
        )


def test_a_wrong_clock_is_noticed_and_both_times_are_kept(world, visit, page):  # noqa: F811
    page.add_init_script(
        "{ const Real = Date; const late = 5 * 3600 * 1000;"
        " window.Date = class extends Real { constructor(...a) { a.length ? super(...a) : super(Real.now() - late); }"
        " static now() { return Real.now() - late; } }; }"
    )
    sign_in(page, world, "inspector")
    page.wait_for_selector("text=这台手机的时钟慢了 300 分钟")
    begin(page)
    answer_on_screen(page, "guards", "ok")
    wait_for(lambda: stored(visit, "guards"), 30, "the answer")
    with district_scope(visit.minhang):
        one = FieldOperation.objects.get(kind="answer")
        answer = Answer.objects.get()
        assert abs(one.came_at - one.made_at - timedelta(hours=5)) < timedelta(minutes=1)
        assert abs(answer.at - one.came_at) < timedelta(minutes=1)


def test_a_finger_on_a_line_while_the_sheet_is_redrawn_is_not_lost(world, visit, page):  # noqa: F811
    sign_in(page, world, "inspector")
    begin(page)
    line = page.locator("[data-sheet] section:not([data-opened]) a.one").first
    key = line.evaluate("node => node.closest('section').dataset.item")
    line.evaluate("node => node.scrollIntoView({ block: 'center' })")
    where = line.locator("b").bounding_box()
    page.mouse.move(where["x"] + 5, where["y"] + 5)
    page.mouse.down()
    page.evaluate("import(document.querySelector('script[type=module]').src).then((app) => app.update())")
    page.wait_for_timeout(200)
    page.mouse.up()
    page.wait_for_selector(f"[data-item='{key}'][data-opened]")


def test_what_is_spoken_is_kept_and_sent(world, visit, page):  # noqa: F811
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { const a = new AudioContext(); const o = a.createOscillator();"
        " const d = a.createMediaStreamDestination(); o.connect(d); o.start(); return d.stream; };"
    )
    sign_in(page, world, "inspector")
    begin(page)
    answer_on_screen(page, "guards", "bad", "门岗没有人")
    record = section(page, "guards").locator("[data-record]")
    record.click()
    page.wait_for_timeout(1500)
    record.click()
    page.wait_for_selector("[data-voice=sent]", timeout=60_000)
    all_sent(page)
    with district_scope(visit.minhang):
        assert VoiceNote.objects.get().file.content_type == "audio/webm"


def test_a_visit_struck_off_meanwhile_is_shown_for_decision(world, visit, page):  # noqa: F811
    sign_in(page, world, "inspector")
    begin(page)
    all_sent(page)
    page.context.set_offline(True)
    answer_on_screen(page, "guards", "bad", "销去以前看到的")
    page.wait_for_timeout(800)  # what was typed is written
    page.wait_for_selector("[data-saved-here*=':']")
    with district_scope(visit.minhang):
        cancellations.request_cancel(
            visit.visit, reason="force_majeure", note="示例台风停课", actor=visit.actor("bureau")
        )
        cancellations.confirm_cancel(visit.visit, actor=visit.actor("head"))
    page.context.set_offline(False)
    wait_for(held_one(visit), 40, "what came too late")
    page.goto(f"{world.url}/minhang/field/#/waiting")
    page.wait_for_selector("[data-operation=held]")
    assert "已经不在进行中" in page.inner_text("main")
    with district_scope(visit.minhang):
        kept = FieldOutcome.objects.filter(state="held").order_by("operation__sequence").last()
        assert kept.operation.payload["note"] == "销去以前看到的"


def test_a_visit_wholly_without_a_network_signed_by_both_and_confirmed(world, visit, page, browser):  # noqa: F811
    second = other_phone(browser, world)
    sign_in(page, world, "inspector")
    installed(page)
    page.context.set_offline(True)
    begin(page)
    with district_scope(visit.minhang):
        keys = [item.key for item in items_of_due(visit)]
    for key in keys:
        answer_on_screen(page, key, "ok")
    answer_on_screen(page, "guards", "bad", "门岗没有人")
    page.wait_for_timeout(600)
    page.click("[data-end]")
    page.wait_for_selector("canvas.pad")
    page.fill("[name=present]", "陈老师，园长")
    page.fill("[name=objection]", "保安当时在后门接货")
    assert page.locator("[data-sign]").is_disabled()
    page.fill("[name=without]", "现场没有网络，对方手机的内容收不到")
    draw_signature(page, 0)
    draw_signature(page, 1)
    shown = page.inner_text("[data-hash]")
    assert len(shown) == 64 and no_sideways(page)
    accessible(page)
    page.click("[data-sign]")
    page.wait_for_selector("text=签的那份存在这台手机上")
    assert page.inner_text("[data-hash]") == shown and state(visit) == "due"
    page.context.set_offline(False)
    wait_for(lambda: state(visit) == "signed", 60, "the signed visit")
    with district_scope(visit.minhang):
        assert FieldRecord.objects.get().sha256 == shown
        assert Inspection.objects.get(pk=visit.visit.pk).objection == "保安当时在后门接货"

    second.reload()
    second.wait_for_selector("body[data-ready]", state="attached")
    second.click("[data-visit-card]")
    second.wait_for_selector("[data-confirm]:not([disabled])")
    assert second.inner_text("[data-hash]") == shown
    accessible(second)
    second.click("[data-confirm]")
    wait_for(lambda: state(visit) == "finished", 40, "the second's confirmation")
    second.context.close()


def items_of_due(cast):
    """The items that the visit has once it has begun."""
    from inspections.services.field_day import lists_of

    with district_scope(cast.minhang):
        row = Inspection.objects.select_related("facility").get(pk=cast.visit.pk)
        keys = [item["key"] for one in lists_of(row, row.due_on) for item in one["items"]]
    return [type("Item", (), {"key": key}) for key in keys]


def test_a_part_that_is_complete_lets_the_other_sign(world, visit, page, browser):  # noqa: F811
    sign_in(page, world, "inspector")
    begin(page)
    all_sent(page)
    with district_scope(visit.minhang):
        row = Inspection.objects.get(pk=visit.visit.pk)
        answers.save_answers(
            row, {item.pk: answers.Given("ok") for item in items_of(row)}, actor=visit.actor("inspector")
        )
    second = other_phone(browser, world)
    second.click("[data-visit-card]")
    second.click("[data-end]")
    second.click("[data-part]")
    all_sent(second)
    page.reload()
    page.wait_for_selector("body[data-ready]", state="attached")
    page.click("[data-end]")
    page.wait_for_selector("[data-part-of=JC902][data-complete='1']")
    page.fill("[name=present]", "陈老师，园长")
    draw_signature(page, 0)
    draw_signature(page, 1)
    page.click("[data-sign]")
    wait_for(lambda: state(visit) == "signed", 40, "the signed visit")
    with district_scope(visit.minhang):
        assert FieldRecord.objects.get().without == ""
        assert visits.team_of(visit.visit)
    second.context.close()
