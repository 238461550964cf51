"""States of a unit's progress report and of an official report."""

from portal.rules.machine import Machine, Transition, marked

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

MACHINES = (PROGRESS, REPORT)
