"""Tasks: whether the units reported in time."""

from portal.rules.machine import marked
from targets.metrics.base import Family, Metric

#: The units that owe a report on a task: those named, of a collective each member.
OWED = """
    SELECT DISTINCT tu.task_id, coalesce(m.member_id, tu.unit_id) AS unit_id
    FROM targets_taskunit tu
    JOIN portal_unit u ON u.id = tu.unit_id
    LEFT JOIN portal_unitmember m ON m.collective_id = tu.unit_id
    WHERE NOT u.collective OR m.member_id IS NOT NULL
"""

REPORTS = Family(
    key="task_reports",
    label=marked("任务报送"),
    row_label=marked("份"),
    right="task.view",
    detail_label=marked("报送轮次"),
    sql=f"""
        SELECT p.id AS row_id, u.street_id,
               lpad(t.number::text, 2, '0') AS code, u.name, round.name AS detail,
               p.submitted_on, p.state, round.due_on
        FROM targets_reportinground round
        CROSS JOIN ({OWED}) owed
        JOIN targets_task t ON t.id = owed.task_id AND t.starts_on <= round.ends_on
            AND (t.ends_on IS NULL OR t.ends_on >= round.ends_on)
        JOIN portal_unit u ON u.id = owed.unit_id
        LEFT JOIN targets_progressreport p
            ON p.round_id = round.id AND p.task_id = owed.task_id AND p.unit_id = owed.unit_id
        WHERE round.due_on BETWEEN %(starts_on)s AND %(as_of)s
    """,
    metrics=(
        Metric(
            "task_reports_in_time",
            marked("任务进展按时报送"),
            marked("报送日之前报送的份数 ÷ 应报份数（每项任务的每个牵头、配合单位一份；集体单位按成员算）"),
            hit="f.submitted_on <= f.due_on AND f.state IN ('submitted', 'accepted')",
        ),
    ),
)

FAMILIES = (REPORTS,)
