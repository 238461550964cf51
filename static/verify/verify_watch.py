#!/usr/bin/env python3
"""Checks the evidence of a week's video watch list (protocol shuangsuiji-watch-1) without any dependency.

    verify_watch.py EVIDENCE [PUBLISHED_SHA256]

Exit 0 when everything re-computes, else 1 with the name of what differs. Without the published hash it adds
'consistent in itself, origin unchecked'. Needs Python 3.8; asks no network.
"""

import hashlib
import heapq
import hmac
import json
import sys

PROTOCOL = "shuangsuiji-watch-1"
FROZEN = (
    "protocol",
    "district",
    "year",
    "week",
    "anchor",
    "days",
    "from",
    "until",
    "count",
    "cameras",
    "previous",
)


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def differences(content, published=""):
    """The names of what differs, none when all re-computes."""
    if published and sha256(content) != published.strip().lower():
        yield "published_sha256"
    try:
        evidence = json.loads(content)
        frozen = {key: evidence[key] for key in FROZEN}
        if evidence["protocol"] != PROTOCOL:
            yield "protocol"
            return
        if canonical(evidence) != content:
            yield "canonical"
        if sha256(canonical(frozen)) != evidence["frozen_sha256"]:
            yield "frozen_sha256"
        if [one["id"] for one in frozen["cameras"]] != sorted({one["id"] for one in frozen["cameras"]}):
            yield "cameras"
        if evidence["link_index"] != frozen["week"] or not 1 <= frozen["week"] <= 53:
            yield "link_index"
        link = bytes.fromhex(evidence["link"])
        start = link
        for _ in range(frozen["week"]):
            start = hashlib.sha256(start).digest()
        if start.hex() != frozen["anchor"]:
            yield "anchor"
        value = frozen["previous"] or sha256(frozen["anchor"].encode())
        if evidence["entropy"] != {"source": "chained", "value": value}:
            yield "entropy"
        seed = hashlib.sha256(b"\n".join((PROTOCOL.encode(), link, value.encode()))).digest()
        if seed.hex() != evidence["seed"]:
            yield "seed"
        slots = [
            f"{day}T{hour:02d}:{minute:02d}"
            for day in frozen["days"]
            for hour in range(frozen["from"], frozen["until"])
            for minute in range(0, 60, 10)
        ]
        tickets = (
            (
                hmac.new(seed, "\n".join(("watch", one["id"], slot)).encode(), "sha256").digest(),
                one["id"],
                slot,
            )
            for one in frozen["cameras"]
            for slot in slots
        )
        found = heapq.nsmallest(frozen["count"], tickets)
        if [{"camera": camera, "slot": slot} for _ticket, camera, slot in found] != evidence["results"]:
            yield "results"
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        yield f"evidence ({type(error).__name__}: {error})"


def main(arguments):
    if not 1 <= len(arguments) <= 2:
        print(__doc__)
        return 1
    with open(arguments[0], "rb") as file:
        content = file.read()
    found = list(differences(content, *arguments[1:]))
    if found:
        print("不一致：" + "、".join(found))
        return 1
    print("全部重算一致" if len(arguments) == 2 else "全部重算一致 (consistent in itself, origin unchecked)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
