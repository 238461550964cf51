"""A district ready for visits: documents with clauses, parameters, checklists, inspectors, a drawn visit."""

from __future__ import annotations

from datetime import date, datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from inspections.models import Draw, DrawChain, Inspection, InspectionPlan, Inspector, Scheme, TeamMember
from inspections.services import answers, confirmations, visits
from inspections.services.checklists import items_of, load_checklists, shipped
from portal.access import Actor
from portal.crypto import encrypt
from portal.models import Clause, Parameter, PolicyDocument, User

MARCH = date(2026, 3, 10)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63606060f80f00010401005fe5c34b"
    "0000000049454e44ae426082"
)


def at(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour))


def photo(name: str = "a.png", content: bytes = PNG, kind: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, kind)


def reference(district) -> None:
    """The clauses that the checklists cite, the parameters of orders and publication, the lists; where missing."""
    content = shipped()
    quotes = content["quotes"].get(district.slug, {})
    if quotes:
        number = content["documents"][district.slug]
        document = PolicyDocument.objects.filter(number=number).first() or PolicyDocument.objects.create(
            key=district.slug, title=number, number=number
        )
        for label in sorted({q["clause"] for q in quotes.values()}):
            Clause.objects.get_or_create(document=document, label=label)
    for key, value in (
        ("order.days_veto", 1),
        ("order.days_high", 5),
        ("order.days_medium", 10),
        ("order.days_low", 15),
        ("order.extensions_most", 1),
        ("order.extension_days", 10),
        ("order.escalate_street", 1),
        ("order.escalate_district", 3),
        ("order.escalate_leaders", 7),
        ("publication.result_days", 20),
        ("publication.red_days", 3),
        ("publication.result_months", 24),
        ("publication.result_repair_months", 3),
        ("publication.withdraw_days", 3),
        ("inspection.review_days", 5),
        ("inspection.rating_days", 14),
        ("inspection.employer_years", 2),
    ):
        if not Parameter.objects.filter(key=key).exists():
            Parameter.objects.create(
                key=key, value=value, label=key, basis="test", starts_on=date(2021, 1, 1)
            )
    load_checklists(district)


def inspector(user: User | None, code: str, unit, **values) -> Inspector:
    defaults = {
        "name": f"示例{code}",
        "licence_number": f"沪{code}",
        "licence_from": date(2024, 1, 1),
        "licence_until": date(2028, 12, 31),
    }
    return Inspector.objects.create(user=user, code=code, unit=unit, **(defaults | values))


def team(cast) -> tuple[Inspector, Inspector]:
    """The cast's two inspectors with licences."""
    return (
        inspector(cast.inspector, "JC901", cast.bureau_unit),
        inspector(cast.inspector2, "JC902", cast.health_unit),
    )


def drawn(
    facility, members, *, number: str = "JC-2603-001", month: date = date(2026, 3, 1), **values
) -> Inspection:
    """A drawn visit with its team, in a draw whose evidence is no matter here."""
    plan, _made = InspectionPlan.objects.get_or_create(year=month.year, defaults={"title": "计划"})
    scheme, _made = Scheme.objects.get_or_create(
        plan=plan,
        key="test",
        defaults={
            "name": "测试",
            "subject": "安全防控、卫生保健",
            "kinds": ["nursery"],
            "rates_permille": {},
            "cap": 4,
        },
    )
    chain, _made = DrawChain.objects.get_or_create(
        scheme_key="test", year=month.year, defaults={"anchor": "a" * 64, "secret": encrypt(bytes(32))}
    )
    draw = Draw.objects.filter(chain=chain, month=month.month).exclude(state="void").first()
    draw = draw or Draw.objects.create(
        scheme=scheme,
        chain=chain,
        year=month.year,
        month=month.month,
        state="drawn",
        frozen=b"{}",
        frozen_sha256="f" * 64,
        frozen_at=at(month),
        evidence_sha256="e" * 64,
    )
    row = Inspection.objects.create(
        **{
            "number": number,
            "kind": "drawn",
            "facility": facility,
            "draw": draw,
            "position": 1,
            "month": month,
            "due_on": month.replace(day=28),
        }
        | values
    )
    TeamMember.objects.bulk_create(
        TeamMember(inspection=row, inspector=one, origin="drawn", position=n)
        for n, one in enumerate(members, start=1)
    )
    return row


def all_ok(inspection: Inspection, actor, *, but: dict | None = None, now: datetime | None = None) -> None:
    """Answers every item with 符合, save those of `but`: {item key: Given}."""
    but = but or {}
    answers.save_answers(
        inspection,
        {item.pk: but.get(item.key, answers.Given("ok")) for item in items_of(inspection)},
        actor=actor,
        now=now,
    )


def second_of(inspection: Inspection, actor: Actor) -> Actor:
    """Another one of the visit's team."""
    if actor.process:
        return actor
    others = inspection.all_team.filter(dropped_at__isnull=True).exclude(inspector__user=actor.user)
    return Actor.of(others.select_related("inspector__user").first().inspector.user, actor.district)


def finished(
    inspection: Inspection, actor, *, failing: dict[str, str] | None = None, on: date = MARCH
) -> Inspection:
    """A visit made on a day and confirmed by the second of the team; `failing`: {item key: what was found}."""
    visits.start(inspection, actor=actor, now=at(on, 9))
    but = {key: answers.Given("bad", text) for key, text in (failing or {}).items()}
    all_ok(inspection, actor, but=but, now=at(on, 10))
    visits.sign_off(inspection, present="示例园长", actor=actor, now=at(on, 11))
    return confirmations.confirm_visit(inspection, actor=second_of(inspection, actor), now=at(on, 12))


def big_file(name: str = "big.pdf", size: int = 11 * 1024 * 1024) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"%PDF-" + b"0" * size, "application/pdf")
