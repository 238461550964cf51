"""Special campaigns and joint operations of a street: draft, departments asked, approval by a second person,
publication, visits, close. docs/joint.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from inspections.models import (
    Campaign,
    CampaignInspector,
    CampaignUnit,
    Inspector,
    Matter,
)
from inspections.rules import campaigns as rules
from inspections.rules.joint_states import CAMPAIGN, REPLY
from inspections.services import matters
from inspections.services.campaign_objects import objects_of
from portal.access import Actor
from portal.celery import app as celery
from portal.errors import Conflict, Denied, Refused
from portal.models import Street, Unit
from portal.rules.rights import Role
from portal.services import audit, parameters, publicity
from portal.services.numbers import next_number
from portal.services.steps import step

PUBLISH_DAYS = "campaign.publish_days"
SERIES = {"special": "ZX", "street": "ZF"}
#: What a draft says, apart from the departments and people.
FIELDS = (
    "theme", "occasion", "basis", "street", "starts_on", "ends_on", "reply_by", "kinds", "streets", "grades", "codes",
    "matters",
)  # fmt: skip


def locked(campaign: Campaign, version: int | None = None) -> Campaign:
    """The row, locked. Conflict where it is not as the form that changes it knew it."""
    row = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if version is not None and row.version != version:
        raise Conflict(
            _("%(name)s刚被改过。没有存你的改动：按现在的内容再改一次") % {"name": row.theme}, code="stale"
        )
    return row


def demand_reach(campaign: Campaign, actor: Actor, right: str = "campaign.manage") -> None:
    actor.demand(right)
    if not Campaign.objects.allowed(actor, right).filter(pk=campaign.pk).exists():
        raise Denied(_("这件事不归你的单位或街镇"), code="reach")


# --- The draft --------------------------------------------------------------------------------------


def _check(values: Mapping, kind: str, actor: Actor, on: date) -> None:
    """Every problem at once, each at its field."""
    keys = list(values["matters"])
    found = {one.key: one for one in Matter.objects.filter(key__in=keys).select_related("unit")}
    owners = {one.unit.slug for one in found.values() if one.unit}
    names = {unit.slug: unit.name for unit in values["units"]}
    facts = dict(values) | {
        "kind": kind,
        "units": [unit.slug for unit in values["units"]],
        "inspectors": [one.pk for one in values["inspectors"]],
    }
    errors: dict[str, str] = {}
    for field, key, told in rules.problems(facts, on, owners, names):
        errors.setdefault(field, _(rules.PROBLEMS[key]) % told)
    if set(keys) - found.keys():
        errors.setdefault("matters", _("从抽查事项清单里选"))
    known = set(Facility.objects.filter(code__in=values["codes"]).values_list("code", flat=True))
    unknown = [code for code in values["codes"] if code not in known]
    if unknown:
        errors.setdefault("codes", _("没有这样的机构：%(codes)s") % {"codes": "、".join(unknown[:5])})
    if not errors:
        try:
            matters.demand_published(found.values(), max(values["starts_on"], on))
        except Refused as refused:
            errors["matters"] = refused.message
    if errors:
        field, sentence = next(iter(errors.items()))
        raise Refused(sentence, field=field, code="values", errors=errors)
    street: Street | None = values["street"]
    if kind == "special" and not actor.process and Role.BUREAU not in actor.roles:
        raise Denied(_("专项检查由区教育局发起。街镇发起综合执法"), code="kind")
    if (
        kind == "street"
        and not Street.objects.allowed(actor, "campaign.manage").filter(pk=street.pk).exists()
    ):
        raise Denied(_("这个街镇不归你管"), code="reach")


def _write_people(row: Campaign, units: list[Unit], inspectors: list[Inspector]) -> None:
    row.units.exclude(unit__in=units).delete()
    there = {one.unit_id: one for one in row.units.all()}
    for position, unit in enumerate(units, 1):
        one = there.get(unit.pk) or CampaignUnit(campaign=row, unit=unit)
        one.position = position
        one.save()
    kept = [one.pk for one in inspectors]
    row.inspectors.exclude(inspector__in=kept).delete()
    have = set(row.inspectors.values_list("inspector_id", flat=True))
    CampaignInspector.objects.bulk_create(
        CampaignInspector(campaign=row, inspector=one) for one in inspectors if one.pk not in have
    )


def make(kind: str, *, actor: Actor, at: datetime | None = None, **values) -> Campaign:
    """A draft. `values`: FIELDS, `units` that are asked and `inspectors` where none is; Refused with every problem at
    once, Denied for a campaign of the district or another street's operation by a street."""
    actor.demand("campaign.manage")
    at = at or timezone.now()
    on = timezone.localdate(at)
    _check(values, kind, actor, on)
    series = f"{SERIES[kind]}-{on:%y%m}"
    row = Campaign.objects.create(
        number=f"{series}-{next_number(series):02d}",
        kind=kind,
        made_at=at,
        made_by=actor.user,
        **{name: values[name] for name in FIELDS},
    )
    _write_people(row, list(values["units"]), list(values["inspectors"]))
    audit.record("inspections.campaign.make", row, actor=actor, name=row.theme, changes=_facts(row))
    return row


def change(campaign: Campaign, *, version: int, actor: Actor, on: date | None = None, **values) -> Campaign:
    """Other facts of a draft. Who had replied stays, as far as still asked."""
    demand_reach(campaign, actor)
    row = locked(campaign)
    if row.state != CAMPAIGN.initial:
        raise Conflict(
            _("%(name)s现在是“%(state)s”，不能改") % {"name": row.theme, "state": row.get_state_display()},
            code="state",
        )
    row = locked(campaign, version)
    _check(values, row.kind, actor, on or timezone.localdate())
    before = _facts(row)
    for name in FIELDS:
        setattr(row, name, values[name])
    _write_people(row, list(values["units"]), list(values["inspectors"]))
    row.version += 1
    row.save()
    after = _facts(row)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    audit.record("inspections.campaign.change", row, actor=actor, name=row.theme, changes=changes)
    return row


def _facts(row: Campaign) -> dict:
    facts = {name: getattr(row, name) for name in FIELDS}
    facts |= {
        "street": row.street.code if row.street else "",
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
        "reply_by": row.reply_by.isoformat() if row.reply_by else "",
        "units": list(row.units.order_by("position").values_list("unit__slug", flat=True)),
        "inspectors": sorted(row.inspectors.values_list("inspector__code", flat=True)),
    }
    return facts


# --- The departments --------------------------------------------------------------------------------


def ask(campaign: Campaign, *, version: int | None = None, actor: Actor) -> Campaign:
    """Asks the departments to take part."""
    demand_reach(campaign, actor)
    row = locked(campaign, version)
    state = step(CAMPAIGN, row, "ask")
    if not row.units.exists():
        raise Refused(_("没有选部门，没有谁可以约"), code="no_units")
    return stepped(row, "ask", state, actor)


def may_be_named(unit: Unit, on: date):
    """Inspectors whom a department can send."""
    return Inspector.objects.filter(
        unit=unit, active=True, licence_from__lte=on, licence_until__gte=on
    ).order_by("code")


def reply(
    asked: CampaignUnit,
    *,
    accept: bool,
    inspectors: list[Inspector] = (),
    note: str = "",
    actor: Actor,
    at: datetime | None = None,
) -> CampaignUnit:
    """A department says that it takes part, with whom, or that it does not, and why. It may say otherwise as long as
    the others are waited for.

    Refused without people, without a reason; Denied for another department.
    """
    if not CampaignUnit.objects.allowed(actor, "campaign.answer").filter(pk=asked.pk).exists():
        raise Denied(_("没有约你的单位"), code="reach")
    campaign = locked(asked.campaign)
    if campaign.state != "asked":
        raise Conflict(
            _("%(name)s现在是“%(state)s”，不能再回复")
            % {"name": campaign.theme, "state": campaign.get_state_display()},
            code="state",
        )
    row = CampaignUnit.objects.select_for_update(of=("self",)).select_related("unit").get(pk=asked.pk)
    note = note.strip()
    if len(note) > 200:
        raise Refused(_("说明：最多 %(n)d 个字") % {"n": 200}, field="note")
    people = list(dict.fromkeys(inspectors))
    if accept:
        able = set(may_be_named(row.unit, campaign.ends_on).values_list("pk", flat=True))
        if not people or any(one.pk not in able for one in people):
            raise Refused(
                _("人员：至少报一名本单位的检查人员，执法证到 %(day)s 有效")
                % {"day": campaign.ends_on.isoformat()},
                field="inspectors",
            )
    elif len(note) < 5:
        raise Refused(_("说明：写明为什么不参加，5 到 200 个字"), field="note")
    before = row.state
    if (target := "accepted" if accept else "declined") != row.state:
        row.state = REPLY.next_state(row.state, "accept" if accept else "decline")
    row.note, row.replied_at, row.replied_by = note, at or timezone.now(), actor.user
    row.save()
    campaign.inspectors.filter(inspector__unit=row.unit).delete()
    CampaignInspector.objects.bulk_create(
        CampaignInspector(campaign=campaign, inspector=one) for one in (people if accept else ())
    )
    audit.record(
        "inspections.campaign.reply",
        campaign,
        actor=actor,
        name=campaign.theme,
        changes={
            "unit": row.unit.slug,
            "state": [before, target],
            "inspectors": [one.code for one in people] if accept else [],
        },
    )
    return row


# --- Approval, publication --------------------------------------------------------------------------


def submit(
    campaign: Campaign, *, version: int | None = None, actor: Actor, at: datetime | None = None
) -> Campaign:
    """Asks for approval: all departments that were asked have replied, or their time is over."""
    demand_reach(campaign, actor)
    at = at or timezone.now()
    row = locked(campaign, version)
    state = step(CAMPAIGN, row, "submit")
    replies = list(row.units.all())
    if replies and row.state == "draft":
        raise Refused(_("先约部门参加，等回复了再报批"), code="not_asked")
    waiting = [one for one in replies if one.state == "waiting"]
    if waiting and timezone.localdate(at) <= row.reply_by:
        raise Refused(
            _("%(units)s还没有回复，等到 %(day)s")
            % {
                "units": _("、").join(one.unit.name for one in waiting),
                "day": row.reply_by.isoformat(),
            },
            code="waiting",
        )
    taking = [one for one in replies if one.state == "accepted"]
    if replies and not taking:
        raise Refused(_("没有部门参加，不能报批"), code="nobody")
    if row.inspectors.count() < rules.TEAM:
        raise Refused(_("检查人员一共不到 %(n)d 名，不能报批") % {"n": rules.TEAM}, code="few")
    if not objects_of(row).exists():
        raise Refused(_("没有在办机构符合条件。改条件"), code="no_objects")
    row.submitted_at, row.submitted_by, row.return_note = at, actor.user, ""
    return stepped(row, "submit", state, actor, "submitted_at", "submitted_by", "return_note")


def approve(
    campaign: Campaign, *, version: int | None = None, actor: Actor, at: datetime | None = None
) -> Campaign:
    """A head approves what somebody else submitted. A special campaign is to be public within a month; the paper of the
    approval is set in the background."""
    actor.demand("campaign.approve")
    at = at or timezone.now()
    row = locked(campaign, version)
    state = step(CAMPAIGN, row, "approve")
    if actor.same_person(row.submitted_by):
        raise Denied(_("报批和批准要两个人"), code="second_person")
    row.approved_at, row.approved_by = at, actor.user
    on = timezone.localdate(at)
    if row.kind == Campaign.Kind.SPECIAL:
        row.publish_by = rules.publish_by(on, parameters.value(PUBLISH_DAYS, on))
    set_documents_later(row, actor)
    return stepped(row, "approve", state, actor, "approved_at", "approved_by", "publish_by")


def send_back(campaign: Campaign, *, note: str, version: int | None = None, actor: Actor) -> Campaign:
    """Back to the draft, with what has to be changed. The departments' replies stay."""
    actor.demand("campaign.approve")
    note = note.strip()
    if not 2 <= len(note) <= 200:
        raise Refused(_("要改什么：写 2 到 200 个字"), field="note")
    row = locked(campaign, version)
    state = step(CAMPAIGN, row, "return")
    row.return_note, row.submitted_at, row.submitted_by = note, None, None
    return stepped(row, "return", state, actor, "return_note", "submitted_at", "submitted_by")


def publish(
    campaign: Campaign, *, version: int | None = None, actor: Actor, on: date | None = None
) -> Campaign:
    """Puts occasion, theme, time, matters and kinds of facilities on the public page; which facilities, not."""
    actor.demand("campaign.publish")
    row = locked(campaign, version)
    if row.kind != Campaign.Kind.SPECIAL:
        raise Refused(_("街镇综合执法不单独公布，结果随各家的检查公示"), code="kind")
    state = step(CAMPAIGN, row, "publish")
    publicity.demand_none([row.theme, row.occasion, row.basis], _("批准以后不能再改：这份不办了，另写一份"))
    row.published_on, row.objects_n = on or timezone.localdate(), objects_of(row).count()
    return stepped(row, "publish", state, actor, "published_on", "objects_n")


def drop(campaign: Campaign, *, version: int | None = None, actor: Actor) -> Campaign:
    """Nothing comes of it; what was published cannot be dropped."""
    demand_reach(campaign, actor)
    row = locked(campaign, version)
    return stepped(row, "drop", step(CAMPAIGN, row, "drop"), actor)


def stepped(row: Campaign, action: str, state: str, actor: Actor, *fields: str) -> Campaign:
    before, row.state = row.state, state
    row.version += 1
    row.save(update_fields=["state", "version", *fields])
    changes = {"state": [before, state]} | ({"note": row.return_note} if action == "return" else {})
    audit.record(f"inspections.campaign.{action}", row, actor=actor, name=row.theme, changes=changes)
    return row


def set_documents_later(row: Campaign, actor: Actor) -> None:
    names = [actor.district.pk, row.pk]
    transaction.on_commit(lambda: celery.send_task("inspections.set_campaign_documents", args=names))
