"""A list goes out as its page shows it: every table of every page, the same rows, in the same order, under the same
conditions, for whoever may see the page and nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils.html import strip_tags

from facilities.models import (
    ChildAccess,
    Enrolment,
    Facility,
    LedgerEntry,
    Neighbourhood,
    Population,
    Volunteer,
)
from facilities.paging import SIZE
from guidance.models import GuidanceEvent, GuidanceResource, GuidedChild
from inspections.models import (
    ChecklistDraft,
    DoubleDraw,
    Draw,
    EvaluationCase,
    EvaluationRound,
    IndicatorSet,
    PeerEvaluator,
    WatchList,
)
from inspections.services import draw_voids, freezing, grades
from portal.models import Street
from portal.services.reference import load_reference
from portal.spreadsheets import LISTS
from targets.services import reports, rollup
from tests import rows as any_row
from tests.facilities import factories, families
from tests.portal import stage as stages
from tests.portal.access import checklists as checklist_rows
from tests.portal.access import devices as device_rows
from tests.portal.access import evaluations as evaluation_rows
from tests.portal.access import facilities as facility_rows
from tests.portal.access import plans as plan_rows
from tests.portal.access.campaigns import a_campaign, of_visits
from tests.portal.access.conferences import a_conference
from tests.portal.access.joint import part_of
from tests.portal.access.subsidies import a_claim
from tests.portal.access.supervision import a_round
from tests.portal.spreadsheets import cells_of
from tests.portal.test_list_queries import more

TEMPLATES = Path(settings.BASE_DIR) / "templates"

#: Tables that are no list of their own, with the reason.
NO_LIST = {
    "components/as_table.html": "the words of a figure",
    "components/tile_map.html": "the words of a figure",
    "facilities/as_of.html": "a facility's file on a past day: REST and the dossier give it",
    "facilities/attendance_preview.html": "a file that is being read",
    "facilities/changes.html": "what differs between two days of one file",
    "facilities/clocks_summary.html": "counts of the list below it",
    "facilities/facility.html": "one file; its parts go out as lists",
    "facilities/facility_emergency.html": "one facility's part of the district's list",
    "facilities/filing_children.html": "children of a closing: names are handed over by the desk, one by one",
    "facilities/keepers.html": "who keeps one facility; all of them go out as a list",
    "facilities/map.html": "the words of the map; facilities and neighbourhoods are lists",
    "facilities/proposal.html": "one proposal",
    "facilities/records.html": "one file; premises, classes, fees and insurance go out as lists",
    "facilities/residents_street.html": "one street's part of the district's list",
    "facilities/residents_year.html": "versions of one street's year",
    "facilities/staff_member.html": "one person's file",
    "facilities/street_tiles.html": "a form",
    "facilities/training_session.html": "one session: its list of attendance goes out and comes in",
    "guidance/event_sheet.html": "a sheet to print; the event's page gives it as a list",
    "inspections/draw_team.html": "one team",
    "inspections/grade_factors.html": "the facts of one grade; how many go out with the list of all",
    "portal/design_parts.html": "the parts of the visual language",
    "portal/design_wide.html": "the parts of the visual language",
    "portal/districts.html": "the districts of the city, a handful; no rows of a district",
    "portal/documents.html": "the documents themselves",
    "portal/first_passwords.html": "passwords, shown once and kept by nobody",
    "portal/import_body.html": "a file that is being read",
    "portal/import_new.html": "the columns of a list, which goes out beside them",
    "portal/imports.html": "files that came in",
    "inspections/device.html": "one device",
    "portal/parameter.html": "one parameter's versions, part of the list",
    "portal/person.html": "one account",
    "targets/city_comparison.html": "its own workbook: lists go out in the scope of one district",
    "targets/city_figure.html": "one metric; all of them go out with the page before",
    "targets/city_target.html": "one target; all of them go out with the page before",
    "targets/city_targets.html": "its own workbook: lists go out in the scope of one district",
    "targets/document_changes.html": "two wordings side by side; each goes out as a workbook",
    "targets/document_drafts.html": "what is being written; each draft goes out as a workbook",
    "targets/document_file.html": "a file that is being read",
    "targets/naming_cycle.html": "its own workbook: the city takes nothing out of districts' lists",
    "targets/naming_cycles.html": "the cycles; the districts of each go out as a workbook",
    "targets/naming_experts.html": "accounts and reviews of one cycle",
    "targets/naming_points.html": "a form",
    "targets/plan_parts.html": "a draft or version goes out whole, as the workbook by which it comes in",
    "targets/report.html": "an official document",
    "targets/report_months.html": "a table of an official document",
    "targets/report_settings.html": "how a district issues: one line per kind of document",
    "targets/supervision_report.html": "an official document; the scores go out from their round's page",
    "targets/self_tables.html": "tables of an official document; the figures go out from the targets' page",
    "targets/target_body.html": "the rows behind a figure have their own file",
    "targets/task.html": "one task",
    "targets/unit_lines.html": "one unit's part of the matrix",
}
OFFERS = re.compile(r'export_button "([\w-]+)"|export="([\w-]+)"')


def test_every_table_of_a_page_goes_out_or_says_why_not():
    """A new page with a table fails here until it has its file or its reason."""
    without = set()
    for path in TEMPLATES.rglob("*.html"):
        name, text = str(path.relative_to(TEMPLATES)), path.read_text()
        if '<table class="tb' in text and not name.startswith("public/"):
            if not OFFERS.search(text) and "draw-export" not in text:
                without.add(name)
    assert without == set(NO_LIST)


def test_every_list_is_offered_by_a_page():
    """By its page's button; what comes in from a file is offered beside its template."""
    offered = set(LISTS.incoming)
    for path in TEMPLATES.rglob("*.html"):
        offered |= {key or other for key, other in OFFERS.findall(path.read_text())}
    assert offered >= set(LISTS.outgoing)


# ---- page and file


@dataclass(frozen=True)
class Compared:
    """A list with its page. `table`: the caption; `cells`: headings whose cells stand in the page's row. `about`: what
    the page is about, (name in the address of the file, value there, value in the page's own address). `queries`:
    conditions of the page; `narrow` those of which at least one must leave rows out."""

    table: str
    cells: tuple[str, ...]
    who: str = "bureau"
    queries: tuple[str, ...] = ()
    about: Callable | None = None
    narrow: bool = False
    #: rows of the page that are no table
    rows: str = r"<tr(?! class=\"sum\")[^>]*>(.*?)</tr>"
    row: str = 'scope="row"'
    most: int = SIZE


def facility(place):
    return "facility", place.facility.pk


PAGES = {
    "facilities": Compared(
        "机构名册",
        ("编号", "名称"),
        queries=("kind=baby_house", "sort=-places", "q=示例机构", "q=青果"),
        narrow=True,
    ),
    "staff": Compared(
        "从业人员名单", ("机构名称",), queries=("post=carer", "post=head", "certificate=short"), narrow=True
    ),
    "operators": Compared("举办者", ("举办者",), queries=("q=没有这样的",), narrow=True),
    "proposals": Compared(
        "变更申请", ("机构名称", "要改的", "为什么要改"), queries=("state=all", "state=refused"), narrow=True
    ),
    "filings": Compared("备案", ("编号",), queries=("state=sent", "state=over"), narrow=True),
    "applicants": Compared("核对过的", ("单位", "编号")),
    "credit": Compared(
        "诚信记录", ("编号", "机构名称"), queries=("kind=incentive", "state=proposed"), narrow=True
    ),
    "bans": Compared("终身禁入决定", ("姓名", "文书编号")),
    "hand-overs": Compared("本区接过的", ("姓名", "用途")),
    "hand-overs-given": Compared("别的区从本区接走的", ("姓名", "用途")),
    "training": Compared("培训场次", ("场次", "课程"), queries=("tab=waiting", "tab=cancelled"), narrow=True),
    "courses": Compared("课程库", ("编号", "课程")),
    "trainers": Compared("培训人员", ("姓名", "单位")),
    "hours": Compared("课时", ("街镇", "在岗"), queries=("year=2020",)),
    "clocks": Compared(
        "到期提醒",
        ("事项", "机构名称"),
        queries=("kind=certificate", "light=over", "facility=TS0001"),
        narrow=True,
    ),
    "emergency": Compared(
        "应急预案与演练",
        ("机构编号", "机构名称", "状态"),
        queries=("lacks=fire", "q=青果", "sort=-street"),
        narrow=True,
    ),
    "residents": Compared("各街镇的人口数", ("街镇", "来源"), queries=("year=2021",), narrow=True),
    "supply": Compared("各街镇的托位和人口", ("街镇",), most=200),
    "forecast": Compared("各街镇的预测", ("街镇",), queries=("of=one_to_three",), most=200),
    "circle": Compared("圈内没有机构的居委", ("居委", "街镇"), queries=("kind=baby_house",)),
    "what_if": Compared("开在哪里", ("居委", "街镇"), queries=("sites=2&kind=baby_house",), most=50),
    "neighbourhoods": Compared("居委", ("街镇", "居委"), queries=("street=1", "sort=-name")),
    "sites": Compared("各街镇的宝宝屋", ("机构名称",)),
    "rules": Compared("规则", ("规则", "要求"), queries=("view=failed", "view=weak"), narrow=True, most=200),
    "rule": Compared(
        "",
        ("机构编号", "机构名称"),
        queries=("verdict=met", "verdict=unknown"),
        about=lambda p: ("rule", "insured"),
        row='<td class="mono">',
    ),
    "rule-streets": Compared("各街镇的规则执行", ("街镇", "不符合最多的规则")),
    "street-rules": Compared("规则", ("规则",), about=lambda p: ("street", p.street.pk), most=200),
    "facility-rules": Compared("规则执行", ("规则", "查到", "要求", "结论"), about=facility, most=200),
    "children": Compared(
        "幼儿名单",
        ("编号", "姓名", "体检有效期"),
        queries=("state=ended", "state=dropped"),
        about=facility,
        narrow=True,
    ),
    "access-requests": Compared("", ("幼儿", "事由"), who="head", rows=r"<li>(.*?)</li>", row='class="clock'),
    "child-log": Compared(
        "查看记录", ("事由",), about=lambda p: ("child", ChildAccess.objects.first().child_id)
    ),
    "deletions": Compared("删除证明", ("证明", "幼儿", "原因")),
    "care-sessions": Compared(
        "一周的照护时段", ("房间", "照护方式"), about=lambda p: ("facility", site_of(p))
    ),
    "ledger": Compared(
        "明细", ("摘要",), about=lambda p: ("facility", site_of(p)), queries=("year=2024",), narrow=True
    ),
    "guidance-places": Compared(
        "育儿指导场所",
        ("编号", "名称", "服务"),
        queries=("kind=base", "closed=on", "sort=-street"),
        narrow=True,
    ),
    "guided-children": Compared("登记的幼儿", ("编号",), queries=("state=ended",), narrow=True),
    "guidance-sessions": Compared(
        "指导服务", ("内容", "种类"), queries=("kind=psychology", "sort=day"), narrow=True
    ),
    "guidance-services": Compared(
        "得到的指导", ("内容", "计入"), about=lambda p: ("child", GuidedChild.objects.first().pk)
    ),
    "guidance-events": Compared(
        "育儿指导活动",
        ("活动名称", "类型", "状态"),
        queries=("kind=carnival", "state=draft", "sort=day"),
        narrow=True,
    ),
    "guidance-resources": Compared(
        "科学育儿资源",
        ("编号", "类型", "状态"),
        queries=("kind=film", "state=draft", "sort=weeks"),
        narrow=True,
    ),
    "resource-days": Compared(
        "发出和打开",
        ("发出", "打开"),
        about=lambda p: ("resource", GuidanceResource.objects.filter(kind="kit").first().pk),
    ),
    "kit-uses": Compared("资源包使用", ("资源包",), queries=("sort=from",)),
    "nursing-places": Compared(
        "母婴设施",
        ("编号", "名称", "类别"),
        queries=("kind=employer", "state=open", "sort=-street"),
        narrow=True,
    ),
    "nursing-coverage": Compared("各街镇母婴设施", ("街镇",)),
    "guidance-courses": Compared(
        "科学育儿课程", ("编号", "课程名称"), queries=("audience=staff", "closed=on"), narrow=True
    ),
    "lecturers": Compared("讲师", ("姓名", "单位"), queries=("q=示例",)),
    "guidance-event-signups": Compared(
        "活动报名",
        ("手机尾号", "月龄"),
        about=lambda p: ("event", GuidanceEvent.objects.filter(signups__isnull=False).first().pk),
        queries=("signup=cancelled",),
        narrow=True,
    ),
    "newborns": Compared("新生儿上门", ("编号",), queries=("state=visited", "state=due"), narrow=True),
    "births": Compared("出生数", ("街镇", "来源"), queries=("year=2021", "sort=month"), narrow=True),
    "inspections": Compared("检查", ("检查编号", "机构名称"), queries=("state=published",), narrow=True),
    "campaigns": Compared("专项检查", ("主题", "种类"), queries=("tab=done",), narrow=True),
    "campaign-visits": Compared("逐家情况", ("机构名称",), about=lambda p: ("campaign", of_visits(p))),
    "visit-parts": Compared("部门的部分", ("机构名称", "检查编号"), queries=("state=pending",), narrow=True),
    "orders": Compared("整改通知", ("整改通知编号", "机构名称"), queries=("tab=answered",), narrow=True),
    "results": Compared("检查结果", ("检查编号", "机构名称"), queries=("tab=answered",), narrow=True),
    "indicator-sets": Compared("评估标准", ("代号", "名称", "状态")),
    "indicators": Compared(
        "评估指标",
        ("编号", "指标", "分值"),
        about=lambda p: ("set", IndicatorSet.objects.first().pk),
        most=400,
    ),
    "agreement": Compared("检查人员一致性", ("名称", "对数", "看法"), queries=("of=people", "of=lists")),
    "agreement-rows": Compared(
        "双评的答案",
        ("检查编号", "机构名称", "第二人"),
        about=lambda p: ("heading", f"items~{DoubleDraw.objects.first().keys[0]}"),
    ),
    "evaluations": Compared("质量评估", ("年份", "名称", "状态")),
    "evaluation-cases": Compared(
        "被评估的机构",
        ("机构编号", "机构名称", "状态"),
        about=lambda p: ("round", EvaluationRound.objects.first().pk),
        queries=("state=decided",),
        narrow=True,
    ),
    "evaluation-peers": Compared(
        "互评人", ("机构编号", "机构名称"), about=lambda p: ("round", PeerEvaluator.objects.first().round_id)
    ),
    "evaluation-compared": Compared(
        "各方的分", ("编号", "指标"), about=lambda p: ("case", EvaluationCase.objects.first().pk), most=400
    ),
    "evaluation-sheets": Compared("我的评估表", ("机构编号", "谁评的"), who="operator"),
    "evaluation-selection": Compared(
        "示范机构", ("次序", "机构名称"), about=lambda p: ("round", EvaluationRound.objects.first().pk)
    ),
    "plans": Compared("年度检查计划", ("年份", "计划", "状态")),
    "rehearsal": Compared(
        "演练结果",
        ("中位数", "最多"),
        queries=("table=streets", "table=inspectors"),
        about=lambda p: ("plan", rehearsed(p)),
        most=400,
    ),
    "grades": Compared("风险等级", ("机构名称", "状态"), queries=("tab=all", "tab=same"), narrow=True),
    "grade-history": Compared("等级的经过", ("怎么定的", "原因"), about=facility),
    "devices": Compared("设备", ("设备编号", "位置"), queries=("kind=alarm", "state=fine"), narrow=True),
    "outages": Compared("告警", ("机构名称", "设备编号"), queries=("over=on",)),
    "watches": Compared("抽看名单", ("周",)),
    "watch-slots": Compared(
        "",
        ("机构名称", "位置"),
        about=lambda p: ("week", WatchList.objects.order_by("-year").first().pk),
        rows=r'<section id="s\d+"[^>]*>(.*?)</section>',
        row='class="sec"',
    ),
    "complaints": Compared("投诉", ("投诉编号",), queries=("tab=received",), narrow=True),
    "incidents": Compared("安全事件", ("事件编号", "机构名称"), queries=("tab=closed",), narrow=True),
    "draws": Compared("各月抽取", ("到哪一步",), queries=("year=2024",), most=400),
    "inspectors": Compared("检查人员", ("编号", "单位"), queries=("tab=out",), narrow=True, most=400),
    "freeze-changes": Compared(
        "名单的变化", ("编号", "变化"), about=lambda p: ("draw", changed_freezing(p)), most=400
    ),
    "matters": Compared("抽查事项清单", ("抽查事项", "检查主体")),
    "checklists": Compared("检查表", ("检查表", "项数")),
    "checklist": Compared("", ("检查什么", "权重"), about=lambda p: ("checklist", "safety"), most=400),
    "checklist-draft": Compared(
        "检查项", ("检查什么", "权重"), about=lambda p: ("checklist", drafted_list(p)), most=400
    ),
    "units": Compared("单位与任务", ("单位", "牵头"), most=200),
    "rounds": Compared("报送轮次", ("年份",)),
    "reports": Compared("督查报告", ("状态",)),
    "attestations": Compared("由材料证明的指标", ("指标", "状态"), queries=("status=missing",), most=400),
    "subsidy-claims": Compared("补贴申报", ("申报编号", "状态"), queries=("tab=paid",), narrow=True),
    "subsidy-rules": Compared("补贴标准", ("补贴", "状态")),
    "subsidy-items": Compared("算了什么", ("内容", "说明"), about=lambda place: ("claim", a_claim(place).pk)),
    "conferences": Compared("联席会议", ("会议", "状态"), queries=("tab=coming",), narrow=True),
    "supervisions": Compared("单位年度督查", ("年份", "状态"), queries=("tab=final",), narrow=True),
    "people": Compared("人员与角色", (), who="security_admin", most=500),
    "parameters": Compared("参数", ("参数", "值"), queries=("view=weak",), narrow=True, most=500),
    "clients": Compared("数据接口", ("名称", "权限"), who="system_admin"),
}
#: Lists that no single table shows, with what their own tests say of them.
APART = {
    "tasks": "a matrix: tests/targets", "targets": "cards and rows: tests/targets", "progress": "no page of its own",
    "subsidy-year": "sums by street: tests/targets",
    "cycle_entries": "on each application's page: tests/targets/test_naming.py",
    "decisions": "on their meetings' pages: tests/targets",
    "supervision-ranking": "on its round's page: tests/targets",
    "supervision-answers": "on their cases' pages: tests/targets",
    "audit": "tests/portal/test_exports.py", "premises": "parts of files", "classes": "parts of files",
    "fees": "parts of files", "fee-notices": "parts of files", "insurance": "parts of files", "rooms": "parts of files",
    "permits": "parts of files", "menus": "parts of files", "keepers": "parts of files",
    "kindergartens": "tests/facilities/test_kindergartens.py",
    "certificates": "no page", "emergency-plans": "parts of files", "drills": "parts of files",
    "volunteers": "parts of files", "trainer-trainings": "the counts of the page of trainers",
    "failures": "all rules together", "clinics": "a short list beside the texts",
    "inspector-employers": "parts of each inspector's page",
}  # fmt: skip


def changed_freezing(place) -> int:
    """A freezing after another one, with a facility that has another grade."""
    draw = Draw.objects.filter(replaces__isnull=False).order_by("-pk").first()
    if draw is None:
        one = place.draw("frozen")
        asked = draw_voids.request_void(one, reason="示例理由", actor=place.process)
        draw_voids.confirm_void(asked, actor=place.process)
        Facility.objects.filter(pk=place.facility.pk).update(grade="D")
        draw = freezing.freeze(one.scheme, one.year, one.month, actor=place.process)
    return draw.pk


def drafted_list(place) -> str:
    draft = ChecklistDraft.objects.filter(state="draft").order_by("pk").first()
    return (draft or checklist_rows.a_draft(place)).checklist.key


def rehearsed(place) -> int:
    return plan_rows.a_plan(place).year


def site_of(place) -> int:
    return LedgerEntry.objects.order_by("pk").first().facility_id


def furnish(place) -> None:
    """Beside `more`: rows of the lists that it has none of."""
    more(place, 2)
    part_of(place)
    part_of(place, "due")
    a_campaign(place)
    a_campaign(place, "closed")
    a_campaign(place, "approved")
    a_conference(place, "called")
    a_conference(place, "confirmed")
    a_round(place, "open")
    a_round(place, "final")
    a_claim(place)
    a_claim(place, "paid")
    site = families.site(factories.facility(place.street), place.process)
    families.sessions(site, place.process)
    for year in (2024, 2026):
        any_row.make(LedgerEntry, facility=site, on=date(year, 5, 5), note=f"示例{year}", amount=5)
    any_row.make(Volunteer, facility=site)
    any_row.make(LedgerEntry, facility=site, on=date(2026, 5, 6), note="示例又一笔", amount=6)
    for year in range(2020, 2025):
        for kind in ("births", "one_to_three", "under_three"):
            any_row.make(
                Population,
                street=place.street,
                year=year,
                kind=kind,
                state="in_force",
                source=f"示例{year}",
                counted_on=date(year, 12, 31),
                count=100,
            )
    elsewhere = {
        "year": 2024,
        "kind": "total",
        "state": "in_force",
        "source": "示例2024",
        "counted_on": date(2024, 12, 31),
    }
    any_row.make(Population, street=Street.objects.exclude(pk=place.street.pk).first(), **elsewhere)
    for n in range(3):
        any_row.make(Neighbourhood, street=place.street, name=f"示例居委{n}", under_three=n, latitude=30 + n)
    device_rows.of_device(place)
    device_rows.of_week(place)
    gone = families.ready(families.applied(place.facility, place.process), place.process)
    any_row.make(ChildAccess, child=gone.child, facility=place.facility, parts=["record"], reason="示例事由")
    Enrolment.objects.filter(pk=gone.pk).update(
        state="ended", starts_on=families.today(), ends_on=families.today()
    )
    facility_rows.training_session(place, -3)
    plan_rows.a_rehearsal(place)
    place.complaint()
    place.incident()
    grades.decide([grades.Choice(place.facility, "C", "示例评估")], actor=place.process)
    grades.propose(actor=place.process)
    evaluation_rows.a_peers_sheet(place)
    evaluation_rows.doubled(place, "finished")


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), stages.undone():
        made = stages.build()
        with made.inside.scope():
            load_reference()
            furnish(made.inside)
            today = families.today()
            period = rollup.period_of(today.year, today.month, on=today)
            rollup.roll_up(period, actor=made.inside.process)
            reports.draft_report(today.year, today.month, actor=made.inside.process)
        yield made


def shown(html: str, one: Compared) -> list[str]:
    """The text of each row of the page."""
    parts = [html]
    if one.table:
        parts = re.findall(rf'<caption class="vh">{re.escape(one.table)}</caption>(.*?)</table>', html, re.S)
    found = [row for part in parts for row in re.findall(one.rows, part, re.S) if one.row in row]
    return [re.sub(r"\s+", " ", unescape(strip_tags(row))) for row in found]


def words(cell) -> str:
    """A cell as a page may write it."""
    if isinstance(cell, float):
        return f"{cell:g}"
    return "" if hasattr(cell, "isoformat") else re.sub(r"\s+", " ", str(cell)).strip()


def pair(stage, key: str, query: str) -> tuple[list[str], list[dict]]:
    """The rows of the page and those of the file."""
    one, out = PAGES[key], LISTS.outgoing[key]
    client, args = stage.clients[one.who], []
    if one.about:
        with stage.inside.scope():
            args = [one.about(stage.inside)[1]]
    page = client.get(reverse(out.url, args=["minhang", *args]) + f"?{query}")
    assert page.status_code == 200, (key, query)
    html = page.content.decode()
    offer = re.search(rf'href="(/minhang/exports/{key}/[^"]*)"', html)
    assert offer, f"{key}: the page does not offer the file"
    address = unescape(offer.group(1))
    assert all(part in address for part in query.split("&") if part and "=" in part and part.isascii()), (
        address
    )
    file = client.get(address.replace("choose=1", ""))
    assert file.status_code == 200 and file.headers["Content-Type"].startswith("application/vnd"), (
        key,
        address,
    )
    head, *lines = cells_of(file.content)
    return shown(html, one), [dict(zip(head, line, strict=True)) for line in lines]


@pytest.mark.walk(2)
@pytest.mark.parametrize("key", sorted(PAGES))
def test_page_and_file_have_the_same_rows(key, stage):
    one, sizes = PAGES[key], []
    for query in ("", *one.queries):
        page, file = pair(stage, key, query)
        sizes.append(len(file))
        expected = file
        if key == "applicants":  # those that wait stand in a list of their own above
            expected = [row for row in file if row["状态"] != "待核对"]
        if key == "residents":  # the page has a row for the streets that nobody counted, too
            page = [row for row in page if "示例20" in row]
        assert len(page) == min(len(expected), one.most), (key, query, len(page), len(expected))
        for row, text in zip(expected, page, strict=False):
            for heading in one.cells:
                assert words(row[heading]) in text, (key, query, heading, row, text)
    assert sizes[0] > 0, f"{key}: nothing to compare"
    if one.narrow:
        assert len(set(sizes)) > 1, f"{key}: no condition makes a difference"


@pytest.mark.parametrize("key", sorted(key for key, one in LISTS.outgoing.items() if one.of))
def test_a_long_list_about_one_row_leads_back_to_its_page(key, stage):
    """The page that offers to make it in the background, and the one on which it is made."""
    one = LISTS.outgoing[key]
    with stage.inside.scope():
        name, value = PAGES[key].about(stage.inside)
    page = reverse(one.url, args=["minhang", value]) + "?on=2026-03-18"
    address = reverse("export", args=["minhang", key]) + f"?{name}={value}&on=2026-03-18"
    client = stage.clients["bureau"]
    assert page in client.get(f"{address}&choose=1").content.decode()
    with stages.undone():
        made = client.post(address)
        assert made.status_code == 302 and page in client.get(made.url).content.decode()


def test_every_list_is_compared():
    assert set(PAGES) | set(APART) == set(LISTS.outgoing) and not set(PAGES) & set(APART)


@pytest.mark.parametrize("key", sorted(LISTS.outgoing))
def test_an_address_that_nobody_wrote_gives_a_file_or_none(key, stage):
    """Whatever stands in the query: a file, a page that offers one, or that there is none; never an error."""
    one = LISTS.outgoing[key]
    who = PAGES[key].who if key in PAGES else {"audit": "audit_admin"}.get(key, "bureau")
    client = stage.clients[who]
    names = (
        "q street state year on from tab kind light sort version round of facility rule child checklist verdict"
    ).split()
    for value, rest in (("１２", ""), ("9" * 30, "&choose=1")):
        query = "&".join(f"{name}={value}" for name in names) + rest
        answer = client.get(reverse("export", args=["minhang", key]) + f"?{query}")
        assert answer.status_code in (200, 404), (key, query, answer.status_code)
    nobody = stage.clients["parent"].get(reverse("export", args=["minhang", key]))
    assert nobody.status_code in (403, 404)
    assert one.label
