"""What a plan's revision has otherwise than the plan before, in a reader's words; for the desk and for the public."""

from __future__ import annotations

from django.utils.translation import gettext as _

from facilities.models import Facility
from inspections.rules import plans as rules
from portal.rules.machine import marked

WORDS = {"added": marked("新增"), "removed": marked("去掉了"), "changed": marked("改了")}
SHAPES = {"added": "ok", "removed": "bad", "changed": "warn"}
FIELDS = {
    "name": marked("名称"), "subject": marked("检查事项"), "kinds": marked("检查哪些机构"),
    "checklist_names": marked("用哪些检查表"), "unit_names": marked("由哪些单位检查"), "joint": marked("联合检查"),
    "team_size": marked("每组人数"), "rates_permille": marked("各等级每月再抽（‰）"), "cap": marked("年度上限"),
    "freeze_days_before": marked("提前几天冻结"), "window_days": marked("见证期工作日"), "last_day": marked("最迟几日抽取"),
    "chained_allowed": marked("过期可以接链"),
}  # fmt: skip


def value_words(name: str, value) -> str:
    """A fact of a plan's line as a reader says it; what an older plan did not keep is a dash."""
    if value is None:
        return "—"
    if name == "kinds":
        kinds = dict(Facility.Kind.choices)
        return _("、").join(str(kinds.get(kind, kind)) for kind in value)
    if name == "rates_permille":
        return " ".join(f"{grade} {value.get(grade)}" for grade in "ABCD")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return _("、").join(value) or _("全部")
    return str(value)


def changes_of(before: dict, after: dict) -> list[dict]:
    """What a revision has otherwise than what was published before, in words."""
    return [
        {
            "what": _(WORDS[one.what]),
            "shape": SHAPES[one.what],
            "name": one.name,
            "fields": [
                {"label": _(FIELDS[name]), "before": value_words(name, was), "after": value_words(name, now)}
                for name, was, now in one.fields
            ],
        }
        for one in rules.changes(before, after)
    ]
