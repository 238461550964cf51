"""The joint conference before and around a meeting: planning, agenda, papers, calling, cancelling. docs/conference.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models.people import Membership, User
from portal.models.places import Unit, UnitMember
from portal.rules.rights import Reach, Role
from portal.services import audit, messages
from portal.services.files import store_papers
from portal.services.steps import step
from portal.templatetags.ui import day_words
from targets.models.conferences import (
    AgendaFile,
    AgendaItem,
    Conference,
    ConferenceMinutes,
    ConferenceUnit,
)
from targets.rules import conferences as rules

MOST_FILES, MOST_ITEMS, MOST_UNITS = 10, 30, 200
FIELDS = ("kind", "number", "on", "starts_at", "place", "chair")
ITEM_FIELDS = ("topic", "unit", "purpose", "task", "target", "clause")
#: Who of a unit is told of a meeting and answers for it.
SPEAKING = (Role.UNIT_HEAD, Role.DEPARTMENT, Role.STREET_OFFICER)


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


def locked(row: Conference, version: int | None) -> Conference:
    """The meeting's row, locked; Conflict when it is not as the person saw it (None: whatever it is)."""
    row = Conference.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if version is not None and row.version != version:
        raise Conflict(
            _("这次会议刚被改过，现在是“%(state)s”。刷新后看最新的") % {"state": row.get_state_display()},
            code="stale",
        )
    return row


def fixed(row: Conference) -> Conflict | None:
    """What to say of a change once the minutes are confirmed."""
    if row.state in rules.FIXED:
        return Conflict(
            _("%(name)s的纪要已经确认，内容不再改。有变化的，在下一次会议上另作决定") % {"name": row},
            code="confirmed",
        )
    return None


def next_state(row: Conference, action: str) -> str:
    return step(rules.CONFERENCE, row, action, fixed(row))


def kept(row: Conference, action: str, before: str, *, actor: Actor, **facts) -> Conference:
    row.version += 1
    row.save()
    changes = {"state": [before, row.state]} if before != row.state else {}
    audit.record(f"targets.conference.{action}", row, actor=actor, changes=changes | facts)
    return row


# --- Who comes ------------------------------------------------------------------------------------


def members() -> list[Unit]:
    """The conference's member units: those of the collective 联席会议成员单位 as the plan lists them; where no document
    does, those of the last meeting."""
    listed = UnitMember.objects.filter(
        collective__collective=True,
        collective__name__contains="联席会议",  # content
    ).order_by("member__position", "member_id")
    if found := [one.member for one in listed.select_related("member")]:
        return found
    last = Conference.objects.exclude(state="cancelled").order_by("-on", "-pk").values("pk")[:1]
    rows = ConferenceUnit.objects.filter(conference=Subquery(last), part="member")
    return [one.unit for one in rows.select_related("unit").order_by("position")]


def next_number(kind: str, year: int) -> int:
    """The number that the next meeting of the year would have."""
    rows = Conference.objects.filter(kind=kind, year=year).exclude(state="cancelled")
    return (rows.aggregate(last=Max("number"))["last"] or 0) + 1


def checked(values: dict, member: Sequence[Unit], invited: Sequence[Unit], on: date) -> dict:
    values = {name: values[name] for name in FIELDS}
    for name in ("place", "chair"):
        values[name] = values[name].strip()
    refuse(rules.meeting_problems(values, len(member) + len(invited), on))
    for one in invited:
        if one in member:
            raise Refused(said("both", unit=one.name), field="invited", code="both")
    if len(member) + len(invited) > MOST_UNITS:
        raise Refused(_("参加单位：最多 %(n)d 个") % {"n": MOST_UNITS}, field="members", code="units")
    return values | {"year": values["on"].year}


def saved(row: Conference) -> Conference:
    """Saves number and year; Conflict names the meeting that has the number already."""
    twin = (
        Conference.objects.filter(kind=row.kind, year=row.year, number=row.number)
        .exclude(state="cancelled")
        .exclude(pk=row.pk)
        .first()
    )
    try:
        if twin is None:
            with transaction.atomic():
                row.save()
            return row
    except IntegrityError:  # somebody else entered it in this moment
        pass
    raise Conflict(
        _("第几次：%(name)s已经有了%(day)s。下一个没用过的是 %(next)d")
        % {
            "name": row,
            "day": f"（{day_words(twin.on)}）" if twin else "",
            "next": next_number(row.kind, row.year),
        },
        field="number",
        code="number",
    )


def set_units(row: Conference, member: Iterable[Unit], invited: Iterable[Unit]) -> None:
    """Who is asked to come; those who stay keep what is known of them."""
    wanted = [(one, "member") for one in member] + [(one, "invited") for one in invited]
    row.units.exclude(unit__in=[unit for unit, _part in wanted]).delete()
    for place, (unit, part) in enumerate(wanted, 1):
        ConferenceUnit.objects.update_or_create(
            conference=row, unit=unit, defaults={"part": part, "position": place}
        )


@transaction.atomic
def plan(
    *,
    members: Sequence[Unit],
    invited: Sequence[Unit] = (),
    actor: Actor,
    now: datetime | None = None,
    **values,
) -> Conference:
    """Enters a meeting. `values`: FIELDS. Refused with the field; Conflict for a number that another one has."""
    actor.demand("conference.keep")
    now = now or timezone.now()
    values = checked(values, members, invited, timezone.localdate(now))
    row = saved(Conference(**values, made_at=now, made_by=actor.user))
    set_units(row, members, invited)
    audit.record("targets.conference.plan", row, actor=actor, changes={"on": str(row.on)})
    return row


@transaction.atomic
def change(
    row: Conference, *, version: int, members: Sequence[Unit], invited: Sequence[Unit] = (), actor: Actor,
    now: datetime | None = None, **values,
) -> Conference:  # fmt: skip
    """Another day, place or circle; who has had the notice gets a new one when it is called again."""
    actor.demand("conference.keep")
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "change")
    for name, value in checked(values, members, invited, timezone.localdate(now or timezone.now())).items():
        setattr(row, name, value)
    saved(row)
    set_units(row, members, invited)
    return kept(row, "change", before, actor=actor, on=str(row.on))


# --- The agenda -----------------------------------------------------------------------------------


def keep_papers(item: AgendaItem, files: Iterable, drop: Iterable[int], *, actor: Actor) -> None:
    item.files.filter(pk__in=list(drop)).delete()
    for stored in store_papers(files, there=item.files.count(), most=MOST_FILES, actor=actor):
        AgendaFile.objects.create(item=item, file=stored)


def item_values(values: dict) -> dict:
    values = {name: values.get(name) for name in ITEM_FIELDS}
    values["topic"] = (values["topic"] or "").strip()
    refuse({} if rules.fits(values["topic"], rules.TOPIC) else {"topic": "topic"})
    return values


def _item(row: Conference, state: str, files: Iterable, values: dict, actor: Actor) -> AgendaItem:
    if row.items.count() >= MOST_ITEMS:
        raise Refused(_("议题：一次会议最多 %(n)d 个") % {"n": MOST_ITEMS}, field="topic", code="items")
    last = row.items.aggregate(last=Max("position"))["last"] or 0
    item = AgendaItem.objects.create(
        conference=row, position=last + 1, state=state, proposed_by=actor.user, **values
    )
    keep_papers(item, files, (), actor=actor)
    return item


@transaction.atomic
def add_item(row: Conference, *, actor: Actor, files: Iterable = (), **values) -> AgendaItem:
    """The bureau puts something on the agenda; before the meeting, or what came up in it."""
    actor.demand("conference.keep")
    row, values = locked(row, None), item_values(values)
    before, row.state = row.state, next_state(row, "write" if row.state == "held" else "change")
    item = _item(row, "listed", files, values, actor)
    kept(row, "add_item", before, actor=actor, item=item.topic)
    return item


@transaction.atomic
def propose_item(row: Conference, *, actor: Actor, files: Iterable = (), **values) -> AgendaItem:
    """A unit that takes part proposes an item; the bureau puts it on the agenda or says why not.

    Denied for a unit that is not the person's or is not asked to the meeting.
    """
    actor.demand("conference.propose")
    row, values = locked(row, None), item_values(values)
    step(rules.CONFERENCE, row, "change", fixed(row))  # as long as the agenda is open
    unit = values["unit"]
    own = actor.listed(Reach.UNIT)
    if unit is None or unit.pk not in own or not row.units.filter(unit=unit).exists():
        raise Denied(_("提议单位：选你自己的、参加这次会议的单位"), field="unit", code="unit")
    item = _item(row, "proposed", files, values, actor)
    audit.record("targets.agenda_item.propose", item, actor=actor, changes={"unit": unit.name})
    return item


@transaction.atomic
def change_item(
    item: AgendaItem, *, actor: Actor, version: int, files: Iterable = (), drop: Iterable[int] = (), **values
) -> AgendaItem:
    actor.demand("conference.keep")
    row, values = locked(item.conference, version), item_values(values)
    before, row.state = row.state, next_state(row, "write" if row.state == "held" else "change")
    item = AgendaItem.objects.get(pk=item.pk)
    for name, value in values.items():
        setattr(item, name, value)
    item.save()
    keep_papers(item, files, drop, actor=actor)
    kept(row, "change_item", before, actor=actor, item=item.topic)
    return item


@transaction.atomic
def decide_item(item: AgendaItem, action: str, *, note: str = "", version: int, actor: Actor) -> AgendaItem:
    """`accept` or `decline` what a unit proposed; declining says why."""
    actor.demand("conference.keep")
    row = locked(item.conference, version)
    before, row.state = row.state, next_state(row, "change")
    item = AgendaItem.objects.get(pk=item.pk)
    item.state = step(rules.AGENDA_ITEM, item, action)
    item.note = noted(note) if action == "decline" else ""
    item.save()
    if action == "decline":
        row.state = before  # the agenda is as it was told
    kept(row, f"{action}_item", before, actor=actor, item=item.topic)
    return item


@transaction.atomic
def move_item(item: AgendaItem, *, version: int, actor: Actor) -> AgendaItem:
    """One place up."""
    actor.demand("conference.keep")
    row = locked(item.conference, version)
    before, row.state = row.state, next_state(row, "write" if row.state == "held" else "change")
    items = list(row.items.order_by("position", "pk"))
    place = next(n for n, one in enumerate(items) if one.pk == item.pk)
    listed = [n for n in range(place) if items[n].state == items[place].state]
    if listed:
        items.insert(listed[-1], items.pop(place))
    for number, one in enumerate(items, 1):
        one.position = number
    AgendaItem.objects.bulk_update(items, ["position"])
    kept(row, "move_item", before, actor=actor, item=item.topic)
    return item


@transaction.atomic
def drop_item(item: AgendaItem, *, version: int, actor: Actor) -> None:
    """Takes an item off, with its papers; not one on which something was decided."""
    actor.demand("conference.keep")
    row = locked(item.conference, version)
    before, row.state = row.state, next_state(row, "write" if row.state == "held" else "change")
    if item.decisions.exists():
        raise Refused(_("议题“%(topic)s”下面有决定，先去掉决定") % {"topic": item.topic}, code="decisions")
    topic = item.topic
    AgendaItem.objects.filter(pk=item.pk).delete()
    kept(row, "drop_item", before, actor=actor, item=topic)


# --- Calling, holding, cancelling -----------------------------------------------------------------


def people_of(units: Iterable[int], on: date) -> list[User]:
    """Heads and officers of these units, the bureau's clerks aside: they keep the books."""
    found = Membership.objects.current(on).filter(
        unit__in=list(units), role__in=[role.value for role in SPEAKING], user__is_active=True
    )
    return list(User.objects.filter(pk__in=found.values("user")).order_by("pk"))


def tell(row: Conference, title: str, lines, *, actor: Actor, now: datetime) -> int:
    """A message to every unit that takes part. `title`, `lines`: functions, asked in each person's language."""
    units = row.units.values_list("unit_id", flat=True)
    people = [one for one in people_of(units, timezone.localdate(now)) if not actor.same_person(one)]
    return messages.tell_at_once(people, lambda: (title()[:120], lines()), actor=actor, now=now)


@transaction.atomic
def call(row: Conference, *, version: int, actor: Actor, now: datetime | None = None) -> Conference:
    """Sends the notice with the agenda to the units' people. Refused without an item, or for a day that is past."""
    actor.demand("conference.keep")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, next_state(row, "call")
    items = list(row.items.filter(state="listed").order_by("position", "pk"))
    if not items:
        raise Refused(_("议程还是空的：先写至少一个议题，再发通知"), code="agenda")
    if row.on < timezone.localdate(now):
        raise Refused(
            _("会议日期 %(day)s 已经过了：改日期，或者直接记为已开会") % {"day": row.on.isoformat()},
            field="on",
            code="past",
        )
    if rules.begun(row.on, row.starts_at, timezone.localtime(now)):
        late = _("会议 %(time)s 已经开始了：改时间，或者直接记为已开会") % {"time": f"{row.starts_at:%H:%M}"}
        raise Refused(late, field="starts_at", code="past")
    row.called_at = now
    url = reverse("conference", args=[actor.district.slug, row.pk])

    def lines() -> list[dict]:
        head = _("%(day)s %(time)s，%(place)s，%(chair)s主持") % {
            "day": day_words(row.on), "time": row.starts_at.strftime("%H:%M"), "place": row.place,
            "chair": row.chair,
        }  # fmt: skip
        agenda = [f"{number}. {one.topic}" for number, one in enumerate(items, 1)]
        return [{"words": words, "state": "doing", "url": url} for words in (head, *agenda)]

    told = tell(row, lambda: _("会议通知：%(name)s") % {"name": row}, lines, actor=actor, now=now)
    return kept(row, "call", before, actor=actor, told=told)


@transaction.atomic
def hold(row: Conference, *, version: int, actor: Actor, now: datetime | None = None) -> Conference:
    """It has taken place: from now on attendance and minutes are written."""
    actor.demand("conference.keep")
    row = locked(row, version)
    before, row.state = row.state, next_state(row, "hold")
    if row.on > timezone.localdate(now or timezone.now()):
        raise Refused(
            _("会议定在 %(day)s，还没有开。提前开了的，先改日期") % {"day": row.on.isoformat()},
            field="on",
            code="future",
        )
    if not row.items.filter(state="listed").exists():
        raise Refused(_("议程还是空的：先写至少一个议题"), code="agenda")
    row.items.filter(state="proposed").update(state="declined", note=_("开会前没有列入议程"))
    return kept(row, "hold", before, actor=actor)


@transaction.atomic
def cancel(
    row: Conference, *, note: str, version: int, actor: Actor, now: datetime | None = None
) -> Conference:
    """It does not take place; who had the notice is told why. Its number is free again."""
    actor.demand("conference.keep")
    row, now = locked(row, version), now or timezone.now()
    before, row.state = row.state, next_state(row, "cancel")
    row.note = noted(note)
    if before == "called" or row.called_at:
        url = reverse("conference", args=[actor.district.slug, row.pk])
        tell(
            row, lambda: _("会议不开了：%(name)s") % {"name": row},
            lambda: [{"words": row.note, "state": "none", "url": url}], actor=actor, now=now,
        )  # fmt: skip
    return kept(row, "cancel", before, actor=actor, note=row.note)


# --- What is left of earlier meetings -------------------------------------------------------------


def counted():
    """Meetings with how many items they had, decisions they took, and how many of those are open."""
    return Conference.objects.annotate(
        listed=Count("items", filter=Q(items__state="listed"), distinct=True),
        decided=Count("items__decisions", distinct=True),
        still=Count("items__decisions", filter=Q(items__decisions__state="open"), distinct=True),
    )


def confirmed_minutes(row: Conference) -> ConferenceMinutes | None:
    return row.minutes.filter(confirmed_at__isnull=False).select_related("file", "confirmed_by").first()
