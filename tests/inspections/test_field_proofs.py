"""What a phone promises of what lies on it: nothing readable, nothing lost when a visit leaves the list, where and when a
picture was taken."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from inspections.models import AnswerPhoto, FieldOperation, FieldOutcome, VoiceNote
from inspections.services import cancellations, field_settle
from portal.services.files import path_of
from portal.tenancy import district_scope
from tests.inspections.field_phones import (  # noqa: F401
    all_sent,
    answer_on_screen,
    begin,
    installed,
    section,
    sign_in,
    visit,
)
from tests.inspections.test_field_browser import draw_signature, held_one, photograph, picture
from tests.inspections.test_field_drafts import DRAFTS, TONE, speak
from tests.inspections.test_visits_browser import accessible, no_sideways
from tests.world import wait_for

pytestmark = pytest.mark.long

#: Everything that the browser keeps of the app: each value of IndexedDB, localStorage, sessionStorage and the caches, as
#: bytes in hexadecimal; text in UTF-8.
DUMP = """async () => {
  const hex = (bytes) => [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");
  const parts = [];
  const text = (words) => parts.push(hex(new TextEncoder().encode(String(words))));
  const walk = async (value) => {
    if (value instanceof ArrayBuffer) parts.push(hex(value));
    else if (ArrayBuffer.isView(value)) parts.push(hex(value.buffer));
    else if (value instanceof Blob) parts.push(hex(await value.arrayBuffer()));
    else if (value instanceof CryptoKey) text(value.extractable ? "KEY CAN BE TAKEN" : "");
    else if (Array.isArray(value)) for (const one of value) await walk(one);
    else if (value && typeof value === "object") {
      for (const [key, one] of Object.entries(value)) { text(key); await walk(one); }
    }
    else text(value);
  };
  for (const { name } of await indexedDB.databases()) {
    const base = await new Promise((done) => { const o = indexedDB.open(name); o.onsuccess = () => done(o.result); });
    for (const store of base.objectStoreNames) {
      const rows = await new Promise((done) => {
        const asked = base.transaction(store).objectStore(store).getAll();
        asked.onsuccess = () => done(asked.result);
      });
      text(`${store}: ${rows.length}`);
      for (const row of rows) await walk(row);
    }
    base.close();
  }
  for (const box of [localStorage, sessionStorage]) for (const key of Object.keys(box)) { text(key); text(box[key]); }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const asked of await cache.keys()) {
      text(asked.url);
      parts.push(hex(await (await cache.match(asked)).arrayBuffer()));
    }
  }
  return parts.join("0a");
}"""


def test_nothing_that_lies_on_the_phone_is_readable(world, visit, page):  # noqa: F811
    page.context.add_init_script(TONE)
    with district_scope(visit.minhang):
        visit.facility.head, visit.facility.phone = "示例负责人丁", "02155550199"
        visit.facility.save(update_fields=["head", "phone"])
        secret = [visit.facility.name, visit.facility.code, "示例负责人丁", "02155550199", visit.visit.number]
        secret += [visit.inspector.name, "示例JC902", visit.street.name]
    sign_in(page, world, "inspector")
    installed(page)
    begin(page)
    answer_on_screen(page, "emergency-plans", "ok")
    all_sent(page)
    # what the server refuses comes back with a sentence; it lies here, too
    with district_scope(visit.minhang):
        cancellations.request_cancel(
            visit.visit, reason="force_majeure", note="示例台风停课", actor=visit.actor("bureau")
        )
        cancellations.confirm_cancel(visit.visit, actor=visit.actor("head"))
    answer_on_screen(page, "guards", "bad", "门岗没有人说真话")
    wait_for(held_one(visit), 40, "the refused answer")
    page.context.set_offline(True)
    answer_on_screen(page, "guards", "bad", "门岗还是没有人")
    photograph(page, "guards", picture(900, 700, noise=True))
    speak(page, "guards", 2)
    section(page, "guards").locator("[data-record]").click()
    page.wait_for_selector("[data-voice=waiting]")
    section(page, "guards").locator("[data-record]").click()
    wait_for(lambda: page.evaluate(DRAFTS) >= 2, 20, "the first second of another note")
    with district_scope(visit.minhang):
        sentence = FieldOutcome.objects.filter(state="held").last().sentence
    body = bytes.fromhex(page.evaluate(DUMP))
    assert b"operations: " in body and b"operations: 0" not in body and b"files: 0" not in body
    assert b"draft:minhang:" in body, "the dump sees the names of drafts"
    secret += ["门岗没有人说真话", "门岗还是没有人", sentence[:12]]
    found = [words for words in secret if words.encode() in body or words.encode("utf-16-le") in body]
    assert found == []
    # no whole picture or recording: a JPEG, its base64, a WebM
    assert b"\xff\xd8\xff\xe0" not in body and b"data:image/jpeg" not in body
    assert b"\x1aE\xdf\xa3" not in body and b"KEY CAN BE TAKEN" not in body
    # and with the key it is all there
    page.goto(f"{world.url}/minhang/field/#/waiting")
    page.wait_for_selector("[data-operation=here]")
    assert (
        visit.facility.name in page.inner_text("main") and page.locator("[data-operation=here]").count() >= 3
    )


def gps_picture() -> dict:
    """A photograph with what a camera writes: where (31°6'N 121°22'W, so that the side is read), when, with what."""
    exif = Image.Exif()
    exif[0x0110] = "示例".encode().hex() + " Camera"
    exif.get_ifd(0x8769)[0x9003] = "2026:03:05 09:30:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 6.0, 0.0), 3: "W", 4: (121.0, 22.0, 12.0)})
    out = io.BytesIO()
    Image.new("RGB", (800, 600), (200, 220, 240)).save(out, "JPEG", exif=exif)
    return {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_where_and_when_is_in_the_record_and_not_in_the_picture(world, visit, page):  # noqa: F811
    file = gps_picture()
    assert b"Exif" in file["buffer"] and b"Camera" in file["buffer"]
    page.context.grant_permissions(["geolocation"], origin=world.url)
    page.context.set_geolocation({"latitude": 31.1111, "longitude": 121.3812, "accuracy": 9})
    sign_in(page, world, "inspector")
    begin(page)
    answer_on_screen(page, "guards", "bad", "门岗没有人")
    photograph(page, "guards", file)
    page.wait_for_selector("[data-shot=sent]")
    all_sent(page)
    with district_scope(visit.minhang):
        one = AnswerPhoto.objects.select_related("file").get()
        assert (one.meta["exif_latitude"], one.meta["exif_longitude"]) == ("31.100000", "-121.370000")
        assert one.meta["exif_time"] == "2026:03:05 09:30:00" and one.meta["camera"].endswith("Camera")
        assert (one.meta["latitude"], one.meta["longitude"], one.meta["accuracy"]) == (
            "31.111100",
            "121.381200",
            "9",
        )
        body = path_of(one.file).read_bytes()
    assert b"Exif" not in body and b"Camera" not in body and not Image.open(io.BytesIO(body)).getexif()

    # who does not allow it takes pictures all the same
    page.context.clear_permissions()
    photograph(page, "guards", picture(500, 400))
    section(page, "guards").locator("[data-shot=sent]").nth(1).wait_for()
    with district_scope(visit.minhang):
        other = AnswerPhoto.objects.exclude(pk=one.pk).get()
        assert other.meta["taken_at"] and not {"latitude", "longitude", "exif_latitude"} & other.meta.keys()


def strike_off(cast) -> None:
    with district_scope(cast.minhang):
        cancellations.request_cancel(
            cast.visit, reason="force_majeure", note="示例台风停课", actor=cast.actor("bureau")
        )
        cancellations.confirm_cancel(cast.visit, actor=cast.actor("head"))


def test_what_was_not_finished_of_a_visit_that_left_the_list_is_shown_and_kept(world, visit, page):  # noqa: F811
    context = page.context
    context.add_init_script(TONE)
    sign_in(page, world, "inspector")
    installed(page)
    begin(page)
    all_sent(page)
    keys = [one.get_attribute("data-item") for one in page.locator("[data-item]").all()]
    for key in keys:
        answer_on_screen(page, key, "ok")
    answer_on_screen(page, "guards", "bad", "门岗没有人")
    page.wait_for_timeout(400)
    all_sent(page)
    context.set_offline(True)
    page.click("[data-end]")
    page.fill("[name=objection]", "园长说保安去接货了")
    draw_signature(page, 0)
    page.wait_for_timeout(400)
    page.click("footer a.less")
    answer_on_screen(page, "guards", "bad", "")
    section(page, "guards").locator(".shot.add input").set_input_files(picture())
    page.wait_for_selector("dialog.look[open]")
    page.close()
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{world.url}/minhang/field/")
    page.click("[data-visit-card]")
    section(page, "guards").locator("a.one").click()
    speak(page, "guards", 1)
    page.close()

    strike_off(visit)
    context.set_offline(False)
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{world.url}/minhang/field/")
    page.wait_for_selector("body[data-ready]", state="attached")
    page.wait_for_selector("text=已不在名单")
    page.click("[data-visit-card]")
    for kind in ("voice", "photo", "sign"):
        page.wait_for_selector(f"[data-unfinished={kind}]")
    assert "园长说保安去接货了" in page.inner_text("[data-unfinished=sign]")
    assert page.locator("[data-unfinished=sign] polyline").count() >= 1
    accessible(page)
    assert no_sideways(page)
    page.click("[data-keep-voice]")
    page.wait_for_selector("[data-unfinished=voice]", state="detached")
    page.click("[data-look-again]")
    page.wait_for_selector("dialog.look[open]")
    page.click("[data-keep-photo]")
    page.wait_for_selector("[data-unfinished=photo]", state="detached")
    with page.expect_download() as download:
        page.click("[data-save-words]")
    assert "园长说保安去接货了" in open(download.value.path(), encoding="utf-8").read()
    # it has all gone up and waits there for a decision
    kinds = ["photo", "voice"]

    def there() -> bool:
        with district_scope(visit.minhang):
            held = FieldOutcome.objects.filter(state="held", operation__kind__in=kinds)
            return sorted(held.values_list("operation__kind", flat=True)) == kinds

    wait_for(there, 60, "the kept picture and voice at the server")
    with district_scope(visit.minhang):
        assert not VoiceNote.objects.exists() and not AnswerPhoto.objects.exists()
        assert FieldOperation.objects.filter(kind="voice").get().payload["meta"]["seconds"] >= "1"
    assert page.evaluate(DRAFTS) == 1, "the words stay until they are thrown away"
    page.click("[data-drop-words]")
    page.wait_for_selector("[data-unfinished]", state="detached")
    assert page.evaluate(DRAFTS) == 0


#: The phone's clock goes ahead by as many days as `days` in its localStorage says.
LATER = """{ const Real = Date; const ahead = () => Number(localStorage.days || 0) * 86400000;
  window.Date = class extends Real {
    constructor(...a) { a.length ? super(...a) : super(Real.now() + ahead()); }
    static now() { return Real.now() + ahead(); }
  }; }"""
#: How many operations and files lie on the phone.
LIES = """() => new Promise((done) => {
  const open = indexedDB.open("shanyu-field");
  open.onsuccess = () => {
    const stores = open.result.transaction(["operations", "files"]);
    const [one, two] = ["operations", "files"].map((name) => stores.objectStore(name).count());
    two.onsuccess = () => { open.result.close(); done([one.result, two.result]); };
  };
})"""


def test_only_what_has_come_to_its_end_at_the_server_ever_leaves_the_phone(world, visit, page):  # noqa: F811
    page.context.add_init_script(LATER)

    def later(days: int) -> None:
        page.evaluate("(days) => { localStorage.days = String(days); }", days)
        page.goto("about:blank")
        page.goto(f"{world.url}/minhang/field/")
        page.wait_for_selector("body[data-ready]", state="attached")

    sign_in(page, world, "inspector")
    begin(page)
    answer_on_screen(page, "guards", "bad", "门岗没有人")
    photograph(page, "guards", picture())
    page.wait_for_selector("[data-shot=sent]")
    all_sent(page)
    page.route("**/field/minhang/operations/", lambda route: route.abort())
    answer_on_screen(page, "emergency-plans", "ok")
    page.wait_for_timeout(400)
    many, files = page.evaluate(LIES)
    assert many >= 4 and files == 1
    strike_off(visit)
    later(100)  # the visit is gone from the list, and something has not been sent
    assert page.evaluate(LIES) == [many, files]
    page.unroute("**/field/minhang/operations/")
    wait_for(held_one(visit), 60, "what came too late")
    later(200)  # at the server, and nobody has decided
    assert page.evaluate(LIES) == [many, files]
    with district_scope(visit.minhang):
        for one in FieldOutcome.objects.filter(state="held"):
            field_settle.set_aside(one, actor=visit.actor("bureau"))
    later(201)
    page.wait_for_timeout(2000)  # it asks what became of it
    later(202)
    assert page.evaluate(LIES)[0] == 1, "what was decided a moment ago stays a week"
    later(212)
    assert page.evaluate(LIES) == [0, 0]
