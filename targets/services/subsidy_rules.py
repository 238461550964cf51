"""What a district pays: a subsidy, its versions from a day on, proposed by one and confirmed by another person."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import yaml
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models.policy import Clause
from portal.services import audit
from portal.services.steps import step
from targets.models.subsidies import SubsidyClaim, SubsidyRule, SubsidyVersion
from targets.rules import subsidies as rules

FIELDS = (
    "starts_on", "ends_on", "clause", "citation", "measure", "count_month", "count_day", "period", "rate", "cap",
    "facility_kinds", "inclusive", "non_profit", "grades", "no_discipline", "no_overdue",
)  # fmt: skip
PROMISED = Path(__file__).resolve().parent.parent / "reference" / "subsidies.yaml"


def said(key: str, **params) -> str:
    return _(rules.SENTENCES[key]) % params


def noted(note: str) -> str:
    note = note.strip()
    if not rules.fits(note, rules.NOTE):
        raise Refused(said("note"), field="note", code="note")
    return note


def promised(slug: str) -> list[dict]:
    """Support that the district's documents speak of, without an amount: clause, kind, the words as they stand."""
    with PROMISED.open(encoding="utf-8") as file:
        found = yaml.safe_load(file).get(slug, [])
    clauses = {
        (one.document.key, one.label): one
        for one in Clause.objects.filter(
            document__key__in={entry["document"] for entry in found}
        ).select_related("document")
    }
    known = {
        (clause, kind)
        for clause, kind in SubsidyVersion.objects.exclude(state="dropped").values_list(
            "clause_id", "rule__kind"
        )
    }
    result = []
    for entry in found:
        clause = clauses.get((entry["document"], entry["clause"]))
        if clause is not None and (clause.pk, entry["kind"]) not in known:
            result.append(entry | {"clause": clause})
    return result


def checked(values: dict, kind: str) -> dict:
    values = {name: values[name] for name in FIELDS}
    values["citation"] = values["citation"].strip()
    if found := rules.version_problems(values, kind):
        errors = {field: said(key) for field, key in found.items()}
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)
    return values


def key_of(kind: str) -> str:
    """The first free code for a rule of the kind."""
    taken = set(SubsidyRule.objects.filter(key__startswith=kind).values_list("key", flat=True))
    return next(key for n in range(1, len(taken) + 2) if (key := f"{kind}-{n}") not in taken)


@transaction.atomic
def propose(*, name: str, kind: str, actor: Actor, now: datetime | None = None, **values) -> SubsidyVersion:
    """A subsidy of a new kind or name with its first version. `values`: FIELDS. Refused with the field."""
    actor.demand("subsidy_rule.manage")
    name = name.strip()
    if not rules.fits(name, rules.NAME):
        raise Refused(said("name"), field="name", code="name")
    if kind not in rules.KINDS:
        raise Refused(_("种类：从列表里选"), field="kind", code="kind")
    if SubsidyRule.objects.filter(name=name).exists():
        raise Conflict(
            _("名称：已经有“%(name)s”。要改标准，在它的页面上定新标准") % {"name": name},
            field="name",
            code="twin",
        )
    values = checked(values, kind)
    rule = SubsidyRule.objects.create(key=key_of(kind), name=name, kind=kind)
    return made(rule, values, actor=actor, now=now)


@transaction.atomic
def renew(rule: SubsidyRule, *, actor: Actor, now: datetime | None = None, **values) -> SubsidyVersion:
    """Another version, in force from a later day; the one before ends the day before, once this is confirmed."""
    actor.demand("subsidy_rule.manage")
    rule = SubsidyRule.objects.select_for_update().get(pk=rule.pk)
    if rule.versions.filter(state__in=("proposed", "returned")).exists():
        raise Conflict(_("%(name)s 已有一份新标准没有办完，先办完那一份") % {"name": rule}, code="open")
    return made(rule, checked(values, rule.kind), actor=actor, now=now)


def made(rule: SubsidyRule, values: dict, *, actor: Actor, now: datetime | None) -> SubsidyVersion:
    number = (rule.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    row = SubsidyVersion.objects.create(
        rule=rule, number=number, made_by=actor.user, made_at=now or timezone.now(), **values
    )
    audit.record(
        "targets.subsidy_version.propose", row, actor=actor, name=rule.name,
        changes={"number": number, "rate": str(row.rate), "starts_on": str(row.starts_on)},
    )  # fmt: skip
    return row


def locked(row: SubsidyVersion, version: int) -> SubsidyVersion:
    """Rule and version, locked."""
    SubsidyRule.objects.select_for_update().get(pk=row.rule_id)
    row = (
        SubsidyVersion.objects.select_for_update(of=("self",))
        .select_related("rule", "made_by")
        .get(pk=row.pk)
    )
    if row.version != version:
        raise Conflict(
            _("这份标准刚被改过，现在是“%(state)s”。刷新后看最新的") % {"state": row.get_state_display()},
            code="stale",
        )
    return row


def kept(row: SubsidyVersion, action: str, before: str, *, actor: Actor, **facts) -> SubsidyVersion:
    row.version += 1
    row.save()
    audit.record(
        f"targets.subsidy_version.{action}", row, actor=actor, name=row.rule.name,
        changes={"number": row.number, "state": [before, row.state]} | facts,
    )  # fmt: skip
    return row


@transaction.atomic
def change(
    row: SubsidyVersion, *, version: int, actor: Actor, now: datetime | None = None, **values
) -> SubsidyVersion:
    """What is not confirmed yet, proposed anew."""
    actor.demand("subsidy_rule.manage")
    row = locked(row, version)
    before, row.state = row.state, step(rules.VERSION, row, "change")
    for name, value in checked(values, row.rule.kind).items():
        setattr(row, name, value)
    row.made_by, row.made_at = actor.user, now or timezone.now()
    return kept(row, "change", before, actor=actor, rate=str(row.rate))


@transaction.atomic
def confirm(
    row: SubsidyVersion, *, version: int, actor: Actor, now: datetime | None = None
) -> SubsidyVersion:
    """A second person has compared it with the district's document. Denied for who proposed it; Refused where it would
    overlap another one, or where claims were made by the version that it would cut short."""
    actor.demand("subsidy_rule.confirm")
    row = locked(row, version)
    before, row.state = row.state, step(rules.VERSION, row, "confirm")
    if actor.same_person(row.made_by):
        raise Denied(_("这份标准是你写的，由另一个人确认"), code="second_person")
    for other in ended_by(row):
        shorten(other, row.starts_on - timedelta(1), actor=actor)
    row.confirmed_by, row.confirmed_at, row.note = actor.user, now or timezone.now(), ""
    return kept(row, "confirm", before, actor=actor)


def ended_by(row: SubsidyVersion) -> list[SubsidyVersion]:
    """The versions that this one would end, once it is confirmed. Refused where it would overlap another one, or cut a
    claim short, whose `claim` the refusal names."""
    found = []
    for other in row.rule.versions.filter(state="confirmed").order_by("starts_on"):
        if not rules.overlap(row.starts_on, row.ends_on, other.starts_on, other.ends_on):
            continue
        if other.ends_on is None and other.starts_on < row.starts_on:
            demand_unused(other, row.starts_on - timedelta(1))
            found.append(other)
            continue
        raise Refused(
            _("起止：与第 %(n)d 版（%(from)s 到 %(to)s）重叠。退回去改日期")
            % {
                "n": other.number,
                "from": other.starts_on.isoformat(),
                "to": other.ends_on.isoformat() if other.ends_on else _("没有止"),
            },
            field="starts_on",
            code="overlap",
        )
    return found


def demand_unused(row: SubsidyVersion, until: date) -> None:
    used = (
        SubsidyClaim.objects.filter(terms=row, state__in=rules.LIVE, ends_on__gt=until)
        .order_by("number")
        .first()
    )
    if used:
        raise Refused(
            _("起：已经有按第 %(n)d 版申报到 %(day)s 的 %(claim)s。退回去，把起改到这一天以后")
            % {"n": row.number, "day": used.ends_on.isoformat(), "claim": used.number},
            field="starts_on",
            code="used",
            claim=used.pk,
        )


def shorten(row: SubsidyVersion, until: date, *, actor: Actor) -> None:
    row.ends_on = until
    row.version += 1
    row.save(update_fields=["ends_on", "version"])
    audit.record(
        "targets.subsidy_version.end",
        row,
        actor=actor,
        name=row.rule.name,
        changes={"ends_on": [None, str(until)]},
    )


@transaction.atomic
def send_back(row: SubsidyVersion, *, note: str, version: int, actor: Actor) -> SubsidyVersion:
    actor.demand("subsidy_rule.confirm")
    row = locked(row, version)
    before, row.state = row.state, step(rules.VERSION, row, "return")
    row.note = noted(note)
    return kept(row, "return", before, actor=actor)


@transaction.atomic
def drop(row: SubsidyVersion, *, note: str, version: int, actor: Actor) -> SubsidyVersion:
    """It never came into force."""
    actor.demand("subsidy_rule.manage")
    row = locked(row, version)
    before, row.state = row.state, step(rules.VERSION, row, "drop")
    row.note = noted(note)
    return kept(row, "drop", before, actor=actor)


def in_force(rule: SubsidyRule, starts_on: date, ends_on: date) -> SubsidyVersion:
    """The version for the whole period; Refused, with the dates that there are."""
    found = list(rule.versions.filter(state="confirmed").order_by("starts_on"))
    for one in found:
        if one.starts_on <= starts_on and (one.ends_on is None or ends_on <= one.ends_on):
            return one
    spans = _("、").join(
        _("%(from)s 到 %(to)s")
        % {"from": one.starts_on.isoformat(), "to": one.ends_on.isoformat() if one.ends_on else _("没有止")}
        for one in found
    )
    raise Refused(
        _("时段：%(name)s 的标准管 %(spans)s，不管整个 %(from)s 到 %(to)s。选标准管的时段")
        % {
            "name": rule, "spans": spans or _("的时段还没有定"), "from": starts_on.isoformat(),
            "to": ends_on.isoformat(),
        },
        field="part",
        code="period",
    )  # fmt: skip


def period_on(rule: SubsidyRule, year: int) -> str:
    """How often it is claimed in the year; Refused when no version is in force in it."""
    one = (
        rule.versions.filter(state="confirmed", starts_on__lte=date(year, 12, 31))
        .order_by("-starts_on")
        .first()
    )
    if one is None or (one.ends_on is not None and one.ends_on < date(year, 1, 1)):
        in_force(rule, date(year, 1, 1), date(year, 12, 31))
    return one.period
