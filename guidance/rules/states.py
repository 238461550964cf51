"""What states an event of guidance and a family's sign-up go through."""

from portal.rules.machine import Machine, Transition, marked

MANAGE = "guidance_event.manage"

EVENT = Machine(
    name="guidance_event",
    label=marked("活动"),
    states={
        "draft": marked("草稿"),
        "announced": marked("已发布"),
        "over": marked("已办完"),
        "cancelled": marked("已取消"),
    },
    transitions=(
        Transition(
            "announce", ("draft",), "announced", marked("发布"), right=MANAGE, when=marked("开始以前")
        ),
        Transition("finish", ("announced",), "over", marked("办结"), right=MANAGE, when=marked("开始以后")),
        Transition("record", ("draft",), "over", marked("补登"), right=MANAGE, when=marked("那天已过")),
        Transition("cancel", ("draft", "announced"), "cancelled", marked("取消活动"), right=MANAGE),
    ),
)

SIGNUP = Machine(
    name="event_signup",
    label=marked("报名"),
    states={
        "waiting": marked("候补"),
        "in": marked("已报名"),
        "attended": marked("已到"),
        "absent": marked("没来"),
        "cancelled": marked("已取消"),
    },
    transitions=(
        Transition(
            "move_up",
            ("waiting",),
            "in",
            marked("递补"),
            when=marked("有空名额：报名时就有，有人取消，或者加了名额"),
        ),
        Transition(
            "cancel",
            ("in", "waiting"),
            "cancelled",
            marked("取消报名"),
            when=marked("家长凭自己的链接，开始以前"),
        ),
        Transition("check_in", ("in",), "attended", marked("签到"), right=MANAGE, when=marked("活动当天")),
        Transition("undo", ("attended",), "in", marked("撤回签到"), right=MANAGE, when=marked("办结以前")),
        Transition("miss", ("in",), "absent", marked("记为没来"), right=MANAGE, when=marked("办结时")),
    ),
)

MACHINES = (EVENT, SIGNUP)
