"""The machines are whole, and the documentation is drawn from them."""

import pytest
from django.conf import settings

from portal.rules.machine import Machine, NotNow, Transition
from portal.rules.rights import RIGHTS
from portal.statecharts import document, machines


def test_the_documentation_is_drawn_from_the_machines():
    assert (settings.BASE_DIR / "docs" / "states.md").read_text() == document(), "run manage.py states"


@pytest.mark.parametrize("machine", machines(), ids=lambda m: m.name)
def test_every_state_is_reached_and_every_right_exists(machine):
    reached = {machine.initial}
    while more := {t.target for t in machine.transitions if set(t.sources) & reached} - reached:
        reached |= more
    assert reached == set(machine.states)
    for t in machine.transitions:
        assert all(right in RIGHTS for right in (t.right, t.second) if right), t
        assert t.right or t.when, f"{t.action}: the product does it by itself, but when?"


@pytest.mark.parametrize("machine", machines(), ids=lambda m: m.name)
def test_what_is_not_drawn_is_refused(machine):
    allowed = {(s, t.action) for t in machine.transitions for s in t.sources}
    for state in machine.states:
        for action in {t.action for t in machine.transitions}:
            if (state, action) not in allowed:
                with pytest.raises(NotNow):
                    machine.next_state(state, action)


def test_a_machine_with_an_unknown_state_cannot_be_made():
    with pytest.raises(ValueError, match="unknown states"):
        Machine("x", "x", {"a": "甲"}, (Transition("go", ("a",), "b", "去"),))
