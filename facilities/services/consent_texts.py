"""The texts of consents and of the service agreement, by versions, and which consents of a child hold on a day."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from facilities.models import AgreementText, Child, Consent, ConsentText
from facilities.rules import families as rules
from facilities.services.refusals import refuse, refuse_key
from portal.access import Actor
from portal.services import audit

TEXT, PART = (20, 20_000), (4, 5_000)


def labels() -> dict[str, str]:
    return {
        field.name: str(field.verbose_name)
        for model in (ConsentText, AgreementText)
        for field in model._meta.fields
    }


def begins(starts_on: date, last: ConsentText | AgreementText | None, today: date) -> list:
    if starts_on < today:
        return [("starts_on", "starts_past", {})]
    if last is not None and starts_on <= last.starts_on:
        return [("starts_on", "starts_before", {"day": last.starts_on.isoformat()})]
    return []


def length(field: str, text: str, span: tuple[int, int]) -> list:
    if span[0] <= len(text) <= span[1]:
        return []
    return [(field, "text_long", {"least": span[0], "most": span[1]})]


def publish_consent_text(
    *,
    actor: Actor,
    purpose: str,
    title: str,
    text: str,
    starts_on: date,
    renew: bool = False,
    today: date | None = None,
) -> ConsentText:
    """A new version of a purpose's text from a day on; `renew`: earlier consents no longer count from then."""
    actor.demand("consent.manage")
    today, title, text = today or timezone.localdate(), title.strip(), text.strip()
    if purpose not in ConsentText.Purpose.values:
        refuse_key("purpose", "choice", rules.PROBLEMS)
    last = ConsentText.objects.filter(purpose=purpose).order_by("-number").first()
    problems = length("title", title, (2, 80)) + length("text", text, TEXT) + begins(starts_on, last, today)
    refuse(problems, rules.PROBLEMS, labels())
    made = ConsentText.objects.create(
        purpose=purpose,
        number=last.number + 1 if last else 1,
        title=title,
        text=text,
        starts_on=starts_on,
        renew=renew and last is not None,
        by=actor.user,
    )
    audit.record(
        "facilities.consent_text.publish",
        made,
        actor=actor,
        changes={
            "purpose": purpose,
            "number": made.number,
            "starts_on": starts_on.isoformat(),
            "renew": made.renew,
        },
    )
    return made


def publish_agreement_text(
    *,
    actor: Actor,
    title: str,
    duties: str,
    fees: str,
    refunds: str,
    disputes: str,
    starts_on: date,
    today: date | None = None,
) -> AgreementText:
    """A new version of the agreement with its four parts; agreements signed before stay as they were signed."""
    actor.demand("consent.manage")
    today = today or timezone.localdate()
    parts = {"duties": duties, "fees": fees, "refunds": refunds, "disputes": disputes}
    parts = {name: text.strip() for name, text in parts.items()}
    last = AgreementText.objects.order_by("-number").first()
    problems = length("title", title.strip(), (2, 80)) + begins(starts_on, last, today)
    for name, text in parts.items():
        problems += length(name, text, PART)
    refuse(problems, rules.PROBLEMS, labels())
    made = AgreementText.objects.create(
        number=last.number + 1 if last else 1,
        title=title.strip(),
        starts_on=starts_on,
        by=actor.user,
        **parts,
    )
    audit.record(
        "facilities.agreement_text.publish",
        made,
        actor=actor,
        changes={"number": made.number, "starts_on": starts_on.isoformat()},
    )
    return made


def consent_texts(on: date) -> dict[str, ConsentText]:
    """The version in force of each purpose."""
    found: dict[str, ConsentText] = {}
    for text in ConsentText.objects.in_force(on):
        found.setdefault(text.purpose, text)
    return found


def consents_of(child: Child, on: date) -> dict[str, Consent]:
    """The consents of a child that hold on a day, by purpose."""
    versions: dict[str, list[ConsentText]] = {}
    for text in ConsentText.objects.in_force(on):
        versions.setdefault(text.purpose, []).append(text)
    found = {}
    for one in child.consents.filter(withdrawn_on__isnull=True, given_on__lte=on).select_related(
        "text", "parent"
    ):
        of_purpose = versions.get(one.purpose, [])
        if rules.consent_holds(
            given=one.text.number,
            current=max((t.number for t in of_purpose), default=0),
            renewing=[t.number for t in of_purpose if t.renew],
            withdrawn_on=one.withdrawn_on,
            on=on,
        ):
            found[one.purpose] = one
    return found
