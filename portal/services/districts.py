"""A further district: opened by the city in the browser, without a line of code or a restart. docs/new-district.md."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.celery import app
from portal.errors import Conflict, Denied, Refused
from portal.models.people import User
from portal.models.places import District, Street, Unit, UnitMember
from portal.rules import opening as rules
from portal.rules.rights import Role
from portal.services import audit, people, reference

FIELDS = ("code", "name", "slug", "prefix", "bureau", "streets")
STREET_UNITS_FROM = 1000


def demand(actor: Actor) -> None:
    """Denied but for the city's own system administrator."""
    actor.demand("district.open")
    if not actor.district.is_city or actor.visiting:
        raise Denied(_("新的区由市级系统管理员开通"))


def checked(values: dict, city: District) -> tuple[dict, list[dict]]:
    """The values and the streets; Refused with a sentence for each field, Conflict for what another district has."""
    values = {
        name: " ".join(str(values[name]).split()) if name != "streets" else values[name] for name in FIELDS
    }
    errors = {name: _(rules.SENTENCES[key]) for name, key in rules.problems(values, city.code).items()}
    taken = {name: text for name, text in in_use(values).items() if name not in errors}
    errors |= taken
    rows, faults = rules.streets(values["streets"], values["code"])
    if faults:
        errors["streets"] = "；".join(_(rules.LINE[key]) % {"line": line} for line, key in faults[:5])
    elif not rows:
        none = rules.SENTENCES["streets"]
        errors["streets"] = _(none)
    if errors:
        kind, code = (Conflict, next(iter(taken))) if errors == taken else (Refused, "opening")
        raise kind(next(iter(errors.values())), field=next(iter(errors)), code=code, errors=errors)
    return values, rows


def in_use(values: dict) -> dict[str, str]:
    """Field -> sentence of what another district has."""
    code = values["code"]
    found = {
        "code": District.objects.filter(pk=int(code))
        if code.isascii() and code.isdigit() and len(code) == 6
        else None,
        "slug": District.objects.filter(slug=values["slug"]),
        "name": District.objects.filter(name=values["name"]),
        "prefix": District.objects.filter(prefix=values["prefix"]),
    }
    return {
        field: _("“%(what)s”已有别的区在用") % {"what": values[field]}
        for field, rows in found.items()
        if rows is not None and rows.exists()
    }


@transaction.atomic
def open_district(
    values: dict, *, username: str, person: str, actor: Actor, now: datetime | None = None
) -> tuple[District, User, str]:
    """The new tenant, its first security administrator and that account's password, which is shown once. What the
    district begins with is laid down by a worker (`prepare`).

    Refused with each field, Conflict for a code, an address or a name that another district has.
    """
    demand(actor)
    now = now or timezone.now()
    values, rows = checked(values, actor.district)
    # an account is a security administrator's to give; the first of a district comes with the district
    process = Actor.system(actor.district, "portal.district.open")
    user, password = people.create_person(username=username, name=person, actor=process)
    try:
        with transaction.atomic():
            district = District.objects.create(
                pk=int(values["code"]),
                slug=values["slug"],
                name=values["name"],
                prefix=values["prefix"],
                surroundings=actor.district.surroundings,
                opened_at=now,
                opening={"bureau": values["bureau"], "streets": rows, "user": user.pk},
            )
    except IntegrityError as error:  # somebody else opened it in this moment
        raise Conflict(
            _("“%(what)s”已有别的区在用") % {"what": values["name"]}, field="name", code="name"
        ) from error
    audit.record(
        "portal.district.open",
        None,
        actor=actor,
        changes={"code": values["code"], "streets": len(rows), "user": user.username},
        name=district.name,
    )
    prepare_later(district)
    return district, user, password


def prepare_later(district: District) -> None:
    transaction.on_commit(lambda: app.send_task("portal.prepare_district", args=[district.pk]))


def again(district: District, *, actor: Actor) -> None:
    """Asks a worker once more for a district that did not become ready."""
    demand(actor)
    if district.ready:
        raise Conflict(_("%(name)s已经准备好了") % {"name": district.name}, code="ready")
    prepare_later(district)


def prepare(district: District, *, actor: Actor, on: date) -> bool:
    """Lays down what the open district begins with, all or nothing: streets, units, reference data, the first security
    administrator. False when it was there already."""
    district = District.objects.select_for_update().get(pk=district.pk)
    if district.ready:
        return False
    begin = district.opening
    streets = [Street(**row) for row in begin["streets"]]
    Street.objects.bulk_create(streets)
    units = lay_units(district, begin["bureau"], streets)
    reference.load_into(district)
    user = User.objects.get(pk=begin["user"])
    people.give_role(user, Role.SECURITY_ADMIN, actor=actor, on=on)
    district.opening = None
    district.save(update_fields=["opening"])
    audit.record(
        "portal.district.prepare",
        None,
        actor=actor,
        changes={"streets": len(streets), "units": units},
        name=district.name,
    )
    return True


def lay_units(district: District, bureau: str, streets: list[Street]) -> int:
    """The education bureau, the governments of the streets, and the collective unit that stands for these."""
    short = bureau.removeprefix(district.name)
    rows = [
        Unit(
            slug=f"{district.slug}-education", name=bureau, kind="education", position=1, issuer=True,
            aliases=[f"区{short}"] if short != bureau else [],  # content
        )
    ]  # fmt: skip
    governed = [street for street in streets if rules.government(street.name)]
    rows += [
        Unit(
            slug=f"{district.slug}-{street.code[-3:]}",
            name=rules.government(street.name),
            kind="park" if street.kind == Street.Kind.PARK else "street",
            aliases=[street.name],
            street=street,
            position=STREET_UNITS_FROM + number,
        )
        for number, street in enumerate(governed, 1)
    ]
    every = Unit(
        slug=f"{district.slug}-streets", kind="street", collective=True, position=2, members_known=False,
        name="各街镇",  # content
        aliases=["各镇人民政府、街道办事处", "各街道、镇"],  # content
    )  # fmt: skip
    made = Unit.objects.bulk_create([*rows, every])
    members = [unit for unit in made if unit.street_id and unit.street.is_street]
    UnitMember.objects.bulk_create([UnitMember(collective=made[-1], member=unit) for unit in members])
    return len(made)
