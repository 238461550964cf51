"""Accounts for people who file: asked for online, confirmed by a reviewer who checked them, opened with an own password.

No password is handed over: the page of the application, whose link only the applicant has, takes one once it was
confirmed, and only once. Proof of the phone by SMS comes with the gateway; until then the reviewer calls the number.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Applicant
from facilities.rules import numbers
from facilities.rules.states import APPLICANT
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor
from portal.errors import Conflict, NotFound
from portal.models.people import Membership, User
from portal.rules.rights import Role
from portal.services import audit, publicity
from portal.services.numbers import next_number
from portal.services.steps import step

NUMBERS = "applicant"


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def apply(
    *, name: str, phone: str, organisation: str, credit_code: str, actor: Actor, now: datetime | None = None
) -> tuple[Applicant, str]:
    """Asks for an account; the application and the token of its page, which is shown once. Refused for what cannot be,
    Conflict for a second one of the same organisation while the first is open."""
    name, phone, organisation = name.strip(), "".join(phone.split()), organisation.strip()
    code = numbers.tidy(credit_code)
    problems = []
    if not 2 <= len(name) <= 40:
        refuse_field("name", _("写姓名，2 到 40 个字"))
    if not (len(phone) == 11 and phone.isascii() and phone.isdigit() and phone.startswith("1")):
        refuse_field("phone", _("写 11 位手机号，审核人员会打来核对"))
    if not 4 <= len(organisation) <= 120:
        refuse_field("organisation", _("写单位全称，4 到 120 个字"))
    key, facts = numbers.credit_problem(code)
    if key:
        problems.append(("credit_code", key, facts))
    refuse(problems, numbers.PROBLEMS, {"credit_code": _("统一社会信用代码")})
    token = secrets.token_urlsafe(24)
    row = Applicant(
        number=f"{actor.district.prefix}S{next_number(NUMBERS):05d}",
        name=name,
        phone=phone,
        organisation=organisation,
        credit_code=code,
        token_sha256=hashed(token),
        applied_at=now or timezone.now(),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            _("这个单位已有一份开户申请没有办完。用当时的链接看进度，链接丢了就打电话给区托育服务指导中心"),
            field="credit_code",
            code="open",
        ) from error
    audit.record("facilities.applicant.apply", row, actor=actor)
    return row, token


def by_token(token: str) -> Applicant:
    """The application of a link; NotFound for a link that is none."""
    row = Applicant.objects.filter(token_sha256=hashed(token)).first()
    if row is None:
        raise NotFound(_("没有这个链接的申请。对照当时记下的再看一遍"), code="token")
    return row


def _decide(row: Applicant, action: str, answer: str, *, actor: Actor, now: datetime | None) -> Applicant:
    actor.demand("applicant.confirm")
    row = Applicant.objects.select_for_update().get(pk=row.pk)
    before, row.state = row.state, step(APPLICANT, row, action)
    row.answer, row.decided_by, row.decided_at = answer, actor.user, now or timezone.now()
    row.save()
    audit.record(f"facilities.applicant.{action}", row, actor=actor, changes={"state": [before, row.state]})
    return row


def confirm(applicant: Applicant, *, actor: Actor, now: datetime | None = None) -> Applicant:
    """The reviewer checked person, phone and organisation; the applicant may set a password now."""
    return _decide(applicant, "confirm", "", actor=actor, now=now)


def turn_down(applicant: Applicant, answer: str, *, actor: Actor, now: datetime | None = None) -> Applicant:
    """No account, with the reason that the applicant reads."""
    answer = answer.strip()
    if not 4 <= len(answer) <= 200:
        refuse_field("answer", _("写不同意的理由，4 到 200 个字"))
    publicity.demand(answer, field="answer", label=_("答复"), names=False)
    return _decide(applicant, "refuse", answer, actor=actor, now=now)


def activate(token: str, password: str, *, actor: Actor, now: datetime | None = None) -> User:
    """Opens the account with the person's own password and the role of an operator, which reaches nothing but the own
    filings. Once only: Conflict before the confirmation and after the first time."""
    row = Applicant.objects.select_for_update().get(pk=by_token(token).pk)
    target = step(APPLICANT, row, "activate")
    user = User(username=row.number.lower(), name=row.name)
    try:
        validate_password(password, user)
    except ValidationError as error:
        refuse_field("password", " ".join(error.messages), "password")
    user.set_password(password)
    user.save()
    Membership.objects.create(
        user=user, role=Role.OPERATOR, starts_on=timezone.localdate(now or timezone.now())
    )
    row.state, row.user = target, user
    row.save(update_fields=["state", "user"])
    audit.record("facilities.applicant.activate", row, actor=actor, changes={"username": user.username})
    return user
