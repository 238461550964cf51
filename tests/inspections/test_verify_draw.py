"""verify_draw.py, the stand-alone verifier: agrees with the rules, refuses by name whatever is changed."""

import ast
import copy
import hashlib
import importlib.util
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections.rules import draw as rules
from inspections.rules.frozen import canonical
from tests.inspections import draws

FILE = Path(__file__).resolve().parents[2] / "static" / "verify" / "verify_draw.py"
_spec = importlib.util.spec_from_file_location("verify_draw", FILE)
verify_draw = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(verify_draw)

SELF = "仅自身一致，来源未核对 / consistent in itself, origin unchecked"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def names(data: bytes, published: str | None = None) -> list[str]:
    """What differs, by name."""
    faults, _ = verify_draw.verify(data, published)
    assert all(line.startswith("不一致 / differs: ") and "\n" not in line for line in faults)
    return [line.removeprefix("不一致 / differs: ").split(":")[0] for line in faults]


def run(*arguments, executable=sys.executable, **environment):
    return subprocess.run(
        [executable, "-I", str(FILE), *map(str, arguments)],
        capture_output=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"} | environment,
    )


@pytest.fixture
def vector():
    return draws.vector("draw-vector-2.json")


# --- It agrees -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", draws.NAMES)
def test_a_vector_re_computes(name):
    data = rules.evidence_file(draws.vector(name))
    assert names(data) == names(data, sha256(data)) == []


@settings(max_examples=200, deadline=None)
@given(draws.frozen_inputs(), st.text("abc 骰子", min_size=1, max_size=8).filter(str.strip))
def test_two_programs_agree_on_every_draw(frozen, value):
    data = rules.evidence_file(draws.draw(frozen, value))
    assert names(data, sha256(data)) == []


def test_a_district_of_real_size_re_computes_through_a_year():
    people = [
        (f"I{n:02d}", f"U{n % 5}", {f"3101120{(n + k) % 14:02d}" for k in range(5)}, []) for n in range(60)
    ]
    for evidence in draws.year(draws.district(1), 4, "year", people):
        assert names(rules.evidence_file(evidence)) == []


@pytest.mark.parametrize(("name", "old", "new"), draws.MUTATIONS, ids=[row[0] for row in draws.MUTATIONS])
def test_a_draw_that_leaves_a_rule_out_is_refused(name, old, new):
    mutant = draws.mutant(old, new)
    found = set()
    for file in draws.NAMES[1:]:
        found.update(names(rules.evidence_file(draws.redraw(draws.vector(file), mutant))))
    assert found
    assert all(one == "seed" or one.startswith("results") for one in found)


def test_it_shares_no_code_with_the_portal_and_runs_on_python_3_8():
    tree = ast.parse(FILE.read_text(), feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert imported == {"hashlib", "hmac", "json", "re", "sys"}


# --- Whatever is changed is refused by name --------------------------------------------------------

H = "a" * 64
CHANGES = [
    # path, value, the first name
    (("protocol",), "shuangsuiji-2", "protocol"),
    (("district",), "310115", "frozen_sha256"),
    (("scheme",), "other", "frozen_sha256"),
    (("year",), 2027, "frozen_sha256"),
    (("month",), 8, "frozen_sha256"),
    (("month",), 13, "month"),
    (("anchor",), H, "frozen_sha256"),
    (("anchor",), "A" * 64, "anchor"),
    (("rates_permille", "D"), 499, "frozen_sha256"),
    (("rates_permille", "D"), 1001, "rates_permille.D"),
    (("rates_permille", "E"), 1, "rates_permille"),
    (("team_size",), 3, "frozen_sha256"),
    (("team_size",), 1, "team_size"),
    (("objects", 0, "id"), "MH0001", "frozen_sha256"),
    (("objects", 0, "id"), "MH0011", "objects[1]"),
    (("objects", 0, "street"), "310112001", "frozen_sha256"),
    (("objects", 0, "street"), 310112001, "objects[0].street"),
    (("objects", 0, "grade"), "D", "frozen_sha256"),
    (("objects", 0, "grade"), "E", "objects[0].grade"),
    (("objects", 0, "visited"), True, "frozen_sha256"),
    (("objects", 0, "visited"), 0, "objects[0].visited"),
    (("objects", 0, "visited"), "false", "objects[0].visited"),
    (("objects", 0, "name"), "x", "objects[0]"),
    (("capped",), ["MH0950"], "frozen_sha256"),
    (("capped",), ["MH0951", "MH0950"], "capped[1]"),
    (("capped",), ["MH0006"], "capped"),
    (("inspectors", 0, "id"), "JC001", "frozen_sha256"),
    (("inspectors", 0, "unit"), "U-FIRE", "frozen_sha256"),
    (("inspectors", 0, "streets"), ["310112001", "310112101"], "frozen_sha256"),
    (("inspectors", 0, "streets"), ["310112101", "310112001"], "inspectors[0].streets[1]"),
    (("inspectors", 0, "recused"), [], "frozen_sha256"),
    (("inspectors", 0, "recused"), "MH0016", "inspectors[0].recused"),
    (("replaces",), H, "frozen_sha256"),
    (("replaces",), "x", "replaces"),
    (("frozen_sha256",), H, "frozen_sha256"),
    (("frozen_sha256",), "", "frozen_sha256"),
    (("link_index",), 6, "link_index"),
    (("link_index",), "7", "link_index"),
    (("link",), H, "link"),
    (("link",), None, "json"),
    (("entropy", "source"), "chained", "entropy.value"),
    (("entropy", "source"), "", "entropy.source"),
    (("entropy", "value"), "福彩3D 第2026007期 413", "seed"),
    (("entropy", "value"), " 福彩3D 第2026007期 412", "entropy.value"),
    (("entropy", "value"), "福彩3D 第2026007期 412\ufeff", "entropy.value"),
    (("entropy", "value"), "福彩3D\u2028412", "entropy.value"),
    (("entropy", "value"), "福彩3D\n412", "json"),
    (("entropy", "value"), "x" * 201, "entropy.value"),
    (("entropy", "value"), "", "entropy.value"),
    (("entropy", "by"), "x", "entropy"),
    (("entropy",), "412", "entropy"),
    (("seed",), H, "seed"),
    (("results", 0, "object"), "MH0006", "results[0].object"),
    (("results", 3, "inspectors"), [], "results[3].inspectors"),
    (("results", 0, "inspectors"), ["JC005", "JC054"], "results[0].inspectors"),
    (("results", 0, "inspectors"), "JC005", "results[0].inspectors"),
    (("results", 0, "note"), "x", "results[0]"),
    (("results",), [], "results"),
    (("results",), None, "json"),
    (("year",), 2026.5, "json"),
]


@pytest.mark.parametrize(("path", "value", "name"), CHANGES)
def test_each_change_is_refused_by_its_name(vector, path, value, name):
    inner = vector
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    data = json.dumps(vector, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert names(data)[0] == name


@pytest.mark.parametrize("key", sorted(draws.vector("draw-vector-2.json")))
def test_a_missing_key_is_refused_by_its_name(vector, key):
    del vector[key]
    assert names(canonical(vector)) == [key]


def test_a_result_left_out_added_or_moved_is_refused(vector):
    results = vector["results"]
    for changed in (results[:-1], results[1:], [*results, results[0]], results[::-1]):
        assert names(canonical(vector | {"results": changed}))[0].startswith("results")


def test_every_result_changed_for_another_is_refused(vector):
    for n, result in enumerate(vector["results"]):
        for other in vector["objects"]:
            if other["id"] != result["object"]:
                changed = copy.deepcopy(vector)
                changed["results"][n]["object"] = other["id"]
                assert names(canonical(changed)) == [f"results[{n}].object"]
        for other in vector["inspectors"]:
            if other["id"] not in result["inspectors"]:
                changed = copy.deepcopy(vector)
                changed["results"][n]["inspectors"][0] = other["id"]
                assert names(canonical(changed)) == [f"results[{n}].inspectors"]


def test_what_the_portal_added_is_kept_by_the_published_hash_alone(vector):
    vector["witness"] = {"entered_by": "张*", "at": "2026-07-02T09:30:00+08:00"}
    data = canonical(vector)
    assert names(data, sha256(data)) == []
    changed = canonical(vector | {"witness": {"entered_by": "李*", "at": "2026-07-02T09:30:00+08:00"}})
    assert names(changed) == []
    assert names(changed, sha256(data)) == ["published_sha256"]


def test_another_draw_that_is_whole_in_itself_is_refused_by_the_published_hash(vector):
    data = canonical(vector)
    other = canonical(draws.redraw(vector | {"entropy": {"source": "lottery", "value": "another"}}))
    assert names(other) == []
    assert names(other, sha256(data)) == ["published_sha256"]


def test_every_byte_changed_left_out_or_doubled_is_refused(vector):
    data = canonical(vector)
    published = sha256(data)
    chance = random.Random(1)
    for n in range(len(data)):
        new = chance.choice((bytes([data[n] ^ 1 << chance.randrange(8)]), b"", data[n : n + 1] * 2))
        assert "published_sha256" in names(data[:n] + new + data[n + 1 :], published)


@pytest.mark.parametrize(
    "byte", [b"\x00", b"\n", b" ", b'"', b"\\", b"{", b"}", b",", b"0", b"x", b"\x7f", b"\xe4", b"\xff"]
)
def test_a_byte_of_each_class_put_in_is_named_without_the_published_hash(vector, byte):
    """Of this file the protocol re-computes all but the name of the entropy's source."""
    data = canonical(vector)
    source = data.index(b"lottery")
    for n in range(0, len(data) + 1, 5):
        if not source <= n <= source + len(b"lottery"):
            assert names(data[:n] + byte + data[n:])


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda data: b"\xef\xbb\xbf" + data, "file"),
        (lambda data: data + b"\n", "canonical"),
        (lambda data: json.dumps(json.loads(data), indent=1, ensure_ascii=False).encode(), "canonical"),
        (
            lambda data: json.dumps(json.loads(data), sort_keys=True, separators=(",", ":")).encode(),
            "canonical",
        ),
        (lambda data: data.replace(b"310112", b"31011\\u0032", 1), "canonical"),
        (lambda data: data[:-1] + b',"year":2026}', "json"),
        (lambda data: data.replace(b'"year":2026', b'"year":2026.0'), "json"),
        (lambda data: data.replace(b'"year":2026', b'"year":NaN'), "json"),
        (lambda data: data.replace(b'"year":2026', b'"year":' + b"9" * 5000), "json"),
        (lambda data: data.replace(b'"year":2026', b'"year":02026'), "file"),
        (lambda data: data[:-1] + b',"z":null}', "json"),
        (lambda data: data[:-1] + b',"z":"\\ud800"}', "json"),
        (lambda data: data[:-1] + b',"z":"\\u0007"}', "json"),
        (lambda data: b"[" * 100_000, "file"),
        (lambda data: b'{"a":' * 50_000, "file"),
        (lambda data: data[: len(data) // 2], "file"),
        (lambda data: data.decode().encode("utf-16"), "file"),
        (lambda data: b"", "file"),
        (lambda data: b"[]", "file"),
        (lambda data: b"null", "file"),
        (lambda data: b"{}", "protocol"),
        (lambda data: bytes(range(256)), "file"),
    ],
)
def test_a_file_that_is_not_exactly_canonical_evidence_is_refused(vector, change, name):
    data = change(canonical(vector))
    assert names(data)[0] == name


@pytest.mark.parametrize("depth", [90, 300, 490, 700, 900, 950, 980, 1000, 5000, 200_000])
def test_a_file_nested_deeply_is_whole_or_refused_as_too_deep(vector, depth):
    """Where Python gives up differs by its version."""
    data = canonical(vector)[:-1] + b',"z":' + b"[" * depth + b"]" * depth + b"}"
    assert names(data) in ([[]] if depth < 100 else [["file"]] if depth > 100_000 else [[], ["file"]])


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_no_value_in_any_place_makes_it_stumble(data):
    """Any part of an evidence file replaced by anything: a name, never an exception."""
    evidence = draws.vector("draw-vector.json")
    inner, path = evidence, []
    while True:
        keys = sorted(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = data.draw(st.sampled_from(keys))
        path.append(key)
        if not isinstance(inner[key], (dict, list)) or not inner[key] or data.draw(st.booleans()):
            break
        inner = inner[key]
    old, inner[key] = inner[key], data.draw(junk)
    text = json.dumps(evidence, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if path == ["entropy", "source"]:
        return  # no re-computation reads it: kept by the published hash alone
    changed = type(inner[key]) is not type(old) or inner[key] != old
    assert bool(names(text.encode("utf-8", "surrogatepass"))) == changed


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_no_file_makes_it_stumble(data):
    assert names(data)


# --- As a command ----------------------------------------------------------------------------------


@pytest.fixture
def evidence(tmp_path, vector):
    path = tmp_path / "evidence.json"
    path.write_bytes(canonical(vector))
    return path


def test_it_ends_with_0_and_says_so_in_two_languages(evidence):
    result = run(evidence, sha256(evidence.read_bytes()).upper())
    lines = result.stdout.decode().splitlines()
    assert (result.returncode, result.stderr) == (0, b"")
    assert len(lines) == 1
    assert "全部重算一致" in lines[0] and "everything re-computes" in lines[0]
    assert "310112 anquan-weisheng 2026-07, 7 drawn" in lines[0]


def test_without_the_published_hash_it_says_that_the_origin_is_unchecked(evidence):
    result = run(evidence)
    assert result.returncode == 0
    assert result.stdout.decode().splitlines()[1:] == [SELF]


def test_it_says_that_a_chained_draw_could_be_known_beforehand(tmp_path):
    chain = draws.chain()
    frozen = draws.frozen([("F1", "S", "B", False)], month=1)
    entropy = rules.chained_entropy(chain[0].hex(), None)
    path = tmp_path / "chained.json"
    path.write_bytes(rules.evidence_file(rules.draw(frozen, chain[1], 1, entropy)))
    result = run(path)
    assert result.returncode == 0
    assert "operator could know the result beforehand" in result.stdout.decode()


def test_a_replacing_draw_that_is_chained_is_refused():
    chain = draws.chain()
    frozen = draws.frozen([("F1", "S", "B", False)], month=1)
    evidence = rules.draw(frozen, chain[1], 1, rules.chained_entropy(chain[0].hex(), None))
    evidence["replaces"] = H
    evidence["frozen_sha256"] = rules.frozen_sha256(draws.frozen_part(evidence))
    assert names(canonical(evidence)) == ["entropy.source"]


def test_it_ends_with_1_and_the_name_of_what_differs(evidence, vector):
    vector["results"][0]["inspectors"].reverse()
    evidence.write_bytes(canonical(vector))
    result = run(evidence, H)
    assert (result.returncode, result.stderr) == (1, b"")
    first, second = result.stdout.decode().splitlines()
    assert first.startswith("不一致 / differs: results[0].inspectors: 应为 [JC054, JC005] / computes to")
    assert second.startswith("不一致 / differs: published_sha256: ")


@pytest.mark.parametrize("arguments", [[], ["a", "b", "c"], ["missing.json"], ["/"], ["evidence", "abc"]])
def test_a_wrong_call_ends_with_1_and_one_line(evidence, arguments):
    result = run(*[str(evidence) if one == "evidence" else one for one in arguments])
    assert (result.returncode, result.stderr) == (1, b"")
    assert len(result.stdout.decode().splitlines()) == 1


def test_a_console_without_chinese_gets_an_answer_too(evidence):
    result = run(evidence, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"everything re-computes" in result.stdout


def test_a_file_too_large_to_be_evidence_is_refused(evidence, monkeypatch):
    monkeypatch.setattr(verify_draw, "LARGEST_FILE", 100)
    assert verify_draw.main([str(evidence)]) == (["文件过大 / the file is too large"], 1)
