"""What a draw freezes: the dict F of protocol `shuangsuiji-1`, its canonical bytes, its hash, its shape."""

import hashlib
import json
import re
from collections.abc import Collection

PROTOCOL = "shuangsuiji-1"
GRADES = ("A", "B", "C", "D")
FROZEN_KEYS = (
    "protocol", "district", "scheme", "year", "month", "anchor", "rates_permille", "team_size",
    "objects", "capped", "inspectors", "replaces",
)  # fmt: skip

_OBJECT_KEYS = {"id", "street", "grade", "visited"}
_INSPECTOR_KEYS = {"id", "unit", "streets", "recused"}
_code = re.compile(r"[A-Za-z0-9-]+").fullmatch
_sha256_hex = re.compile(r"[0-9a-f]{64}").fullmatch
_control = re.compile("[\x00-\x1f\x7f-\x9f]").search
_encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)


class DrawError(ValueError):
    """A draw that the protocol does not allow. `code` says what is wrong, `place` where (`objects[3].grade`).

    Codes: `keys`, `type`, `protocol`, `code`, `order`, `grade`, `rate`, `month`, `year`, `team_size`, `hash`,
    `street`, `capped` (check_frozen); `json` (canonical); `link`, `link_index`, `secret` (chain);
    `entropy_type`, `entropy_empty`, `entropy_lines`, `entropy_long`, `entropy_source`, `chained_value`,
    `chained_replacement` (entropy); `object` (replacement).
    """

    def __init__(self, code: str, place: str, message: str):
        super().__init__(f"{place}: {message}")
        self.code = code
        self.place = place


# --- Canonical JSON --------------------------------------------------------------------------------


def canonical(value) -> bytes:
    """Canonical JSON of strings, integers, booleans, lists and dicts. DrawError `json` for all else."""
    _plain(value, "$")
    try:
        return _encoder.encode(value).encode()
    except UnicodeEncodeError:
        raise DrawError("json", "$", "half of a surrogate pair is no character") from None


def _plain(value, place: str) -> None:
    if isinstance(value, str):
        # isprintable() is quick and settles nearly every string; blanks such as U+3000 need the second look.
        if not value.isprintable() and _control(value):
            raise DrawError("json", place, "control characters do not occur")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise DrawError("json", place, "a key is a string")
            if not key.isprintable():
                _plain(key, f"{place} key")
            if type(item) is not bool and not (type(item) is str and item.isprintable()):
                _plain(item, f"{place}.{key}")
    elif isinstance(value, list):
        for n, item in enumerate(value):
            if not (type(item) is str and item.isprintable()):
                _plain(item, f"{place}[{n}]")
    elif not isinstance(value, int):
        raise DrawError("json", place, f"{type(value).__name__} has no place in canonical JSON")


def frozen_sha256(frozen: dict) -> str:
    """The hash that is published at the freezing: SHA-256 hex of canonical(F). Checks F first."""
    check_frozen(frozen)
    # What passed that check holds codes, hashes, integers and booleans only: no need to look for more.
    return hashlib.sha256(_encoder.encode(frozen).encode()).hexdigest()


# --- What may be frozen ----------------------------------------------------------------------------


def check_frozen(frozen: dict, streets: Collection[str] | None = None) -> None:
    """Raises DrawError, with the place, unless F has exactly the shape of the protocol.

    streets: the district's street codes, where they are known; then no other may occur.
    """
    _keys(frozen, set(FROZEN_KEYS), "frozen")
    if frozen["protocol"] != PROTOCOL:
        raise DrawError("protocol", "protocol", f"is {PROTOCOL}")
    for name in ("district", "scheme"):
        _check_code(frozen[name], name)
    _integer(frozen["year"], 1000, 9999, "year", "year")
    _integer(frozen["month"], 1, 12, "month", "month")
    if not is_hash(frozen["anchor"]):
        raise DrawError("hash", "anchor", "is a SHA-256 in lower-case hex")
    if frozen["replaces"] != "" and not is_hash(frozen["replaces"]):
        raise DrawError("hash", "replaces", "is empty or a SHA-256 in lower-case hex")
    _keys(frozen["rates_permille"], set(GRADES), "rates_permille")
    for grade in GRADES:
        _integer(frozen["rates_permille"][grade], 0, 1000, "rate", f"rates_permille.{grade}")
    _integer(frozen["team_size"], 2, 1_000_000, "team_size", "team_size")

    known: set[str] = set()  # streets seen to be in order: the same few come again and again
    before = ""
    for n, item in enumerate(_list(frozen["objects"], "objects")):
        if type(item) is not dict or item.keys() != _OBJECT_KEYS:
            _keys(item, _OBJECT_KEYS, f"objects[{n}]")
        before = _next_code(item["id"], before, "objects", n, ".id")
        if type(item["street"]) is not str or item["street"] not in known:
            known.add(_street(item["street"], streets, f"objects[{n}].street"))
        if item["grade"] not in GRADES:
            raise DrawError("grade", f"objects[{n}].grade", "is A, B, C or D")
        if type(item["visited"]) is not bool:
            raise DrawError("type", f"objects[{n}].visited", "is true or false")

    _codes(frozen["capped"], "capped")
    both = {item["id"] for item in frozen["objects"]}.intersection(frozen["capped"])
    if both:
        place = f"capped[{frozen['capped'].index(min(both))}]"
        raise DrawError("capped", place, f"{min(both)} is among the objects too")

    before = ""
    for n, row in enumerate(_list(frozen["inspectors"], "inspectors")):
        _keys(row, _INSPECTOR_KEYS, f"inspectors[{n}]")
        before = _next_code(row["id"], before, "inspectors", n, ".id")
        _check_code(row["unit"], f"inspectors[{n}].unit")
        _codes(row["streets"], f"inspectors[{n}].streets")
        _codes(row["recused"], f"inspectors[{n}].recused")
        for m, street in enumerate(row["streets"]):
            if street not in known:
                known.add(_street(street, streets, f"inspectors[{n}].streets[{m}]"))


def _keys(value, keys: set[str], place: str) -> None:
    if not isinstance(value, dict):
        raise DrawError("type", place, "is an object")
    if value.keys() != keys:
        missing, extra = sorted(keys - value.keys()), sorted(map(str, value.keys() - keys))
        raise DrawError("keys", place, f"missing keys {missing}, unknown keys {extra}")


def _list(value, place: str) -> list:
    if not isinstance(value, list):
        raise DrawError("type", place, "is a list")
    return value


def _check_code(value, place: str) -> str:
    if not isinstance(value, str) or not _code(value):
        raise DrawError("code", place, "is a public code of letters, digits and hyphens")
    return value


def _next_code(value, before: str, name: str, n: int, field: str = "") -> str:
    # The place is put together only for a complaint: 100,000 objects come through here.
    if not isinstance(value, str) or not _code(value):
        _check_code(value, f"{name}[{n}]{field}")
    if value <= before:
        raise DrawError("order", f"{name}[{n}]{field}", f"{value} after {before}: not in code-point order")
    return value


def _codes(values, name: str) -> None:
    before = ""
    for n, value in enumerate(_list(values, name)):
        before = _next_code(value, before, name, n)


def _street(value, streets: Collection[str] | None, place: str) -> str:
    _check_code(value, place)
    if streets is not None and value not in streets:
        raise DrawError("street", place, f"{value} is no street of this district")
    return value


def _integer(value, low: int, high: int, code: str, place: str) -> None:
    if type(value) is not int or not low <= value <= high:
        raise DrawError(code, place, f"is a whole number from {low} to {high}")


def is_hash(value) -> bool:
    return isinstance(value, str) and _sha256_hex(value) is not None
