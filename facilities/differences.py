"""What differs between two days of a facility's file, and a row of the history in words, persons' data masked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils.translation import gettext as _

from facilities.models import OperatorHistory
from facilities.past import BY_KEY, File, Noun
from portal.models.people import User
from portal.models.places import Street
from portal.rules.machine import marked
from portal.templatetags.ui import masked

#: Fields that stand for others or say nothing to a reader.
SILENT = {
    "id", "district", "facility", "premises", "plan", "staff", "version", "by", "at", "file", "permission", "sign",
    "hand_over",
}  # fmt: skip
#: Table -> its columns about persons, as a reader gets them.
PERSONAL = {
    "facility": {"head": masked, "phone": lambda value: "***"},
    "plans": {"approved_by": masked},
    "drills": {"leader": masked},
}


@dataclass(frozen=True)
class Change:
    """A row that came, went or changed; `fields` is [(field, before, after)] in words, `who` as the history has it."""

    noun: str
    name: str
    kind: str  # added, removed, changed
    at: datetime | None
    who: dict | None
    fields: list[tuple[str, str, str]]


def differences(before: File, after: File) -> list[Change]:
    """What a reader of the later file finds otherwise than in the earlier one, table by table."""
    found = []
    for key, rows in after.rows.items():
        noun = BY_KEY[key]
        was = {row["id"]: row for row in before.rows.get(key, [])}
        now = {row["id"]: row for row in rows}
        for pk in sorted(was.keys() | now.keys()):
            old, new = was.get(pk), now.get(pk)
            last = new or old
            if old is None or new is None:
                kind = "added" if old is None else "removed"
                moment, who = (new["pgh_created_at"], new["pgh_context"]) if new else (None, None)
                found.append(Change(key, noun.name(last), kind, moment, who, facts(noun, last)))
                continue
            changed = [
                (word(noun, name), shown(noun, name, old[name]), shown(noun, name, new[name]))
                for name in columns(noun)
                if old[name] != new[name]
            ]
            if changed:
                found.append(
                    Change(key, noun.name(new), "changed", new["pgh_created_at"], new["pgh_context"], changed)
                )
    return found


def facts(noun: Noun, row: dict) -> list[tuple[str, str, str]]:
    return [
        (word(noun, name), "", shown(noun, name, row[name]))
        for name in columns(noun)
        if row[name] not in ("", None)
    ]


def columns(noun: Noun) -> list[str]:
    """The columns of a table that a reader is told of."""
    return [
        f.attname
        for f in noun.model._meta.concrete_fields
        if not f.name.startswith("pgh_") and f.name not in SILENT and f.name not in noun.silent
    ]


def word(noun: Noun, column: str) -> str:
    """What a column is called."""
    name = noun.model._meta.get_field(column.removesuffix("_id")).name if column.endswith("_id") else column
    tracked = noun.model.pgh_tracked_model._meta.get_field(name)
    label = str(tracked.verbose_name)
    return _(OTHER_WORDS[name]) if name in OTHER_WORDS else label


OTHER_WORDS = {
    "on": marked("从哪天起"),
    "source": marked("原来"),
    "target": marked("改为"),
    "reason": marked("原因"),
    "post": marked("岗位"),
    "full_time": marked("全职"),
    "starts_on": marked("起"),
    "ends_on": marked("止"),
    "kind": marked("类型"),
    "issued_on": marked("发证日期"),
    "valid_until": marked("有效期至"),
    "replaced_on": marked("换版日期"),
    "checked_on": marked("查询日期"),
    "before_hire": marked("入职前查的"),
    "course": marked("课程"),
    "provider": marked("举办单位"),
    "hours": marked("课时"),
    "done_on": marked("完成日期"),
    "passed": marked("合格"),
    "weekday": marked("星期"),
    "opens": marked("开门"),
    "closes": marked("关门"),
}


def shown(noun: Noun, column: str, value) -> str:
    """A value in words, persons' data masked."""
    if value in (None, ""):
        return "—"
    if value is True or value is False:
        return _("是") if value else _("否")
    if hide := PERSONAL.get(noun.key, {}).get(column):
        return hide(value)
    if column == "street_id":
        return Street.objects.filter(pk=value).values_list("name", flat=True).first() or str(value)
    if column == "operator_id":
        last = OperatorHistory.objects.filter(pgh_obj=value).order_by("-pgh_id")
        return last.values_list("name", flat=True).first() or str(value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    choices = dict(noun.model._meta.get_field(column).flatchoices)
    return str(choices.get(value, value))


def authors(changes: list[Change]) -> dict[int, str]:
    """{id: masked name} of the people who made the changes, in one query."""
    wanted = {change.who["user"] for change in changes if change.who and change.who.get("user")}
    return {pk: masked(name) for pk, name in User.objects.filter(pk__in=wanted).values_list("pk", "name")}


def author(change: Change, names: dict[int, str]) -> str:
    who = change.who or {}
    if who.get("user"):
        return names.get(who["user"], "")
    if who.get("client"):
        return _("接口客户端")
    return _("系统") if who.get("process") else ""


def changed_rows(before: File, after: File, *, told: Callable[[str], tuple[str, ...]]) -> list[dict]:
    """The differences for a program: table, id, what happened, which of the columns of `told`, when it was written."""
    found = []
    for key in after.rows:
        was = {row["id"]: row for row in before.rows.get(key, [])}
        now = {row["id"]: row for row in after.rows[key]}
        for pk in sorted(was.keys() | now.keys()):
            old, new = was.get(pk), now.get(pk)
            columns = [name for name in told(key) if not (old and new) or old[name] != new[name]]
            if old and new and not columns:
                continue
            found.append(
                {
                    "table": key,
                    "id": pk,
                    "change": "changed" if old and new else "added" if new else "removed",
                    "fields": columns if old and new else [],
                    "at": new["pgh_created_at"] if new else None,
                }
            )
    return found
