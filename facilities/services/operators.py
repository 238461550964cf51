"""Operators (举办者): found by their name or entered with the first facility that names them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from facilities.models import Operator
from facilities.rules import numbers
from facilities.rules import operators as rules
from facilities.services.refusals import refuse
from portal.access import Actor
from portal.errors import Conflict
from portal.services import audit


def labels() -> dict[str, str]:
    return {
        field.name: str(field.verbose_name)
        for field in Operator._meta.fields
        if field.name in ("name", "credit_code", "chain")
    }


def called(name: str, *, actor: Actor) -> Operator | None:
    """The operator of this name, entered now if there is none; None for no name."""
    return called_many([name], actor=actor)[rules.tidy_name(name)] if name else None


def called_many(names: Iterable[str], *, actor: Actor) -> dict[str, Operator]:
    """{tidied name: operator}, a constant number of statements; those that are new are entered."""
    wanted = {rules.tidy_name(name) for name in names} - {""}
    found = {operator.name: operator for operator in named(wanted)}
    if missing := wanted - found.keys():
        enter_many(missing, actor=actor)
        found |= {operator.name: operator for operator in named(missing)}
    return found


def named(names: Iterable[str]) -> QuerySet[Operator]:
    """Thousands of names as one array: as so many parameters they cost more than the search."""
    names = RawSQL("SELECT unnest(%s::text[])", [sorted(names)])
    return Operator.objects.filter(name__in=names)


def enter_many(names: Iterable[str], *, actor: Actor) -> None:
    """Enters the operators that are not there yet."""
    wanted = {rules.tidy_name(name) for name in names} - {""}
    missing = sorted(wanted - set(named(wanted).values_list("name", flat=True)))
    if missing:
        for name in missing:
            for _field, key, facts in rules.problems({"name": name}):
                refuse([("operator", key, facts)], rules.PROBLEMS, {"operator": labels()["name"]})
        # somebody else may enter the same one at this moment
        Operator.objects.bulk_create([Operator(name=name) for name in missing], ignore_conflicts=True)
        audit.record(
            "facilities.operator.enter",
            named(missing).first() if len(missing) == 1 else None,
            actor=actor,
            name=ngettext("%(n)d 个举办者", "%(n)d 个举办者", len(missing)) % {"n": len(missing)},
            changes={"count": len(missing)},
        )


def change_operator(operator: Operator, *, actor: Actor, version: int, **values) -> Operator:
    """Changes name, credit_code or chain of an operator; Conflict for a stale version or a name that another has."""
    actor.demand("facility.manage")
    row = Operator.objects.select_for_update().get(pk=operator.pk)
    if row.version != version:
        raise Conflict(
            _("这个举办者的资料刚被改过。没有存你的改动：按现在的内容再改一次"),
            code="stale",
            version=row.version,
        )
    values = {key: value.strip() for key, value in values.items()}
    if "name" in values:
        values["name"] = rules.tidy_name(values["name"])
    if values.get("credit_code"):
        values["credit_code"] = numbers.tidy(values["credit_code"])
    refuse(rules.problems(values), rules.PROBLEMS | numbers.PROBLEMS, labels())
    changed = {k: v for k, v in values.items() if getattr(row, k) != v}
    if not changed:
        return row
    for field in ("name", "credit_code"):
        if changed.get(field):
            other = Operator.objects.filter(**{field: changed[field]}).exclude(pk=row.pk).first()
            if other is not None:
                raise Conflict(
                    _("%(label)s：%(other)s已经用了") % {"label": labels()[field], "other": other.name},
                    field=field,
                    code="taken",
                )
    entry = {k: [getattr(row, k), v] for k, v in changed.items()}
    for field, value in changed.items():
        setattr(row, field, value)
    row.version += 1
    row.save()
    audit.record("facilities.operator.change", row, actor=actor, changes=entry)
    return row
