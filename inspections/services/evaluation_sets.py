"""Indicator sets: the draft with its indicators, approval by a second person, the next version."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.services.refusals import refuse, refuse_field
from inspections.models import Indicator, IndicatorSet
from inspections.rules import evaluation_sets as rules
from inspections.rules.evaluation_states import INDICATORS
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.services import audit, parameters, publicity
from portal.services.steps import step

VETOES = "evaluation.vetoes"
FIELDS = ("title", "basis", "kinds", "points")


def labels() -> dict[str, str]:
    fields = [*IndicatorSet._meta.fields, *Indicator._meta.fields]
    names = ("key", "title", "basis", "kinds", "dimension", "code", "text", "points", "steps", "evidence")
    found = {f.name: str(f.verbose_name) for f in fields if f.name in names}
    return found | {f"points_{name}": _(words) for name, (words, _n) in rules.DIMENSIONS.items()}


def locked(row: IndicatorSet, version: int | None = None) -> IndicatorSet:
    """The set's row, locked. Conflict where it is not as the form that changes it knew it."""
    row = IndicatorSet.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if version is not None and row.version != version:
        raise Conflict(
            _("%(name)s刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": row.title}, code="stale"
        )
    return row


def demand_draft(row: IndicatorSet) -> None:
    if row.state != INDICATORS.initial:
        raise Conflict(
            _("%(name)s现在是“%(state)s”，不能改。要改就起草下一版")
            % {"name": row.title, "state": row.get_state_display()},
            code="state",
        )


def make_set(*, key: str, actor: Actor, **values) -> IndicatorSet:
    """A new set as a draft without indicators. Conflict for a key that the district has."""
    actor.demand("indicator.manage")
    refuse(rules.problems_of_set(values | {"key": key}), rules.PROBLEMS, labels())
    if IndicatorSet.objects.filter(key=key).exists():
        sentence = _("这个代号已经有了")
        raise Conflict(sentence, field="key", code="twice", errors={"key": sentence})
    made = IndicatorSet.objects.create(key=key, number=1, **{name: values[name] for name in FIELDS})
    audit.record("inspections.indicators.make", made, actor=actor, name=made.title, changes={"key": key})
    return made


def change_set(row: IndicatorSet, *, actor: Actor, version: int, **values) -> IndicatorSet:
    """Other facts of a draft."""
    actor.demand("indicator.manage")
    refuse(rules.problems_of_set(values | {"key": row.key}), rules.PROBLEMS, labels())
    row = locked(row, version)
    demand_draft(row)
    changes = {n: [getattr(row, n), values[n]] for n in FIELDS if getattr(row, n) != values[n]}
    if changes:
        for name in FIELDS:
            setattr(row, name, values[name])
        row.version += 1
        row.save(update_fields=[*FIELDS, "version"])
        audit.record("inspections.indicators.change", row, actor=actor, name=row.title, changes=changes)
    return row


def next_version(row: IndicatorSet, *, actor: Actor) -> IndicatorSet:
    """The draft of the next version with the indicators of the one in use; the draft that is there, if there is one."""
    actor.demand("indicator.manage")
    row = locked(row)
    found = IndicatorSet.objects.filter(key=row.key, state__in=("draft", "submitted")).first()
    if found is not None:
        return found
    if row.state != "published":
        raise Conflict(_("从在用的那一版起草下一版"), code="state")
    last = IndicatorSet.objects.filter(key=row.key).order_by("-number").first()
    made = IndicatorSet.objects.create(
        key=row.key, number=last.number + 1, **{name: getattr(row, name) for name in FIELDS}
    )
    copies = list(row.indicators.all())
    for one in copies:
        one.pk, one._state.adding, one.set, one.version = None, True, made, 1
    Indicator.objects.bulk_create(copies)
    audit.record(
        "inspections.indicators.make", made, actor=actor, name=made.title, changes={"number": made.number}
    )
    return made


# --- Indicators of a draft --------------------------------------------------------------------------


def _checked(values: dict) -> dict:
    refuse(rules.problems_of_indicator(values), rules.PROBLEMS, labels())
    steps = rules.parse_steps(values["steps"]) or []
    return {
        "dimension": values["dimension"],
        "code": values["code"],
        "position": rules.place(values["dimension"], values["code"]),
        "text": values["text"].strip(),
        "points": values["points"] or 0,
        "steps": [[float(points), words] for points, words in steps],
        "evidence": values["evidence"].strip(),
    }


def _not_twice(row: IndicatorSet, facts: dict, but: Indicator | None = None) -> None:
    others = row.indicators.filter(position=facts["position"])
    if but is not None:
        others = others.exclude(pk=but.pk)
    if others.exists():
        sentence = _("这个维度里已经有编号 %(code)s") % {"code": facts["code"]}
        raise Conflict(sentence, field="code", code="twice", errors={"code": sentence})


def _touched(row: IndicatorSet) -> None:
    row.version += 1
    row.save(update_fields=["version"])


def enter_indicator(row: IndicatorSet, *, actor: Actor, **values) -> Indicator:
    """Another indicator or veto item of a draft; steps: text, one level a line."""
    actor.demand("indicator.manage")
    facts = _checked(values)
    row = locked(row)
    demand_draft(row)
    _not_twice(row, facts)
    if row.indicators.count() >= rules.MOST_INDICATORS:
        refuse_field("code", _("一套标准最多 %(n)d 条指标") % {"n": rules.MOST_INDICATORS}, "many")
    made = Indicator.objects.create(set=row, **facts)
    _touched(row)
    audit.record("inspections.indicator.enter", made, actor=actor, name=f"{row.key} {made}", changes=facts)
    return made


def change_indicator(one: Indicator, *, actor: Actor, version: int, **values) -> Indicator:
    """Other facts of an indicator of a draft."""
    actor.demand("indicator.manage")
    facts = _checked(values)
    row = locked(one.set)
    demand_draft(row)
    one = Indicator.objects.select_for_update(of=("self",)).get(pk=one.pk)
    if one.version != version:
        raise Conflict(
            _("指标 %(code)s 刚被改过。没有存你的改动：按现在的内容再改一次") % {"code": one.code},
            code="stale",
        )
    _not_twice(row, facts, but=one)
    changes = {name: [getattr(one, name), new] for name, new in facts.items() if getattr(one, name) != new}
    if changes:
        for name, new in facts.items():
            setattr(one, name, new)
        one.version += 1
        one.save()
        _touched(row)
        audit.record(
            "inspections.indicator.change", one, actor=actor, name=f"{row.key} {one}", changes=changes
        )
    return one


def remove_indicator(one: Indicator, *, actor: Actor) -> None:
    """Takes an indicator out of a draft."""
    actor.demand("indicator.manage")
    row = locked(one.set)
    demand_draft(row)
    audit.record(
        "inspections.indicator.remove", one, actor=actor, name=f"{row.key} {one}", changes={"text": one.text}
    )
    one.delete()
    _touched(row)


def lacking(row: IndicatorSet, on: date) -> list[tuple[str, str, dict]]:
    """What a draft lacks before it can be published, as `rules.lacking` says it."""
    found = rules.sums(row.indicators.values_list("dimension", "points"))
    return rules.lacking(row.points, found, int(parameters.value(VETOES, on)))


def lacking_words(row: IndicatorSet, on: date) -> list[str]:
    names = {name: _(words) for name, (words, _n) in rules.DIMENSIONS.items()}
    return [
        _(rules.LACKING[key]) % (facts | {"name": names.get(name, "")})
        for name, key, facts in lacking(row, on)
    ]


# --- Approval ---------------------------------------------------------------------------------------


def submit_set(row: IndicatorSet, *, actor: Actor, version: int, at: datetime | None = None) -> IndicatorSet:
    """Asks for approval of a draft whose points and veto items are complete."""
    actor.demand("indicator.manage")
    at = at or timezone.now()
    row = locked(row)
    state = step(INDICATORS, row, "submit")
    row = locked(row, version)
    if wrong := lacking_words(row, timezone.localdate(at)):
        raise Refused(_("还不能报批：%(what)s") % {"what": "；".join(wrong)}, code="incomplete")
    row.state, row.submitted_at, row.submitted_by, row.return_note = state, at, actor.user, ""
    return _stepped(row, "submit", actor, "submitted_at", "submitted_by", "return_note")


def return_set(row: IndicatorSet, *, note: str, actor: Actor, version: int) -> IndicatorSet:
    """Sends a set back to its draft, with what has to be changed."""
    actor.demand("indicator.approve")
    note = note.strip()
    if not 2 <= len(note) <= 200:
        refuse_field("note", _("要改什么：写 2 到 200 个字"), "note")
    row = locked(row)
    state = step(INDICATORS, row, "return")
    row = locked(row, version)
    row.state, row.return_note, row.submitted_at, row.submitted_by = state, note, None, None
    return _stepped(row, "return", actor, "return_note", "submitted_at", "submitted_by")


def publish_set(row: IndicatorSet, *, actor: Actor, version: int, on: date | None = None) -> IndicatorSet:
    """A second person approves and publishes; the version before it is replaced."""
    actor.demand("indicator.approve")
    row = locked(row)
    state = step(INDICATORS, row, "publish")
    row = locked(row, version)
    if actor.same_person(row.submitted_by):
        raise Denied(_("报批和批准要两个人"), code="second_person")
    texts = list(row.indicators.values_list("text", "steps", "evidence"))
    publicity.demand_none(publicity.strings([row.title, row.basis, texts]), _("退回草稿，改了再报"))
    for old in IndicatorSet.objects.select_for_update().filter(key=row.key, state="published"):
        old.state = step(INDICATORS, old, "replace")
        old.save(update_fields=["state"])
    row.state, row.published_on, row.published_by = state, on or timezone.localdate(), actor.user
    return _stepped(row, "publish", actor, "published_on", "published_by")


def _stepped(row: IndicatorSet, action: str, actor: Actor, *fields: str) -> IndicatorSet:
    row.version += 1
    row.save(update_fields=["state", "version", *fields])
    changes = {"number": row.number} | ({"note": row.return_note} if action == "return" else {})
    audit.record(f"inspections.indicators.{action}", row, actor=actor, name=row.title, changes=changes)
    return row
