"""One step of a state machine, as a service takes it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from portal.errors import Conflict
from portal.rules.machine import Machine, NotNow


def step(machine: Machine, row, action: str, instead: Conflict | None = None) -> str:
    """The state that `action` leads to; Conflict with a sentence when the row's state does not allow it.

    `instead`: what to say in place of what every machine can say of itself.
    """
    try:
        return machine.next_state(row.state, action)
    except NotNow as no:
        label = next((t.label for t in machine.transitions if t.action == action), action)
        raise instead or Conflict(
            _("%(what)s %(name)s 现在是“%(state)s”，不能%(action)s。刷新页面看最新的状态")
            % {
                "what": _(machine.label),
                "name": str(row),
                "state": _(machine.states[row.state]),
                "action": _(label),
            },
            code="state",
        ) from no
