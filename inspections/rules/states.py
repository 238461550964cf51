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
        "signed": marked("等第二人确认"),
        "finished": marked("已完成"),
        "published": marked("已公示"),
        "cancelled": marked("已销去"),
    },
    transitions=(
        Transition("start", ("due",), "under_way", marked("开始检查"), right="inspection.log"),
        Transition(
            "sign",
            ("under_way",),
            "signed",
            marked("结束检查"),
            right="inspection.log",
            second="inspection.confirm",
        ),
        Transition("return", ("signed",), "under_way", marked("退回修改"), right="inspection.confirm"),
        Transition("confirm", ("signed",), "finished", marked("第二人确认"), right="inspection.confirm"),
        Transition(
            "waive",
            ("signed",),
            "finished",
            marked("例外办结"),
            right="confirmation.waive",
            when=marked("第二人确实无法确认，区教育局写明理由"),
        ),
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
        Transition(
            "confirm", ("open", "answered"), "closed", marked("复查通过"), right="order.confirm_recheck"
        ),
        Transition("reopen", ("answered",), "open", marked("复查未通过"), right="order.confirm_recheck"),
    ),
)

ORDER = Machine(
    name="order",
    label=marked("整改通知"),
    states={
        "issued": marked("待整改"),
        "answered": marked("待复查"),
        "rechecked": marked("复查已记，等第二人确认"),
        "closed": marked("已销号"),
    },
    transitions=(
        Transition("answer", ("issued",), "answered", marked("送出整改答复"), right="order.answer"),
        Transition(
            "recheck",
            ("issued", "answered"),
            "rechecked",
            marked("记下复查结果"),
            right="order.recheck",
            second="order.confirm_recheck",
        ),
        Transition(
            "close", ("rechecked",), "closed", marked("确认复查通过，销号"), right="order.confirm_recheck"
        ),
        Transition(
            "return",
            ("rechecked",),
            "issued",
            marked("确认复查未通过，重新限期"),
            right="order.confirm_recheck",
        ),
        Transition(
            "contest", ("rechecked",), "answered", marked("复查记录退回"), right="order.confirm_recheck"
        ),
        Transition(
            "contest_unanswered",
            ("rechecked",),
            "issued",
            marked("复查记录退回"),
            right="order.confirm_recheck",
            when=marked("机构还没有答复"),
        ),
        Transition(
            "waive_close",
            ("rechecked",),
            "closed",
            marked("例外销号"),
            right="confirmation.waive",
            when=marked("第二人确实无法确认，区教育局写明理由"),
        ),
        Transition(
            "waive_return",
            ("rechecked",),
            "issued",
            marked("例外退回，重新限期"),
            right="confirmation.waive",
            when=marked("第二人确实无法确认，区教育局写明理由"),
        ),
    ),
)

#: A visit that is still to be made, or to be confirmed.
OPEN = ("due", "under_way", "signed")

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
