"""Who came to a session, what it counts for, and the certificates of attendance.

Attendance writes TrainingRecord, which every figure of hours reads; there is no second count.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import segno
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import AttendanceCertificate, TrainingRecord, TrainingSession, TrainingSignUp
from facilities.rules import training as rules
from facilities.rules.training import Came
from facilities.services.refusals import refuse_field
from portal import pdf
from portal.access import Actor
from portal.celery import app
from portal.crypto import keyed_hash
from portal.errors import Conflict, Refused
from portal.models.places import District
from portal.rules.official import document_number
from portal.services import audit, publicity, steps
from portal.services.files import store_file
from portal.services.import_files import first_sheet
from portal.services.numbers import next_numbers
from portal.templatetags.ui import masked

CODE_LENGTH = 12


def signed(session: TrainingSession) -> dict[str, str]:
    """Code of the person -> name, of those who signed up."""
    return dict(session.sign_ups.values_list("staff__code", "staff__name"))


def read_sheet(upload) -> list[list]:
    """The rows of the first sheet of an .xlsx file, looked at as every spreadsheet is; Refused for what is none."""
    try:
        return first_sheet(upload.read(), str(getattr(upload, "name", "") or ""))
    except Refused as refused:
        refuse_field("upload", str(refused.message), refused.code)


def record_attendance(
    session: TrainingSession, came: Mapping[str, Came], *, actor: Actor, now: datetime | None = None
) -> int:
    """Enters who came; people of the list that `came` (code -> Came) does not name stay as they are.

    A second time corrects. Whoever was there and passed has a TrainingRecord, nobody else has one from this session.
    Refused before the session begins, for people not on the list, and where a certificate was issued already. Returns
    how many lines changed.
    """
    actor.demand("training.manage")
    now = now or timezone.now()
    session = TrainingSession.objects.select_for_update().select_related("course").get(pk=session.pk)
    if timezone.localdate(now) < session.starts_on:
        raise Refused(
            _("%(day)s 才开课，还不能登记出勤") % {"day": session.starts_on.isoformat()}, code="early"
        )
    state = steps.step(rules.SESSION, session, "hold")
    rows = {
        one.staff.code: one
        for one in session.sign_ups.select_for_update(of=("self",))
        .select_related("staff", "record", "certificate")
        .defer("staff__identity", "staff__phone")
    }
    strangers = sorted(came.keys() - rows.keys())
    if strangers:
        refuse_field("upload", _("编号 %(code)s 没有报这一场") % {"code": strangers[0]}, "unknown")
    changed = 0
    for code, one in came.items():
        changed += enter(rows[code], one, session)
    if changed or state != session.state:
        session.state, session.held_by, session.held_at = state, actor.user, now
        session.save(update_fields=["state", "held_by", "held_at"])
        audit.record(
            "facilities.training.attendance",
            session,
            actor=actor,
            changes={"changed": changed, "attended": sum(one.attended for one in came.values())},
        )
    return changed


def enter(row: TrainingSignUp, came: Came, session: TrainingSession) -> bool:
    """One line; True when it was another before."""
    attendance = "attended" if came.attended else "absent"
    hours = (came.hours or session.course.hours) if came.attended else None
    passed = came.passed if came.attended else None
    if (row.attendance, row.hours, row.passed) == (attendance, hours, passed):
        return False
    if hasattr(row, "certificate"):
        raise Conflict(
            _("%(name)s 的证明 %(number)s 已发，出勤不能再改")
            % {"name": masked(row.staff.name), "number": row.certificate.number},
            code="issued",
        )
    row.attendance, row.hours, row.passed = attendance, hours, passed
    if came.attended:
        keep = {"provider": session.course.provider, "hours": hours, "passed": passed}
        key = {
            "staff": row.staff,
            "kind": session.course.kind,
            "course": session.course.title,
            "done_on": session.ends_on,
        }
        if row.record is None:
            row.record, _made = TrainingRecord.objects.update_or_create(**key, defaults=keep)
        else:
            TrainingRecord.objects.filter(pk=row.record_id).update(**keep)
    elif row.record is not None:
        gone, row.record = row.record, None
        row.save(update_fields=["record"])
        gone.delete()
    row.save(update_fields=["attendance", "hours", "passed", "record"])
    return True


def issuer_of(district: District) -> str:
    return f"上海市{district.name}教育局"  # content


def code_of(district: District, sign_up: int) -> str:
    """Twelve characters that nobody can guess."""
    return keyed_hash(f"attendance:{district.pk}:{sign_up}")[:CODE_LENGTH].upper()


def issue_certificates(
    session: TrainingSession, *, actor: Actor, now: datetime | None = None
) -> list[AttendanceCertificate]:
    """Numbered certificates for all who passed and have none yet; a worker prints them."""
    actor.demand("training.manage")
    now = now or timezone.now()
    day = timezone.localdate(now)
    session = TrainingSession.objects.select_for_update().select_related("course").get(pk=session.pk)
    if session.state != "held":
        raise Conflict(_("先登记出勤，再发证明"), code="state")
    waiting = list(
        session.sign_ups.filter(attendance="attended", passed=True, certificate__isnull=True)
        .select_related("staff")
        .defer("staff__identity", "staff__phone")
        .order_by("staff__code")
    )
    if not waiting:
        raise Refused(_("没有等着发证明的人"), code="none")
    texts = [session.course.title, session.course.provider]
    publicity.demand_none(texts, _("停用这门课，另加一门"))
    word = f"{actor.district.name[0]}托训"  # content
    numbers = next_numbers(f"{word} {day.year}", len(waiting))
    made = AttendanceCertificate.objects.bulk_create(
        [
            AttendanceCertificate(
                sign_up=one,
                number=document_number(word, day.year, number),
                code=code_of(actor.district, one.pk),
                issuer=issuer_of(actor.district),
                issued_on=day,
                masked_name=masked(one.staff.name),
                course=session.course.title,
                kind=session.course.kind,
                provider=session.course.provider,
                hours=one.hours,
                done_on=session.ends_on,
            )
            for one, number in zip(waiting, numbers, strict=True)
        ]
    )
    audit.record(
        "facilities.training.certificates",
        session,
        actor=actor,
        changes={"count": len(made), "first": made[0].number, "last": made[-1].number},
    )
    names = [actor.district.pk, session.pk]
    transaction.on_commit(lambda: app.send_task("facilities.print_certificates", args=names))
    return made


def verify_path(district: District, code: str) -> str:
    return reverse("public-certificate", args=[district.slug, code])


def html_of(rows: list[AttendanceCertificate], district: District) -> str:
    """One page for each; the same rows give the same HTML."""
    pages = []
    for row in rows:
        address = settings.PORTAL_URL + verify_path(district, row.code)
        pages.append(
            {
                "row": row,
                "staff": row.sign_up.staff,
                "session": row.sign_up.session,
                "hours": f"{Decimal(row.hours).normalize():f}",
                "address": address,
                "image": segno.make(address, error="m").svg_inline(scale=2.4, border=0),
            }
        )
    return render_to_string("official/attendance.html", {"pages": pages})


def print_certificates(session: TrainingSession, *, actor: Actor) -> int:
    """Sets each certificate that has no file yet, and all of the session in one file; again and again without harm."""
    rows = list(
        AttendanceCertificate.objects.select_for_update(of=("self",))
        .filter(sign_up__session=session)
        .select_related("sign_up__staff", "sign_up__session__course")
        .order_by("pk")
    )
    missing = [row for row in rows if row.file_id is None]
    for row in missing:
        row.file = keep(f"{row.number}.pdf", html_of([row], actor.district), actor)
        row.save(update_fields=["file"])
    if missing:
        session.file = keep(f"{session.code}.pdf", html_of(rows, actor.district), actor)
        session.save(update_fields=["file"])
    return len(missing)


def keep(name: str, html: str, actor: Actor):
    return store_file(ContentFile(pdf.render(html), name=name), actor=actor)
