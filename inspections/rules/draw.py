"""The double-random draw (双随机), protocol `shuangsuiji-1`, as pure functions on plain values.

`frozen` is the dict F of the protocol (rules/frozen.py); an evidence dict has all its keys too, so either may
be given wherever `frozen` is asked for. Links and seeds are 32 raw bytes; in F and in the evidence they stand
as lower-case hex. Nothing here reads a clock, a database or a random source: the same arguments give the same
draw. docs/draw.md tells the whole in prose.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from inspections.rules.frozen import (
    FROZEN_KEYS,
    GRADES,
    PROTOCOL,
    DrawError,
    canonical,
    frozen_sha256,
    is_hash,
)

CHAINED = "chained"
ENTROPY_MAX = 200

_several_lines = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]").search
# What str.strip() and JavaScript's trim() take off, together: both verifiers must agree on 'trimmed'.
_BLANK = re.compile(r"^[\s\ufeff]+|[\s\ufeff]+$")


# --- The year's chain ------------------------------------------------------------------------------


def make_chain(secret: bytes) -> list[bytes]:
    """The 13 links of a year, by index: link[12] is the secret (32 random bytes), link[0] the anchor."""
    if len(secret) != 32:
        raise DrawError("secret", "secret", f"32 random bytes are needed, not {len(secret)}")
    chain = [secret]
    for _ in range(12):
        chain.append(hashlib.sha256(chain[-1]).digest())
    return chain[::-1]


def verify_link(anchor: str, month: int, link: bytes) -> bool:
    """Does the link, hashed `month` times, give the anchor (hex)?"""
    for _ in range(month):
        link = hashlib.sha256(link).digest()
    return link.hex() == anchor


# --- Entropy, seed, tickets ------------------------------------------------------------------------


def clean_entropy(text: str) -> str:
    """The entropy as it enters the seed: trimmed, one line, 1 to 200 characters. Raises DrawError."""
    if not isinstance(text, str):
        raise DrawError("entropy_type", "entropy", "is a text")
    text = _BLANK.sub("", text)
    if not text:
        raise DrawError("entropy_empty", "entropy", "is missing")
    if _several_lines(text):
        raise DrawError("entropy_lines", "entropy", "is one line without control characters")
    if len(text) > ENTROPY_MAX:
        raise DrawError("entropy_long", "entropy", f"has {len(text)} characters, {ENTROPY_MAX} at most")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise DrawError("entropy_type", "entropy", "half of a surrogate pair is no character")
    return text


def _is_clean(text) -> bool:
    try:
        return clean_entropy(text) == text
    except DrawError:
        return False


def chained_entropy(anchor: str, previous_file: bytes | None) -> dict:
    """Entropy of a draw without a public fact: the hash of the previous evidence file of the chain, for the
    first draw of the anchor's hex text. The operator could compute it beforehand: the public page says so."""
    value = hashlib.sha256(anchor.encode() if previous_file is None else previous_file).hexdigest()
    return {"source": CHAINED, "value": value}


def seed(link: bytes, entropy: str) -> bytes:
    return hashlib.sha256(b"\n".join((PROTOCOL.encode(), link, entropy.encode()))).digest()


def tickets(seed: bytes) -> Callable[..., bytes]:
    """The function (parts) -> ticket of one seed: the key is prepared once and its state copied for each."""
    key = hmac.new(seed, digestmod="sha256")

    def ticket(*parts: str) -> bytes:
        one = key.copy()
        one.update("\n".join(parts).encode())
        return one.digest()

    return ticket


def ticket(seed: bytes, *parts: str) -> bytes:
    """A single one."""
    return tickets(seed)(*parts)


def below(ticket: bytes, n: int, d: int) -> bool:
    """Is the ticket, its first eight bytes read as a fraction of 2^64, below n/d? In integers, so exactly."""
    return int.from_bytes(ticket[:8], "big") * d < n << 64


# --- Which facilities ------------------------------------------------------------------------------


class StreetDraw(NamedTuple):
    """One street's share of a draw, with the sums that explain it."""

    street: str
    objects: int  # that could be drawn: operating, of the scheme's kinds, below the cap
    due: int  # not visited this year
    months_left: int  # L = 13 - month
    floor: int  # due // L: drawn for certain
    remainder: int  # due mod L: remainder / L is the chance of one more
    one_more: bool
    visited: dict[str, int]  # by grade
    again: dict[str, int]  # by grade: of the visited ones, those drawn again
    forced: str  # the id drawn because the street had drawn none, else ''
    drawn: list[tuple[bytes, str]]  # (ticket, id), by ticket

    @property
    def drawn_due(self) -> int:
        return self.floor + self.one_more


def breakdown(frozen: dict, seed: bytes) -> list[StreetDraw]:
    """The draw of facilities street by street, in order of the streets' codes."""
    ticket = tickets(seed)
    months_left = 13 - frozen["month"]
    rates = frozen["rates_permille"]
    streets: dict[str, list[dict]] = {}
    for item in frozen["objects"]:
        streets.setdefault(item["street"], []).append(item)

    result = []
    for street in sorted(streets):
        objects = streets[street]
        due = [(ticket("object", item["id"]), item["id"]) for item in objects if not item["visited"]]
        due.sort()
        floor, remainder = divmod(len(due), months_left)
        one_more = remainder > 0 and below(ticket("round", street), remainder, months_left)
        drawn = due[: floor + one_more]

        visited = dict.fromkeys(GRADES, 0)
        again = dict.fromkeys(GRADES, 0)
        for item in objects:
            if item["visited"]:
                grade = item["grade"]
                visited[grade] += 1
                if below(ticket("again", item["id"]), rates[grade], 1000):
                    again[grade] += 1
                    drawn.append((ticket("object", item["id"]), item["id"]))

        forced = ""
        if not drawn:
            drawn = [min((ticket("object", item["id"]), item["id"]) for item in objects)]
            forced = drawn[0][1]
        drawn.sort()
        counts = (len(objects), len(due), months_left, floor, remainder, one_more, visited, again)
        result.append(StreetDraw(street, *counts, forced, drawn))
    return result


def draw_objects(frozen: dict, seed: bytes) -> list[str]:
    """Ids of the drawn facilities in drawn order."""
    drawn = sorted(pair for one in breakdown(frozen, seed) for pair in one.drawn)
    return [object_id for _, object_id in drawn]


# --- Who visits them -------------------------------------------------------------------------------


class _Inspector(NamedTuple):
    id: str
    unit: str
    recused: frozenset[str]


def _serving(frozen: dict) -> dict[str, list[_Inspector]]:
    serving: dict[str, list[_Inspector]] = {}
    for row in frozen["inspectors"]:
        inspector = _Inspector(row["id"], row["unit"], frozenset(row["recused"]))
        for street in row["streets"]:
            serving.setdefault(street, []).append(inspector)
    return serving


def _ranking(
    able: Iterable[_Inspector], load: dict[str, int], ticket: Callable[..., bytes], object_id: str
) -> Iterator[_Inspector]:
    """By load, then ticket, then id. The tickets of a load are made only when the ranking comes down to it:
    mostly the least loaded fill the team, and the order is the same."""
    by_load: dict[int, list[_Inspector]] = {}
    for inspector in able:
        by_load.setdefault(load.get(inspector.id, 0), []).append(inspector)
    for count in sorted(by_load):
        yield from sorted(by_load[count], key=lambda one: (ticket("inspector", object_id, one.id), one.id))


def _pick(ranking: Iterator[_Inspector], size: int, units: Collection[str] = ()) -> list[str]:
    """Two passes down the ranking: first one inspector per unit, then whoever is left."""
    team: list[str] = []
    left: list[str] = []
    units = set(units)
    for inspector in ranking:
        if inspector.unit in units:
            left.append(inspector.id)
            continue
        team.append(inspector.id)
        units.add(inspector.unit)
        if len(team) == size:
            return team
    return team + left[: size - len(team)]


def assign_teams(frozen: dict, seed: bytes, drawn: list[str]) -> list[dict]:
    """`[{"object", "inspectors"}]` in drawn order. A team stays short where too few are able."""
    serving = _serving(frozen)
    street_of = {item["id"]: item["street"] for item in frozen["objects"]}
    ticket = tickets(seed)
    load: dict[str, int] = {}
    results = []
    for object_id in drawn:
        able = [one for one in serving.get(street_of[object_id], ()) if object_id not in one.recused]
        team = _pick(_ranking(able, load, ticket, object_id), frozen["team_size"])
        for inspector_id in team:
            load[inspector_id] = load.get(inspector_id, 0) + 1
        results.append({"object": object_id, "inspectors": team})
    return results


def short_teams(evidence: dict) -> list[dict]:
    """The results whose team is smaller than asked for: page, report and notification name them loudly."""
    return [result for result in evidence["results"] if len(result["inspectors"]) < evidence["team_size"]]


def replacement(
    evidence: dict, object_id: str, present: Collection[str], dropped: Collection[str]
) -> str | None:
    """Who takes the place of an inspector that dropped out: the next of the ranking as it stood for that
    facility, first one of a unit that is not in the team, then whoever is left; None where nobody is.

    present: ids that are still in the team, dropped: all ids that left it, this time or before.
    """
    objects = [result["object"] for result in evidence["results"]]
    if object_id not in objects:
        raise DrawError("object", object_id, "was not drawn")
    load: dict[str, int] = {}
    for result in evidence["results"][: objects.index(object_id)]:
        for inspector_id in result["inspectors"]:
            load[inspector_id] = load.get(inspector_id, 0) + 1
    street = next(item["street"] for item in evidence["objects"] if item["id"] == object_id)
    units = {row["unit"] for row in evidence["inspectors"] if row["id"] in present}
    able = [
        one
        for one in _serving(evidence).get(street, ())
        if object_id not in one.recused and one.id not in present and one.id not in dropped
    ]
    ticket = tickets(bytes.fromhex(evidence["seed"]))
    found = _pick(_ranking(able, load, ticket, object_id), 1, units)
    return found[0] if found else None


# --- The whole -------------------------------------------------------------------------------------


def draw(frozen: dict, link: bytes, link_index: int, entropy: dict) -> dict:
    """The evidence of a draw. entropy: `{"source", "value"}`, see `clean_entropy` and `chained_entropy`.

    Raises DrawError for whatever the protocol does not allow. The portal may add keys of its own.
    """
    published = frozen_sha256(frozen)
    if link_index != frozen["month"]:
        raise DrawError("link_index", "link_index", f"month {frozen['month']} uses the link of that number")
    if len(link) != 32 or not verify_link(frozen["anchor"], link_index, link):
        raise DrawError("link", "link", "does not lead to the anchor")
    if not isinstance(entropy, dict) or entropy.keys() != {"source", "value"}:
        raise DrawError("entropy_type", "entropy", "has a source and a value")
    source, value = entropy["source"], clean_entropy(entropy["value"])
    if not _is_clean(source):
        raise DrawError("entropy_source", "entropy.source", "is missing or not one trimmed line")
    if source == CHAINED and frozen["replaces"]:
        raise DrawError(
            "chained_replacement", "entropy.source", "a draw in place of a voided one is never chained"
        )
    if source == CHAINED and not is_hash(value):
        raise DrawError("chained_value", "entropy.value", "a chained draw takes a SHA-256 in hex")
    key = seed(link, value)
    return {name: frozen[name] for name in FROZEN_KEYS} | {
        "frozen_sha256": published,
        "link_index": link_index,
        "link": link.hex(),
        "entropy": {"source": source, "value": value},
        "seed": key.hex(),
        "results": assign_teams(frozen, key, draw_objects(frozen, key)),
    }


def evidence_file(evidence: dict) -> bytes:
    """The bytes to publish; their SHA-256 is public from the day of the draw."""
    return canonical(evidence)
