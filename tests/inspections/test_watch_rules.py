"""The watch list's draw on plain values, and the file that re-computes it on its own."""

import importlib.util
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections.rules import devices, watch
from inspections.rules.frozen import canonical

path = Path(__file__).parents[2] / "static/verify/verify_watch.py"
spec = importlib.util.spec_from_file_location("verify_watch", path)
verify = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verify)

SECRET = bytes(range(32))
CHAIN = watch.make_chain(SECRET)


def frozen(cameras: int = 4, count: int = 5, week: int = 10, previous: str = "") -> dict:
    return {
        "protocol": watch.PROTOCOL,
        "district": "310112",
        "year": 2026,
        "week": week,
        "anchor": CHAIN[0].hex(),
        "days": [day.isoformat() for day in watch.days_of(2026, week)[:5]],
        "from": 8,
        "until": 17,
        "count": count,
        "cameras": [{"id": f"MH{n:03d}-CAM", "facility": f"MH{n:04d}"} for n in range(cameras)],
        "previous": previous,
    }


def evidence(**values) -> dict:
    made = frozen(**values)
    return watch.evidence_of(made, CHAIN[made["week"]])


def test_a_week_has_so_many_ten_minutes():
    slots = watch.slots_of(["2026-03-02", "2026-03-03"], 8, 17)
    assert len(slots) == 2 * 9 * 6
    assert slots[0] == "2026-03-02T08:00" and slots[-1] == "2026-03-03T16:50"


def test_the_list_is_the_smallest_tickets_in_their_order():
    made = evidence(cameras=2, count=7)
    key = bytes.fromhex(made["seed"])
    ticket = watch.tickets(key)
    everything = sorted(
        (ticket("watch", camera["id"], slot), camera["id"], slot)
        for camera in made["cameras"]
        for slot in watch.slots_of(made["days"], 8, 17)
    )
    assert made["results"] == [{"camera": c, "slot": s} for _t, c, s in everything[:7]]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 6), st.integers(1, 30), st.integers(1, 53))
def test_whatever_is_drawn_re_computes(cameras, count, week):
    made = evidence(cameras=cameras, count=count, week=week)
    content = canonical(made)
    assert list(verify.differences(content, watch.sha256(content))) == []
    assert len(made["results"]) == (count if cameras else 0)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"results": []}, "results"),
        ({"seed": "0" * 64}, "seed"),
        ({"link": "0" * 64}, "anchor"),
        ({"link_index": 11}, "link_index"),
        ({"entropy": {"source": "witness", "value": "123456"}}, "entropy"),
        ({"count": 6}, "frozen_sha256"),
        ({"cameras": [{"id": "B", "facility": "x"}, {"id": "A", "facility": "x"}]}, "cameras"),
        ({"protocol": "shuangsuiji-1"}, "protocol"),
    ],
)
def test_what_was_changed_is_named(change, named):
    content = canonical(evidence() | change)
    assert named in list(verify.differences(content))


def test_a_file_of_another_week_is_not_the_published_one():
    one, other = canonical(evidence(week=10)), canonical(evidence(week=11))
    assert "published_sha256" in list(verify.differences(one, watch.sha256(other)))


def test_the_file_checks_itself_from_the_command_line(tmp_path, capsys):
    content = canonical(evidence())
    file = tmp_path / "watch.json"
    file.write_bytes(content)
    assert verify.main([str(file), watch.sha256(content)]) == 0
    assert verify.main([str(file)]) == 0
    assert "origin unchecked" in capsys.readouterr().out
    file.write_bytes(content.replace(b'"count":5', b'"count":4'))
    assert verify.main([str(file)]) == 1
    assert "frozen_sha256" in capsys.readouterr().out


NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
FROM = NOW - timedelta(minutes=60)


@pytest.mark.parametrize(
    ("kind", "working", "kept", "heard", "found"),
    [
        ("camera", True, 90, NOW, set()),
        ("camera", True, 89, NOW, {"short"}),
        ("camera", False, 89, NOW, {"off", "short"}),
        ("camera", True, None, NOW, set()),
        ("camera", False, 10, FROM - timedelta(seconds=1), {"silent"}),
        ("alarm", True, 5, NOW, set()),
        ("alarm", False, None, FROM, {"off"}),
    ],
)
def test_what_is_wrong_with_a_device(kind, working, kept, heard, found):
    assert devices.faults(kind, working, kept, 90, heard, FROM) == found


def test_a_platform_may_be_five_minutes_fast():
    assert not devices.late_report(NOW + timedelta(minutes=5), NOW)
    assert devices.late_report(NOW + timedelta(minutes=5, seconds=1), NOW)


@pytest.mark.parametrize(
    ("code", "good"), [("MH-1", True), ("a" * 33, False), ("", False), ("-a", False), ("设备", False)]
)
def test_codes(code, good):
    assert bool(devices.code_of(code)) is good


def test_days():
    assert devices.days_ok(date(2020, 1, 1), None)
    assert not devices.days_ok(date(1999, 1, 1), None)
    assert not devices.days_ok(date(2020, 1, 2), date(2020, 1, 1))
