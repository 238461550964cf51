"""States of draw, inspection, finding, order and what comes next. docs/states.md is drawn from this module."""

from portal.rules.machine import Machine, Transition, marked

DRAW = Machine(
    name="draw",
    label=marked("双随机抽取"),
    states={
        "frozen": marked("已冻结，等见证"),
        "witnessed": marked("已录入，等第二人确认"),
        "drawn": marked("已抽取，检查中"),
        "published": marked("证据已公开"),
        "void": marked("已作废"),
    },
    transitions=(
        Transition(
            "enter", ("frozen",), "witnessed", marked("录入见证"), right="draw.witness", second="draw.confirm"
        ),
        Transition("correct", ("witnessed",), "frozen", marked("退回重录"), right="draw.confirm"),
        Transition("draw", ("witnessed",), "drawn", marked("确认并抽取"), right="draw.confirm"),
        Transition(
            "draw_chained", ("frozen",), "drawn", marked("接链抽取"), when=marked("见证期已过，方案允许接链")
        ),
        Transition(
            "publish", ("drawn",), "published", marked("公开证据"), when=marked("最后一次检查做完或销去之后")
        ),
        Transition(
            "void",
            ("frozen", "witnessed", "drawn", "published"),
            "void",
            marked("作废"),
            right="draw.void",
            second="draw.void_confirm",
        ),
    ),
)

INSPECTION = Machine(
    name="inspection",
    label=marked("现场检查"),
    states={
        "due": marked("待检查"),
        "under_way": marked("检查中"),
        "finished": marked("已完成"),
        "published": marked("已公示"),
        "cancelled": marked("已销去"),
    },
    transitions=(
        Transition("start", ("due",), "under_way", marked("开始检查"), right="inspection.log"),
        Transition("finish", ("under_way",), "finished", marked("结束检查"), right="inspection.log"),
        Transition("publish", ("finished",), "published", marked("公示结果"), right="result.publish"),
        Transition(
            "cancel",
            ("due", "under_way"),
            "cancelled",
            marked("销去"),
            right="inspection.cancel",
            second="inspection.cancel_confirm",
            when=marked("停办、暂停、合并、不可抗力"),
        ),
    ),
)

FINDING = Machine(
    name="finding",
    label=marked("问题"),
    states={
        "open": marked("待整改"),
        "mended": marked("当场改正"),
        "answered": marked("已答复，待复查"),
        "closed": marked("已销号"),
    },
    transitions=(
        Transition("mend", ("open",), "mended", marked("当场改正"), right="inspection.log"),
        Transition("answer", ("open",), "answered", marked("答复"), right="order.answer"),
        Transition("confirm", ("open", "answered"), "closed", marked("复查通过"), right="order.recheck"),
        Transition("reopen", ("answered",), "open", marked("复查未通过"), right="order.recheck"),
    ),
)

ORDER = Machine(
    name="order",
    label=marked("整改通知"),
    states={
        "issued": marked("待整改"),
        "answered": marked("待复查"),
        "closed": marked("已销号"),
    },
    transitions=(
        Transition("answer", ("issued",), "answered", marked("送出整改答复"), right="order.answer"),
        Transition("close", ("issued", "answered"), "closed", marked("复查销号"), right="order.recheck"),
        Transition("return", ("answered",), "issued", marked("复查未通过，重新限期"), right="order.recheck"),
    ),
)

MACHINES = (DRAW, INSPECTION, FINDING, ORDER)

#: The four reasons for which a drawn visit may be struck off (draw.md).
CANCEL_REASONS = {
    "closed": marked("停办"),
    "suspended": marked("暂停"),
    "merged": marked("合并"),
    "force_majeure": marked("不可抗力"),
}
#: For what an inspection outside of the draw may be made.
UNSCHEDULED_REASONS = {
    "complaint": marked("投诉举报"),
    "incident": marked("安全事件"),
    "order": marked("整改复查发现"),
}
#: Weights of a checklist item, gravest first.
WEIGHTS = {"veto": marked("否决项"), "high": marked("高"), "medium": marked("中"), "low": marked("低")}
ANSWERS = {"ok": marked("符合"), "bad": marked("不符合"), "unseen": marked("未查")}
