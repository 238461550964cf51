"""The inbox: one digest a person and day, what cannot wait at once; read, counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Max, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from portal.access import Actor
from portal.models.messages import Message
from portal.models.people import Membership, StreetGrant, User
from portal.models.places import Unit
from portal.navigation import REGISTRY
from portal.rules.rights import RIGHTS, Reach
from portal.tenancy import current_scope

#: Who is told something by the day's message: what ends, which overdue orders climbed, whose task reports are missing.
TOLD = ("clock.remind", "order.escalated", "task.report", "task.escalated")
#: A digest makes up for the days on which none was sent, no further back than this.
FURTHEST = 14
UNREAD_SECONDS = 600


def recipients(on: date) -> list[int]:
    """Ids of the people whom a day's digest is for: active, with a role that is told something."""
    roles = sorted({role.value for right in TOLD for role in RIGHTS[right]})
    found = Membership.objects.current(on).filter(role__in=roles, user__is_active=True)
    return sorted(set(found.values_list("user_id", flat=True)))


def send_digests(user_ids: Iterable[int], *, on: date, actor: Actor) -> int:
    """One message to each of these people who has none of the day yet, if there is something to say; how many it was.

    The district is counted once for all of them; people who reach the same get the same lines, made once.
    """
    users = {user.pk: user for user in User.objects.filter(pk__in=list(user_ids), is_active=True)}
    mine: dict[int, list[Membership]] = {}
    for membership in Membership.objects.current(on).filter(user__in=users):
        mine.setdefault(membership.user_id, []).append(membership)
    digests = Message.objects.filter(kind=Message.Kind.DIGEST, user__in=users)
    last = dict(digests.filter(on__lte=on).values_list("user").annotate(day=Max("on")))
    made: list[Message] = []
    known: dict[tuple, list[dict]] = {}
    wanting = {}
    for pk, user in users.items():
        person = Actor.person(user, actor.district, mine.get(pk, []))
        if last.get(pk) != on and any(person.may(right) for right in TOLD):
            wanting[person] = max(last.get(pk, on - timedelta(1)), on - timedelta(FURTHEST))
    if not wanting:
        return 0
    first = min(wanting.values())
    told = [digest(actor, on, first) for digest in REGISTRY.digests]
    for person, since in wanting.items():
        user = person.user
        key = (user.language, since, *reach_of(person))
        if key not in known:
            with override(user.language):
                known[key] = lines_of(told, person, since)
        if known[key]:
            with override(user.language):
                title = _("%(day)s 到期提醒") % {"day": on.isoformat()}
            made.append(
                Message(
                    user=user,
                    kind=Message.Kind.DIGEST,
                    on=on,
                    title=title,
                    lines=known[key],
                    at=timezone.now(),
                )
            )
    # two workers with the same message: the second finds the day's own there
    Message.objects.bulk_create(made, ignore_conflicts=True)
    forget([message.user_id for message in made], actor)
    return len(made)


def reach_of(person: Actor) -> tuple:
    """What makes two people read the same."""
    reaches = tuple(sorted(set().union(*(person.reaches(right) for right in TOLD))))
    ids = tuple(tuple(sorted(person.listed(reach))) for reach in reaches if reach != "all")
    return (tuple(sorted(person.roles)), reaches, ids)


def lines_of(told: list[Callable], person: Actor, since: date) -> list[dict]:
    """What all apps tell the person, since the day of the last message."""
    return [
        {"words": str(line.words), "state": line.state, "url": line.url}
        for digest in told
        for line in digest(person, since)
    ]


def reaching(right: str, street_id: int | None, on: date) -> list[User]:
    """Who may see a thing of a street by the table of rights: for the whole district, or as an officer of the street."""
    table = RIGHTS[right]
    current = Membership.objects.current(on).filter(user__is_active=True)
    found = set(
        current.filter(role__in=[r for r in table if table[r] == Reach.ALL]).values_list("user", flat=True)
    )
    officers = current.filter(role__in=[r for r in table if table[r] == Reach.STREETS]).values("user")
    serving = StreetGrant.objects.filter(content_object=street_id, user__in=officers)
    found |= set(serving.values_list("user", flat=True))
    return list(User.objects.filter(pk__in=found).order_by("pk"))


def tell_at_once(
    people: Iterable[User],
    say: Callable[[], tuple[str, list[dict]]],
    *,
    actor: Actor,
    now: datetime | None = None,
) -> int:
    """News that cannot wait for the day's message; `say` gives title and lines in each person's language."""
    now = now or timezone.now()
    made = []
    for user in people:
        with override(user.language):
            title, lines = say()
        made.append(
            Message(
                user=user,
                kind=Message.Kind.NEWS,
                on=timezone.localdate(now),
                title=title,
                lines=lines,
                at=now,
            )
        )
    Message.objects.bulk_create(made)
    forget([message.user_id for message in made], actor)
    return len(made)


def read_message(message: Message, *, actor: Actor) -> Message:
    """The person has opened it; the first time is kept."""
    if message.read_at is None:
        message.read_at = timezone.now()
        message.save(update_fields=["read_at"])
        forget([message.user_id], actor)
    return message


def read_all(*, actor: Actor) -> int:
    """Everything of the person's inbox is read."""
    found = Message.objects.allowed(actor, "message.view").filter(read_at__isnull=True)
    count = found.update(read_at=timezone.now())
    if count:
        forget([actor.user.pk], actor)
    return count


def unread_key(user_id: int, district_id: int) -> str:
    return f"unread:{district_id}:{user_id}"


def kinds_key(user_id: int, district_id: int) -> str:
    return f"unit-kinds:{district_id}:{user_id}"


def unread(actor: Actor) -> int:
    """How many messages the person has not opened; asked by every page, so it is kept for some minutes."""
    return _in_the_bar(actor, unread_key)


def unit_kinds(actor: Actor) -> tuple[str, ...]:
    """Of which kinds the person's units are, for what the navigation shows; kept for some minutes, too."""
    return _in_the_bar(actor, kinds_key) or ()


def _in_the_bar(actor: Actor, wanted: Callable[[int, int], str]):
    """What the frame of every page says of the person, both in one query."""
    if actor.user is None or actor.visiting:
        return 0
    found = cache.get(wanted(actor.user.pk, actor.district.pk))
    if found is not None:
        return found
    if current_scope() is None:
        return 0  # a page that says an address is wrong, after the district's scope has ended
    waiting = Message.objects.filter(user=actor.user, read_at__isnull=True).order_by()
    units = Unit.objects.filter(pk__in=[one.unit_id for one in actor.memberships if one.unit_id]).order_by()
    rows = units.values_list("kind", Value(0)).union(
        waiting.annotate(of=Value("")).values("of").annotate(n=Count("pk")).values_list("of", "n"), all=True
    )
    counts, kinds = 0, []
    for kind, n in rows:
        counts, kinds = counts + n, kinds + [kind] * bool(kind)
    told = {unread_key: counts, kinds_key: tuple(kinds)}
    for key, value in told.items():
        cache.set(key(actor.user.pk, actor.district.pk), value, UNREAD_SECONDS)
    return told[wanted]


def forget(user_ids: Iterable[int], actor: Actor) -> None:
    keys = [unread_key(pk, actor.district.pk) for pk in user_ids]
    if keys:
        transaction.on_commit(lambda: cache.delete_many(keys))
