"""The five official documents (tests/seeds), cut into their clauses and rows as the documents number them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "seeds"
PAPERS = {
    "minhang": "000_ae785fd778742d6c.txt",
    "shanghai-demonstration": "001_13b4a567f6ee4410.txt",
    "jinshan": "002_b580c631a2a6ba1e.txt",
    "pudong": "003_5fdff8cebb23c9dd.txt",
    "shanghai-plan-2020": "004_fc65215a405d5e64.txt",
}
#: The head of the task table: what the clauses of its rows are called.
TABLES = {"minhang": "附件·任务分工方案·序号{}", "pudong": "附件·任务分工表·序号{}"}
#: What a paper's body has after its last clause: the day, the next heading, an advertisement of the copy.
TAILS = {
    ("minhang", "四（三）"): "2021年6月附件闵行区托育服务三年行动计划(2021—2023年)",
    ("shanghai-plan-2020", "二·另一方面"): (
        "预览已结束,完整报告链接和二维码如下:https://www.yunbaogao.cn/report/index/report?reportId=11_4941"
    ),
}
#: What stands around the rows of a table; its parts in the paper, one after the other.
FRAMES = {
    "minhang": (
        "附件·任务分工方案",
        ("闵行区托育服务三年行动计划(2021—2023年)", "任务分工方案", "序号类别项目具体任务责任单位"),
    ),
    "pudong": (
        "附件·任务分工表",
        (
            "附件:浦东新区托育服务三年行动计划(2021-2023年)任务分工表",
            "备注:加粗字体部分为列为重点项目的内容",
        ),
    ),
}
NUMERAL = "[一二三四五六七八九十]"
#: What begins a clause, by depth, at the start of a line.
HEADS = (
    re.compile(rf"({NUMERAL})、"),
    re.compile(rf"[（(]({NUMERAL})[）)]"),
    re.compile(r"(\d{1,2})\.(?!\d)"),
)


def words(text: str) -> str:
    """Without blanks and breaks, full and half width as one: all in which a text may differ from its paper."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def read(name: str) -> str:
    """The paper without the marks of the file that it was taken from: `#`, `**`."""
    text = (FOLDER / PAPERS[name]).read_text()
    return re.sub(r"\*\*|^#+ ", "", text, flags=re.M)


def clauses(name: str) -> dict[str, str]:
    """{label: its words} of the body; a clause that has parts holds only what stands before the first of them."""
    found: dict[str, list[str]] = {}
    path = ["", "", ""]
    for line in body(name).splitlines():
        line = line.strip().removeprefix("- ").strip()
        for depth, head in enumerate(HEADS):
            hit = head.match(line)
            if hit and (depth == 0 or path[0]):
                own = f"（{hit[1]}）" if depth == 1 else hit[1]
                path = [*path[:depth], own, "", ""][:3]
                break
        found.setdefault("".join(path), []).append(line)
    whole = {label: words("".join(lines)) for label, lines in found.items()}
    return split_talk(whole) if name == "shanghai-plan-2020" else whole


def whole(name: str) -> dict[str, str]:
    """{label: its words} of all that the paper numbers, rows of its table and its frame with them; without what stands
    before the first clause and after the last. A raised 2 is no mark-up."""
    found = {label: text.replace("<sup>2</sup>", "2") for label, text in clauses(name).items() if label}
    for (of, label), tail in TAILS.items():
        if of == name:
            assert found[label].endswith(tail), label
            found[label] = found[label].removesuffix(tail)
    if name in FRAMES:
        label, parts = FRAMES[name]
        written = words(read(name))
        assert all(part in written for part in parts), label
        found |= {label: "".join(parts)}
        found |= {TABLES[name].format(n): cells for n, cells in rows(name).items()}
    return found


def split_talk(whole: dict[str, str]) -> dict[str, str]:
    """The account of 2020 counts in running text: 一方面，… 一是… 二是… 三是…，另一方面，…"""
    before, first, second = re.split(r"(?<!另)一方面,|另一方面,", whole["二"])
    parts = re.split(r"([一二三]是)", first)
    numbered = {f"二·一方面·{parts[i]}": parts[i + 1] for i in range(1, len(parts), 2)}
    return whole | {"二": before, "二·一方面": parts[0], **numbered, "二·另一方面": second}


def body(name: str) -> str:
    """The paper up to its task table."""
    text = read(name)
    if name == "minhang":
        return text[: text.index("任务分工方案\n\n序号")]
    if name == "pudong":
        return text[: text.index("附件：浦东新区托育服务三年行动计划（2021-2023年）任务分工表")]
    return text


def rows(name: str) -> dict[int, str]:
    """{number: the words of its row} of the task table, cell after cell; a cell over several rows is in the first only.

    In the copy of Pudong's each line holds two or three characters; a row begins where its number stands first.
    """
    text = read(name).removeprefix(body(name))
    if name == "minhang":
        lines = re.findall(r"^(\d+)\t(.*)$", text, re.M)
        return {int(number): words(cells) for number, cells in lines}
    starts, number = [], 1
    for hit in re.finditer(r"^\s*(\d+)$|^ ?(\d+)\s*(?=\S)", text, re.M):
        if int(hit[1] or hit[2]) == number:
            starts.append((hit.start(), hit.end()))
            number += 1
    ends = [start for start, _end in starts[1:]] + [len(text)]
    cells = [words(text[begin:end]) for (_start, begin), end in zip(starts, ends, strict=True)]
    return {n: cell.split("备注:加粗字体")[0] for n, cell in enumerate(cells, 1)}
