"""The minutes of the joint conference in official Chinese: names, clauses, duties, rosters, the opening. Plain values."""

from __future__ import annotations

from datetime import date, time

from portal.rules.official import chinese_date, chinese_numeral

#: The category of the tasks that meetings decide, as it stands in the matrix.
CATEGORY = "联席会议决定"

KINDS = {"full": "全体会议", "office": "办公室会议"}


def chinese_name(year: int, number: int, kind: str) -> str:
    return f"{year}年第{number}次{KINDS[kind]}"


def clause_label(item: int, decision: int) -> str:
    """Where a decision stands in the minutes: 一（2）."""
    return f"{chinese_numeral(item)}（{decision}）"


def duty(leads: list[str], supports: list[str], due_on: date | None) -> str:
    """（牵头单位：区教育局；配合单位：…；2026年6月30日前完成）, empty where nobody is named."""
    parts = []
    if leads:
        parts.append(f"牵头单位：{'、'.join(leads)}")
    if supports:
        parts.append(f"配合单位：{'、'.join(supports)}")
    if due_on:
        parts.append(f"{chinese_date(due_on)}前完成")
    return f"（{'；'.join(parts)}）" if parts else ""


def attendee(unit: str, post: str, name: str, substitute: bool) -> str:
    """区教育局副局长云某（代）."""
    person = f"{post}{name}"
    return f"{unit}{person}{'（代）' if substitute else ''}"


def rosters(rows: list[dict]) -> list[tuple[str, list[str]]]:
    """出席, 请假, 列席 as GB/T 9704 has them, from rows with unit, part, attendance, post, name, substitute.

    Who was invited and came is 列席; who stayed away without a word is told among those on leave.
    """
    groups: dict[str, list[str]] = {"出席": [], "请假": [], "列席": []}
    for row in rows:
        told = attendee(row["unit"], row["post"], row["name"], row["substitute"])
        if row["attendance"] == "present":
            groups["出席" if row["part"] == "member" else "列席"].append(told)
        elif row["attendance"] == "excused":
            groups["请假"].append(told)
        else:
            groups["请假"].append(f"{row['unit']}（未到）")
    return [(label, names) for label, names in groups.items() if names]


def opening(name: str, on: date, at: time, place: str, chair: str) -> str:
    """Who met when and where, as minutes begin."""
    minute = f"{at.minute:02d}分" if at.minute else ""
    when = f"{chinese_date(on)}{at.hour}时{minute}"
    return f"{when}，{chair}在{place}主持召开{name}。现将会议议定事项纪要如下。"


def organ_by_name(district: str, unit: str) -> dict[str, str]:
    """Whose minutes they are where the district has no setting: the conference as the plan calls it."""
    name = unit or "联席会议"
    return {
        "issuer": f"{district}{name.removeprefix('区')}", "word": "联席会议纪要", "copies_to": "",
        "printing_unit": "",
    }  # fmt: skip


def title(name: str) -> str:
    return f"{name}纪要"
