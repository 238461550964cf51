"""Writing of families' records: a child and its parent enter, a parent is added, what was wrong is put right,
the family says what the child's health is. What stands there already is read by children.py alone."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Child, ChildRecord, Enrolment, Facility, Kinship, Parent, ParentRecord
from facilities.models.enrolments import Mode
from facilities.rules import families as rules
from facilities.rules import numbers
from facilities.services import children
from facilities.services.refusals import refuse, refuse_field, refuse_key
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.models.places import Street
from portal.services import audit
from portal.services.numbers import next_number
from portal.templatetags.ui import masked

CHILDREN, PARENTS = "child", "parent"


def labels() -> dict[str, str]:
    return {
        "name": _("幼儿姓名"), "born_on": _("出生日期"), "sex": _("性别"), "identity": _("证件号"),
        "address": _("住址"), "street": _("居住街镇"), "parent_name": _("家长姓名"), "parent_phone": _("家长手机"),
        "relation": _("关系"), "mode": _("照护方式"), "reason": _("事由"),
    }  # fmt: skip


def sentences() -> dict[str, str]:
    return dict(rules.PROBLEMS) | numbers.PROBLEMS


def may_enrol(facility: Facility, actor: Actor) -> None:
    if not Facility.objects.allowed(actor, "child.enrol").filter(pk=facility.pk).exists():
        raise Denied(_("只能登记自己机构的幼儿"))


def may_keep(child: Child, actor: Actor) -> None:
    if not Child.objects.allowed(actor, "child.enrol").filter(pk=child.pk).exists():
        raise Denied(_("这个幼儿不在你的机构，不能改他的资料"))
    if child.erased_on is not None:
        raise Denied(_("这份档案已经删除"))


def record_problems(values: dict, today: date) -> list[tuple[str, str, dict]]:
    """What is wrong with a child's data; a field that is missing is not looked at."""
    found = []
    if "name" in values and not 2 <= len(values["name"]) <= 40:
        found.append(("name", "name", {}))
    born = values.get("born_on")
    if born and born > today:
        found.append(("born_on", "future", {}))
    elif born and rules.months_old(born, today) >= rules.EARLIEST_YEARS * 12:
        found.append(("born_on", "born_early", {"years": rules.EARLIEST_YEARS}))
    if "sex" in values and values["sex"] not in ChildRecord.Sex.values:
        found.append(("sex", "choice", {}))
    if "identity" in values:
        key, facts = rules.identity_problem(values["identity"], born, today)
        if key:
            found.append(("identity", key, facts))
    return found


def parent_problems(name: str, phone: str, relation: str) -> list[tuple[str, str, dict]]:
    found = []
    if not 2 <= len(name) <= 40:
        found.append(("parent_name", "name", {}))
    if not rules.mobile_can_be(phone):
        found.append(("parent_phone", "mobile", {}))
    if relation not in Kinship.Relation.values:
        found.append(("relation", "choice", {}))
    return found


def one_at_a_time(*hashes: str) -> None:
    """Two who enter the same family at once: the second waits and finds the first one's rows."""
    with connection.cursor() as cursor:
        for hashed in sorted(hashes):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [hashed])


def apply(
    facility: Facility,
    *,
    actor: Actor,
    name: str,
    born_on: date,
    sex: str,
    identity: str,
    parent_name: str,
    parent_phone: str,
    relation: str,
    street: Street | None = None,
    address: str = "",
    signs: bool = True,
    collects: bool = True,
    mode: str = "",
    today: date | None = None,
) -> Enrolment:
    """A family asks for a place at a facility: the child and the parent are entered, the enrolment is open.

    A child known in the district by its number is not entered twice: with the phone of one of its parents on file
    the application alone is added, without it nothing is said of what is on file. `mode` for a 宝宝屋.
    """
    may_enrol(facility, actor)
    today = today or timezone.localdate()
    if facility.state != "operating":
        refuse_field("", _("%(name)s现在不在办，不能登记幼儿") % {"name": facility.name}, "closed")
    values = {"name": name.strip(), "born_on": born_on, "sex": sex, "identity": numbers.tidy(identity)}
    parent_name, parent_phone = parent_name.strip(), parent_phone.strip()
    problems = record_problems(values, today) + parent_problems(parent_name, parent_phone, relation)
    if mode and mode not in Mode.values:
        problems.append(("mode", "choice", {}))
    refuse(problems, sentences(), labels())
    one_at_a_time(children.identity_hash(values["identity"]), children.phone_hash(parent_phone))
    child = children.known_child(values["identity"])
    if child is None:
        child = enter(values, street=street, address=address.strip(), actor=actor)
        parent = children.known_parent(parent_name, parent_phone) or enter_parent(
            parent_name, parent_phone, actor
        )
        Kinship.objects.create(child=child, parent=parent, relation=relation, signs=signs, collects=collects)
    else:
        if not children.is_parent_of(child, parent_phone):
            refuse_field(
                "identity",
                _("这个证件号已有档案，留的是另一个家长的手机。由那位家长来办，或核对证件号"),
                "known",
            )
        if child.enrolments.open().filter(facility=facility).exists():
            raise Conflict(
                _("%(code)s 已在这里登记，打开他的档案接着办") % {"code": child.code}, code="twice"
            )
    enrolment = Enrolment.objects.create(
        child=child,
        facility=facility,
        mode=mode,
        by_day=facility.kind not in rules.BY_HOUR,
        applied_on=today,
    )
    audit.record(
        "facilities.child.apply", child, actor=actor, changes={"facility": facility.code, "mode": mode}
    )
    return enrolment


def enter(values: dict, *, street: Street | None, address: str, actor: Actor) -> Child:
    child = Child.objects.create(
        code=f"{actor.district.prefix}C{next_number(CHILDREN):05d}",
        shown=masked(values["name"]),
        birth_month=values["born_on"].replace(day=1),
        street=street,
    )
    ChildRecord.objects.create(
        child=child,
        identity_hash=children.identity_hash(values["identity"]),
        name_hash=children.name_hash(values["name"]),
        address=address or None,
        **values,
    )
    return child


def enter_parent(name: str, phone: str, actor: Actor) -> Parent:
    parent = Parent.objects.create(
        code=f"{actor.district.prefix}P{next_number(PARENTS):05d}", shown=masked(name)
    )
    ParentRecord.objects.create(
        parent=parent,
        name=name,
        name_hash=children.name_hash(name),
        phone=phone,
        phone_hash=children.phone_hash(phone),
    )
    return parent


def add_parent(
    child: Child,
    *,
    actor: Actor,
    parent_name: str,
    parent_phone: str,
    relation: str,
    signs: bool = False,
    collects: bool = True,
) -> Kinship:
    """Another parent or grandparent of a child."""
    may_keep(child, actor)
    parent_name, parent_phone = parent_name.strip(), parent_phone.strip()
    refuse(parent_problems(parent_name, parent_phone, relation), sentences(), labels())
    if children.is_parent_of(child, parent_phone):
        refuse_field("parent_phone", _("这位家长已经登记过"), "twice")
    one_at_a_time(children.phone_hash(parent_phone))
    parent = children.known_parent(parent_name, parent_phone) or enter_parent(
        parent_name, parent_phone, actor
    )
    made = Kinship.objects.create(
        child=child, parent=parent, relation=relation, signs=signs, collects=collects
    )
    audit.record(
        "facilities.child.parent",
        child,
        actor=actor,
        changes={"parent": parent.code, "relation": relation, "signs": signs},
    )
    return made


def correct(
    child: Child,
    *,
    actor: Actor,
    reason: str,
    street: Street | None = None,
    today: date | None = None,
    **values,
) -> list[str]:
    """Puts right what was entered wrongly, at the parent's word: only what is given changes, and nothing is shown.

    values: name, born_on, sex, identity, address; empty ones are passed over. Returns the fields that were written.
    """
    may_keep(child, actor)
    today = today or timezone.localdate()
    given = {k: v.strip() if isinstance(v, str) else v for k, v in values.items() if v not in (None, "")}
    unknown = given.keys() - {"name", "born_on", "sex", "identity", "address"}
    if unknown:
        raise TypeError(f"no fields of a child: {sorted(unknown)}")
    if "identity" in given:
        given["identity"] = numbers.tidy(given["identity"])
    problems = record_problems(given, today)
    if not 4 <= len(reason.strip()) <= 200:
        problems.append(("reason", "reason", {}))
    refuse(problems, sentences(), labels())
    if not given and street is None:
        refuse_field("", _("没有填要改的内容"), "nothing")
    if "identity" in given:
        one_at_a_time(children.identity_hash(given["identity"]))
        other = children.known_child(given["identity"])
        if other is not None and other.pk != child.pk:
            refuse_field("identity", _("这个证件号已登记在另一份档案上"), "known")
        given["identity_hash"] = children.identity_hash(given["identity"])
    if "name" in given:
        given["name_hash"] = children.name_hash(given["name"])
    if given:
        ChildRecord.objects.filter(child=child).update(**given)
    row = Child.objects.select_for_update().get(pk=child.pk)
    if "name" in given:
        row.shown = masked(given["name"])
    if "born_on" in given:
        row.birth_month = given["born_on"].replace(day=1)
    if street is not None:
        row.street = street
    row.save(update_fields=["shown", "birth_month", "street"])
    written = sorted(
        (given.keys() - {"identity_hash", "name_hash"}) | ({"street"} if street is not None else set())
    )
    audit.record(
        "facilities.child.correct", child, actor=actor, changes={"fields": written, "reason": reason.strip()}
    )
    return written


def declare_health(
    child: Child, *, actor: Actor, allergies: str, history: str, on: date, today: date | None = None
) -> None:
    """What the family says of allergies and earlier illnesses, '无' where there is nothing (金教〔2023〕29号 六4)."""
    may_keep(child, actor)
    today = today or timezone.localdate()
    allergies, history = allergies.strip(), history.strip()
    for name, text in (("allergies", allergies), ("history", history)):
        if not 1 <= len(text) <= 500:
            refuse_field(name, _("写 1 到 500 个字，没有就写“无”"))
    if on > today:
        refuse_key("on", "future", rules.PROBLEMS)
    ChildRecord.objects.filter(child=child).update(allergies=allergies, history=history, declared_on=on)
    audit.record("facilities.child.declare", child, actor=actor, changes={"on": on.isoformat()})
