"""The wording of the report of the yearly supervision, drafted from its figures. Official Chinese, not translated."""

from __future__ import annotations

from collections.abc import Sequence

HEADINGS = ("基本情况", "各街镇得分", "各部门得分", "失分较多的方面")


def lines(year: int, clause: str, content: dict) -> list[list[str]]:
    """Paragraphs of each part. `content`: counts, streets and departments with scores, what lost most points."""
    return [
        basics(year, clause, content),
        scores("街镇", content["streets"], ranked=True),
        scores("部门", content["departments"], ranked=False),
        losses(content["losses"]),
    ]


def basics(year: int, clause: str, content: dict) -> list[str]:
    basis = f"根据{clause}，" if clause else ""
    first = (
        f"{basis}对{year}年度托育服务任务和指标的落实情况进行督查。本次督查共{content['questions']}题，"
        f"涉及{len(content['streets'])}个街镇、{len(content['departments'])}个部门，"
        f"由{'、'.join(content['reviewers'])}评分。"
    )
    return [first, content["method"]]


def method(weights: dict[str, int]) -> str:
    return (
        "得分为各题得到的分乘以权重之和，除以各题分值乘以权重之和，再乘以100；"
        f"权重为牵头任务{weights['lead']}%、配合任务{weights['support']}%、指标和其他题{weights['other']}%；"
        "经评分单位认可不适用的题不计入。"
    )


def scores(kind: str, rows: Sequence[dict], *, ranked: bool) -> list[str]:
    known = [row for row in rows if row["score"] is not None]
    if not known:
        return [f"没有得分的{kind}。"]
    mean = sum(float(row["score"]) for row in known) / len(known)
    found = [f"{len(known)}个{kind}平均得{mean:.2f}分。"]
    if ranked and len(known) > 1:
        best = [row["name"] for row in known if row["rank"] == 1]
        low = known[-1]
        found[0] += f"得分最高的是{'、'.join(best)}，{known[0]['score']}分；"
        found[0] += f"得分最低的是{low['name']}，{low['score']}分。"
    if without := [row["name"] for row in rows if row["score"] is None]:
        found.append(f"{'、'.join(without)}没有适用的题，不计分。")
    return found


def inner(text: str) -> str:
    """As it stands within quotation marks (GB/T 15834 4.8.3.4)."""
    return text.replace("“", "‘").replace("”", "’")


def losses(rows: Sequence[dict]) -> list[str]:
    if not rows:
        return ["各题没有失分。"]
    return [
        f"“{inner(row['text'])}”，{row['units']}个单位应得{row['asked']}分，实得{row['reached']}分。"
        for row in rows
    ]
