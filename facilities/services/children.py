"""The one door to a child's record: who may open it, what is shown, and the entry that says so.

`open_child` is the only function of the product that gives personal data of a child or its parents to a person.
What the product itself must know to keep its rules (is the child old enough, is this the same parent) is answered
here, too, by functions that give back the answer and not the data. facilities/services/child_records.py writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import (
    AccessRequest,
    Child,
    ChildAccess,
    ChildRecord,
    Facility,
    HealthCertificate,
    Kinship,
    Parent,
    ParentRecord,
)
from facilities.models.credit import listing
from facilities.rules import families as rules
from facilities.rules import numbers
from facilities.services.refusals import refuse_field, refuse_key
from portal.access import Actor
from portal.crypto import keyed_hash
from portal.errors import Denied, NotFound
from portal.models.records import StoredFile
from portal.services import audit, publicity


@dataclass(frozen=True)
class OpenedParent:
    relation: str
    signs: bool
    collects: bool
    name: str
    phone: str


@dataclass(frozen=True)
class OpenedChild:
    """A record as it was opened: the parts that the purpose needs, everything else empty."""

    child: Child
    access: ChildAccess
    parts: tuple[str, ...]
    name: str = ""
    born_on: date | None = None
    sex: str = ""
    identity: str = ""
    address: str = ""
    allergies: str = ""
    history: str = ""
    declared_on: date | None = None
    #: (day of the check, what the clinic noted)
    medical: tuple[tuple[date, str], ...] = ()
    parents: tuple[OpenedParent, ...] = field(default=())


@dataclass(frozen=True)
class Basis:
    """What lets the actor open a record: the facility that cares for the child, an approval, or being its parent."""

    purposes: tuple[str, ...]
    facility: Facility | None = None
    request: AccessRequest | None = None


def basis_of(child: Child, *, actor: Actor, now: datetime) -> Basis | None:
    """How the actor may open this child's record at this moment; None for nobody, nor for a process."""
    if actor.user is None or child.erased_on is not None:
        return None
    if Child.objects.allowed(actor, "child.open").filter(pk=child.pk).exists():
        here = child.enrolments.open().filter(
            facility__in=Facility.objects.allowed(actor, "child.open").values("pk")
        )
        return Basis(rules.OF_FACILITIES, here.select_related("facility").first().facility)
    if Child.objects.allowed(actor, "child.request").filter(pk=child.pk).exists():
        request = AccessRequest.objects.of(actor).holding(now).filter(child=child).first()
        return Basis((request.purpose,), request=request) if request else None
    if Child.objects.allowed(actor, "child.own").filter(pk=child.pk).exists():
        return Basis(("own",))
    return None


def open_child(
    child: Child, *, actor: Actor, purpose: str, reason: str = "", now: datetime | None = None
) -> OpenedChild:
    """Opens a child's record for one purpose and writes down who, when, why and which parts.

    Those who care for the child give a purpose of rules.families.OF_FACILITIES and a reason; staff of the district
    needs an approved request that is not over (access_requests.py), whose purpose and reason count; a parent opens
    the own child's for 'own'. Denied for everybody else, and for a purpose that the basis does not give.
    """
    now = now or timezone.now()
    basis = basis_of(child, actor=actor, now=now)
    if basis is None:
        if child.erased_on is None and actor.may("child.request"):
            raise Denied(_("看幼儿档案要先申请，单位负责人同意后才打开"), code="approval")
        raise Denied(_("你不能打开这份幼儿档案"))
    if purpose not in basis.purposes:
        raise Denied(_("这个用途不能打开幼儿档案"), code="purpose")
    if basis.request is not None:
        reason = basis.request.reason
    elif purpose != "own":
        reason = reason.strip()
        if not 4 <= len(reason) <= 200:
            refuse_key("reason", "reason", rules.PROBLEMS)
    parts = rules.NEEDED_PARTS[purpose]
    access = ChildAccess.objects.create(
        child=child,
        at=now,
        user=actor.user,
        actor=actor.label[:80],
        facility=basis.facility,
        purpose=purpose,
        reason=reason,
        parts=list(parts),
        request=basis.request,
    )
    audit.record(
        "facilities.child.open",
        child,
        actor=actor,
        changes={"purpose": purpose, "parts": list(parts), "request": basis.request and basis.request.pk},
    )
    return OpenedChild(child=child, access=access, parts=parts, **shown(child, parts))


def open_paper(child: Child, paper: int, *, actor: Actor, reason: str) -> StoredFile:
    """A signed or issued paper of the child, which names it: opened like the record, and written down alike."""
    found = StoredFile.objects.filter(pk=paper, pk__in=papers_of(child)).first()
    if found is None:
        raise NotFound(_("没有这份文件"))
    open_child(child, actor=actor, purpose="enrol", reason=reason)
    return found


def papers_of(child: Child) -> list[int]:
    """Ids of the files of a child's consents, agreements and health checks."""
    rows = (child.consents, child.agreements, child.health_certificates)
    return [pk for kept in rows for pk in kept.filter(file__isnull=False).values_list("file", flat=True)]


def shown(child: Child, parts: tuple[str, ...]) -> dict:
    """The parts of a record as OpenedChild takes them."""
    record = ChildRecord.objects.get(child=child)
    found: dict = {}
    if "name" in parts:
        found |= {"name": record.name, "born_on": record.born_on, "sex": record.get_sex_display()}
    if "identity" in parts:
        found["identity"] = record.identity
    if "address" in parts:
        found["address"] = record.address or ""
    if "health" in parts:
        checks = HealthCertificate.objects.filter(child=child, medical_notes__isnull=False)
        found |= {
            "allergies": record.allergies or "",
            "history": record.history or "",
            "declared_on": record.declared_on,
            "medical": tuple((one.issued_on, one.medical_notes) for one in checks),
        }
    if "contact" in parts:
        kin = list(Kinship.objects.filter(child=child))
        records = {
            one.parent_id: one for one in ParentRecord.objects.filter(parent__in=[k.parent_id for k in kin])
        }
        found["parents"] = tuple(
            OpenedParent(k.get_relation_display(), k.signs, k.collects, r.name, r.phone)
            for k in kin
            if (r := records.get(k.parent_id))
        )
    return found


def log_of(child: Child, *, actor: Actor):
    """The openings of a child's record, newest first: for those who look after it, and for its parent."""
    for right in ("child_log.view", "child.own"):
        if Child.objects.allowed(actor, right).filter(pk=child.pk).exists():
            rows = ChildAccess.objects.filter(child=child).annotate(listing=listing("facility"))
            return rows.select_related("user", "facility", "request__decided_by")
    raise Denied(_("你不能看这份幼儿档案的查看记录"))


# --- What the rules ask, and nobody sees


def identity_hash(number: str) -> str:
    return keyed_hash(f"child:{numbers.tidy(number)}")


def phone_hash(number: str) -> str:
    return keyed_hash(f"phone:{number.strip()}")


def name_hash(name: str) -> str:
    return keyed_hash(f"name:{name}")


def names_on_file(names: set[str]) -> set[str]:
    """Those of the given names that a child or a parent on file has: asked of a text before it is published."""
    hashed = {name_hash(name): name for name in names}
    asked = publicity.among(hashed)
    rows = ChildRecord.objects.filter(name_hash__in=asked).values_list("name_hash", flat=True)
    kin = ParentRecord.objects.filter(name_hash__in=asked).values_list("name_hash", flat=True)
    return {hashed[one] for one in (*rows, *kin)}


def age_problem(child: Child, kind: str, on: date) -> tuple[str, int]:
    """What the child's age says against an admission on a day (rules.families.age_problem)."""
    born = ChildRecord.objects.values_list("born_on", flat=True).get(child=child)
    return rules.age_problem(born, kind, on)


def needs_separate_consent(child: Child, on: date) -> bool:
    born = ChildRecord.objects.values_list("born_on", flat=True).get(child=child)
    return rules.must_be_separate(born, on)


def declared(child: Child) -> bool:
    """Whether the family said what the child's health is."""
    return ChildRecord.objects.filter(child=child, declared_on__isnull=False).exists()


def known_child(identity: str) -> Child | None:
    """The child on file with this number."""
    return Child.objects.filter(
        pk__in=ChildRecord.objects.filter(identity_hash=identity_hash(identity)).values("child")
    ).first()


def known_parent(name: str, phone: str) -> Parent | None:
    """The parent on file with this phone; refused when the phone belongs to another name."""
    record = ParentRecord.objects.select_related("parent").filter(phone_hash=phone_hash(phone)).first()
    if record is None:
        return None
    if record.name != name:
        refuse_field("parent_phone", _("这个手机号已登记在另一个姓名下。核对姓名和号码"), "other_name")
    return record.parent


def is_parent_of(child: Child, phone: str) -> bool:
    """Whether one of the child's parents on file has this phone."""
    parents = ParentRecord.objects.filter(phone_hash=phone_hash(phone)).values("parent")
    return Kinship.objects.filter(child=child, parent__in=parents).exists()


def erase(child: Child) -> dict[str, int]:
    """Deletes the child's record, and those of parents who have no other child on file; returns how many rows.

    Called by facilities/services/deletions.py, which writes the certificate.
    """
    kin = list(Kinship.objects.filter(child=child).values_list("parent_id", flat=True))
    counts = {"child": ChildRecord.objects.filter(child=child).delete()[0]}
    counts["kinship"] = Kinship.objects.filter(child=child).delete()[0]
    others = set(Kinship.objects.filter(parent__in=kin).values_list("parent_id", flat=True))
    alone = [parent for parent in kin if parent not in others]
    counts["parent"] = ParentRecord.objects.filter(parent__in=alone).delete()[0]
    Parent.objects.filter(pk__in=alone).update(shown="", user=None, erased_on=timezone.localdate())
    return counts
