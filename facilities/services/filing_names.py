"""Whether the register will take the name that a filing wants: asked when it is sent, not after everybody has signed."""

from __future__ import annotations

from datetime import date

from facilities.models import Filing
from facilities.rules import filing_form
from facilities.services import facilities as register
from facilities.services import naming
from facilities.services.refusals import refuse
from portal.errors import Refused
from portal.models.places import Street


def refuse_name(row: Filing, values: dict, today: date) -> None:
    """Refused for a name that a 宝宝屋 may not have, or that another facility of the street has. The issue asks again,
    for the register moves on meanwhile."""
    if row.kind == filing_form.NEW:
        field, own, kind, name, street = "name", None, values["kind"], values["name"], values["street"]
    elif row.kind == filing_form.CHANGE and (values.get("new_name") or values["moves"]):
        field, own = "new_name", row.facility
        kind, name = own.kind, values.get("new_name") or own.name
        street = values["new_street"] if values["moves"] else own.street_id
    else:
        return
    name, street = name.strip(), Street.objects.get(pk=street)
    problems = naming.problems({"kind": kind, "name": name, "street": street}, today)
    refuse([(field, key, facts) for _name, key, facts in problems], naming.WORDS, {})
    try:
        register.refuse_twin(name, street, own=own)
    except Refused as twin:
        raise Refused(twin.message, field=field, code=twin.code, errors={field: twin.message}) from None
