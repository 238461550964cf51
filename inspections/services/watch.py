"""The watch list of a week: drawn once, looked at minute by minute, its evidence public when all are seen."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import Inspection, Inspector, VideoDevice, WatchChain, WatchList, WatchSlot
from inspections.rules import watch as rules
from inspections.rules.frozen import canonical
from inspections.rules.states import WATCH
from inspections.services.chains import ANCHOR_DAY, lock
from inspections.services.visits import create_unscheduled
from portal import calendar
from portal.access import Actor
from portal.crypto import decrypt, encrypt
from portal.errors import Conflict, Refused
from portal.services import audit, parameters
from portal.services.steps import step

SLOTS, FROM, UNTIL, DAYS = "watch.slots", "watch.from_hour", "watch.until_hour", "watch.days"
NOTE_LENGTH = 1000


def make_chain(
    year: int, *, actor: Actor, at: datetime | None = None, secret: bytes | None = None
) -> WatchChain:
    """The chain of a year's weeks; made, and its anchor public, if there is none yet.

    `secret`: only in a district that is marked as a demonstration, whose lists come out the same each time.
    """
    actor.demand("watch.draw")
    if secret is not None and not (actor.process and actor.district.demonstration):
        raise Refused(_("链的起点由系统随机产生，不能给定"), code="secret")
    if found := WatchChain.objects.filter(year=year).first():
        return found
    lock("watch")
    if found := WatchChain.objects.filter(year=year).first():
        return found
    secret = secret or secrets.token_bytes(32)
    chain = WatchChain.objects.create(
        year=year,
        anchor=rules.make_chain(secret)[0].hex(),
        secret=encrypt(secret),
        made_at=at or timezone.now(),
    )
    audit.record(
        "inspections.watch.chain", chain, actor=actor, name=str(year), changes={"anchor": chain.anchor}
    )
    return chain


def see_chain(*, on: date, actor: Actor) -> None:
    """This year's chain, and from 1 December the next one's."""
    if not VideoDevice.objects.exists():
        return
    make_chain(on.isocalendar().year, actor=actor)
    if (on.month, on.day) >= ANCHOR_DAY:
        make_chain(on.year + 1, actor=actor)


def frozen_content(chain: WatchChain, week: int, *, district_code: str, previous: str) -> dict:
    """What a week's draw is made from, as the database stands: the cameras that record, the working days, the hours."""
    days = [day for day in rules.days_of(chain.year, week) if calendar.is_working_day(day)]
    last = rules.days_of(chain.year, week)[-1]
    cameras = (
        VideoDevice.objects.filter(kind="camera", facility__state="operating", states__working=True)
        .filter(installed_on__lte=last)
        .filter(retired_on__isnull=True)
        .order_by("code")
        .values_list("code", "facility__code")
    )
    values = parameters.values([SLOTS, FROM, UNTIL], last)
    return {
        "protocol": rules.PROTOCOL,
        "district": district_code,
        "year": chain.year,
        "week": week,
        "anchor": chain.anchor,
        "days": [day.isoformat() for day in days],
        "from": values[FROM],
        "until": values[UNTIL],
        "count": min(values[SLOTS], rules.MOST),
        "cameras": sorted(({"id": code, "facility": of} for code, of in cameras), key=lambda c: c["id"]),
        "previous": previous,
    }


def draw_week(year: int, week: int, *, actor: Actor, now: datetime | None = None) -> WatchList | None:
    """Draws the list of a week that is over; drawn already, the list as it is. None where no camera recorded.

    Refused for a week that is not over or that the year does not have.
    """
    actor.demand("watch.draw")
    now = now or timezone.now()
    try:
        last = rules.days_of(year, week)[-1]
    except ValueError:
        raise Refused(
            _("%(year)s 年没有第 %(week)s 周") % {"year": year, "week": week}, code="week"
        ) from None
    if last >= timezone.localdate(now):
        raise Refused(_("第 %(week)s 周还没过完，过完再抽") % {"week": week}, code="week")
    lock("watch")
    if found := WatchList.objects.filter(year=year, week=week).first():
        return found
    chain = make_chain(year, actor=actor, at=now)
    before = WatchList.objects.filter(chain=chain, week__lt=week).order_by("-week").first()
    frozen = frozen_content(
        chain, week, district_code=actor.district.code, previous=before.evidence_sha256 if before else ""
    )
    if not frozen["cameras"] or not frozen["days"]:
        return None
    evidence = rules.evidence_of(frozen, rules.make_chain(decrypt(chain.secret))[week])
    content = canonical(evidence)
    made = WatchList.objects.create(
        chain=chain,
        year=year,
        week=week,
        frozen_sha256=evidence["frozen_sha256"],
        evidence=encrypt(content),
        evidence_sha256=rules.sha256(content),
        drawn_at=now,
        due_on=calendar.add_working_days(
            timezone.localdate(now), parameters.value(DAYS, timezone.localdate(now))
        ),
    )
    wanted = {one["camera"] for one in evidence["results"]}
    devices = {
        code: (pk, facility)
        for pk, code, facility in VideoDevice.objects.filter(code__in=wanted).values_list(
            "pk", "code", "facility"
        )
    }
    WatchSlot.objects.bulk_create(
        WatchSlot(
            watch_list=made,
            position=position,
            device_id=devices[one["camera"]][0],
            facility_id=devices[one["camera"]][1],
            starts_at=timezone.make_aware(rules.moment(one["slot"])),
        )
        for position, one in enumerate(evidence["results"], start=1)
    )
    audit.record(
        "inspections.watch.draw",
        made,
        actor=actor,
        changes={"sha256": made.evidence_sha256, "slots": len(evidence["results"])},
    )
    return made


def see_weeks(*, actor: Actor, now: datetime | None = None) -> list[WatchList]:
    """Last week's list, drawn if it is not; lists whose evidence may be public; answers the new ones."""
    now = now or timezone.now()
    on = timezone.localdate(now)
    see_chain(on=on, actor=actor)
    found = []
    if VideoDevice.objects.exists():
        year, week, _day = (on - timedelta(7)).isocalendar()
        if not WatchList.objects.filter(year=year, week=week).exists():
            if made := draw_week(year, week, actor=actor, now=now):
                found.append(made)
    publish_due(actor=actor, now=now)
    return found


def log_slot(
    slot: WatchSlot,
    *,
    outcome: str,
    note: str = "",
    version: int,
    actor: Actor,
    now: datetime | None = None,
) -> WatchSlot:
    """What somebody saw in the ten minutes. May be changed until the evidence is public.

    Refused for a finding, or a recording that is not there, without a word about it; Conflict when somebody else
    has logged it since `version`.
    """
    actor.demand("watch.log")
    now = now or timezone.now()
    slot = (
        WatchSlot.objects.select_for_update(of=("self",))
        .select_related("watch_list", "device")
        .get(pk=slot.pk)
    )
    if outcome not in rules.OUTCOMES:
        raise Refused(_("结果：选一个"), field="outcome")
    note = note.strip()
    if outcome != "ok" and len(note) < 2:
        raise Refused(_("说明：写明看到了什么，或为什么没有录像"), field="note")
    if len(note) > NOTE_LENGTH:
        raise Refused(_("说明：最多 %(n)d 个字") % {"n": NOTE_LENGTH}, field="note")
    if slot.watch_list.state == "published":
        raise Conflict(_("这一周的名单已经公开，记录不再改"), code="state")
    if (slot.outcome, slot.note) == (outcome, note):
        return slot
    if slot.version != version and not actor.same_person(slot.seen_by):
        raise Conflict(
            _("%(who)s 刚记过这一段：%(outcome)s。刷新页面看最新的记录")
            % {
                "who": slot.seen_by.name if slot.seen_by else _("系统"),
                "outcome": slot.get_outcome_display(),
            },
            code="stale",
        )
    if slot.inspection_id and outcome != "finding":
        raise Conflict(_("已经为它安排了现场检查，结果不能再改"), code="inspection")
    before = slot.outcome
    slot.outcome, slot.note = outcome, note
    slot.seen_at, slot.seen_by = now, actor.user
    slot.version += 1
    slot.save(update_fields=["outcome", "note", "seen_at", "seen_by", "version"])
    audit.record(
        "inspections.watch.log",
        slot.watch_list,
        actor=actor,
        changes={"slot": slot.position, "outcome": [before, outcome], "device": slot.device.code},
    )
    return slot


def follow_up(
    slot: WatchSlot, *, inspectors: list[Inspector], due_on: date, actor: Actor, on: date | None = None
) -> Inspection:
    """A visit on site for what was seen; the finding itself is made there. Conflict where there is one already."""
    actor.demand("inspection.create")
    slot = (
        WatchSlot.objects.select_for_update(of=("self",))
        .select_related("watch_list", "device", "facility")
        .get(pk=slot.pk)
    )
    if slot.outcome != "finding":
        raise Refused(_("这一段没有记下问题，不用去现场"), code="outcome")
    if slot.inspection_id:
        raise Conflict(_("已经安排了现场检查"), code="inspection")
    slot.inspection = create_unscheduled(
        slot,
        note=slot.note[:120],
        inspectors=inspectors,
        due_on=due_on,
        actor=actor,
        on=on,
    )
    slot.version += 1
    slot.save(update_fields=["inspection", "version"])
    return slot.inspection


def publish_due(*, actor: Actor, now: datetime | None = None) -> int:
    """Makes the evidence public of each list that was looked at, or whose days are over; how many."""
    actor.demand("watch.draw")
    now = now or timezone.now()
    on, made = timezone.localdate(now), 0
    for one in WatchList.objects.select_for_update().filter(state="drawn").order_by("year", "week"):
        if one.due_on >= on and one.slots.filter(outcome="").exists():
            continue
        one.state = step(WATCH, one, "publish")
        one.file, one.published_at = one.evidence_file, now
        one.save(update_fields=["state", "file", "published_at"])
        audit.record("inspections.watch.publish", one, actor=actor, changes={"sha256": one.evidence_sha256})
        made += 1
    return made
