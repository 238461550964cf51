"""What is not finished on a phone when its browser is closed or killed: spoken, drawn, typed; nothing of it is lost."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from inspections.models import Answer, AnswerPhoto, FieldRecord, Inspection, VoiceNote
from portal.services.files import path_of
from portal.tenancy import district_scope
from tests.conftest import CHROMIUM_ARGS, chromium
from tests.inspections.field_phones import (  # noqa: F401
    PHONE,
    all_sent,
    answer_on_screen,
    begin,
    installed,
    section,
    sign_in,
    visit,
)
from tests.inspections.test_field_browser import draw_signature, items_of_due, photograph, picture, state
from tests.inspections.test_visits_browser import accessible, no_sideways
from tests.world import wait_for

pytestmark = pytest.mark.long

TONE = (
    "navigator.mediaDevices.getUserMedia = async () => { const a = new AudioContext(); const o = a.createOscillator();"
    " const d = a.createMediaStreamDestination(); o.connect(d); o.start(); return d.stream; };"
)


def again(context, world):
    """The app in a new page, after the last one was closed."""
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{world.url}/minhang/field/")
    page.click("[data-visit-card]")
    return page


def speak(page, key: str, pieces: int) -> None:
    """Speaks until so many pieces are on the disk, and goes on."""
    section(page, key).locator("[data-record]").click()
    page.wait_for_function(
        "([key, n]) => Number(document.querySelector(`[data-item='${key}'] ul[data-kept]`)?.dataset.kept) >= n",
        arg=[key, pieces],
    )


def test_a_note_that_was_cut_off_is_there_as_what_it_has(world, visit, page):  # noqa: F811
    context = page.context
    context.add_init_script(TONE)
    sign_in(page, world, "inspector")
    installed(page)
    begin(page)
    context.set_offline(True)
    answer_on_screen(page, "guards", "bad", "门岗没有人")
    page.wait_for_selector("[data-saved-here*=':']")
    speak(page, "guards", 2)
    page.close()

    page = again(context, world)
    page.wait_for_selector("[data-cut]")
    page.click("[data-cut] a")
    draft = section(page, "guards").locator("[data-voice=draft]")
    draft.wait_for()
    accessible(page)
    assert no_sideways(page)
    page.click("[data-keep-voice]")
    page.wait_for_selector("[data-voice=waiting]")
    assert draft.count() == 0 and page.locator("[data-cut]").count() == 0
    # another, thrown away
    speak(page, "guards", 1)
    page.close()
    page = again(context, world)
    page.click("[data-cut] a")
    page.click("[data-drop-voice]")
    page.wait_for_selector("[data-voice=draft]", state="detached")
    context.set_offline(False)
    page.wait_for_selector("[data-voice=sent]")
    all_sent(page)
    with district_scope(visit.minhang):
        note = VoiceNote.objects.get()
        assert path_of(note.file).read_bytes()[:4] == b"\x1aE\xdf\xa3", "a whole head of a WebM"
        assert int(note.meta["seconds"]) >= 2 and note.meta["taken_at"]


def answer_all(page, cast) -> None:
    for item in items_of_due(cast):
        answer_on_screen(page, item.key, "ok")
    page.wait_for_timeout(400)


def black(page, number: int) -> int:
    """How many dark points a field of signature has."""
    return page.evaluate(
        "(n) => { const c = document.querySelectorAll('canvas.pad')[n];"
        " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " let k = 0; for (let i = 0; i < d.length; i += 4) if (d[i] < 100) k += 1; return k; }",
        number,
    )


def test_what_is_drawn_and_typed_at_the_end_comes_back_and_goes_when_it_is_signed(
    world,
    visit,  # noqa: F811
    page,
):
    context = page.context
    sign_in(page, world, "inspector")
    installed(page)
    context.set_offline(True)
    begin(page)
    answer_all(page, visit)
    page.click("[data-end]")
    words = {
        "present": "陈老师，园长",
        "objection": "保安当时在后门接货",
        "summary": "门岗以外都好",
    }
    for name, value in words.items():
        page.fill(f"[name={name}]", value)
    draw_signature(page, 0)
    drawn, shown = black(page, 0), page.inner_text("[data-hash]")
    # in the middle of the second one: the finger is still on the glass
    second = page.locator("canvas.pad").nth(1)
    second.evaluate("pad => pad.scrollIntoView({ block: 'center' })")
    box = second.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 70, steps=5)
    half = black(page, 1)
    page.wait_for_timeout(300)
    page.close()

    page = again(context, world)
    page.click("[data-end]")
    page.wait_for_function("document.querySelector('[name=present]').value !== ''")
    assert {name: page.input_value(f"[name={name}]") for name in words} == words
    assert drawn > 100 and half > 100
    assert (black(page, 0), black(page, 1)) == (drawn, half)
    page.wait_for_selector("[data-sign]:not([disabled])")
    assert page.inner_text("[data-hash]") == shown
    # another word makes it another version: the signatures do not stand under it, nor come back
    page.fill("[name=summary]", "门岗以外都好，没有别的")
    page.wait_for_selector("[data-sign-anew]")
    assert (black(page, 0), black(page, 1)) == (0, 0) and page.locator("[data-sign]").is_disabled()
    accessible(page)
    page.wait_for_timeout(300)
    page.close()
    page = again(context, world)
    page.click("[data-end]")
    page.wait_for_function("document.querySelector('[name=summary]').value.includes('没有别的')")
    assert black(page, 0) == 0
    draw_signature(page, 0)
    draw_signature(page, 1)
    page.click("[data-sign]")
    page.wait_for_selector("[data-signed]")
    assert page.evaluate(DRAFTS) == 0
    context.set_offline(False)
    wait_for(lambda: state(visit) == "signed", 60, "the signed visit")
    with district_scope(visit.minhang):
        assert FieldRecord.objects.get().signatures.count() == 2
        assert Inspection.objects.get(pk=visit.visit.pk).objection == words["objection"]


#: How many drafts lie on the phone.
DRAFTS = """() => new Promise((done) => {
  const open = indexedDB.open("shanyu-field");
  open.onsuccess = () => {
    const asked = open.result.transaction("keep").objectStore("keep").getAllKeys();
    asked.onsuccess = () => {
      open.result.close();
      done(asked.result.filter((one) => String(one).startsWith("draft:")).length);
    };
  };
})"""


def process_of(profile: Path) -> int:
    """The browser's own process of a profile, not one of its helpers."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            if f"--user-data-dir={profile}" in words and "--type=" not in words and "crashpad" not in words:
                return int(folder.name)
    raise AssertionError("no browser has this profile")


def test_a_browser_that_is_killed_has_every_answer_and_photograph_afterwards(
    world,
    visit,  # noqa: F811
    page,
    browser,
    tmp_path,
):
    """As by a flat battery: SIGKILL of the browser, and a new one on the same profile."""
    profile = tmp_path / "profile"
    options = {
        "executable_path": chromium(),
        "args": CHROMIUM_ARGS,
        "locale": "zh-CN",
        "viewport": PHONE,
    }
    phone = browser.browser_type.launch_persistent_context(profile, **options)
    mine = phone.new_page()
    mine.set_default_timeout(30_000)
    sign_in(mine, world, "inspector")
    installed(mine)
    phone.set_offline(True)
    begin(mine)
    answer_all(mine, visit)
    answer_on_screen(mine, "guards", "bad", "断电以前写的")
    for width in (640, 700, 760):
        photograph(mine, "guards", picture(width))
        mine.wait_for_selector(".shot[data-shot=waiting]")
    section(mine, "guards").locator("[data-shot=waiting]").nth(2).wait_for()
    mine.wait_for_timeout(400)
    os.kill(process_of(profile), signal.SIGKILL)
    with contextlib.suppress(Exception):
        phone.close()

    phone = browser.browser_type.launch_persistent_context(profile, **options)
    phone.set_offline(True)
    mine = again(phone, world)
    section(mine, "guards").locator("a.one").click()
    assert section(mine, "guards").locator("textarea").input_value() == "断电以前写的"
    assert section(mine, "guards").locator("[data-shot=waiting]").count() == 3
    wanted = len(items_of_due(visit))
    assert mine.locator("[data-item] .item.one .chip").count() == wanted
    with district_scope(visit.minhang):
        assert Answer.objects.count() == 0
    phone.set_offline(False)
    all_sent(mine)
    with district_scope(visit.minhang):
        assert Answer.objects.count() == wanted
        assert AnswerPhoto.objects.count() == 3
        assert Answer.objects.get(item__key="guards").note == "断电以前写的"
    phone.close()
