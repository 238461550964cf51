"""Changes of a facility: registration, facts, state.

Each writes an audit entry without personal data and moves the register's number on, by which a pulling system
sees that nothing changed (facilities/api/facilities.py).
"""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities import completeness
from facilities.models import Facility, FacilityTransition, Operator
from facilities.rules import geo, life, numbers, register, words
from facilities.rules import operators as operator_rules
from facilities.rules.states import FACILITY
from facilities.services import closing, figures, naming, operators, overtaken
from facilities.services.refusals import refuse, refuse_field
from portal.access import Actor
from portal.errors import Conflict, Denied, Refused
from portal.models.places import Street
from portal.models.records import AuditEntry
from portal.services import audit
from portal.services.files import store_file
from portal.services.numbers import next_number
from portal.services.steps import step
from portal.templatetags.ui import masked

CODES, REGISTER = "facility", "register"
#: Fields whose values are a person's: the audit log says that they changed, not to what.
PERSONAL = {"head", "phone"}


def labels() -> dict[str, str]:
    return {
        field.name: str(field.verbose_name)
        for field in Facility._meta.fields
        if field.name in register.FIELDS
    } | {"state": _("状态")}


def touched() -> None:
    """Moves the register's number on; the row stays locked until the transaction ends, so it never runs back."""
    next_number(REGISTER)


def own_street(street: Street | None, actor: Actor) -> None:
    if street is None or street.district_id != actor.district.pk:
        refuse_field("street", _("本区没有这个街镇。从列表里选一个"), "unknown_street")


def index(facility: Facility) -> None:
    """Fills in by what the facility is found and sorted."""
    facility.search_text = words.search_text([facility.name, facility.address], [facility.code])
    facility.name_key = words.sort_key(facility.name)


def tidied(values: dict) -> dict:
    """Values as they are kept: no spaces at the ends, the credit code in capitals, the kind's nature."""
    kept = {key: value.strip() if isinstance(value, str) else value for key, value in values.items()}
    if isinstance(kept.get("operator"), str):
        kept["operator"] = operator_rules.tidy_name(kept["operator"])
    if kept.get("credit_code"):
        kept["credit_code"] = numbers.tidy(kept["credit_code"])
    if kept.get("kind") == register.INCLUSIVE_KIND:
        kept["inclusive"] = True
    return kept


def check(values: dict, *, today: date, named: bool = True) -> None:
    """Refuses figures, dates and numbers that make no sense, all at once; `named`: looks at a site's name, too."""
    problems = list(register.problems(values, today))
    if named:
        problems += naming.problems(values, today)
    sentences = register.PROBLEMS | naming.WORDS
    if values.get("credit_code"):
        key, facts = numbers.credit_problem(values["credit_code"])
        if key:
            problems.append(("credit_code", key, facts))
            sentences |= numbers.PROBLEMS
    for field, choices in (("kind", Facility.Kind), ("ownership", Facility.Ownership)):
        if field in values and values[field] not in choices.values:
            problems.append((field, "choice", {}))
    refuse(problems, sentences, labels())


def refuse_far(values: dict, actor: Actor) -> None:
    """A point lies in the district's surroundings; elsewhere it would shrink the district's map to a dot."""
    pair = values.get("latitude"), values.get("longitude")
    if None in pair:
        return
    if not geo.plausible(geo.Point(*map(float, pair)), actor.district.surroundings):
        refuse_field("latitude", _(geo.OUTSIDE) % {"district": actor.district.name}, "outside")


def refuse_twin(name: str, street: Street, *, own: Facility | None = None) -> None:
    """Two facilities of one name in a street would be taken for each other."""
    found = Facility.objects.filter(street=street, name=name).exclude(state="closed")
    twin = found.exclude(pk=own.pk).first() if own else found.first()
    if twin:
        refuse_field(
            "name",
            _("%(street)s已有同名机构 %(code)s。同一家就打开它来改，另一家就在名称里写出分别")
            % {"street": street.name, "code": twin.code},
            "twin",
        )


def register_facility(
    *, actor: Actor, state: str = "preparing", on: date | None = None, code: str = "", **values
) -> Facility:
    """Enters a facility into the register; values: as in rules.register.FIELDS, the operator by name or as a row.

    state: one of ENTRY_STATES; a facility that opened long ago is entered as 'operating' with its opened_on.
    `on` is today unless given. Refused with every problem at once; a second one of the same name in the same
    street is refused, too.
    """
    actor.demand("facility.manage")
    today = on or timezone.localdate()
    values = tidied(values)
    unknown = values.keys() - set(register.FIELDS)
    if unknown:
        raise TypeError(f"no fields of a facility: {sorted(unknown)}")
    if state not in register.ENTRY_STATES:
        refuse_field("state", _("登记时只能是筹建、已备案或在办"))
    own_street(values.get("street"), actor)
    check({**values, "state": state}, today=today)
    refuse_far(values, actor)
    refuse_twin(values["name"], values["street"])
    if isinstance(values.get("operator"), str):
        values["operator"] = operators.called(values["operator"], actor=actor)
    code = code or f"{actor.district.prefix}{next_number(CODES):04d}"
    facility = Facility(code=code, state=state, **values)
    index(facility)
    facility.save(force_insert=True)
    if state != FACILITY.initial:
        FacilityTransition.objects.create(
            facility=facility,
            source=FACILITY.initial,
            target=state,
            on=(facility.opened_on if state == "operating" else None) or today,
            reason=_("登记时的状态"),
            by=actor.user,
        )
    touched()
    audit.record(
        "facilities.facility.register", facility, actor=actor, changes={"code": code, "state": state}
    )
    return facility


def plain(field: str, value):
    """A value as the audit log keeps it."""
    if field == "head":
        return masked(value) if value else ""
    if field == "phone":
        return "***" if value else ""
    if isinstance(value, (Street, Operator)):
        return value.name
    if isinstance(value, bool) or value is None or isinstance(value, (int, str)):
        return value
    return str(value)


def shown(field: str, value) -> str:
    """A value of the audit log in words."""
    if value in (None, ""):
        return _("空")
    if value is True or value is False:
        return _("是") if value else _("否")
    choices = dict(Facility._meta.get_field(field).flatchoices)
    return str(choices.get(value, value))


def changes_since(facility: Facility, version: int) -> list[AuditEntry]:
    """The audit entries that led from a version to the present one, newest first."""
    return [
        entry
        for entry in AuditEntry.objects.filter(
            subject_type=Facility._meta.label_lower, subject_id=facility.pk
        ).order_by("-pk")[:50]
        if entry.changes.get("version", [0, 0])[1] > version
    ]


def told(entry: AuditEntry) -> str:
    """Who changed what and when, in one sentence: `示例乙 10:41 改过 托位（60 → 45）`."""
    names = labels() | {"grade": _("风险等级")}
    what = [
        f"{names[field]}（{shown(field, pair[0])} → {shown(field, pair[1])}）"
        for field, pair in entry.changes.items()
        if field in names and isinstance(pair, list)
    ]
    at = timezone.localtime(entry.at)
    return _("%(who)s %(when)s 改过 %(what)s") % {
        "who": masked(entry.user.name) if entry.user else entry.actor,
        "when": at.strftime("%H:%M") if at.date() == timezone.localdate() else at.strftime("%Y-%m-%d %H:%M"),
        "what": "、".join(what) or _("这家机构"),
    }


def locked(facility: Facility, version: int | None) -> Facility:
    """The row, locked; Conflict when it is no longer the version that the person saw."""
    row = Facility.objects.select_for_update().get(pk=facility.pk)
    refuse_stale(row, version)
    return row


def refuse_stale(row: Facility, version: int | None) -> None:
    """Conflict, with who changed what, when the locked row is another version than the one that was seen."""
    if version is not None and row.version != version:
        entries = changes_since(row, version)
        story = "；".join(told(entry) for entry in entries[:3]) or _("这家机构刚被改过")
        raise Conflict(
            _("%(story)s。没有存你的改动：按现在的内容再改一次") % {"story": story},
            code="stale",
            version=row.version,
        )


def change_facility(
    facility: Facility, *, actor: Actor, version: int, on: date | None = None, **values
) -> Facility:
    """Changes facts; values: as in rules.register.FIELDS, those that did not change are passed over.

    An operator changes the own facility's OPERATOR_FIELDS only. Conflict when `version` is stale: the message
    says who changed what and when. Denied, Refused as in register_facility.
    """
    if not Facility.objects.allowed(actor, "facility.keep").filter(pk=facility.pk).exists():
        raise Denied(_("只能改自己机构的资料"))
    today = on or timezone.localdate()
    row = locked(facility, version)
    values = tidied(values)
    unknown = values.keys() - set(register.FIELDS)
    if unknown:
        raise TypeError(f"no fields of a facility: {sorted(unknown)}")
    changed = {field: value for field, value in values.items() if differs(row, field, value)}
    if not changed:
        return row
    if row.state == "closed":
        raise Refused(_("%(name)s已停办，资料不再改") % {"name": row.name}, code="closed")
    if not actor.may("facility.manage"):
        for field in changed.keys() & set(register.DISTRICT_FIELDS):
            refuse_field(field, _("这一项由区里登记，要改就联系区托育服务指导中心"), "district_field")
    if "street" in changed:
        own_street(changed["street"], actor)
    figures.refuse_followed(row, changed)
    check(
        {f: values.get(f, getattr(row, f)) for f in register.FIELDS} | {"state": row.state},
        today=today,
        named=bool(changed.keys() & {"name", "kind", "street"}),
    )
    if changed.keys() & {"latitude", "longitude"}:
        refuse_far({f: changed.get(f, getattr(row, f)) for f in ("latitude", "longitude")}, actor)
    if changed.keys() & {"name", "street"}:
        refuse_twin(changed.get("name", row.name), changed.get("street", row.street), own=row)
    if "places" in changed:
        figures.refuse_fewer(row, changed["places"])
    entry: dict = {
        field: [plain(field, getattr(row, field)), plain(field, value)] for field, value in changed.items()
    }
    if isinstance(changed.get("operator"), str):
        changed["operator"] = operators.called(changed["operator"], actor=actor)
    for field, value in changed.items():
        setattr(row, field, value)
    index(row)
    return saved(row, "facilities.facility.change", entry, actor)


def differs(row: Facility, field: str, value) -> bool:
    """Whether a value is another one than the row's; an operator may come by name, '' for none."""
    if field == "operator" and isinstance(value, str):
        return value != (row.operator.name if row.operator else "")
    return getattr(row, field) != value


def saved(row: Facility, action: str, entry: dict, actor: Actor) -> Facility:
    entry["version"] = [row.version, row.version + 1]
    row.version += 1
    row.save()
    touched()
    audit.record(action, row, actor=actor, changes=entry)
    return row


def move_state(
    facility: Facility,
    action: str,
    *,
    actor: Actor,
    on: date,
    reason: str,
    document: str = "",
    upload=None,
    version: int | None = None,
    today: date | None = None,
    notice: str = "",
) -> Facility:
    """Leads a facility through its machine: file, open, suspend, resume, close; who may says the transition.

    on: the day from which it holds, not in the future and not before the last change. Opening sets opened_on
    where it is empty; closing sets closed_on, ends the work of everybody there, the classes, the fees and the children's
    enrolments on that day, cancels later sessions and withdraws an open proposal; a pause cancels the sessions to
    come. `document` is the paper behind it (name or number), `upload` a copy of it. The notice of lawful
    operation follows; `notice`: how, where it is not the usual way (a revocation).
    Conflict when the state does not allow it, Refused when something that must hold first does not (rules/life.py).
    """
    today = today or timezone.localdate()
    row = locked(facility, version)
    target = step(FACILITY, row, action)
    actor.demand(FACILITY.transition(row.state, action).right)
    reason, document = reason.strip(), document.strip()
    if not 2 <= len(reason) <= 200:
        refuse_field("reason", _("写原因，2 到 200 个字"))
    if on > today:
        refuse_field("on", _("还没到这一天。到那天再改"))
    last = row.transitions.order_by("-on", "-pk").first()
    if last and on < last.on:
        refuse_field(
            "on",
            _("不能早于上一次变更 %(day)s（%(state)s）")
            % {"day": last.on.isoformat(), "state": last.get_target_display()},
        )
    if action in ("suspend", "resume", "close") and row.opened_on and on < row.opened_on:
        refuse_field("on", _("不能早于开办日期 %(day)s") % {"day": row.opened_on.isoformat()})
    lacking = [n for n in life.unmet(action, row.kind, completeness.life_facts(row, on)) if n.hard]
    if lacking:
        raise Refused(
            _("还不能%(action)s，要先满足：%(needs)s")
            % {"action": action_label(action), "needs": "、".join(_(need.words) for need in lacking)},
            code="needs",
            needs=[need.fact for need in lacking],
        )
    entry: dict = {"state": [row.state, target], "on": on.isoformat(), "reason": reason}
    FacilityTransition.objects.create(
        facility=row,
        source=row.state,
        target=target,
        on=on,
        reason=reason,
        document=document[:80],
        file=store_file(upload, actor=actor) if upload else None,
        by=actor.user,
    )
    if document:
        entry["document"] = document[:80]
    row.state = target
    if action == "open" and row.opened_on is None:
        row.opened_on = on
    if action == "close":
        row.closed_on = on
        entry |= closing.settle(row, on=on, actor=actor)
        if count := overtaken.end_filings(row, actor=actor, now=timezone.now()):
            entry["filings_ended"] = count
    if action == "suspend":
        entry |= closing.pause(row, on=on)
    overtaken.turn(overtaken.holding(row), notice or overtaken.OF_NOTICE.get(action), on)
    return saved(row, "facilities.facility.state", entry, actor)


def action_label(action: str) -> str:
    return _(next((t.label for t in FACILITY.transitions if t.action == action), action))
