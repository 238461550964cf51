"""sign-ins.txt: which account plays which part, and what there is to do for it. bin/up shows it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from unicodedata import east_asian_width

from django.conf import settings

from facilities.models import FacilityGrant, Filing
from inspections.models import Inspection, Order, TeamMember
from portal.models.people import User
from portal.models.places import District
from portal.tenancy import district_scope
from targets.demonstration.people import PASSWORD
from targets.demonstration.sizes import SIZES
from targets.demonstration.story import BEHIND, OPEN

TOKEN_FILE = "demonstration-token"


def write(target: Path, content: str) -> None:
    """A file that only its owner reads."""
    half = target.with_suffix(".new")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    half.replace(target)


def keep_token(token: str) -> None:
    write(Path(settings.DATA_DIR, TOKEN_FILE), token + "\n")


def width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def table(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    rows = list(rows)
    first, second = (max(width(row[place]) for row in rows) for place in (0, 1))
    return [
        f"  {a}{' ' * (first - width(a))}  {b}{' ' * (second - width(b))}  {c}".rstrip() for a, b, c in rows
    ]


def officer(street: str) -> str:
    grant = User.objects.filter(
        memberships__role="street_officer", memberships__unit__street__name=street
    ).first()
    return grant.username if grant else ""


def drawn_inspector(slug: str) -> tuple[str, int, str]:
    """Who has most visits left in the street that the story keeps open, how many, and the street."""
    due = Inspection.objects.filter(state="due", kind=Inspection.Kind.DRAWN).select_related(
        "facility__street"
    )
    left: dict[str, list[Inspection]] = {}
    for visit in due.exclude(facility__street__name=BEHIND[slug]).order_by("pk"):
        left.setdefault(visit.facility.street.name, []).append(visit)
    if not left:
        return "", 0, OPEN[slug]
    street = OPEN[slug] if OPEN[slug] in left else max(left, key=lambda name: len(left[name]))
    members = TeamMember.objects.filter(inspection__in=left[street], dropped_at__isnull=True)
    counts = Counter(
        member.inspector.user.username
        for member in members.select_related("inspector__user").order_by("inspector__code")
    )
    name, visits = counts.most_common(1)[0]
    return name, visits, street


def operator() -> tuple[str, str]:
    """An operator with an order to answer: account and the order's number."""
    facilities = FacilityGrant.objects.filter(user__memberships__role="operator")
    order = (
        Order.objects.filter(state="issued", facility__in=facilities.values("content_object"))
        .order_by("-due_on", "number")
        .first()
    )
    if order is None:
        return "", ""
    user = facilities.filter(content_object=order.facility_id).select_related("user").first().user
    return user.username, order.number


def applicant() -> str:
    """Who has to mend a filing."""
    filing = Filing.objects.filter(state="returned").select_related("opened_by").order_by("pk").first()
    return filing.opened_by.username if filing else ""


def rows_of(district: District) -> list[tuple[str, str, str]]:
    """The parts of one district, in the order in which a month goes."""
    short = SIZES[district.slug].short
    behind = BEHIND[district.slug]
    with district_scope(district, read_only=True):
        inspector, visits, left_open = drawn_inspector(district.slug)
        answers, number = operator()
        rows = [
            ("区教育局经办", f"{short}-bureau", "今天、下个月的抽取（冻结、掷骰录入）、指标、督查报告送审稿"),
            ("区教育局复核", f"{short}-bureau2", "核对点数并抽取：录入和确认要两个人"),
            ("单位负责人", f"{short}-head", "印发报告、指派检查人员、决定作废"),
            ("检查人员", inspector, f"{left_open}还有 {visits} 家待检查，可在手机上做"),
            ("街镇", officer(left_open), f"{left_open}的机构、整改、本单位要报的进展"),
            ("落后的街镇", officer(behind), f"{behind}：本月还没有检查，最近两轮进展没有报"),
            ("部门", f"{short}-health", "区卫健委要报的任务进展"),
            ("机构举办者", answers, f"{number} 等答复"),
            ("宝宝屋前台", f"{short}-desk", "入托没办完的幼儿、家长同意、照护时段"),
            ("备案审核", f"{short}-reviewer", "受理、退回补正、审核备案，核对开户申请"),
            ("备案申请人", applicant(), "有一份备案要补正，还没有自己的机构"),
            ("外聘专家", f"{short}-expert", "质量评估：委托方的评分表"),
            ("审计", f"{short}-auditor", "看全部记录，不能改"),
            (
                "系统、安全、审计管理员",
                f"{short}-sysadmin",
                f"{short}-secadmin、{short}-auditadmin：三个人分开",
            ),
        ]
    return [row for row in rows if row[1]]


def text(districts: list[District]) -> str:
    first = districts[0]
    rows = [
        ("角色", "账号", "去看什么"),
        *rows_of(first),
        ("市级", "sh-city", "看三个区，只读；示范创建由 sh-city 和 sh-city2 两个人办"),
        ("市级系统管理员", "sh-sysadmin", "开通一个区"),
        ("评审专家", "sh-expert", "示范创建：审核一个区的自评"),
    ]
    others = [f"{SIZES[one.slug].short}-bureau（{one.name}）" for one in districts[1:]]
    lines = [f"演示账号，密码都是 {PASSWORD}。机构与人员均为虚构。", "", f"{first.name}", *table(rows)]
    short, prefix = SIZES[first.slug].short, first.prefix
    lines += [
        "",
        f"每名检查人员、每家机构都有账号：JC012 用 {short}-jc012，{prefix}0096 用 {short}-op-0096。",
    ]
    if others:
        lines += [f"其他区的账号换一个前缀：{'、'.join(others)} …"]
    token = Path(settings.DATA_DIR, TOKEN_FILE)
    if token.exists():
        lines.append(f"接口令牌（{first.name}）：{token.read_text().strip()}")
    return "\n".join(lines) + "\n"


def path() -> Path:
    return Path(settings.DATA_DIR, "sign-ins.txt")


def keep(districts: list[District]) -> None:
    write(path(), text(districts))
