"""Filings for tests: complete answers of each kind, led to a state by the services that people use."""

from __future__ import annotations

from datetime import datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from facilities.models import Filing, FilingAnswer, FilingSignature
from facilities.rules import filing_form
from facilities.rules.numbers import credit_check
from facilities.services import filing_review, filing_signatures, filings, notices
from portal.access import Actor

PDF = b"%PDF-1.4\n%%EOF\n"
NOW = timezone.make_aware(datetime(2026, 3, 18, 10, 0))
CODE = "91310112MA1GB0001"


def credit(number: int) -> str:
    first = f"91310112MA{number:07d}"
    return first + credit_check(first)


def pdf(name: str = "a.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF, "application/pdf")


def new_answers(street, **values) -> dict[str, str]:
    """As a person writes them; files apart."""
    return {
        "name": "示例新苗托育园", "kind": "nursery", "ownership": "non_profit", "operator": "示例新苗有限公司",
        "credit_code": CODE + credit_check(CODE), "head": "陈示", "phone": "021-55500000",
        "street": str(street.pk), "address": "示例路 88 号", "tenure": "own", "floor": "1", "usable_area": "420.5",
        "outdoor_area": "80", "places": "50", "toddler_classes": "2", "toddler_places": "30", "senior_classes": "1",
        "senior_places": "20", "full_day": "yes", "half_day": "no", "hourly": "no", "opens_at": "07:30",
        "closes_at": "17:30", "meals": "no", "staff_count": "12", "carers_count": "8", "health_worker": "yes",
        "all_checked": "yes", "head_years": "6", "fire_number": "示消验2026-1", "fire_on": "2026-01-10", "exits": "3",
        "hygiene_number": "示卫评2026-1", "hygiene_on": "2026-01-12", "isolation_room": "yes", "cameras": "24",
        "video_days": "90", "alarm_buttons": "2", "fees": "保育费 3000 元/月", "fees_shown": "yes",
        "refunds": "按天退", **values,
    }  # fmt: skip


PAUSE = {
    "from_on": "2026-03-18", "until_on": "2026-06-30", "pause_reason": "装修", "told_parents_on": "2026-03-01",
    "arrangement": "都转到附近的园",
}  # fmt: skip
ENDING = {
    "last_day": "2026-03-18", "end_reason": "租约到期", "told_parents_on": "2026-02-01", "children_left": "0",
    "children_plan": "都已转园", "refunds_done": "按协议退清", "staff_plan": "转到别的园",
}  # fmt: skip
GROUNDS = {
    "grounds": "提交的房产证明系伪造，经房管部门核实",
    "basis": "示例办法第十条",
    "ends_on": "2026-03-18",
}


def fill(filing: Filing, answers: dict[str, str], *, actor: Actor, now=NOW) -> Filing:
    """Answers all given fields that are asked, and every file."""
    for _turn in range(2):  # an answer brings other questions
        for section in filings.sections_of(filing):
            for field in section.fields:
                have = filing.answers.filter(key=field.key).first()
                if field.of == "file":
                    if have is None:
                        filings.attach(filing, field.key, pdf(), version=0, actor=actor, now=now)
                elif field.key in answers and have is None:
                    filings.save_answer(
                        filing, field.key, answers[field.key], version=0, actor=actor, now=now
                    )
    return filing


def laid(filing: Filing, answers: dict[str, str], *, actor: Actor, file, now=NOW) -> Filing:
    """As `fill`, in few statements and with one file: for tests of something else than how a filing is filled in."""
    for _turn in range(2):
        have = set(filing.answers.values_list("key", flat=True))
        FilingAnswer.objects.bulk_create(
            FilingAnswer(
                filing=filing, section=section.key, key=field.key, label=field.label,
                form_version=filings.form().version, changed_at=now, changed_by=actor.user,
                value=None if field.of == "file" else filing_form.read(field, answers[field.key]),
                file=file if field.of == "file" else None,
            )
            for section in filings.sections_of(filing)
            for field in section.fields
            if field.key not in have and (field.of == "file" or field.key in answers)
        )  # fmt: skip
    if filing.kind == filing_form.NEW:
        filing.name, filing.street_id = answers["name"], int(answers["street"])
        filing.save(update_fields=["name", "street"])
    return filing


def draft(actor: Actor, street, **values) -> Filing:
    return fill(filings.start_filing("new", actor=actor, now=NOW), new_answers(street, **values), actor=actor)


def received(actor: Actor, reviewer: Actor, street, **values) -> Filing:
    sent = filings.send_filing(draft(actor, street, **values), actor=actor, now=NOW)
    return filing_review.receive(sent, actor=reviewer, now=NOW)


def signed(filing: Filing, now=NOW) -> None:
    """All departments agree."""
    system = Actor.system(filing.street.district if filing.street else filing.facility.district, "test")
    for one in FilingSignature.objects.filter(filing=filing, state="asked"):
        filing_signatures.sign(one, "agree", actor=system, now=now)


def proposed(filing: Filing, reviewer: Actor, now=NOW) -> Filing:
    signed(filing, now)
    for section in filings.sections_of(filing):
        filing_review.accept_section(filing, section.key, actor=reviewer, now=now)
    return filing_review.propose(filing, "issue", "材料齐全", actor=reviewer, now=now)


def issued(actor: Actor, reviewer: Actor, head: Actor, street, **values):
    filing = proposed(received(actor, reviewer, street, **values), reviewer)
    return notices.issue(filing, actor=head, now=NOW)
