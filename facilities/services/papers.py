"""Fees and their notices, insurance, permits, menus: kept by the facility itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility, Fee, FeeNotice, Insurance, Menu, Permit
from facilities.rules import records as rules
from facilities.services import file
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor
from portal.models.records import StoredFile


def labels(model: type[Model]) -> dict[str, str]:
    return {f.name: str(f.verbose_name) for f in model._meta.fields}


def set_fee(
    facility: Facility,
    *,
    actor: Actor,
    item: str,
    amount: Decimal,
    unit: str,
    starts_on: date,
    note: str = "",
    today: date | None = None,
) -> Fee:
    """A price from a day on; the one it replaces (same item, note and unit) ends the day before."""
    row = file.begin(facility, actor=actor)
    note = note.strip()
    values = {"item": item, "note": note, "amount": amount, "unit": unit, "starts_on": starts_on}
    problems = rules.fee_problems(values, meals=row.meals, today=today or timezone.localdate())
    for field, choices in (("item", Fee.Item), ("unit", Fee.Unit)):
        if values[field] not in choices.values:
            problems.append((field, "choice", {}))
    refuse(problems, rules.PROBLEMS, labels(Fee))
    before = (
        Fee.objects.select_for_update()
        .filter(facility=row, item=item, note=note, unit=unit, ends_on__isnull=True)
        .first()
    )
    if before is not None:
        if before.amount == amount:
            refuse_field("amount", _("现在就是这个价"), "same")
        if starts_on <= before.starts_on:
            refuse_field(
                "starts_on",
                _("要晚于现在这个价的执行日期 %(day)s") % {"day": before.starts_on.isoformat()},
            )
        before.ends_on = starts_on - timedelta(1)
        before.save(update_fields=["ends_on"])
    made = Fee.objects.create(facility=row, **values)
    file.finish(
        row,
        "facilities.fee.set",
        actor=actor,
        changes={
            "item": item,
            "amount": [str(before.amount) if before else None, str(amount)],
            "unit": unit,
            "starts_on": starts_on.isoformat(),
        },
    )
    return made


def end_fee(fee: Fee, *, actor: Actor, on: date) -> Fee:
    """The last day on which it is charged."""
    row = file.begin(fee.facility, actor=actor)
    one = Fee.objects.select_for_update().get(pk=fee.pk)
    if one.ends_on:
        refuse_field("on", _("这一项 %(day)s 停止了，不再改") % {"day": one.ends_on.isoformat()})
    if on < one.starts_on:
        refuse(
            [("on", "before_start", {"day": one.starts_on.isoformat()})],
            rules.PROBLEMS,
            {"on": _("最后一天")},
        )
    one.ends_on = on
    one.save(update_fields=["ends_on"])
    file.finish(row, "facilities.fee.end", actor=actor, changes={"item": one.item, "ends_on": on.isoformat()})
    return one


def publish_fees(
    facility: Facility,
    *,
    actor: Actor,
    published_on: date,
    place: str,
    detail: str = "",
    upload=None,
    today: date | None = None,
) -> FeeNotice:
    """Where and when the fees were published; the register's date is the last of these."""
    row = file.begin(facility, actor=actor)
    problems = rules.day_problem("published_on", published_on, today or timezone.localdate())
    detail = detail.strip()
    if place not in FeeNotice.Place.values:
        problems.append(("place", "choice", {}))
    if len(detail) > 200:
        problems.append(("detail", "detail", {}))
    refuse(problems, rules.PROBLEMS, labels(FeeNotice))
    if FeeNotice.objects.filter(facility=row, published_on=published_on, place=place).exists():
        refuse_field("published_on", _("这一天这种公示已经登记过"), "twice")
    made = FeeNotice.objects.create(
        facility=row,
        published_on=published_on,
        place=place,
        detail=detail,
        file=file.stored(upload, actor=actor),
    )
    file.finish(
        row,
        "facilities.fee.publish",
        actor=actor,
        changes={"published_on": published_on.isoformat(), "place": place},
        sums=("fees_published_on",),
    )
    return made


def insure(
    facility: Facility,
    *,
    actor: Actor,
    kind: str,
    insurer: str,
    number: str,
    starts_on: date,
    ends_on: date,
    upload=None,
    today: date | None = None,
) -> Insurance:
    """A policy of insurance; the register's date is the latest end of the liability ones."""
    row = file.begin(facility, actor=actor)
    insurer, number = insurer.strip(), number.strip()
    values = {"insurer": insurer, "number": number, "starts_on": starts_on, "ends_on": ends_on}
    problems = rules.insurance_problems(values, today or timezone.localdate())
    if kind not in Insurance.Kind.values:
        problems.append(("kind", "choice", {}))
    refuse(problems, rules.PROBLEMS, labels(Insurance))
    if Insurance.objects.filter(kind=kind, insurer=insurer, number=number).exists():
        refuse_field("number", _("这张保单已经登记过"), "twice")
    made = Insurance.objects.create(facility=row, kind=kind, file=file.stored(upload, actor=actor), **values)
    file.finish(
        row,
        "facilities.insurance.add",
        actor=actor,
        changes={"kind": kind, "insurer": insurer, "ends_on": ends_on.isoformat()},
        sums=("insured_until",),
    )
    return made


def drop_insurance(insurance: Insurance, *, actor: Actor) -> None:
    """Takes a policy out that was entered wrongly; its history stays."""
    row = file.begin(insurance.facility, actor=actor)
    entry = {"kind": insurance.kind, "insurer": insurance.insurer, "ends_on": insurance.ends_on.isoformat()}
    Insurance.objects.filter(pk=insurance.pk).delete()
    file.finish(row, "facilities.insurance.drop", actor=actor, changes=entry, sums=("insured_until",))


def drop_notice(notice: FeeNotice, *, actor: Actor) -> None:
    """Takes a notice out that was entered wrongly; its history stays."""
    row = file.begin(notice.facility, actor=actor)
    entry = {"published_on": notice.published_on.isoformat(), "place": notice.place}
    FeeNotice.objects.filter(pk=notice.pk).delete()
    file.finish(row, "facilities.fee.unpublish", actor=actor, changes=entry, sums=("fees_published_on",))


def hold_permit(
    facility: Facility,
    *,
    actor: Actor,
    kind: str,
    number: str,
    name: str = "",
    authority: str = "",
    issued_on: date | None = None,
    valid_until: date | None = None,
    upload=None,
    stored: StoredFile | None = None,
    today: date | None = None,
) -> Permit:
    """A paper of an authority; a later one of the kind (of the name, for other ones) takes its place.

    `stored`: a scan that the house has already, as of a filing. Refused when it is registered already.
    """
    row = file.begin(facility, actor=actor)
    values = {
        "kind": kind,
        "name": name.strip(),
        "number": number.strip(),
        "authority": authority.strip(),
        "issued_on": issued_on,
        "valid_until": valid_until,
    }
    problems = rules.permit_problems(values, today or timezone.localdate())
    if kind not in Permit.Kind.values:
        problems.append(("kind", "choice", {}))
    refuse(problems, rules.PROBLEMS, labels(Permit))
    same = {key: values[key] for key in ("kind", "name", "number", "issued_on", "valid_until")}
    if Permit.objects.filter(facility=row, **same).exists():
        refuse_field("number", _("这份证照已经登记过"), "twice")
    made = Permit.objects.create(facility=row, file=stored or file.stored(upload, actor=actor), **values)
    file.finish(row, "facilities.permit.add", actor=actor, changes=_told(made))
    return made


def drop_permit(permit: Permit, *, actor: Actor) -> None:
    """Takes a permit out that was entered wrongly; its history stays."""
    row = file.begin(permit.facility, actor=actor)
    Permit.objects.filter(pk=permit.pk).delete()
    file.finish(row, "facilities.permit.drop", actor=actor, changes=_told(permit))


def _told(permit: Permit) -> dict:
    until = permit.valid_until
    return {"kind": permit.kind, "number": permit.number, "valid_until": until.isoformat() if until else None}


def post_menu(
    facility: Facility, *, actor: Actor, week: date, text: str = "", upload=None, today: date | None = None
) -> Menu:
    """The menu of a week, in place of the one that was there; only where meals are served."""
    row = file.begin(facility, actor=actor)
    text = text.strip()
    menu = Menu.objects.filter(facility=row, week=week).first()
    kept = bool(upload) or (menu is not None and menu.file_id is not None)
    problems = rules.menu_problems(
        week=week, text=text, has_file=kept, meals=row.meals, today=today or timezone.localdate()
    )
    refuse(problems, rules.PROBLEMS, labels(Menu))
    menu = menu or Menu(facility=row, week=week)
    menu.text = text
    menu.file = file.stored(upload, actor=actor) or menu.file
    menu.save()
    file.finish(row, "facilities.menu.post", actor=actor, changes={"week": week.isoformat()})
    return menu
