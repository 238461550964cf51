"""Rounds of evaluation: the days, the facilities, who evaluates whom; open and closed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility, FacilityGrant
from facilities.services.refusals import refuse, refuse_field
from inspections.models import EvaluationCase, EvaluationRound, EvaluationSheet, IndicatorSet, PeerEvaluator
from inspections.rules import evaluations as rules
from inspections.rules.evaluation_states import CASE, ROUND, SHEET
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models.people import Membership, User
from portal.rules.rights import Role
from portal.services import audit, publicity
from portal.services.steps import step

DAYS = tuple(f"{kind}_{end}" for kind in rules.PHASES for end in ("from", "until"))
FIELDS = ("year", "title", "peers", *DAYS)
MOST_CASES = 500


def labels() -> dict[str, str]:
    return {f.name: str(f.verbose_name) for f in EvaluationRound._meta.fields if f.name in (*FIELDS, "set")}


def locked(row: EvaluationRound, version: int | None = None) -> EvaluationRound:
    row = EvaluationRound.objects.select_for_update(of=("self",)).select_related("set").get(pk=row.pk)
    if version is not None and row.version != version:
        raise Conflict(
            _("%(name)s刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": row.title}, code="stale"
        )
    return row


def _demand_open(row: EvaluationRound) -> None:
    if row.state == "closed":
        raise Conflict(_("%(name)s已经结束，不能再改") % {"name": row.title}, code="state")


def make_round(indicators: IndicatorSet, *, actor: Actor, **values) -> EvaluationRound:
    """A round of a set in use, as a draft without facilities."""
    actor.demand("evaluation.manage")
    refuse(rules.problems_of_round(values), rules.PROBLEMS, labels())
    if indicators.state != "published":
        refuse_field("set", _("选一套在用的标准"), "state")
    made = EvaluationRound.objects.create(
        set=indicators, made_by=actor.user, **{name: values[name] for name in FIELDS}
    )
    audit.record("inspections.evaluation_round.make", made, actor=actor, changes={"set": indicators.key})
    return made


def change_round(row: EvaluationRound, *, actor: Actor, version: int, **values) -> EvaluationRound:
    """Another title, other days, another number of peers; the year and the set stay."""
    actor.demand("evaluation.manage")
    values["year"] = row.year
    refuse(rules.problems_of_round(values), rules.PROBLEMS, labels())
    row = locked(row, version)
    _demand_open(row)
    changes = {n: [str(getattr(row, n)), str(values[n])] for n in FIELDS if getattr(row, n) != values[n]}
    if changes:
        for name in FIELDS:
            setattr(row, name, values[name])
        row.version += 1
        row.save(update_fields=[*FIELDS, "version"])
        audit.record("inspections.evaluation_round.change", row, actor=actor, changes=changes)
    return row


def choose(
    row: EvaluationRound,
    *,
    actor: Actor,
    kinds: Iterable[str] = (),
    streets: Iterable[int] = (),
    codes: Iterable[str] = (),
) -> int:
    """Takes operating facilities of these kinds and streets, or of these codes, into the round; how many are new.

    Refused for a code that the register does not have, or of a facility that is not operating or of no kind of the set.
    """
    actor.demand("evaluation.manage")
    row = locked(row)
    _demand_open(row)
    rows = Facility.objects.operating().filter(kind__in=row.set.kinds)
    codes = [code.upper() for code in codes]
    if codes:
        rows = rows.filter(code__in=codes)
        missing = sorted(set(codes) - set(rows.values_list("code", flat=True)))
        if missing:
            refuse_field(
                "codes",
                _("%(codes)s：名册里没有，或者不在办，或者不是这套标准评估的类型")
                % {"codes": _("、").join(missing[:5])},
            )
    else:
        if kinds := list(kinds):
            rows = rows.filter(kind__in=kinds)
        if streets := list(streets):
            rows = rows.filter(street__in=streets)
    found = list(rows.exclude(evaluations__round=row).order_by("code"))
    if not found:
        refuse_field("codes", _("没有可以加进来的机构：条件对不上，或者都已经在里面"), "none")
    if row.cases.count() + len(found) > MOST_CASES:
        refuse_field("codes", _("一次评估最多 %(n)d 家") % {"n": MOST_CASES}, "many")
    EvaluationCase.objects.bulk_create(EvaluationCase(round=row, facility=one) for one in found)
    if row.state == "running":
        _open_own(row, found)
    _touched(row)
    audit.record(
        "inspections.evaluation_round.choose",
        row,
        actor=actor,
        changes={"facilities": [one.code for one in found][:50], "count": len(found)},
    )
    return len(found)


def _touched(row: EvaluationRound) -> None:
    row.version += 1
    row.save(update_fields=["version"])


def _open_own(row: EvaluationRound, facilities: Iterable[Facility] | None = None) -> None:
    """The facilities' own sheets, for those that have none."""
    cases = row.cases.exclude(sheets__kind="self")
    if facilities is not None:
        cases = cases.filter(facility__in=facilities)
    now = timezone.now()
    EvaluationSheet.objects.bulk_create(
        EvaluationSheet(case=case, kind="self", opened_at=now) for case in cases
    )


def open_round(row: EvaluationRound, *, actor: Actor, version: int) -> EvaluationRound:
    """Begins: each facility gets its sheet."""
    actor.demand("evaluation.manage")
    row = locked(row)
    state = step(ROUND, row, "open")
    row = locked(row, version)
    if not row.cases.exists():
        raise Refused(_("还没有选机构。至少选一家再开始"), code="empty")
    publicity.demand_none([row.title], _("先改名称"))
    row.state = state
    row.version += 1
    row.save(update_fields=["state", "version"])
    _open_own(row)
    audit.record(
        "inspections.evaluation_round.open", row, actor=actor, changes={"facilities": row.cases.count()}
    )
    return row


def close_round(row: EvaluationRound, *, actor: Actor, version: int) -> EvaluationRound:
    """Ends a round in which every facility is decided or has left."""
    actor.demand("evaluation.manage")
    row = locked(row)
    state = step(ROUND, row, "close")
    row = locked(row, version)
    left = row.cases.exclude(state__in=("final", "published", "left")).count()
    if left:
        raise Refused(_("还有 %(n)d 家没有认定，先认定或者退出") % {"n": left}, code="open")
    row.state = state
    row.version += 1
    row.save(update_fields=["state", "version"])
    audit.record("inspections.evaluation_round.close", row, actor=actor)
    return row


def leave(case: EvaluationCase, *, note: str, actor: Actor, version: int) -> EvaluationCase:
    """Takes a facility out of a round, with the reason; its sheets stay on record."""
    actor.demand("evaluation.decide")
    note = note.strip()
    if not 2 <= len(note) <= 300:
        refuse_field("note", _("为什么退出：写 2 到 300 个字"), "note")
    case = EvaluationCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
    state = step(CASE, case, "leave")
    if case.version != version:
        raise Conflict(_("这家的评估刚有变化。没有存：看过现在的内容再来"), code="stale")
    case.state, case.left_note = state, note
    case.version += 1
    case.save(update_fields=["state", "left_note", "version"])
    audit.record(
        "inspections.evaluation.leave", case, actor=actor, name=case.facility.code, changes={"note": note}
    )
    return case


# --- Who evaluates whom -----------------------------------------------------------------------------


def house(facility: Facility) -> rules.House:
    """A facility, as the assignment knows it."""
    operator = facility.operator
    return rules.House(
        facility.code, str(operator.pk) if operator else "", operator.chain if operator else ""
    )


def keeps(user: User, facility: Facility) -> bool:
    """Whether the account keeps the facility's file."""
    return FacilityGrant.objects.filter(user=user, content_object=facility).exists()


def enter_peer(row: EvaluationRound, facility: Facility, user: User, *, actor: Actor, on: date | None = None):
    """Somebody of a facility into the round's pool. Refused for who does not keep the facility's file."""
    actor.demand("evaluation.manage")
    on = on or timezone.localdate()
    row = locked(row)
    _demand_open(row)
    if not keeps(user, facility) or not _has_role(user, Role.OPERATOR, on):
        refuse_field("user", _("选管这家机构档案的账号"), "keeper")
    if PeerEvaluator.objects.filter(Q(facility=facility) | Q(user=user), round=row).exists():
        raise Conflict(
            _("这家机构或这个人已经在互评人名单里"), field="user", errors={"user": _("已经在互评人名单里")}
        )
    made = PeerEvaluator.objects.create(round=row, facility=facility, user=user)
    _touched(row)
    audit.record(
        "inspections.evaluation_round.peer",
        row,
        actor=actor,
        changes={"facility": facility.code, "user": user.name},
    )
    return made


def _has_role(user: User, role: Role, on: date) -> bool:
    return Membership.objects.filter(user=user, role=role).current(on).exists()


def pool_of(row: EvaluationRound) -> list[PeerEvaluator]:
    return list(row.pool.select_related("facility__operator", "user").order_by("facility__code"))


def assignment(row: EvaluationRound, seed: str) -> dict[str, list[str]]:
    """What the seed gives on top of who is assigned already: evaluated code -> evaluators' codes."""
    taken, barred = _taken(row)
    cases = row.cases.filter(state="scoring").select_related("facility__operator")
    return rules.assign(
        bytes.fromhex(seed),
        [house(case.facility) for case in cases],
        [house(one.facility) for one in pool_of(row)],
        row.peers,
        taken,
        barred,
    )


def _taken(row: EvaluationRound) -> tuple[dict[str, list[str]], set[tuple[str, str]]]:
    """Of the sheets of peers: who evaluates whom, and who must not or will not."""
    taken: dict[str, list[str]] = {}
    barred: set[tuple[str, str]] = set()
    rows = EvaluationSheet.objects.filter(case__round=row, kind="peer").order_by("pk")
    for code, evaluator, state in rows.values_list("case__facility__code", "of_facility__code", "state"):
        if state in ("open", "submitted"):
            taken.setdefault(code, []).append(evaluator)
        else:
            barred.add((code, evaluator))
    return taken, barred


def assign_by_chance(
    row: EvaluationRound, *, actor: Actor, seed: str = "", at: datetime | None = None
) -> tuple[int, list[str]]:
    """Assigns peers to every facility that has too few; how many sheets were opened, and the codes of facilities for
    which not enough peers were left. seed: 64 hex digits, in a demonstration; else chance, recorded with the round."""
    actor.demand("evaluation.manage")
    row = locked(row)
    if row.state != "running":
        raise Conflict(_("评估开始以后才能分派"), code="state")
    pool = {one.facility.code: one for one in pool_of(row)}
    if not pool:
        raise Refused(_("互评人名单还是空的，先加人"), code="pool")
    seed = seed or secrets.token_hex(32)
    found = assignment(row, seed)
    taken, _barred = _taken(row)
    cases = {
        case.facility.code: case for case in row.cases.filter(state="scoring").select_related("facility")
    }
    at = at or timezone.now()
    made = EvaluationSheet.objects.bulk_create(
        EvaluationSheet(
            case=cases[code],
            kind="peer",
            evaluator=pool[evaluator].user,
            of_facility=pool[evaluator].facility,
            origin="drawn",
            opened_at=at,
        )
        for code, evaluators in found.items()
        for evaluator in evaluators
    )
    short = [code for code in found if len(found[code]) + len(taken.get(code, ())) < row.peers]
    row.seed = seed
    row.version += 1
    row.save(update_fields=["seed", "version"])
    audit.record(
        "inspections.evaluation_round.assign",
        row,
        actor=actor,
        changes={"seed": seed, "pool": sorted(pool), "sheets": found, "short": short},
    )
    return len(made), short


def name_evaluator(
    case: EvaluationCase, kind: str, user: User, *, actor: Actor, at: datetime | None = None
) -> EvaluationSheet:
    """Gives one person a sheet by hand: a peer of the pool, or one of the third party's people.

    Refused for a peer of the same facility, operator or chain, for who recused before, for an account of another kind.
    """
    actor.demand("evaluation.manage")
    at = at or timezone.now()
    on = timezone.localdate(at)
    row = locked(case.round)
    if row.state != "running" or case.state != "scoring":
        raise Conflict(_("评估中的机构才能分派"), code="state")
    place = None
    if kind == "peer":
        one = row.pool.filter(user=user).select_related("facility__operator").first()
        if one is None:
            refuse_field("user", _("这个人不在互评人名单里"), "pool")
        place = one.facility
        if rules.related(house(place), house(case.facility)):
            refuse_field("user", _("同一家、同一举办者或同一品牌的不能互评"), "related")
    elif kind != "third" or not _has_role(user, Role.EXPERT, on):
        refuse_field("user", _("选一名外聘专家，或互评人名单里的人"), "role")
    if EvaluationSheet.objects.filter(case=case, evaluator=user).exists():
        raise Conflict(
            _("这个人已经评这家，或者已经回避"), field="user", errors={"user": _("已经评这家，或者已经回避")}
        )
    made = EvaluationSheet.objects.create(
        case=case, kind=kind, evaluator=user, of_facility=place, origin="named", opened_at=at
    )
    audit.record(
        "inspections.evaluation.name",
        case,
        actor=actor,
        name=case.facility.code,
        changes={"kind": kind, "user": user.name},
    )
    return made


def drop_sheet(sheet: EvaluationSheet, *, actor: Actor) -> EvaluationSheet:
    """Takes an unfinished sheet from a peer or expert; what was entered stays on record and counts no more."""
    actor.demand("evaluation.manage")
    if sheet.evaluator_id is None:
        raise Denied(_("自评和认定不换人"), code="kind")
    sheet = EvaluationSheet.objects.select_for_update(of=("self",)).get(pk=sheet.pk)
    sheet.state = step(SHEET, sheet, "drop")
    sheet.version += 1
    sheet.save(update_fields=["state", "version"])
    audit.record("inspections.evaluation_sheet.drop", sheet, actor=actor, name=sheet.case.facility.code)
    return sheet
