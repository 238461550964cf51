"""What an indicator set, a round of evaluation, a facility's evaluation, a sheet and a selection go through."""

from __future__ import annotations

from portal.rules.machine import Machine, Transition, marked

INDICATORS = Machine(
    name="indicators",
    label=marked("评估标准"),
    states={
        "draft": marked("草稿"),
        "submitted": marked("等批准"),
        "published": marked("在用"),
        "replaced": marked("已被新版替换"),
    },
    transitions=(
        Transition(
            "submit", ("draft",), "submitted", marked("报批"), right="indicator.manage",
            second="indicator.approve", when=marked("每个维度的分凑齐，否决项条数对得上"),
        ),
        Transition("return", ("submitted",), "draft", marked("退回修改"), right="indicator.approve"),
        Transition("publish", ("submitted",), "published", marked("批准并公布"), right="indicator.approve"),
        Transition("replace", ("published",), "replaced", marked("替换"), when=marked("公布了下一版")),
    ),
)  # fmt: skip

ROUND = Machine(
    name="evaluation_round",
    label=marked("评估"),
    states={"draft": marked("草稿"), "running": marked("评估中"), "closed": marked("已结束")},
    transitions=(
        Transition("open", ("draft",), "running", marked("开始评估"), right="evaluation.manage"),
        Transition(
            "close", ("running",), "closed", marked("结束评估"), right="evaluation.manage",
            when=marked("每家都已认定或已退出"),
        ),
    ),
)  # fmt: skip

CASE = Machine(
    name="evaluation",
    label=marked("机构评估"),
    states={
        "scoring": marked("评估中"),
        "decided": marked("等负责人复核"),
        "told": marked("已告知，异议期"),
        "objected": marked("有异议，待答复"),
        "final": marked("已认定"),
        "published": marked("已公布"),
        "left": marked("已退出"),
    },
    transitions=(
        Transition(
            "decide", ("scoring",), "decided", marked("提出认定"), right="evaluation.decide",
            second="evaluation.confirm", when=marked("认定的分都填好了"),
        ),
        Transition("return", ("decided",), "scoring", marked("退回重定"), right="evaluation.confirm"),
        Transition("confirm", ("decided",), "told", marked("复核并告知机构"), right="evaluation.confirm"),
        Transition(
            "confirm_again", ("decided",), "final", marked("复核"), right="evaluation.confirm",
            when=marked("机构已经提过一次异议"),
        ),
        Transition("object", ("told",), "objected", marked("提异议"), right="evaluation.object"),
        Transition("agree", ("objected",), "scoring", marked("异议成立，重新认定"), right="evaluation.confirm"),
        Transition("keep", ("objected",), "final", marked("异议不成立，维持"), right="evaluation.confirm"),
        Transition("settle", ("told",), "final", marked("生效"), when=marked("异议期满，没有异议")),
        Transition("publish", ("final",), "published", marked("公布"), right="evaluation.decide"),
        Transition("leave", ("scoring",), "left", marked("退出"), right="evaluation.decide"),
    ),
)  # fmt: skip

SHEET = Machine(
    name="evaluation_sheet",
    label=marked("评估表"),
    states={
        "open": marked("填写中"),
        "submitted": marked("已送出"),
        "recused": marked("已回避"),
        "dropped": marked("已换人"),
    },
    transitions=(
        Transition("submit", ("open",), "submitted", marked("送出"), right="evaluation.score"),
        Transition("reopen", ("submitted",), "open", marked("退回补填"), right="evaluation.manage"),
        Transition("recuse", ("open",), "recused", marked("回避"), right="evaluation.score"),
        Transition("drop", ("open",), "dropped", marked("换人"), right="evaluation.manage"),
    ),
)  # fmt: skip

SELECTION = Machine(
    name="selection",
    label=marked("示范机构"),
    states={
        "proposed": marked("等负责人审定"),
        "noticed": marked("公示中"),
        "named": marked("已命名"),
        "dropped": marked("未入选"),
    },
    transitions=(
        Transition(
            "notice", ("proposed",), "noticed", marked("审定并公示"), right="evaluation.decide",
            second="evaluation.confirm",
        ),
        Transition(
            "name", ("noticed",), "named", marked("命名"), right="evaluation.confirm", when=marked("公示期满")
        ),
        Transition("drop", ("proposed", "noticed"), "dropped", marked("不入选"), right="evaluation.confirm"),
    ),
)  # fmt: skip

MACHINES = (INDICATORS, ROUND, CASE, SHEET, SELECTION)
