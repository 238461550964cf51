"""States of draw, inspection, finding, order and what comes next. docs/states.md is drawn from this module."""

from inspections.rules.evaluation_states import MACHINES as EVALUATION_MACHINES
from inspections.rules.joint_states import JOINT_MACHINES
from inspections.rules.recusals import RECUSAL
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
            "withdraw",
            ("published",),
            "finished",
            marked("撤回公示"),
            right="result.change",
            when=marked("结果正在更正"),
        ),
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
        "withdrawn": marked("已撤销"),
    },
    transitions=(
        Transition("mend", ("open",), "mended", marked("当场改正"), right="inspection.log"),
        Transition("answer", ("open",), "answered", marked("答复"), right="order.answer"),
        Transition(
            "confirm", ("open", "answered"), "closed", marked("复查通过"), right="order.confirm_recheck"
        ),
        Transition("reopen", ("answered",), "open", marked("复查未通过"), right="order.confirm_recheck"),
        Transition(
            "withdraw",
            ("open", "mended", "answered", "closed"),
            "withdrawn",
            marked("撤销"),
            right="result.decide",
            when=marked("机构的意见成立，或者结果更正"),
        ),
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
        "withdrawn": marked("已撤销"),
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
        Transition(
            "withdraw",
            ("issued", "answered", "rechecked"),
            "withdrawn",
            marked("撤销整改通知"),
            right="result.decide",
            when=marked("里面的问题都撤销了"),
        ),
        Transition(
            "drop",
            ("issued", "answered", "rechecked"),
            "closed",
            marked("余下的问题撤销，销号"),
            right="result.decide",
            when=marked("其他问题已经复查通过"),
        ),
    ),
)

RESULT = Machine(
    name="result",
    label=marked("检查结果"),
    states={
        "draft": marked("征求机构意见"),
        "answered": marked("机构有意见，等答复"),
        "final": marked("已定"),
        "changing": marked("正在更正"),
    },
    transitions=(
        Transition("answer", ("draft",), "answered", marked("提出意见"), right="result.answer"),
        Transition("agree", ("draft",), "final", marked("没有意见"), right="result.answer"),
        Transition("lapse", ("draft",), "final", marked("期满定稿"), when=marked("期满，机构没有提意见")),
        Transition("decide", ("answered",), "final", marked("答复意见"), right="result.decide"),
        Transition(
            "change",
            ("final",),
            "changing",
            marked("提出更正"),
            right="result.change",
            second="result.change_confirm",
        ),
        Transition("correct", ("changing",), "final", marked("确认更正"), right="result.change_confirm"),
        Transition("keep", ("changing",), "final", marked("不更正"), right="result.change_confirm"),
    ),
)

REPAIR = Machine(
    name="repair",
    label=marked("公示修复"),
    states={
        "asked": marked("等区里核实"),
        "examined": marked("已核实，等负责人决定"),
        "granted": marked("已修复"),
        "refused": marked("不同意"),
    },
    transitions=(
        Transition(
            "examine", ("asked",), "examined", marked("核实属实"), right="result.repair_examine",
            second="result.repair_decide",
        ),
        Transition("refuse", ("asked",), "refused", marked("核实不属实"), right="result.repair_examine"),
        Transition("grant", ("examined",), "granted", marked("同意修复"), right="result.repair_decide"),
        Transition("decline", ("examined",), "refused", marked("不同意修复"), right="result.repair_decide"),
    ),
)  # fmt: skip

WATCH = Machine(
    name="watch",
    label=marked("视频巡查名单"),
    states={
        "drawn": marked("已抽取，查看中"),
        "published": marked("证据已公开"),
    },
    transitions=(
        Transition(
            "publish",
            ("drawn",),
            "published",
            marked("公开证据"),
            when=marked("都看过之后，最迟在期限过后的第一天"),
        ),
    ),
)

COMPLAINT = Machine(
    name="complaint",
    label=marked("投诉举报"),
    states={
        "received": marked("待分办"),
        "handling": marked("办理中"),
        "answered": marked("已答复"),
        "passed": marked("已转办"),
    },
    transitions=(
        Transition("sort", ("received", "handling"), "handling", marked("分办"), right="complaint.sort"),
        Transition(
            "hand_on",
            ("received", "handling"),
            "passed",
            marked("转办"),
            right="complaint.sort",
            when=marked("不归本区托育监管的事"),
        ),
        Transition("answer", ("handling",), "answered", marked("答复"), right="complaint.answer"),
    ),
)

INCIDENT = Machine(
    name="incident",
    label=marked("安全事件"),
    states={
        "open": marked("处置中"),
        "reported": marked("已终报，待办结"),
        "closed": marked("已办结"),
    },
    transitions=(
        Transition("follow_up", ("open",), "open", marked("续报"), right="incident.report"),
        Transition("final", ("open",), "reported", marked("终报"), right="incident.report"),
        Transition("return", ("reported",), "open", marked("退回补报"), right="incident.close"),
        Transition("close", ("reported",), "closed", marked("办结"), right="incident.close"),
    ),
)

#: A visit that is still to be made, or to be confirmed.
OPEN = ("due", "under_way", "signed")

PLAN = Machine(
    name="plan",
    label=marked("年度检查计划"),
    states={
        "draft": marked("草稿"),
        "submitted": marked("等批准"),
        "approved": marked("已批准，等公布"),
        "published": marked("已公布"),
    },
    transitions=(
        Transition(
            "submit",
            ("draft",),
            "submitted",
            marked("报批"),
            right="plan.manage",
            second="plan.approve",
            when=marked("演练过，演练之后没有改过"),
        ),
        Transition("return", ("submitted", "approved"), "draft", marked("退回修改"), right="plan.approve"),
        Transition("approve", ("submitted",), "approved", marked("批准计划"), right="plan.approve"),
        Transition("publish", ("approved",), "published", marked("公布"), right="plan.manage"),
    ),
)

GRADE_OBJECTION = Machine(
    name="grade_objection",
    label=marked("对风险等级的异议"),
    states={
        "open": marked("等区里答复"),
        "answered": marked("已答复"),
    },
    transitions=(Transition("answer", ("open",), "answered", marked("答复异议"), right="grade.answer"),),
)

CHECKLIST_DRAFT = Machine(
    name="checklist_draft",
    label=marked("检查表的新一版"),
    states={
        "draft": marked("草稿"),
        "submitted": marked("等第二人公布"),
        "published": marked("已公布"),
        "dropped": marked("不要了"),
    },
    transitions=(
        Transition(
            "submit",
            ("draft",),
            "submitted",
            marked("送第二人公布"),
            right="checklist.draft",
            second="checklist.publish",
        ),
        Transition("return", ("submitted",), "draft", marked("退回修改"), right="checklist.publish"),
        Transition("publish", ("submitted",), "published", marked("公布"), right="checklist.publish"),
        Transition(
            "drop", ("draft", "submitted"), "dropped", marked("不要这份草稿"), right="checklist.draft"
        ),
    ),
)

MACHINES = (
    PLAN, DRAW, INSPECTION, RESULT, REPAIR, FINDING, ORDER, WATCH, COMPLAINT, INCIDENT, GRADE_OBJECTION,
    CHECKLIST_DRAFT, RECUSAL, *JOINT_MACHINES, *EVALUATION_MACHINES,
)  # fmt: skip

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
    "watch": marked("视频巡查发现"),
    "campaign": marked("专项检查"),
    "operation": marked("街镇综合执法"),
}
#: Weights of a checklist item, gravest first.
WEIGHTS = {"veto": marked("否决项"), "high": marked("高"), "medium": marked("中"), "low": marked("低")}
#: Why a result that was final is changed; public with the withdrawal.
CHANGE_REASONS = {
    "review": marked("复查核实后更正"),
    "reconsideration": marked("行政复议决定"),
    "court": marked("法院裁判"),
    "clerical": marked("文字或编号有误"),
}
ANSWERS = {"ok": marked("符合"), "bad": marked("不符合"), "unseen": marked("未查")}
