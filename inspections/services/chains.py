"""The year's chain of a scheme: made once, its anchor public at once, its links shown to nobody before their time."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.models import DrawChain, PublicRecord, Scheme
from inspections.rules import draw as rules
from portal.access import Actor
from portal.crypto import decrypt, encrypt
from portal.errors import Refused
from portal.services import audit

ANCHOR_DAY = (12, 1)  # of the year before, at the latest


def lock(name: str) -> None:
    """Whoever else asks for this lock in this district waits until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(current_setting('portal.district')::int, hashtext(%s))", [name]
        )


def moment(on: date | None, at: datetime | None) -> tuple[date, datetime]:
    """The day and the moment of a change: now, or the day that a test or the demonstration is in."""
    if at is not None:
        return timezone.localdate(at), at
    now = timezone.now()
    if on is None or on == timezone.localdate(now):
        return timezone.localdate(now), now
    return on, timezone.make_aware(datetime(on.year, on.month, on.day, 9))


def find_chain(scheme_key: str, year: int) -> DrawChain | None:
    return DrawChain.objects.filter(scheme_key=scheme_key, year=year).first()


def chains_of(year: int) -> dict[str, DrawChain]:
    """A year's chains by their schemes' keys."""
    return {one.scheme_key: one for one in DrawChain.objects.filter(year=year)}


def make_chain(
    scheme: Scheme, year: int, *, actor: Actor, at: datetime | None = None, secret: bytes | None = None
) -> DrawChain:
    """The chain of a scheme's year; made, and its anchor published, if there is none yet.

    `secret`: only in a district that is marked as a demonstration, whose draws come out the same each time.
    Raises Refused for a year outside of 2000 to 2999, for a secret given to a real district.
    """
    actor.demand("draw.freeze")
    if secret is not None and not (actor.process and actor.district.demonstration):
        raise Refused(_("链的起点由系统随机产生，不能给定"), code="secret")
    if not 2000 <= year <= 2999:
        raise Refused(_("年份：填 2000 到 2999 之间的数"), field="year", code="year")
    found = find_chain(scheme.key, year)
    if found is not None:
        return found
    lock(f"draw {scheme.key}")
    found = find_chain(scheme.key, year)
    if found is not None:
        return found
    at = at or timezone.now()
    secret = secret or secrets.token_bytes(32)
    anchor = rules.make_chain(secret)[0].hex()
    chain = DrawChain.objects.create(
        scheme_key=scheme.key, year=year, anchor=anchor, secret=encrypt(secret), made_at=at
    )
    PublicRecord.objects.create(
        kind=PublicRecord.Kind.ANCHOR,
        at=at,
        scheme_key=scheme.key,
        scheme_name=scheme.name,
        year=year,
        sha256=anchor,
    )
    audit.record(
        "inspections.chain.make", chain, actor=actor, name=f"{scheme.key} {year}", changes={"anchor": anchor}
    )
    return chain


def link(chain: DrawChain, month: int) -> bytes:
    """link[month], 32 raw bytes, from the secret. Only for drawing: it becomes public with the evidence."""
    return rules.make_chain(decrypt(chain.secret))[month]
