"""Proofs of targets: handed in, confirmed by another person, sent back, withdrawn. docs/targets.md."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.services import audit
from portal.services.files import store_papers
from portal.services.steps import step
from targets.models.attestations import Attestation, AttestationFile
from targets.models.targets import Target
from targets.rules import attestations as rules
from targets.services import promises

MOST_FILES = 10
FIELDS = ("title", "number", "issuer", "issued_on", "text", "achieved", "starts_on", "valid_until")


def standing(target: Target, on: date) -> tuple[str, Attestation | None]:
    """The target's state on the day by what was handed in for it (promises.targets_in_force), and what says so."""
    rows = [read(one) for one in target.given]

    def day(moment: datetime | None) -> date | None:
        return timezone.localdate(moment) if moment else None

    promise = promises.promise_of(target)
    given = [
        rules.Given(
            row.starts_on,
            row.valid_until,
            day(row.confirmed_at),
            day(row.withdrawn_at),
            row.state,
            rules.reached(promise, row.achieved),
        )
        for row in rows
    ]
    state, found = rules.standing(given, on)
    return state, next((row for row, one in zip(rows, given, strict=True) if one is found), None)


def read(told: dict) -> Attestation:
    """A row that came along with its target in one query, as JSON."""
    days = {name: date.fromisoformat(told[name]) for name in ("starts_on", "valid_until")}
    moments = {
        name: told[name] and datetime.fromisoformat(told[name]) for name in ("confirmed_at", "withdrawn_at")
    }
    achieved = told["achieved"]
    return Attestation(
        **told | days | moments | {"achieved": achieved if achieved is None else Decimal(str(achieved))}
    )


def demand_attested(target: Target) -> None:
    if target.proof != Target.Proof.ATTESTED:
        raise Conflict(_("这项指标不由材料证明"), code="proof")


def checked(values: dict, target: Target, on: date) -> dict:
    values = {name: values[name] for name in FIELDS}
    for name in ("title", "number", "issuer", "text"):
        values[name] = values[name].strip()
    number = promises.promise_of(target).value is not None
    if found := rules.problems(values, on, number=number):
        errors = {field: _(rules.SENTENCES[key]) for field, key in found.items()}
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)
    return values


def demand_other_paper(target: Target, values: dict, on: date) -> None:
    """Refused for the paper that proves, or is to prove, the target already."""
    same = Attestation.objects.filter(
        target=target,
        state__in=("given", "returned", "confirmed"),
        valid_until__gte=on,
        **{name: values[name] for name in ("title", "number", "issued_on")},
    ).first()
    if same is not None:
        words = _("同一份材料已经交过，现在是“%(state)s”。要改，从那一份改；要换，先撤下它")
        raise Conflict(words % {"state": same.get_state_display()}, field="title", code="twice")


def locked(row: Attestation, version: int) -> Attestation:
    row = (
        Attestation.objects.select_for_update(of=("self",))
        .select_related("target", "given_by")
        .get(pk=row.pk)
    )
    if row.version != version:
        raise Conflict(
            _("这份证明刚被改过，现在是“%(state)s”。刷新后看最新的") % {"state": row.get_state_display()},
            code="stale",
        )
    return row


def keep_files(row: Attestation, files: Iterable, drop: Iterable[int], *, actor: Actor) -> None:
    """Adds and takes away papers; Refused when none is left, or too many."""
    row.files.filter(pk__in=list(drop)).delete()
    files, there = list(files), row.files.count()
    if not there + len(files):
        raise Refused(_("材料：附上扫描件或文件，至少一个"), field="files", code="files")
    for stored in store_papers(files, there=there, most=MOST_FILES, actor=actor):
        AttestationFile.objects.create(attestation=row, file=stored)


@transaction.atomic
def give(
    target: Target, *, actor: Actor, files: Iterable = (), now: datetime | None = None, **values
) -> Attestation:
    """Hands in a proof for an attested target; it counts once another person has confirmed it.

    `values`: FIELDS. Refused with the field for a text too short, days that cannot be, no file, no number where the
    target asks for one; Conflict for a target that is counted, and for the paper that was handed in for it already.
    """
    actor.demand("attestation.give")
    demand_attested(target)
    now = now or timezone.now()
    on = timezone.localdate(now)
    values = checked(values, target, on)
    Target.objects.select_for_update().get(pk=target.pk)  # two hands at once
    demand_other_paper(target, values, on)
    row = Attestation.objects.create(target=target, given_at=now, given_by=actor.user, **values)
    keep_files(row, files, (), actor=actor)
    audit.record(
        "targets.attestation.give", row, actor=actor, name=row.title,
        changes={"target": target.key, "until": str(row.valid_until)},
    )  # fmt: skip
    return row


@transaction.atomic
def change(
    row: Attestation, *, version: int, actor: Actor, files: Iterable = (), drop: Iterable[int] = (),
    now: datetime | None = None, **values,
) -> Attestation:  # fmt: skip
    """What was sent back, or not looked at yet, handed in anew."""
    actor.demand("attestation.give")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.ATTESTATION, row, "change")
    for name, value in checked(values, row.target, timezone.localdate(now)).items():
        setattr(row, name, value)
    row.given_at, row.given_by = now, actor.user
    keep_files(row, files, drop, actor=actor)
    return _kept(row, "change", actor, before)


@transaction.atomic
def confirm(row: Attestation, *, version: int, actor: Actor, now: datetime | None = None) -> Attestation:
    """A second person has looked at the papers. Denied for the one who handed them in."""
    actor.demand("attestation.confirm")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, step(rules.ATTESTATION, row, "confirm")
    if actor.same_person(row.given_by):
        raise Denied(_("这份证明是你交的，由另一个人确认"), code="second_person")
    if row.valid_until < timezone.localdate(now):
        raise Refused(
            _("这份证明 %(day)s 已经过期，退回去换一份") % {"day": row.valid_until.isoformat()},
            code="expired",
        )
    row.confirmed_at, row.confirmed_by, row.note = now, actor.user, ""
    return _kept(row, "confirm", actor, before)


@transaction.atomic
def send_back(row: Attestation, *, note: str, version: int, actor: Actor) -> Attestation:
    """The second person says what is missing."""
    actor.demand("attestation.confirm")
    row = locked(row, version)
    before, row.state = row.state, step(rules.ATTESTATION, row, "return")
    row.note = noted(note)
    return _kept(row, "return", actor, before)


@transaction.atomic
def withdraw(
    row: Attestation, *, note: str, version: int, actor: Actor, now: datetime | None = None
) -> Attestation:
    """It proves nothing from today on; for days before it stands as it was known then."""
    actor.demand("attestation.give")
    row = locked(row, version)
    before, row.state = row.state, step(rules.ATTESTATION, row, "withdraw")
    row.note, row.withdrawn_at = noted(note), now or timezone.now()
    return _kept(row, "withdraw", actor, before)


def noted(note: str) -> str:
    note = note.strip()
    if not rules.NOTE[0] <= len(note) <= rules.NOTE[1]:
        sentence = rules.SENTENCES["note"]
        raise Refused(_(sentence), field="note", code="note")
    return note


def _kept(row: Attestation, action: str, actor: Actor, before: str) -> Attestation:
    row.version += 1
    row.save()
    audit.record(
        f"targets.attestation.{action}", row, actor=actor, name=row.title,
        changes={"state": [before, row.state]} | ({"note": row.note} if row.note else {}),
    )  # fmt: skip
    return row
