"""Loads the rulebook's record rules: facilities/reference/rulebook.yaml, checked against the tests and the documents."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

from facilities.models.facilities import Facility
from facilities.models.rulebook import Rule
from facilities.rulebook.base import BOOK
from facilities.rules.rulebook import ELSEWHERE, SUBJECTS
from portal.models.places import District
from portal.models.policy import Clause, PolicyRule
from portal.services.reference import BrokenReference, Loader, Tally, read_yaml, upsert

FILE = Path(__file__).resolve().parent.parent / "reference" / "rulebook.yaml"


def read() -> dict:
    """The file, checked by itself: every rule has a test, a subject and kinds; no key twice."""
    content = read_yaml(FILE)
    faults = []
    for key, times in Counter(rule["key"] for rule in content["rules"]).items():
        if times > 1:
            faults.append((key, "twice"))
        if key not in BOOK.tests:
            faults.append((key, "no test"))
    for rule in content["rules"]:
        if rule["subject"] not in SUBJECTS:
            faults.append((rule["key"], f"subject {rule['subject']}"))
        if strange := set(rule["kinds"]) - set(Facility.Kind.values) or not rule["kinds"]:
            faults.append((rule["key"], f"kinds {strange}"))
    for document, rules in content["elsewhere"].items():
        faults += [(f"{document} {key}", why) for key, why in rules.items() if why not in ELSEWHERE]
    if faults:
        raise BrokenReference(FILE.name, faults)
    return content


@cache
def shipped() -> dict:
    return read()


def load(district: District, content: dict, tally: Tally) -> None:
    """The rules that a district has, each with the clause of its own document or its basis.

    A version keeps the end that a district gave it. Nothing for the city, whose rules bind no facility by record.
    """
    if district.is_city:
        return
    stated = {
        rule.key: rule
        for rule in PolicyRule.objects.filter(document__key=district.slug).only("key", "text", "clause")
    }
    clauses = {clause.label: clause.pk for clause in Clause.objects.filter(document__key=district.slug)}
    rows, faults = [], []
    for position, rule in enumerate(content["rules"], 1):
        cited = rule.get("cites", {}).get(district.slug)
        if cited is None and rule.get("only_cited"):
            continue
        clause_id, quote = None, ""
        if isinstance(cited, str):
            found = stated.get(cited)
            clause_id, quote = (found.clause_id, found.text) if found else (None, "")
        elif cited:
            clause_id, quote = clauses.get(cited["clause"]), cited["quote"]
        if cited and clause_id is None:
            faults.append((f"{rule['key']} {district.slug}", str(cited)))
        rows.append(
            {
                "key": rule["key"],
                "subject": rule["subject"],
                "kinds": rule["kinds"],
                "clause_id": clause_id,
                "quote": quote,
                "basis": "" if clause_id else rule.get("basis", content["otherwise"]),
                "weak": clause_id is None and not rule.get("law", False),
                "starts_on": rule.get("starts_on", content["starts_on"]),
                "position": position,
            }
        )
    if faults:
        raise BrokenReference(FILE.name, faults)
    upsert(Rule, ("key", "starts_on"), rows, tally)


def loader() -> Loader:
    return Loader("rulebook", 30, lambda: [FILE], read, load)


def elsewhere(slug: str) -> dict[str, str]:
    """Key of a rule of the district's document that no record answers -> why (ELSEWHERE)."""
    return shipped()["elsewhere"].get(slug, {})


def answered(slug: str) -> dict[str, list[str]]:
    """Key of a rule of the district's document -> keys of the record rules that answer it."""
    found: dict[str, list[str]] = {}
    for rule in shipped()["rules"]:
        cited = rule.get("cites", {}).get(slug)
        for key in [*([cited] if isinstance(cited, str) else []), *rule.get("also", {}).get(slug, [])]:
            found.setdefault(key, []).append(rule["key"])
    return found
