"""The verifier of the public page: in a real browser, from disk and without the network, it names the same things as
the Python program, whatever is changed."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from inspections.models import InspectionPlan
from inspections.rules import draw as rules
from inspections.rules.frozen import canonical
from inspections.services import draw_evidence, month
from tests.inspections import draws, small_district, test_verify_draw
from tests.inspections.small_district import THROWS

PROGRAM = Path(settings.BASE_DIR) / "static" / "verify" / "verify_draw.js"
#: Given (bytes in base64, published hash or null) in a list, answers the names of what differs, for each.
RUN = """async ([source, files]) => {
  const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  const {verify} = await import(url);
  const found = [];
  for (const [text, published] of files) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    found.push((await verify(bytes, published)).faults.map((fault) => fault.name));
  }
  return found;
}"""


def in_browser(page, tmp_path, files: list[tuple[bytes, str | None]]) -> list[list[str]]:
    (tmp_path / "empty.html").write_text("<!doctype html><title>x</title>")
    page.goto((tmp_path / "empty.html").as_uri())
    packed = [(base64.b64encode(data).decode(), published) for data, published in files]
    return page.evaluate(RUN, [PROGRAM.read_text(), packed])


def compared(page, tmp_path, files: list[tuple[bytes, str | None]]) -> None:
    """The two programs name the same things."""
    ours = in_browser(page, tmp_path, files)
    for (data, published), found in zip(files, ours, strict=True):
        assert found == test_verify_draw.names(data, published), data[:400]


def changed_files() -> list[tuple[bytes, str | None]]:
    """Every change that test_verify_draw knows, made to the second vector."""
    found: list[tuple[bytes, str | None]] = []
    for path, value, _name in test_verify_draw.CHANGES:
        vector = draws.vector("draw-vector-2.json")
        inner = vector
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        text = json.dumps(vector, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        found.append((text.encode(), None))
    whole = draws.vector("draw-vector-2.json")
    for key in sorted(whole):
        found.append((canonical({name: value for name, value in whole.items() if name != key}), None))
    data = canonical(whole)
    found += [(data, "0" * 64), (data, hashlib.sha256(data).hexdigest())]
    (marked,) = (
        mark.args[1]
        for mark in test_verify_draw.test_a_file_that_is_not_exactly_canonical_evidence_is_refused.pytestmark
        if mark.name == "parametrize"
    )
    for change, _name in marked:
        found.append((change(data), None))
    return found


def left_out() -> list[tuple[bytes, str | None]]:
    """Each rule left out in turn: what such a program would have published."""
    return [
        (rules.evidence_file(draws.redraw(draws.vector(name), draws.mutant(old, new))), None)
        for _rule, old, new in draws.MUTATIONS
        for name in draws.NAMES[1:]
    ]


def test_it_agrees_with_the_vectors_and_names_each_change_as_the_python_program_does(page, tmp_path):
    vectors = [(rules.evidence_file(draws.vector(name)), None) for name in draws.NAMES]
    assert in_browser(page, tmp_path, vectors) == [[], [], []]
    compared(page, tmp_path, changed_files() + left_out())


def test_the_vectors_of_the_papers_are_those_of_the_tests():
    papers = Path(settings.BASE_DIR).parent / "shared" / "design"
    if not papers.is_dir():
        pytest.skip("the design papers are not beside the repository")
    for name in draws.NAMES:
        assert json.loads((papers / name).read_text()) == draws.vector(name)


@pytest.mark.long
def test_a_thousand_files_with_a_byte_changed(page, tmp_path):
    chance = random.Random(7)
    data = canonical(draws.vector("draw-vector-3.json"))
    files: list[tuple[bytes, str | None]] = []
    for _ in range(1000):
        n = chance.randrange(len(data))
        new = chance.choice((bytes([data[n] ^ 1 << chance.randrange(8)]), b"", data[n : n + 1] * 2))
        files.append((data[:n] + new + data[n + 1 :], None))
    compared(page, tmp_path, files)


@pytest.fixture
def saved(db, client):
    """A published month of a small district, saved as one file."""
    small = small_district.make()
    with small.scope():
        today = timezone.localdate()
        InspectionPlan.objects.update(year=today.year - 1, published_on=today - timedelta(days=400))
        year, number = month.months_to_see(today)[0]
        draw = small.draw(number, THROWS[number], year)
        small.finish_all(draw, today)
        draw_evidence.publish_evidence(draw, actor=small.actor())
    address = f"/public/small/draws/safety-health/{year}/{number}/"
    return client.get(address), client.get(address + "verify.html")


def test_the_page_saved_as_one_file_computes_from_disk_without_the_network(page, tmp_path, saved):
    public, file = saved
    assert public.status_code == 200 and 'type="text/plain" data-evidence' in public.content.decode()
    assert file["Content-Disposition"].startswith('attachment; filename="verify-small-')
    html = file.content.decode()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.set_offline(True)
    (tmp_path / "verify.html").write_text(html)
    page.goto((tmp_path / "verify.html").as_uri())
    page.wait_for_selector("[data-step]")
    assert page.inner_text("[data-verdict-title]") == "算出来一样"
    assert page.locator("[data-step=ok]").count() == 6 and page.locator("[data-step=bad]").count() == 0
    # another file, chosen by hand: one inspector taken for another
    kept = html.split("data-evidence>")[1].split("</script>")[0]
    evidence = json.loads(base64.b64decode(kept))
    evidence["results"][0]["inspectors"] = evidence["results"][0]["inspectors"][::-1]
    (tmp_path / "other.json").write_bytes(canonical(evidence))
    page.set_input_files("#other", tmp_path / "other.json")
    page.wait_for_selector("[data-step=bad]")
    assert page.inner_text("[data-verdict-title]") == "有地方对不上"
    assert "results[0].inspectors" in page.inner_text("[data-step=bad]")
    assert all(url.startswith("file:") for url in asked)


def test_nothing_to_verify_before_the_evidence_is_public(db, client):
    small = small_district.make()
    with small.scope():
        small.draw(3)
    assert client.get("/public/small/draws/safety-health/2026/3/verify.html").status_code == 404
    assert "data-evidence" not in client.get("/public/small/draws/safety-health/2026/3/").content.decode()
