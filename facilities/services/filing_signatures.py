"""Departments sign a filing's sections in parallel, each with a clock of its own."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Filing, FilingSignature
from facilities.rules.filings import SIGNERS
from facilities.rules.states import SIGNATURE
from facilities.services.filings import due, sections_of
from facilities.services.refusals import refuse_field
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.models.places import Unit
from portal.services import audit, parameters
from portal.services.files import store_file
from portal.services.steps import step


def unit_of(kind: str) -> Unit:
    """The district's own unit of a kind; Conflict where there is none on record."""
    found = (
        Unit.objects.filter(kind=kind, level="district", collective=False, street=None).order_by("pk").first()
    )
    if found is None:
        raise Conflict(
            _("本区没有登记%(kind)s部门，没有人会签。先登记单位，或者在参数“备案要会签的部门”里去掉它")
            % {"kind": _(SIGNERS[kind])},
            code="no_unit",
        )
    return found


def wanted(row: Filing, on: date) -> dict[str, str]:
    """{section: kind of department} of what the filing is asked and the district's parameter names."""
    kinds = parameters.value("filing.departments", on)
    return {s.key: s.signer for s in sections_of(row) if s.signer in kinds}


def ask_departments(row: Filing, *, on: date, actor: Actor) -> list[FilingSignature]:
    """Asks each department of the filing's sections. One that has signed is asked again only when its section was
    changed since; one whose section is not asked any more is let go."""
    asked, sections = [], wanted(row, on)
    have = {s.section: s for s in row.signatures.select_for_update(of=("self",)).select_related("unit")}
    changed = dict(row.answers.order_by("changed_at").values_list("section", "changed_at"))
    for key, kind in sections.items():
        own = have.get(key)
        if own is None:
            own = FilingSignature.objects.create(
                filing=row, section=key, unit=unit_of(kind), asked_on=on, due_on=due("sign", on)
            )
        elif own.state in ("agreed", "refused") and not (
            own.at and changed.get(key) and changed[key] > own.at
        ):
            continue
        else:
            if own.state != "asked":
                own.state = step(SIGNATURE, own, "ask")
            own.asked_on, own.due_on = on, due("sign", on)
            own.opinion, own.by, own.at = "", None, None
            own.save()
        asked.append(own)
    for key, own in have.items():
        if key not in sections and own.state != "void":
            own.state = step(SIGNATURE, own, "drop")
            own.save(update_fields=["state"])
    return asked


def drop_open(row: Filing, *, actor: Actor) -> int:
    """Signatures that nobody waits for any more."""
    return row.signatures.filter(state="asked").update(state=SIGNATURE.next_state("asked", "drop"))


def sign(
    signature: FilingSignature,
    answer: str,
    opinion: str = "",
    *,
    upload=None,
    actor: Actor,
    now: datetime | None = None,
) -> FilingSignature:
    """A department agrees, or refuses with the reason. Only while the filing is received; a word given stands until its
    section changes."""
    if not FilingSignature.objects.allowed(actor, "filing.sign").filter(pk=signature.pk).exists():
        raise Denied(_("这一节由别的部门会签"))
    filing = Filing.objects.select_for_update(of=("self",)).get(pk=signature.filing_id)
    row = FilingSignature.objects.select_for_update(of=("self",)).select_related("unit").get(pk=signature.pk)
    if filing.state != "received":
        raise Conflict(
            _("这份备案现在是“%(state)s”，不在会签") % {"state": filing.get_state_display()}, code="state"
        )
    if answer not in ("agree", "refuse"):
        refuse_field("answer", _("从列表里选一个"))
    if row.state != "asked":
        raise Conflict(
            _("%(unit)s已经会签：%(state)s") % {"unit": row.unit.name, "state": row.get_state_display()},
            code="signed",
        )
    opinion = opinion.strip()
    if answer == "refuse" and not 10 <= len(opinion) <= 500:
        refuse_field("opinion", _("不同意要写理由和依据，10 到 500 个字"))
    if len(opinion) > 500:
        refuse_field("opinion", _("最多 500 个字"))
    row.state = step(SIGNATURE, row, answer)
    row.opinion, row.by, row.at = opinion, actor.user, now or timezone.now()
    if upload:
        row.file = store_file(upload, actor=actor)
    row.save()
    audit.record(
        "facilities.filing.sign", filing, actor=actor,
        changes={"section": row.section, "unit": row.unit.name, "state": ["asked", row.state]},
    )  # fmt: skip
    return row
