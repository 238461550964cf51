"""What makes sense about an operator (举办者)."""

from __future__ import annotations

from facilities.rules import numbers
from portal.rules.machine import marked

PROBLEMS = {
    "name": marked("写举办者全称，2 到 120 个字"),
    "chain": marked("品牌最多 80 个字"),
}


def tidy_name(name: str) -> str:
    """Without blanks at the ends and doubled ones inside, brackets as Chinese ones: one spelling for one operator."""
    return " ".join(name.split()).replace("(", "（").replace(")", "）")


def problems(values: dict) -> list[tuple[str, str, dict]]:
    """(field, key of PROBLEMS or numbers.PROBLEMS, facts); a field that is missing is not looked at."""
    wrong = []
    if "name" in values and not 2 <= len(values["name"]) <= 120:
        wrong.append(("name", "name", {}))
    if values.get("credit_code"):
        key, facts = numbers.credit_problem(values["credit_code"])
        if key:
            wrong.append(("credit_code", key, facts))
    if len(values.get("chain", "")) > 80:
        wrong.append(("chain", "chain", {}))
    return wrong
