"""States of a progress report, of an official report, of a policy document that is being written, of a target's proof."""

from portal.rules.machine import Machine, Transition, marked
from targets.rules.attestations import ATTESTATION
from targets.rules.conferences import AGENDA_ITEM, CONFERENCE, DECISION
from targets.rules.naming import MACHINES as NAMING
from targets.rules.subsidies import CLAIM, RECOVERY, VERSION
from targets.rules.supervision import CASE, NOTICE, OBJECTION, SUPERVISION

PROGRESS = Machine(
    name="progress_report",
    label=marked("任务进展"),
    states={
        "draft": marked("草稿"),
        "submitted": marked("已报送"),
        "returned": marked("退回补充"),
        "accepted": marked("已收"),
    },
    transitions=(
        Transition("submit", ("draft", "returned"), "submitted", marked("报送"), right="task.report"),
        Transition("return", ("submitted",), "returned", marked("退回补充"), right="task.remind"),
        Transition("accept", ("submitted",), "accepted", marked("收下"), right="task.remind"),
    ),
)

REPORT = Machine(
    name="report",
    label=marked("督查报告"),
    states={
        "draft": marked("送审稿"),
        "issued": marked("已印发"),
    },
    transitions=(
        Transition("refresh", ("draft",), "draft", marked("按最新数字重出"), right="report.draft"),
        Transition("issue", ("draft",), "issued", marked("印发"), right="report.issue"),
    ),
)

DOCUMENT_DRAFT = Machine(
    name="document_draft",
    label=marked("政策文件草稿"),
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
            right="document.manage",
            second="document.publish",
        ),
        Transition("return", ("submitted",), "draft", marked("退回修改"), right="document.publish"),
        Transition("publish", ("submitted",), "published", marked("公布"), right="document.publish"),
        Transition(
            "drop", ("draft", "submitted"), "dropped", marked("不要这份草稿"), right="document.manage"
        ),
    ),
)

MACHINES = (
    PROGRESS,
    REPORT,
    DOCUMENT_DRAFT,
    ATTESTATION,
    CONFERENCE,
    AGENDA_ITEM,
    DECISION,
    SUPERVISION,
    CASE,
    OBJECTION,
    NOTICE,
    VERSION,
    RECOVERY,
    CLAIM,
    *NAMING,
)
