"""A lifelong ban from its entry to its lifting: every step that changes what others may do takes two people."""

from portal.rules.machine import Machine, Transition, marked

BAN = Machine(
    name="ban",
    label=marked("终身禁入"),
    states={
        "proposed": marked("待确认"),
        "confirmed": marked("生效"),
        "declined": marked("不予认定"),
        "lifting": marked("待解除"),
        "lifted": marked("已解除"),
    },
    transitions=(
        Transition("confirm", ("proposed",), "confirmed", marked("确认禁入"), right="ban.confirm"),
        Transition("decline", ("proposed",), "declined", marked("不予认定"), right="ban.confirm"),
        Transition(
            "ask_lift",
            ("confirmed",),
            "lifting",
            marked("申请解除"),
            right="ban.lift",
            second="ban.lift_confirm",
            when=marked("认定有误，本人申诉成立"),
        ),
        Transition("lift", ("lifting",), "lifted", marked("解除禁入"), right="ban.lift_confirm"),
        Transition("keep", ("lifting",), "confirmed", marked("维持禁入"), right="ban.lift_confirm"),
    ),
)

MACHINES = (BAN,)
