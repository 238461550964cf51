"""Deletion of a child's record when its purpose has ended, with a certificate (PIPL 47).

What stays is a code, the month of birth, where the child was from when to when, and who opened the record: the
figures of past years still open, and nobody can tell whose they are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings
from django.db.models import Exists, Max, OuterRef
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from facilities.models import Child, ChildDeletion, Consent
from facilities.models.enrolments import OPEN
from facilities.rules import families as rules
from facilities.services import access_requests, children, enrolments
from facilities.services.attendance import issuer_of
from facilities.services.refusals import refuse_field
from portal import pdf
from portal.access import Actor
from portal.errors import Conflict
from portal.models.places import District
from portal.models.records import StoredFile
from portal.rules.machine import marked
from portal.services import audit, parameters
from portal.services.files import forget_file
from portal.services.numbers import next_number

SERIES = "child-deletion"
#: What was deleted, as the certificate says it.
KINDS = {
    "child": marked("幼儿身份与健康资料"),
    "parent": marked("家长姓名与电话"),
    "kinship": marked("亲属关系"),
    "consent": marked("同意书"),
    "agreement": marked("协议"),
    "health_certificate": marked("入托体检"),
    "file": marked("文件"),
}


@dataclass(frozen=True)
class Due:
    """A child whose record is to be deleted, since when and why."""

    child: Child
    ended_on: date
    ground: str


def retention_days(on: date) -> int:
    return int(parameters.value("child.retention_days", on))


def ended_children():
    """Children on file whom nobody cares for any more, with the day on which that ended."""
    given = Consent.objects.filter(child=OuterRef("pk"), purpose__in=rules.NEEDED_CONSENTS)
    still = {
        f"has_{purpose}": Exists(
            Consent.objects.filter(child=OuterRef("pk"), purpose=purpose, withdrawn_on__isnull=True)
        )
        for purpose in rules.NEEDED_CONSENTS
    }
    return (
        Child.objects.on_file()
        .annotate(ended_on=Max("enrolments__ends_on"), was_given=Exists(given), **still)
        .filter(ended_on__isnull=False)
        .exclude(pk__in=Child.objects.filter(enrolments__state__in=OPEN).values("pk"))
        .order_by("pk")
    )


def due(on: date, *, days: int | None = None) -> list[Due]:
    """Whose record is to be deleted on a day: the retention has passed, or a consent was withdrawn."""
    days = retention_days(on) if days is None else days
    found = []
    for child in ended_children().filter(ended_on__lte=on):
        withdrawn = child.was_given and not all(
            getattr(child, f"has_{purpose}") for purpose in rules.NEEDED_CONSENTS
        )
        if rules.deletable(ended_on=child.ended_on, days=days, withdrawn=withdrawn, on=on):
            found.append(Due(child, child.ended_on, "withdrawn" if withdrawn else "ended"))
    return found


def delete_child(
    child: Child,
    *,
    actor: Actor,
    ground: str,
    on: date,
    ended_on: date | None = None,
    days: int | None = None,
) -> ChildDeletion:
    """Deletes what says who a child is, its papers and their files; returns the certificate.

    Refused while somebody cares for the child. What was deleted cannot be had back, not from here.
    """
    actor.demand("child.erase")
    row = Child.objects.select_for_update().get(pk=child.pk)
    if row.erased_on is not None:
        raise Conflict(_("%(code)s 的档案已经删除") % {"code": row.code}, code="state")
    if row.enrolments.open().exists():
        refuse_field("", _("%(code)s 还在托，先办离开再删") % {"code": row.code}, "open")
    ended_on = ended_on or row.enrolments.aggregate(last=Max("ends_on"))["last"] or on
    files = list(StoredFile.objects.filter(pk__in=children.papers_of(row)))
    counts = {
        "consent": row.consents.all().delete()[0],
        "agreement": row.agreements.all().delete()[0],
        "health_certificate": row.health_certificates.all().delete()[0],
        **children.erase(row),
        "file": len(files),
    }
    for stored in files:
        forget_file(stored)
    row.enrolments.update(reason="")
    row.shown, row.street, row.erased_on = "", None, on
    row.save(update_fields=["shown", "street", "erased_on"])
    number = f"XH-{on.year}-{next_number(f'{SERIES}-{on.year}'):04d}"
    days = retention_days(on) if days is None else days
    made = ChildDeletion(
        number=number,
        child=row,
        ground=ground,
        ended_on=ended_on,
        deleted_on=on,
        days=days,
        counts=counts,
        by=actor.user,
        actor=actor.label[:80],
    )
    made.sha256 = fingerprint(made)
    made.save(force_insert=True)
    audit.record(
        "facilities.child.erase",
        row,
        actor=actor,
        changes={"number": number, "ground": ground, "counts": counts},
    )
    return made


def lines(made: ChildDeletion) -> list[str]:
    """The certificate as plain lines, of which the fingerprint is taken."""
    return [
        f"number={made.number}",
        f"child={made.child.code}",
        f"ground={made.ground}",
        f"ended_on={made.ended_on.isoformat()}",
        f"deleted_on={made.deleted_on.isoformat()}",
        f"retention_days={made.days}",
        *(f"{kind}={count}" for kind, count in sorted(made.counts.items())),
    ]


def fingerprint(made: ChildDeletion) -> str:
    return hashlib.sha256("\n".join(lines(made)).encode()).hexdigest()


def html_of(made: ChildDeletion, district: District) -> str:
    """The certificate as an official leaf, in Chinese whoever asks; the same certificate gives the same HTML."""
    with translation.override(settings.LANGUAGE_CODE):
        counts = [(_(KINDS[kind]), made.counts[kind]) for kind in KINDS if made.counts.get(kind)]
        return render_to_string(
            "official/deletion.html", {"made": made, "counts": counts, "issuer": issuer_of(district)}
        )


def pdf_of(made: ChildDeletion, district: District) -> bytes:
    """The certificate to hand out, set anew each time, to the same bytes. Conflict where it is no longer what was kept."""
    if made.sha256 != fingerprint(made):
        raise Conflict(
            _("证明 %(number)s 和存下时不一样，不能打印") % {"number": made.number}, code="changed"
        )
    return pdf.render(html_of(made, district))


def run(*, actor: Actor, on: date) -> list[ChildDeletion]:
    """What the clock asks for: applications nobody finished, approvals that are over, records to delete.

    Again on the same day it changes nothing.
    """
    days = retention_days(on)
    access_requests.see_ended(now=timezone.make_aware(datetime.combine(on, time())), actor=actor)
    enrolments.drop_stale(on=on, days=days, actor=actor)
    return [
        delete_child(one.child, actor=actor, ground=one.ground, on=on, ended_on=one.ended_on, days=days)
        for one in due(on, days=days)
    ]
