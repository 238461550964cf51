"""What a department's part of a joint visit, a campaign and a department's reply go through."""

from __future__ import annotations

from portal.rules.machine import Machine, Transition, marked

PART = Machine(
    name="part",
    label=marked("部门的部分"),
    states={
        "pending": marked("还没查完"),
        "absent": marked("未到场"),
        "clear": marked("没有问题"),
        "ordered": marked("责令整改"),
        "handed": marked("移送执法"),
    },
    transitions=(
        Transition("excuse", ("pending",), "absent", marked("记下未到场"), right="part.excuse"),
        Transition("recall", ("absent",), "pending", marked("撤回未到场"), right="part.excuse"),
        Transition("clear", ("pending",), "clear", marked("没有要整改的"), when=marked("第二人确认之后")),
        Transition("order", ("pending",), "ordered", marked("发出整改通知"), when=marked("第二人确认之后")),
        Transition("hand_over", ("clear", "ordered"), "handed", marked("移送执法"), right="part.hand_over"),
    ),
)

CAMPAIGN = Machine(
    name="campaign",
    label=marked("专项检查和综合执法"),
    states={
        "draft": marked("草稿"),
        "asked": marked("等部门回复"),
        "submitted": marked("等批准"),
        "approved": marked("已批准"),
        "published": marked("已公布"),
        "under_way": marked("检查中"),
        "closed": marked("已办结"),
        "dropped": marked("不办了"),
    },
    transitions=(
        Transition(
            "ask", ("draft",), "asked", marked("约部门参加"), right="campaign.manage", when=marked("选了部门")
        ),
        Transition(
            "submit",
            ("draft", "asked"),
            "submitted",
            marked("报批"),
            right="campaign.manage",
            second="campaign.approve",
            when=marked("约了部门的，都回复了，或者过了回复期限"),
        ),
        Transition("return", ("submitted",), "draft", marked("退回修改"), right="campaign.approve"),
        Transition("approve", ("submitted",), "approved", marked("批准"), right="campaign.approve"),
        Transition("publish", ("approved",), "published", marked("公布"), right="campaign.publish"),
        Transition(
            "send",
            ("approved", "published"),
            "under_way",
            marked("派出检查"),
            right="campaign.manage",
            when=marked("专项检查先公布；街镇综合执法批准以后"),
        ),
        Transition(
            "close",
            ("under_way",),
            "closed",
            marked("办结"),
            right="campaign.manage",
            when=marked("检查都做完或者销去之后"),
        ),
        Transition(
            "drop", ("draft", "asked", "approved"), "dropped", marked("不办了"), right="campaign.manage"
        ),
    ),
)

REPLY = Machine(
    name="reply",
    label=marked("部门的回复"),
    states={
        "waiting": marked("还没有回复"),
        "accepted": marked("参加"),
        "declined": marked("不参加"),
    },
    transitions=(
        Transition("accept", ("waiting", "declined"), "accepted", marked("参加"), right="campaign.answer"),
        Transition("decline", ("waiting", "accepted"), "declined", marked("不参加"), right="campaign.answer"),
    ),
)

JOINT_MACHINES = (PART, CAMPAIGN, REPLY)
