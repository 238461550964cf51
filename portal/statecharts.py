"""Draws docs/states.md from the machines: what the documentation shows is what the services obey."""

from __future__ import annotations

from importlib import import_module

from portal.rules.machine import Machine
from portal.rules.rights import RIGHTS

MODULES = (
    "facilities.rules.states",
    "inspections.rules.states",
    "guidance.rules.states",
    "targets.rules.states",
    "portal.rules.states",
)
HEAD = """# States

Drawn by `manage.py states` from `<app>/rules/states.py`; a test compares. Who holds a right stands in
`portal/rules/rights.py`; a second person is always somebody else than the first.
"""


def machines() -> list[Machine]:
    return [machine for name in MODULES for machine in import_module(name).MACHINES]


def holders(right: str) -> str:
    return "、".join(sorted(RIGHTS.get(right, {}))) or "the product itself"


def drawn(machine: Machine) -> str:
    lines = [f"## {machine.label} `{machine.name}`", "", "```mermaid", "stateDiagram-v2"]
    lines += [f"    {key} : {label}" for key, label in machine.states.items()]
    lines.append(f"    [*] --> {machine.initial}")
    for t in machine.transitions:
        lines += [f"    {source} --> {t.target} : {t.label}" for source in t.sources]
    lines += [f"    {state} --> [*]" for state in machine.states if state in machine.final]
    lines += ["```", "", "| action | from | to | who | second person | when |", "|---|---|---|---|---|---|"]
    for t in machine.transitions:
        sources = "、".join(machine.states[s] for s in t.sources)
        who = f"`{t.right}`: {holders(t.right)}" if t.right else "the product itself"
        second = f"`{t.second}`: {holders(t.second)}" if t.second else "·"
        lines.append(
            f"| {t.label} | {sources} | {machine.states[t.target]} | {who} | {second} | {t.when or '·'} |"
        )
    return "\n".join(lines) + "\n"


def document() -> str:
    return HEAD + "\n" + "\n".join(drawn(machine) for machine in machines())
