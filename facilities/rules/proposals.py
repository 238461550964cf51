"""What an operator may propose: facts that the district owns and answers for."""

from portal.rules.machine import marked

FIELDS = (
    "name", "kind", "ownership", "inclusive", "street", "address", "operator", "credit_code", "places", "usable_area",
    "opened_on", "video_connected", "alarm_connected",
)  # fmt: skip

PROBLEMS = {
    "nothing": marked("没有一项和现在不同。改了要变更的再送出"),
    "reason": marked("写为什么要改，2 到 200 个字"),
    "answer": marked("写为什么不同意，2 到 200 个字"),
}
