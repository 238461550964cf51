"""What states an event of guidance, a family's sign-up, a resource, its message and a nursing room go through."""

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

KEEP, PUBLISH = "resource.manage", "resource.publish"

RESOURCE = Machine(
    name="guidance_resource",
    label=marked("资源"),
    states={
        "draft": marked("草稿"),
        "submitted": marked("待复核"),
        "published": marked("已公开"),
        "replaced": marked("有新版"),
        "withdrawn": marked("已下架"),
    },
    transitions=(
        Transition("submit", ("draft",), "submitted", marked("送复核"), right=KEEP),
        Transition("send_back", ("submitted",), "draft", marked("退回"), right=PUBLISH),
        Transition("publish", ("submitted",), "published", marked("公开"), right=KEEP, second=PUBLISH),
        Transition("replace", ("published",), "replaced", marked("由新版代替"), when=marked("新版公开时")),
        Transition("withdraw", ("draft", "published"), "withdrawn", marked("下架"), right=KEEP),
    ),
)

SENDING = Machine(
    name="resource_sending",
    label=marked("资源短信"),
    states={"queued": marked("待发"), "sent": marked("已发出"), "failed": marked("没发出")},
    transitions=(
        Transition("send", ("queued",), "sent", marked("发出"), when=marked("短信网关收下时")),
        Transition("fail", ("queued",), "failed", marked("没发出"), when=marked("短信网关没有收下时")),
        Transition("again", ("failed",), "queued", marked("再发一次"), right=KEEP),
    ),
)

ROOM = "nursing_place.manage"
NURSING = Machine(
    name="nursing_room",
    label=marked("母婴设施"),
    states={"none": marked("还没有"), "planned": marked("计划建"), "open": marked("已启用")},
    transitions=(
        Transition("plan", ("none",), "planned", marked("列入计划"), right=ROOM),
        Transition("open", ("none", "planned"), "open", marked("启用"), right=ROOM),
        Transition("close", ("open",), "none", marked("停用"), right=ROOM),
        Transition("drop", ("planned",), "none", marked("取消计划"), right=ROOM),
    ),
)

MACHINES = (EVENT, SIGNUP, RESOURCE, SENDING, NURSING)
