"""States and what leads from one to the next: the only place where a status may change is a machine.

Each app has its machines in `<app>/rules/states.py`; `manage.py states` draws docs/states.md from them.
"""

from __future__ import annotations

from dataclasses import dataclass


def marked(text: str) -> str:
    """Marks a Chinese text for the catalogue; the page translates it when it shows it."""
    return text


@dataclass(frozen=True)
class Transition:
    """`action` leads from one of `sources` to `target`; `right` may do it, `second` confirms it."""

    action: str
    sources: tuple[str, ...]
    target: str
    label: str
    right: str = ""
    second: str = ""
    when: str = ""


class NotNow(ValueError):
    """The action is not possible in this state."""

    def __init__(self, machine: Machine, state: str, action: str):
        self.machine, self.state, self.action = machine, state, action
        super().__init__(f"{machine.name}: {action} is not possible in state {state}")


@dataclass(frozen=True)
class Machine:
    """`states`: key -> label, in order, the first one is where it begins."""

    name: str
    label: str
    states: dict[str, str]
    transitions: tuple[Transition, ...]

    def __post_init__(self):
        for t in self.transitions:
            unknown = [s for s in (*t.sources, t.target) if s not in self.states]
            if unknown:
                raise ValueError(f"{self.name}.{t.action}: unknown states {unknown}")

    @property
    def initial(self) -> str:
        return next(iter(self.states))

    @property
    def choices(self) -> list[tuple[str, str]]:
        return list(self.states.items())

    def transition(self, state: str, action: str) -> Transition:
        """The transition, or NotNow."""
        for t in self.transitions:
            if t.action == action and state in t.sources:
                return t
        raise NotNow(self, state, action)

    def next_state(self, state: str, action: str) -> str:
        return self.transition(state, action).target

    def actions(self, state: str) -> tuple[Transition, ...]:
        """What can come next."""
        return tuple(t for t in self.transitions if state in t.sources)

    @property
    def final(self) -> set[str]:
        return {s for s in self.states if not self.actions(s)}
