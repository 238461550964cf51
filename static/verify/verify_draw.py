#!/usr/bin/env python3
"""Re-computes one published draw (双随机) of protocol shuangsuiji-1 from its evidence file alone.

    python3 verify_draw.py EVIDENCE [PUBLISHED_SHA256]

EVIDENCE is the file as published, PUBLISHED_SHA256 the hash that was public on the day of the draw. Exit 0
when everything re-computes, else 1 with the name of what differs. Needs Python 3.8 or later and nothing else;
written from the protocol's text, not from the portal's code: two programs agree, or one of them is wrong.
"""
# ruff: noqa: B905
# Python 3.8 knows no zip(strict=True); the lengths are compared before.

import hashlib
import hmac
import json
import re
import sys

LARGEST_FILE = 256 * 1024 * 1024
LONGEST_NUMBER = 4000

FROZEN = (
    "protocol district scheme year month anchor rates_permille team_size objects capped inspectors replaces"
).split()
DRAWN = "frozen_sha256 link_index link entropy seed results".split()


class Differs(Exception):
    """name: what differs; zh, en: how."""

    def __init__(self, name, zh, en):
        super().__init__(name)
        self.line = f"不一致 / differs: {name}: {zh} / {en}"


# --- The file --------------------------------------------------------------------------------------


def read_json(data):
    """The value in the file. Differs("file") if it is no JSON, Differs("json") if JSON of a kind that the
    protocol does not know."""

    def no_float(text):
        raise Differs("json", "协议只用整数", "a number that is no integer")

    def whole(text):
        if len(text) > LONGEST_NUMBER:
            raise Differs("json", "数字过长", "a number of too many digits")
        return int(text)

    def pairs(items):
        value = dict(items)
        if len(value) != len(items):
            raise Differs("json", "同一个键出现两次", "a key stands twice")
        return value

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Differs("file", "不是 UTF-8 文本", "is not UTF-8") from None
    try:
        value = json.loads(
            text, parse_float=no_float, parse_constant=no_float, parse_int=whole, object_pairs_hook=pairs
        )
    except RecursionError:
        raise Differs("file", "嵌套过深", "is nested too deeply") from None
    except ValueError:
        raise Differs("file", "不是 JSON", "is not JSON") from None
    if not isinstance(value, dict):
        raise Differs("file", "不是抽取证据", "is no evidence of a draw")
    return value


def to_canonical(value):
    """Canonical JSON as text: keys sorted, no blanks, no escape but for the quote and the backslash."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in value):
            raise Differs("json", "含有控制字符", "a control character occurs")
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(to_canonical, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(to_canonical(k) + ":" + to_canonical(value[k]) for k in sorted(value)) + "}"
    raise Differs("json", "协议不用 null", "null has no place here")


def canonical_bytes(value):
    try:
        return to_canonical(value).encode("utf-8")
    except UnicodeEncodeError:
        raise Differs("json", "含有半个代理对", "half of a surrogate pair") from None
    except RecursionError:
        raise Differs("file", "嵌套过深", "is nested too deeply") from None


# --- Its shape -------------------------------------------------------------------------------------


def must(condition, name, zh, en):
    if not condition:
        raise Differs(name, zh, en)


def must_have(value, keys, name):
    must(type(value) is dict, name, "不是对象", "is no object")
    for key in keys:
        must(key in value, name + "." + key if name else key, "缺少", "is missing")


def must_be_exactly(value, keys, name):
    must_have(value, keys, name)
    must(len(value) == len(keys), name, "有协议之外的键", "has a key that the protocol does not know")


def is_integer(value, low, high):
    return type(value) is int and low <= value <= high


def is_hash(value):
    return type(value) is str and re.match(r"[0-9a-f]{64}\Z", value) is not None


def must_be_hash(value, name):
    must(is_hash(value), name, "不是 64 位小写十六进制", "is no SHA-256 in lower-case hex")


def must_be_code(value, name):
    must(
        type(value) is str and re.match(r"[A-Za-z0-9-]+\Z", value),
        name,
        "不是由字母、数字、连字符组成的公开代码",
        "is no public code of letters, digits and hyphens",
    )


def must_be_sorted_codes(values, name):
    must(type(values) is list, name, "不是列表", "is no list")
    for n, value in enumerate(values):
        must_be_code(value, f"{name}[{n}]")
        must(
            n == 0 or values[n - 1] < value,
            f"{name}[{n}]",
            "未按码位排序或重复",
            "is out of code-point order, or stands twice",
        )


def must_be_line(value, name):
    must(type(value) is str and value != "", name, "为空", "is missing")
    must(len(value) <= 200, name, "超过 200 个字符", "has more than 200 characters")
    must(
        value == value.strip() and value[0] != "\ufeff" and value[-1] != "\ufeff",
        name,
        "首尾有空白",
        "is not trimmed",
    )
    must(len(value.splitlines()) == 1, name, "不是一行", "is more than one line")


def check_frozen(e):
    must(e["protocol"] == "shuangsuiji-1", "protocol", "不是 shuangsuiji-1", "is not shuangsuiji-1")
    must_be_code(e["district"], "district")
    must_be_code(e["scheme"], "scheme")
    must(is_integer(e["year"], 1000, 9999), "year", "不是年份", "is no year")
    must(is_integer(e["month"], 1, 12), "month", "不是 1 到 12", "is not 1 to 12")
    must_be_hash(e["anchor"], "anchor")
    must_be_exactly(e["rates_permille"], "ABCD", "rates_permille")
    for grade in "ABCD":
        must(
            is_integer(e["rates_permille"][grade], 0, 1000),
            "rates_permille." + grade,
            "不是 0 到 1000",
            "is not 0 to 1000",
        )
    must(is_integer(e["team_size"], 2, 10**6), "team_size", "少于两人", "is less than two")
    must(type(e["objects"]) is list, "objects", "不是列表", "is no list")
    for n, item in enumerate(e["objects"]):
        name = f"objects[{n}]"
        must_be_exactly(item, ("id", "street", "grade", "visited"), name)
        must_be_code(item["street"], name + ".street")
        must(item["grade"] in ("A", "B", "C", "D"), name + ".grade", "不是 A 到 D", "is not A to D")
        must(type(item["visited"]) is bool, name + ".visited", "不是真或假", "is not true or false")
    must_be_sorted_codes([item["id"] for item in e["objects"]], "objects")
    must_be_sorted_codes(e["capped"], "capped")
    must(
        not set(e["capped"]) & {item["id"] for item in e["objects"]},
        "capped",
        "达到上限的机构仍在抽取对象中",
        "a capped facility is among the objects",
    )
    must(type(e["inspectors"]) is list, "inspectors", "不是列表", "is no list")
    for n, row in enumerate(e["inspectors"]):
        name = f"inspectors[{n}]"
        must_be_exactly(row, ("id", "unit", "streets", "recused"), name)
        must_be_code(row["unit"], name + ".unit")
        must_be_sorted_codes(row["streets"], name + ".streets")
        must_be_sorted_codes(row["recused"], name + ".recused")
    must_be_sorted_codes([row["id"] for row in e["inspectors"]], "inspectors")
    if e["replaces"] != "":
        must_be_hash(e["replaces"], "replaces")


def check_drawn(e):
    must_be_hash(e["frozen_sha256"], "frozen_sha256")
    must(is_integer(e["link_index"], 0, 12), "link_index", "不是 0 到 12", "is not 0 to 12")
    must_be_hash(e["link"], "link")
    must_be_hash(e["seed"], "seed")
    must_be_exactly(e["entropy"], ("source", "value"), "entropy")
    must_be_line(e["entropy"]["source"], "entropy.source")
    must_be_line(e["entropy"]["value"], "entropy.value")
    if e["entropy"]["source"] == "chained":
        must_be_hash(e["entropy"]["value"], "entropy.value")
        must(e["replaces"] == "", "entropy.source", "重新抽取不得链式", "a replacing draw is never chained")
    must(type(e["results"]) is list, "results", "不是列表", "is no list")
    for n, result in enumerate(e["results"]):
        name = f"results[{n}]"
        must_be_exactly(result, ("object", "inspectors"), name)
        must_be_code(result["object"], name + ".object")
        must(type(result["inspectors"]) is list, name + ".inspectors", "不是列表", "is no list")
        for inspector in result["inspectors"]:
            must_be_code(inspector, name + ".inspectors")


# --- The draw --------------------------------------------------------------------------------------


def recompute(e, seed):
    """The results as the protocol says, from what was frozen and the seed."""

    def ticket(*parts):
        return hmac.new(seed, "\n".join(parts).encode("utf-8"), hashlib.sha256).digest()

    def fraction_below(a_ticket, n, d):
        return int.from_bytes(a_ticket[:8], "big") * d < n * 2**64

    def object_key(item):
        return ticket("object", item["id"]), item["id"]

    left = 13 - e["month"]
    drawn = []
    by_street = {}
    for item in e["objects"]:
        by_street.setdefault(item["street"], []).append(item)
    for street, items in by_street.items():
        due = sorted((i for i in items if not i["visited"]), key=object_key)
        number = len(due) // left
        if fraction_below(ticket("round", street), len(due) % left, left):
            number += 1
        here = due[:number]
        for item in items:
            rate = e["rates_permille"][item["grade"]]
            if item["visited"] and fraction_below(ticket("again", item["id"]), rate, 1000):
                here.append(item)
        drawn += here or [min(items, key=object_key)]
    drawn.sort(key=object_key)

    given = {row["id"]: 0 for row in e["inspectors"]}
    by_street = {}
    for row in e["inspectors"]:
        for street in row["streets"]:
            by_street.setdefault(street, []).append((row["id"], row["unit"], set(row["recused"])))
    results = []
    for item in drawn:
        able = [
            (given[i], ticket("inspector", item["id"], i), i, unit)
            for i, unit, recused in by_street.get(item["street"], ())
            if item["id"] not in recused
        ]
        able.sort()
        team, units = [], set()
        for _, _, i, unit in able:
            if len(team) < e["team_size"] and unit not in units:
                team.append(i)
                units.add(unit)
        for _, _, i, _ in able:
            if len(team) < e["team_size"] and i not in team:
                team.append(i)
        for i in team:
            given[i] += 1
        results.append({"object": item["id"], "inspectors": team})
    return results


def differences(e):
    """Yields a Differs for each thing that does not re-compute, in the order of the protocol."""
    frozen = hashlib.sha256(canonical_bytes({key: e[key] for key in FROZEN})).hexdigest()
    if frozen != e["frozen_sha256"]:
        yield Differs("frozen_sha256", "冻结内容的哈希应为 " + frozen, "what was frozen hashes to " + frozen)
    if e["link_index"] != e["month"]:
        yield Differs("link_index", "应等于月份", "is not the month")
    value = bytes.fromhex(e["link"])
    for _ in range(e["month"]):
        value = hashlib.sha256(value).digest()
    if value.hex() != e["anchor"]:
        yield Differs("link", "逐次哈希得不到 anchor", "hashed once per month it does not give the anchor")
    seed = hashlib.sha256(
        b"shuangsuiji-1\n" + bytes.fromhex(e["link"]) + b"\n" + e["entropy"]["value"].encode("utf-8")
    ).digest()
    if seed.hex() != e["seed"]:
        yield Differs("seed", "应为 " + seed.hex(), "computes to " + seed.hex())
    should = recompute(e, seed)
    if len(should) != len(e["results"]):
        yield Differs(
            "results",
            "应有 {} 条，文件有 {} 条".format(len(should), len(e["results"])),
            "{} are drawn, the file has {}".format(len(should), len(e["results"])),
        )
    for n, (ours, theirs) in enumerate(zip(should, e["results"])):
        for key in ("object", "inspectors"):
            if ours[key] != theirs[key]:
                text = ours[key] if key == "object" else "[" + ", ".join(ours[key]) + "]"
                yield Differs(f"results[{n}].{key}", "应为 " + text, "computes to " + text)
                return


def verify(data, published=None):
    """Checks the bytes of an evidence file. Returns (what differs, what to say when nothing does)."""
    faults, notes = [], []
    try:
        e = read_json(data)
        if canonical_bytes(e) != data:
            faults.append(Differs("canonical", "不是规范 JSON 的原样字节", "is not exactly canonical JSON"))
        must_have(e, FROZEN + DRAWN, "")
        check_frozen(e)
        check_drawn(e)
        faults.extend(differences(e))
        month = "{} {} {}-{:02d}".format(e["district"], e["scheme"], e["year"], e["month"])
        number = len(e["results"])
        notes.append(
            f"全部重算一致：{month}，抽中 {number} 家 / everything re-computes: {month}, {number} drawn"
        )
        if e["entropy"]["source"] == "chained":
            notes.append(
                "链式抽取：没有公开事实，平台运行方可以事先算出结果 / "
                "chained: without a public fact, the operator could know the result beforehand"
            )
    except Differs as fault:
        faults.append(fault)
    actual = hashlib.sha256(data).hexdigest()
    if published is None:
        notes.append("仅自身一致，来源未核对 / consistent in itself, origin unchecked")
    elif actual != published:
        faults.append(Differs("published_sha256", "文件的哈希是 " + actual, "the file hashes to " + actual))
    return [fault.line for fault in faults], notes


def main(arguments):
    if len(arguments) not in (1, 2):
        return ["用法 / usage: verify_draw.py EVIDENCE [PUBLISHED_SHA256]"], 1
    published = None
    if len(arguments) == 2:
        published = arguments[1].strip().lower()
        if not is_hash(published):
            return ["公布的哈希不是 64 位十六进制 / PUBLISHED_SHA256 is not 64 hex digits"], 1
    try:
        with open(arguments[0], "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError):
        return ["读不到文件 / the file cannot be read"], 1
    if len(data) > LARGEST_FILE:
        return ["文件过大 / the file is too large"], 1
    faults, notes = verify(data, published)
    return (faults, 1) if faults else (notes, 0)


if __name__ == "__main__":
    try:
        lines, code = main(sys.argv[1:])
    except (MemoryError, KeyboardInterrupt):
        lines, code = ["中断或内存不足 / stopped, or out of memory"], 1
    try:
        sys.stdout.reconfigure(errors="backslashreplace")  # a console that cannot show Chinese
        print("\n".join(lines), flush=True)
    except (OSError, AttributeError):
        sys.stderr = None  # nobody listens: the exit code says it
    sys.exit(code)
