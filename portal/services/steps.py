"""One step of a state machine, as a service takes it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from portal.errors import Conflict
from portal.rules.machine import Machine, NotNow


def step(machine: Machine, row, action: str, sentence: str = "") -> str:
    """The state that `action` leads to; Conflict with a sentence when the row's state does not allow it.

    `sentence`: what to say instead of what every machine can say of itself.
    """
    try:
        return machine.next_state(row.state, action)
    except NotNow as no:
        label = next((t.label for t in machine.transitions if t.action == action), action)
        facts = {
            "what": _(machine.label),
            "name": str(row),
            "state": _(machine.states[row.state]),
            "action": _(label),
        }
        sentence = sentence or _("%(what)s %(name)s 现在是“%(state)s”，不能%(action)s。刷新页面看最新的状态")
        raise Conflict(sentence % facts, code="state") from no
