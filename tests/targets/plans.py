"""A small plan for tests: two clauses, two tasks, two targets, of units that Minhang has."""

from __future__ import annotations

import copy
from datetime import date

from targets.rules import plan_content

BEGIN, END = date(2027, 1, 1), date(2029, 12, 31)


def facts(**values) -> dict:
    return {
        "title": "示例区托育服务行动计划（2027—2029年）", "number": "示例发〔2026〕9号", "issued_on": "2026-11-01",
        "printed_on": None, "issuers": ["示例区教育局"], "bases": [],
        "period": {"from": BEGIN.isoformat(), "to": END.isoformat(), "stated": "2027—2029年", "derived": False},
    } | values  # fmt: skip


def task(number: int, **values) -> dict:
    return {
        "origin": "table", "number": number, "category": "示例类别", "project": "示例项目",
        "text": f"示例任务{number}", "clause": "一（一）",
        "leads": [{"unit": "minhang-education", "name": "区教育局"}],
        "supports": [{"unit": "minhang-health", "name": "区卫健委"}],
        "carried": [], "key_project": None, "in_section_five": None, "note": "", "follows": None,
    } | values  # fmt: skip


def target(key: str, **values) -> dict:
    return {
        "key": key, "clause": "一（二）", "text": f"示例指标{key}", "display_text": "", "kind": "per_unit_count",
        "comparator": ">=", "value": 2, "value_min": None, "value_max": None, "value_text": "", "unit": "个",
        "period": "plan", "due": None, "scope": "street", "formula": "", "conditions": "", "also": [], "extra": {},
        "note": "", "tasks": [1], "proof": "not_yet", "proof_reason": "还没有登记", "metric": "", "streets": "plan",
        "follows": None,
    } | values  # fmt: skip


def content(**values) -> dict:
    made = plan_content.empty()
    made["document"] |= facts()
    made |= {
        "clauses": [{"label": "一（一）", "text": "示例原文一"}, {"label": "一（二）", "text": "示例原文二"}],
        "tasks": [task(1), task(2, text="另一项示例任务")],
        "targets": [target("sites"), target("share", kind="ratio", value=85, unit="%", scope="district")],
    }
    return copy.deepcopy(made | values)
