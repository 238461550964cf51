"""Rules of recusal (回避) on plain values: 行政处罚法 art. 42, 43. See docs/recusal.md."""

from __future__ import annotations

from collections.abc import Collection

from portal.rules.machine import Machine, Transition, marked

RECUSAL = Machine(
    name="recusal",
    label=marked("回避申请"),
    states={
        "asked": marked("等负责人决定"),
        "granted": marked("同意回避"),
        "refused": marked("不同意回避"),
    },
    transitions=(
        Transition("grant", ("asked",), "granted", marked("同意回避"), right="recusal.decide"),
        Transition("refuse", ("asked",), "refused", marked("不同意回避"), right="recusal.decide"),
    ),
)
#: How a request came.
WAYS = {
    "code": marked("机构扫检查码提出"),
    "account": marked("机构在账号里提出"),
    "oral": marked("机构口头提出，检查组或区教育局记下"),
    "own": marked("检查人员自己申报"),
}
NAME, POST, REASON = 40, 40, (5, 500)
#: What a visit takes from the facility, decided or not: each inspector of a team once, and once more for the new ones.
MOST = 6
#: While a visit is in one of these somebody of its team may be asked to step aside.
ASKED_IN = ("due", "under_way")


def problems(
    *, name: str, post: str, reason: str, way: str, inspector: int | None, team: Collection[int]
) -> dict[str, str]:
    """field -> key of SENTENCES, for all that is wrong with a request."""
    found = {}
    if inspector not in team:
        found["inspector"] = "inspector"
    if way != "own" and not 1 <= len(name) <= NAME:
        found["name"] = "name"
    if len(post) > POST:
        found["post"] = "post"
    least, most = REASON
    if not least <= len(reason) <= most:
        found["reason"] = "reason"
    return found


SENTENCES = {
    "inspector": marked("要谁回避：选检查组里现在的一个人"),
    "name": marked("怎么称呼：写提出的人，最多 40 个字"),
    "post": marked("职务：最多 40 个字"),
    "reason": marked("理由：写 5 到 500 个字，说明有什么利害关系或者别的关系"),
}
