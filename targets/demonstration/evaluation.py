"""Quality evaluation: an invented indicator set, a round that is over, with a model facility, and one that runs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random

from django.core.files.base import ContentFile

from facilities.models import Facility, FacilityGrant
from inspections.models import EvaluationCase, EvaluationRound, EvaluationSheet, Indicator, IndicatorSet
from inspections.rules import evaluation_sets as rules
from inspections.services import evaluation_decisions as decisions
from inspections.services import evaluation_rounds as rounds
from inspections.services import evaluation_selection as selection
from inspections.services import evaluation_sets as sets
from inspections.services import evaluation_sheets as sheets
from portal import pdf
from portal.access import Actor
from portal.models.people import User
from portal.rules.rights import Role
from portal.services import bulk
from targets.demonstration import names
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew
from targets.demonstration.people import PASSWORD, username
from targets.demonstration.stages import Terms

#: Dimension -> its invented indicators with the evidence asked; the points are parted evenly, the last takes the rest.
ITEMS = {
    "conditions": (("场地、采光和通风", "平面图"), ("户外活动场地", "照片"), ("设施设备齐全", "设备清单")),
    "staff": (("人员配备达到比例", "花名册"), ("持证上岗", "证书"), ("岗位培训", "培训记录")),
    "care": (("一日生活安排", "作息表"), ("回应性照护", "观察记录"), ("游戏与户外活动", "活动计划")),
    "health": (("晨检和全日观察", "晨检记录"), ("膳食营养", "带量食谱"), ("消毒与传染病防控", "消毒记录")),
    "family": (("家庭联系", "联系记录"), ("育儿指导活动", "活动记录")),
    "safety": (("门卫和接送", "接送登记"), ("视频和报警", "设备状态"), ("应急演练", "演练记录")),
    "management": (("制度健全", "制度汇编"), ("收费公示", "公示照片")),
}  # fmt: skip
VETOES = (
    "超出备案范围收托", "聘用被终身禁入的人员", "虐待幼儿", "发生重大安全责任事故", "隐瞒安全事件", "食物中毒责任事故",
    "传染病疫情瞒报", "消防不合格仍收托", "建筑安全不合格", "监控缺失或擅自删除录像", "无证上岗", "伪造记录或材料",
    "卷款停业", "侵占幼儿伙食费", "泄露幼儿信息", "拒绝依法检查",
)  # fmt: skip
KEY = "nursery"
#: How the four of the round that is over came out: share of the points given by themselves, peers, third party, district.
ENDED = ((0.98, 0.96, 0.95, 0.95), (0.93, 0.86, 0.84, 0.85), (0.95, 0.75, 0.66, 0.68), (0.9, 0.8, 0.78, 0.78))
SELF_IN, PEERS_IN, RUNNING = 4, 1, 8
KINDS = ("nursery", "inclusive_site", "integrated_kindergarten")
#: With fewer facilities there is nobody left to evaluate others.
FEWEST = 6


def make(terms: Terms, crew: Crew) -> str:
    indicators = make_set(crew, terms.today)
    expert = make_expert(crew, terms)
    found = candidates()
    if len(found) < FEWEST:
        return "只有标准"
    third = min(len(ENDED), len(found) // 3)
    first, peers, rest = found[:third], found[third : 2 * third], found[2 * third : 2 * third + RUNNING]
    ended = make_ended(crew, terms, indicators, expert, first, peers)
    running = make_running(crew, terms, indicators, expert, rest, [*first, *peers])
    return f"{ended.cases.count()} 家评完，{running.cases.count()} 家在评"


def candidates() -> list[Facility]:
    """Facilities with an account, nurseries first; before the others those that meet the criteria of a model."""
    granted = FacilityGrant.objects.filter(user__memberships__role=Role.OPERATOR).values("content_object")
    rows = Facility.objects.operating().filter(kind__in=KINDS, pk__in=granted).select_related("operator")
    rows = sorted(rows, key=lambda one: (KINDS.index(one.kind), one.code))[:60]
    poor = set(
        Facility.objects.filter(orders__state__in=("issued", "answered"), pk__in=[one.pk for one in rows])
        .values_list("pk", flat=True)
    ) | set(Facility.objects.filter(incidents__isnull=False).values_list("pk", flat=True)) | set(
        Facility.objects.filter(credit__isnull=False).values_list("pk", flat=True)
    )  # fmt: skip
    return [one for one in rows if one.pk not in poor] + [one for one in rows if one.pk in poor]


def make_set(crew: Crew, today: date) -> IndicatorSet:
    """Three steps of the points for each indicator; submitted by the bureau, published by the head."""
    points = {name: number for name, (_words, number) in rules.DIMENSIONS.items()}
    made = sets.make_set(
        key=KEY, title="托育机构质量评估标准（示例指标）", basis="WS/T 821-2023 的结构，指标为示例",
        kinds=list(KINDS), points=points, actor=crew.bureau,
    )  # fmt: skip
    for dimension, items in ITEMS.items():
        each = points[dimension] // len(items)
        for number, (text, evidence) in enumerate(items, start=1):
            share = each if number < len(items) else points[dimension] - each * (len(items) - 1)
            sets.enter_indicator(
                made, actor=crew.bureau, dimension=dimension, code=f"{number}", text=f"示例：{text}", points=share,
                steps="", evidence=evidence,
            )  # fmt: skip
    for number, text in enumerate(VETOES, start=1):
        sets.enter_indicator(
            made, actor=crew.bureau, dimension=rules.VETO, code=str(number), text=f"示例：{text}", points=None,
            steps="", evidence="",
        )  # fmt: skip
    made.refresh_from_db()
    day = today - timedelta(200)
    made = sets.submit_set(made, actor=crew.bureau, version=made.version, at=at(day, 9))
    return sets.publish_set(made, actor=crew.head, version=made.version, on=day + timedelta(3))


def make_expert(crew: Crew, terms: Terms) -> Actor:
    """Somebody of the third party."""
    random = Random(f"{terms.seed}/{crew.size.slug}/expert")
    row = {"username": username(crew.size, "expert"), "name": names.person(random), "role": Role.EXPERT}
    made = bulk.create_people([row], password=PASSWORD, actor=crew.system, on=terms.today - timedelta(210))
    crew.__dict__.pop("_memberships", None)
    return crew.of(made[row["username"]])


def keeper(facility: Facility) -> User:
    grants = FacilityGrant.objects.filter(content_object=facility, user__memberships__role=Role.OPERATOR)
    return grants.select_related("user").order_by("pk").first().user


def days(first: date, *spans: tuple[int, int]) -> dict:
    return {
        f"{kind}_{end}": first + timedelta(n)
        for kind, span in zip(("self", "peer", "third"), spans, strict=True)
        for end, n in zip(("from", "until"), span, strict=True)
    }


def begin(crew: Crew, indicators: IndicatorSet, evaluated: list[Facility], peers: list[Facility], **values):
    made = rounds.make_round(indicators, actor=crew.bureau, peers=1, **values)
    rounds.choose(made, codes=[one.code for one in evaluated], actor=crew.bureau)
    for one in peers:
        rounds.enter_peer(made, one, keeper(one), actor=crew.bureau)
    made.refresh_from_db()
    return rounds.open_round(made, actor=crew.bureau, version=made.version)


def fill(
    sheet: EvaluationSheet, share: float, actor: Actor, now: datetime, *, veto: str = "", most: int = 1000
):
    """Every indicator that has nothing yet with about this share of its points, the first `most` of them."""
    given = {}
    for one in Indicator.objects.filter(set=sheet.case.round.set_id).exclude(scores__sheet=sheet)[:most]:
        if one.dimension == rules.VETO:
            bad = one.code == veto
            given[one] = (None, bad, "示例：现场核实属实" if bad else "")
        else:
            given[one] = (Decimal(int(one.points * share * 2)) / 2, None, "")
    if given:
        sheets.save_scores(sheet, given, actor=actor, now=now)
    return sheet


@cache
def report() -> bytes:
    """One invented report for all, as a page takes a third of a second to be set."""
    return pdf.render(
        '<html lang="zh-CN"><title>评估报告（示例）</title><body><h1><span>评估报告（示例）</span></h1>'
        '<div class="opening"><p>受托评估，结论见评估表。</p></div></body></html>'
    )


def hand_in(sheet: EvaluationSheet, share: float, actor: Actor, now: datetime, *, veto: str = "") -> None:
    fill(sheet, share, actor, now, veto=veto)
    sheet.refresh_from_db()
    upload = None
    if sheet.kind == "third":
        upload = ContentFile(report(), name="评估报告.pdf")
    sheets.submit_sheet(sheet, note="", upload=upload, version=sheet.version, actor=actor, now=now)


def sheet_of(case: EvaluationCase, kind: str) -> EvaluationSheet:
    return EvaluationSheet.objects.select_related("case__round", "case__facility").get(case=case, kind=kind)


def peers_of(case: EvaluationCase) -> list[EvaluationSheet]:
    """One, or none where everybody left is of the same operator or chain."""
    rows = EvaluationSheet.objects.select_related("case__round", "case__facility", "evaluator")
    return list(rows.filter(case=case, kind="peer", state="open"))


def make_ended(crew: Crew, terms: Terms, indicators, expert: Actor, evaluated, peers) -> EvaluationRound:
    """Over: one A that becomes a model, a B, a C that objected in vain, one with a veto item."""
    first = terms.today - timedelta(150)
    row = begin(
        crew, indicators, evaluated, peers,
        year=first.year, title=f"{first.year} 年上半年托育机构质量评估（示例）", **days(first, (0, 20), (10, 30), (15, 40)),
    )  # fmt: skip
    rounds.assign_by_chance(row, actor=crew.bureau, seed="5a" * 32, at=at(first + timedelta(9), 10))
    cases = list(row.cases.select_related("round", "facility").order_by("pk"))
    for number, (case, shares) in enumerate(zip(cases, ENDED, strict=False)):
        veto = "11" if number == 3 else ""
        hand_in(
            sheet_of(case, "self"), shares[0], crew.of(keeper(case.facility)), at(first + timedelta(12), 10)
        )
        for peer in peers_of(case):
            hand_in(peer, shares[1], crew.of(peer.evaluator), at(first + timedelta(24), 10))
        third = rounds.name_evaluator(
            case, "third", expert.user, actor=crew.bureau, at=at(first + timedelta(14), 9)
        )
        hand_in(third, shares[2], expert, at(first + timedelta(35), 10), veto=veto)
        decide(crew, case, first, objects=number == 2)
    decisions.settle_due(actor=crew.system, on=first + timedelta(75))
    for case in row.cases.filter(state="final"):
        decisions.publish(case, actor=crew.bureau, version=case.version, on=first + timedelta(76))
    choose_model(crew, row, first + timedelta(80))
    row.refresh_from_db()
    return rounds.close_round(row, actor=crew.bureau, version=row.version)


def decide(crew: Crew, case: EvaluationCase, first: date, *, objects: bool) -> None:
    """As the third party found it; the head confirms. Who objects is answered."""
    decisions.open_final(case, actor=crew.bureau, at=at(first + timedelta(45), 9))
    case.refresh_from_db()
    case = decisions.decide(
        case, reasons="示例：以委托评估为准，互评意见一致的从互评。", actor=crew.bureau, version=case.version,
        at=at(first + timedelta(46), 10),
    )  # fmt: skip
    case = decisions.confirm(case, actor=crew.head, version=case.version, at=at(first + timedelta(50), 10))
    if objects:
        operator = crew.of(keeper(case.facility))
        case = decisions.object_to(
            case, text="示例：膳食一项的材料已经补齐，分偏低。", actor=operator, version=case.version,
            at=at(first + timedelta(52), 15),
        )  # fmt: skip
        decisions.answer(
            case, agree=False, text="示例：材料在评估日之后形成，维持。", actor=crew.head, version=case.version,
            at=at(first + timedelta(58), 10),
        )  # fmt: skip


def choose_model(crew: Crew, row: EvaluationRound, day: date) -> None:
    """The first of the list, where it meets every criterion."""
    first = selection.candidates(row, day)[0]
    if not first.fit:
        return
    made = selection.propose(
        first.case, reason="示例：照护规范，愿意带教周边机构。", actor=crew.bureau, at=at(day, 10)
    )
    made = selection.notice(made, actor=crew.head, version=made.version, at=at(day + timedelta(1), 10))
    selection.name(made, actor=crew.head, version=made.version, on=made.notice_until + timedelta(1))


def make_running(crew: Crew, terms: Terms, indicators, expert: Actor, evaluated, peers) -> EvaluationRound:
    """Some have handed in, one is half way, peers and the expert have sheets to fill in."""
    first = terms.today - timedelta(12)
    row = begin(
        crew, indicators, evaluated, peers,
        year=terms.today.year, title=f"{terms.today.year} 年托育机构质量评估（示例）",
        **days(first, (0, 20), (8, 30), (10, 40)),
    )  # fmt: skip
    rounds.assign_by_chance(row, actor=crew.bureau, seed="c3" * 32, at=at(first + timedelta(8), 10))
    cases = list(row.cases.select_related("round", "facility").order_by("pk"))
    for number, case in enumerate(cases[: SELF_IN + 1]):
        operator, now = crew.of(keeper(case.facility)), at(first + timedelta(5 + number), 11)
        if number < SELF_IN:
            hand_in(sheet_of(case, "self"), 0.97 - number * 0.04, operator, now)
        else:
            fill(sheet_of(case, "self"), 0.9, operator, now, most=7)
    for case in cases[:PEERS_IN]:
        for peer in peers_of(case):
            hand_in(peer, 0.74, crew.of(peer.evaluator), at(first + timedelta(11), 10))
    for case in cases[:3]:
        rounds.name_evaluator(case, "third", expert.user, actor=crew.bureau, at=at(first + timedelta(10), 9))
    return row
