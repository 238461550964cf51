"""The yearly supervision of units: the round, its questions, opening, telling the scores, the end. docs/supervision.md."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path

import yaml
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import calendar
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models.people import Membership, User
from portal.models.places import Unit
from portal.models.policy import Clause
from portal.rules.rights import RIGHTS, Role
from portal.services import audit, messages, parameters
from portal.services.steps import step
from targets.models.supervision import (
    SupervisionAnswer,
    SupervisionCase,
    SupervisionObjection,
    SupervisionReviewer,
    SupervisionRound,
    SupervisionSeat,
)
from targets.rules import supervision as rules
from targets.services import conferences, snapshots

#: The clauses by which districts supervise units, by their words.
CLAUSE_WORDS = ("督查", "督导", "考核")  # content
READ = Path(__file__).resolve().parent.parent / "reference" / "supervision.yaml"
WEIGHTS = {role: f"supervision.weight_{role}" for role in rules.ROLES}


def said(key: str, **params) -> str:
    sentence = rules.SENTENCES[key]
    return _(sentence) % params


def refuse(found: dict[str, str], **params) -> None:
    """Refused with each field's sentence, where there is one."""
    if found:
        errors = {field: said(key, **params) for field, key in found.items()}
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)


def noted(note: str) -> str:
    note = note.strip()
    refuse({} if rules.fits(note, rules.NOTE) else {"note": "note"})
    return note


def locked(row: SupervisionRound, version: int | None) -> SupervisionRound:
    """The round, locked; Conflict when it is not as the person saw it (None: whatever it is)."""
    row = SupervisionRound.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if version is not None and row.version != version:
        raise Conflict(
            _("%(name)s刚被改过，现在是“%(state)s”。刷新后看最新的")
            % {"name": row, "state": row.get_state_display()},
            code="stale",
        )
    return row


def next_state(row: SupervisionRound, action: str) -> str:
    final = None
    if row.state == "final":
        final = Conflict(_("%(name)s已经定下结果，不再改") % {"name": row}, code="final")
    return step(rules.SUPERVISION, row, action, final)


def kept(row: SupervisionRound, action: str, before: str, *, actor: Actor, **facts) -> SupervisionRound:
    row.version += 1
    row.save()
    changes = {"state": [before, row.state]} if before != row.state else {}
    audit.record(f"targets.supervision.{action}", row, actor=actor, changes=changes | facts)
    return row


# --- Who and when ---------------------------------------------------------------------------------


def bureau_units(on: date) -> list[int]:
    """The units of the bureau's clerks."""
    found = Membership.objects.current(on).filter(role=Role.BUREAU.value, unit__isnull=False)
    return sorted(set(found.values_list("unit_id", flat=True)))


@cache
def wording() -> dict:
    """Where the plans' words name somebody else than their tables: `no_office`, `of_the_district`."""
    with READ.open(encoding="utf-8") as file:
        return yaml.safe_load(file)


def offices(found):
    """Of the units those that are one: what can be asked, and give points."""
    return found.exclude(slug__in=list(wording()["no_office"]))


def may_review(on: date) -> list[Unit]:
    """Units that can give points: of the district, no street, with somebody who may; and whether it is the bureau's."""
    roles = [role.value for role in RIGHTS[rules.REVIEW]]
    people = Membership.objects.current(on).filter(role__in=roles, user__is_active=True)
    found = Unit.objects.filter(pk__in=people.values("unit"), street=None, collective=False, level="district")
    asks = Membership.objects.current(on).filter(role=Role.BUREAU.value, unit=OuterRef("pk"))
    return list(offices(found).annotate(of_bureau=Exists(asks)).order_by("position", "pk"))


def default_reviewers(on: date, can: Sequence[Unit] | None = None) -> list[Unit]:
    """The bureau, and the members of the joint conference that can (`can`: `may_review`, where it was read)."""
    named = {one.pk for one in conferences.members()}
    return [one for one in (may_review(on) if can is None else can) if one.of_bureau or one.pk in named]


def default_days(on: date) -> tuple[date, date]:
    """Until when units report and reviewers mark, counted in working days from a day."""
    report, review = "supervision.report_days", "supervision.review_days"
    known = parameters.values([report, review], on)
    until = calendar.add_working_days(on, parameters.of(known, report, on))
    return until, calendar.add_working_days(until, parameters.of(known, review, on))


def free_year(year: int) -> int:
    """The newest year that has no round yet; where all have, the year itself."""
    taken = set(SupervisionRound.objects.exclude(state="cancelled").values_list("year", flat=True))
    return next((one for one in range(year, year - rules.YEARS_BACK - 1, -1) if one not in taken), year)


def clauses():
    """The clauses whose tasks or targets speak of supervision."""
    words = Q()
    for word in CLAUSE_WORDS:
        words |= Q(targets__text__contains=word) | Q(tasks__text__contains=word)
    found = Clause.objects.filter(words).order_by().values("pk")
    return Clause.objects.filter(pk__in=found).select_related("document").order_by("document", "position")


def checked(
    year: int, report_until: date, review_until: date, reviewers: Sequence[Unit], two: bool, on: date
) -> None:
    refuse(rules.round_problems(year, report_until, review_until, on))
    for field, label, day in (
        ("report_until", _("自查期限"), report_until), ("review_until", _("评分期限"), review_until),
    ):  # fmt: skip
        if not calendar.is_working_day(day):
            following = calendar.add_working_days(day, 1).isoformat()
            refuse({field: "working"}, label=label, day=day.isoformat(), next=following)
    if not reviewers or any(one.street_id or one.collective for one in reviewers):
        refuse({"reviewers": "reviewers"})
    if two and len(reviewers) < 2:
        refuse({"reviewers": "reviewers_two"})


def saved(row: SupervisionRound) -> SupervisionRound:
    """Conflict names the round that the year has already."""
    try:
        twin = SupervisionRound.objects.filter(year=row.year).exclude(state="cancelled").exclude(pk=row.pk)
        if not twin.exists():
            with transaction.atomic():
                row.save()
            return row
    except IntegrityError:  # somebody else began it in this moment
        pass
    raise Conflict(
        _("年份：%(year)s 年已经有一次年度督查。接着办那一次，或者先写明原因不办了") % {"year": row.year},
        field="year",
        code="year",
    )


def set_reviewers(row: SupervisionRound, reviewers: Sequence[Unit]) -> None:
    row.reviewers.all().delete()
    SupervisionReviewer.objects.bulk_create(
        SupervisionReviewer(round=row, unit=unit, position=place) for place, unit in enumerate(reviewers, 1)
    )


@transaction.atomic
def plan(
    *, year: int, clause: Clause | None, report_until: date, review_until: date, two_reviewers: bool,
    reviewers: Sequence[Unit], actor: Actor, now: datetime | None = None,
) -> SupervisionRound:  # fmt: skip
    """Begins a year's round; its questions are derived next. Conflict for a year that has one."""
    actor.demand(rules.KEEP)
    now = now or timezone.now()
    checked(year, report_until, review_until, reviewers, two_reviewers, timezone.localdate(now))
    row = saved(
        SupervisionRound(
            year=year, clause=clause, report_until=report_until, review_until=review_until,
            two_reviewers=two_reviewers, made_at=now, made_by=actor.user,
        )
    )  # fmt: skip
    set_reviewers(row, reviewers)
    audit.record("targets.supervision.plan", row, actor=actor, changes={"year": year})
    return row


@transaction.atomic
def change(
    row: SupervisionRound, *, year: int, clause: Clause | None, report_until: date, review_until: date,
    two_reviewers: bool, reviewers: Sequence[Unit], version: int, actor: Actor, now: datetime | None = None,
) -> SupervisionRound:  # fmt: skip
    actor.demand(rules.KEEP)
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "change")
    today = timezone.localdate(now or timezone.now())
    checked(year, report_until, review_until, reviewers, two_reviewers, today)
    row.year, row.clause, row.report_until, row.review_until = year, clause, report_until, review_until
    row.two_reviewers = two_reviewers
    saved(row)
    set_reviewers(row, reviewers)
    return kept(row, "change", before, actor=actor)


# --- Steps ----------------------------------------------------------------------------------------


def asked_questions(row: SupervisionRound):
    return row.questions.filter(dropped="")


def allotted(row: SupervisionRound) -> dict[int, list[int]]:
    """Asked unit -> reviewing units. Refused where a template has no question, or a unit nobody who may give points."""
    asked = list(
        SupervisionAnswer.objects.filter(question__in=asked_questions(row))
        .order_by("unit__position", "unit")
        .values_list("unit", flat=True)
        .distinct()
    )
    if not asked:
        raise Refused(_("题目：还没有一题要问单位，先生成题目或者自己加"), field="questions", code="empty")
    reviewers = list(row.reviewers.values_list("unit", flat=True))
    deciding = bureau_units(timezone.localdate())
    found = rules.seats(asked, reviewers, row.two_reviewers, deciding)
    if found is None:
        raise too_few(rules.lacking(asked, reviewers, row.two_reviewers, deciding), deciding, row)
    people = {one.pk for one in may_review(timezone.localdate())}
    if missing := [pk for pk in reviewers if pk not in people]:
        raise Refused(
            _("评分单位：%(name)s没有能评分的账号。先开账号，或者换一个单位")
            % {"name": Unit.objects.get(pk=missing[0]).name},
            field="reviewers",
            code="people",
        )
    return found


def too_few(found: dict[int, int], deciding: list[int], row: SupervisionRound) -> Refused:
    """Which units have too few others to mark them, and how many they need; those alike in one sentence."""
    first, has = next(iter(found.items()))
    need, settles = rules.wanted(first, row.two_reviewers, deciding), first in deciding
    alike = [pk for pk, n in found.items() if n == has and (pk in deciding) == settles]
    words = (
        _(
            "%(names)s不能给自己评分，也不能定自己的争议，要有 %(need)d 个别的评分单位，现在有 %(has)d 个。再加评分单位"
        )
        if settles
        else _("%(names)s不能给自己评分，要有 %(need)d 个别的评分单位，现在有 %(has)d 个。再加评分单位")
    )
    names = _("、").join(Unit.objects.filter(pk__in=alike).values_list("name", flat=True))
    return Refused(words % {"names": names, "need": need, "has": has}, field="reviewers", code="own")


@transaction.atomic
def submit(
    row: SupervisionRound, *, version: int, actor: Actor, now: datetime | None = None
) -> SupervisionRound:
    """Hands the questions to the second person. Refused without a question, or where somebody would mark the own unit."""
    actor.demand(rules.KEEP)
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "submit")
    allotted(row)
    if row.report_until < timezone.localdate(now or timezone.now()):
        raise Refused(_("自查期限 %(day)s 已经过了，先改期限") % {"day": row.report_until}, code="past")
    row.edition, row.submitted_by, row.note = row.edition + 1, actor.user, ""
    return kept(row, "submit", before, actor=actor, edition=row.edition)


@transaction.atomic
def send_back(row: SupervisionRound, *, note: str, version: int, actor: Actor) -> SupervisionRound:
    actor.demand(rules.CONFIRM)
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "return")
    row.note = noted(note)
    return kept(row, "return", before, actor=actor, note=row.note)


@transaction.atomic
def cancel(row: SupervisionRound, *, note: str, version: int, actor: Actor) -> SupervisionRound:
    """Before it is opened only; the year is free again."""
    actor.demand(rules.KEEP)
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "cancel")
    row.note = noted(note)
    return kept(row, "cancel", before, actor=actor, note=row.note)


def fingerprint(row: SupervisionRound) -> str:
    """SHA-256 of the questions as they are asked, and whom."""
    content = [
        [
            q.pk,
            q.role,
            q.task_id,
            q.target_id,
            q.text,
            q.guidance,
            q.points,
            sorted(a.unit_id for a in q.answers.all()),
        ]
        for q in asked_questions(row).prefetch_related("answers")
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def open_round(
    row: SupervisionRound, *, version: int, actor: Actor, now: datetime | None = None
) -> SupervisionRound:
    """Fixes the questions, gives each unit its case and its reviewers, and tells the units. Denied for
    who handed it over."""
    actor.demand(rules.CONFIRM)
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, next_state(row, "open")
    if actor.same_person(row.submitted_by):
        raise Denied(_("拟题和开启要两个人：这次督查是你送的，由另一个人开启"), code="second_person")
    today = timezone.localdate(now)
    allotted_to = allotted(row)
    row.terms = {
        "weights": {role: parameters.value(key, today) for role, key in WEIGHTS.items()},
        "difference": parameters.value("supervision.difference", today),
        "objection_days": parameters.value("supervision.objection_days", today),
    }
    row.snapshot = snapshots.latest("year", date(row.year, 1, 1))
    row.opened_at, row.opened_by, row.sha256 = now, actor.user, fingerprint(row)
    SupervisionAnswer.objects.filter(question__round=row).exclude(question__dropped="").delete()
    cases = SupervisionCase.objects.bulk_create(
        SupervisionCase(round=row, unit_id=unit) for unit in allotted_to
    )
    seats = []
    for case in cases:
        part = SupervisionSeat.Part
        parts = (part.FIRST, part.SECOND, part.THIRD) if row.two_reviewers else (part.FIRST, part.THIRD)
        seats.append(SupervisionSeat(case=case, unit_id=case.unit_id, part=SupervisionSeat.Part.OWN))
        seats += [
            SupervisionSeat(case=case, unit_id=unit, part=part)
            for part, unit in zip(parts, allotted_to[case.unit_id], strict=False)
        ]
        SupervisionAnswer.objects.filter(question__round=row, unit_id=case.unit_id).update(case=case)
    SupervisionSeat.objects.bulk_create(seats)
    kept(row, "open", before, actor=actor, sha256=row.sha256, units=len(cases))
    tell_units(row, _opened, actor=actor, now=now)
    return row


def _opened(row: SupervisionRound) -> tuple[str, str]:
    words = _("%(day)s 前报送自查") % {"day": row.report_until.isoformat()}
    return _("%(name)s开始自查") % {"name": row}, words


def _told(row: SupervisionRound) -> tuple[str, str]:
    words = _("有异议的在 %(day)s 前提出") % {"day": row.object_until.isoformat()}
    return _("%(name)s得分已告知") % {"name": row}, words


def people_of(units: Iterable[int], on: date) -> list[User]:
    roles = [role.value for role in RIGHTS[rules.REPORT]]
    found = Membership.objects.current(on).filter(unit__in=list(units), role__in=roles, user__is_active=True)
    return list(User.objects.filter(pk__in=found.values("user")).order_by("pk"))


def tell_units(row: SupervisionRound, say, *, actor: Actor, now: datetime) -> int:
    units = row.cases.values_list("unit_id", flat=True)
    people = [one for one in people_of(units, timezone.localdate(now)) if not actor.same_person(one)]
    url = reverse("supervision", args=[actor.district.slug, row.pk])

    def message() -> tuple[str, list[dict]]:
        title, words = say(row)
        return title[:120], [{"words": words, "state": "doing", "url": url}]

    return messages.tell_at_once(people, message, actor=actor, now=now)


@transaction.atomic
def announce(
    row: SupervisionRound, *, version: int, actor: Actor, now: datetime | None = None
) -> SupervisionRound:
    """Tells the units their scores; from now on they may object for some working days. Refused while one is not marked."""
    actor.demand(rules.KEEP)
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, next_state(row, "announce")
    waiting = row.cases.exclude(state="scored").select_related("unit").order_by("pk")
    if names := [one.unit.name for one in waiting]:
        raise Conflict(
            ngettext(
                "还有 %(n)d 个单位没有评完，第一个是%(first)s。评完再告知",
                "还有 %(n)d 个单位没有评完，第一个是%(first)s。评完再告知",
                len(names),
            )
            % {"n": len(names), "first": names[0]},
            code="open",
        )
    today = timezone.localdate(now)
    row.announced_at, row.announced_by = now, actor.user
    row.object_until = calendar.add_working_days(today, row.terms["objection_days"])
    kept(row, "announce", before, actor=actor, until=row.object_until.isoformat())
    tell_units(row, _told, actor=actor, now=now)
    return row


@transaction.atomic
def finish(
    row: SupervisionRound, *, version: int, actor: Actor, now: datetime | None = None
) -> SupervisionRound:
    """Fixes the scores for good: after the days for objections, none of them open, by another person than who told."""
    actor.demand(rules.CONFIRM)
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, next_state(row, "final")
    if actor.same_person(row.announced_by):
        raise Denied(_("告知得分和定下结果要两个人：由另一个人定"), code="second_person")
    if timezone.localdate(now) <= row.object_until:
        raise Conflict(
            _("各单位可以提异议到 %(day)s，过了这一天再定") % {"day": row.object_until.isoformat()},
            code="early",
        )
    count = SupervisionObjection.objects.filter(answer__case__round=row, state="given").count()
    if count:
        raise Conflict(
            ngettext("还有 %(n)d 条异议没有答复", "还有 %(n)d 条异议没有答复", count) % {"n": count},
            code="objections",
        )
    row.final_at, row.final_by = now, actor.user
    return kept(row, "final", before, actor=actor)
