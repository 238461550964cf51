"""Resources for families: written as a draft, made public by a second person, followed by a next edition, withdrawn."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from facilities.services import file
from facilities.services.refusals import refuse, refuse_field, refuse_key
from guidance.models import GuidanceResource, KitUse
from guidance.rules import resources as rules
from guidance.rules.states import RESOURCE
from portal.access import Actor
from portal.errors import Conflict, Denied
from portal.models.places import Street
from portal.services import audit, publicity
from portal.services.files import store_file
from portal.services.numbers import next_number
from portal.services.steps import step

SERIES, MANAGE, PUBLISH = "guidance-resource", "resource.manage", "resource.publish"


def labels() -> dict[str, str]:
    return {name: str(GuidanceResource._meta.get_field(name).verbose_name) for name in rules.FIELDS} | {
        "upload": _("文件"),
        "reason": _("原因"),
    }


def locked(resource: GuidanceResource, version: int | None = None) -> GuidanceResource:
    row = GuidanceResource.objects.select_for_update(of=("self",)).select_related("file").get(pk=resource.pk)
    file.not_stale(row, version)
    return row


def keep_resource(
    resource: GuidanceResource | None = None,
    *,
    actor: Actor,
    version: int | None = None,
    upload=None,
    **values,
) -> GuidanceResource:
    """Enters a resource as a draft, or changes the draft given; values: as in rules.FIELDS, `upload` its file.

    Refused with every problem at once, for a number or a person's name in what will be public, and for a kit that names
    what is not there. Conflict for what is no draft: a public one gets a next edition.
    """
    actor.demand(MANAGE)
    row = GuidanceResource(by=actor.user) if resource is None else locked(resource, version)
    if row.state != "draft":
        raise Conflict(
            _("“%(title)s”%(state)s，不能改。公开过的，写一个新版；送复核的，先退回")
            % {"title": row.title, "state": row.get_state_display()},
            code="state",
        )
    before = told(row) if resource is not None else {}
    values = {name: getattr(row, name) for name in rules.FIELDS if resource is not None} | {
        key: value.strip() if isinstance(value, str) else value for key, value in values.items()
    }
    found = rules.problems(values, bool(upload or row.file_id))
    known = set(
        GuidanceResource.objects.filter(code__in=values["parts"])
        .exclude(kind=rules.KIT)
        .values_list("code", flat=True)
    )
    found += [("parts", "unknown", {"code": code[:20]}) for code in values["parts"] if code not in known][:1]
    refuse(found, rules.PROBLEMS, labels())
    for name in rules.PUBLIC_TEXTS:
        publicity.demand(values[name], field=name, label=labels()[name])
    for field, value in values.items():
        setattr(row, field, value)
    if upload:
        row.file = store_file(upload, actor=actor)
    if resource is None:
        row.code = f"{actor.district.prefix}V{next_number(SERIES):04d}"
    else:
        row.version += 1
    row.save()
    changes = {k: [before.get(k), v] for k, v in told(row).items() if before.get(k) != v}
    audit.record(
        f"guidance.resource.{'enter' if resource is None else 'change'}", row, actor=actor, changes=changes
    )
    return row


def told(row: GuidanceResource) -> dict:
    """What an audit entry says of it: of a long text its length."""
    plain = {name: str(getattr(row, name)) for name in rules.FIELDS if name not in ("text", "parts")}
    return plain | {"text": len(row.text), "parts": row.parts, "file": row.file.sha256 if row.file_id else ""}


def _moved(row: GuidanceResource, action: str, *, actor: Actor, before: str, **changes) -> GuidanceResource:
    row.version += 1
    row.save()
    audit.record(
        f"guidance.resource.{action}", row, actor=actor, changes={"state": [before, row.state]} | changes
    )
    return row


def submit(resource: GuidanceResource, *, actor: Actor, version: int | None = None) -> GuidanceResource:
    """Hands the draft to a second person."""
    actor.demand(MANAGE)
    row = locked(resource, version)
    before, row.state = row.state, step(RESOURCE, row, "submit")
    _fit_to_read(row)
    row.submitted_by, row.note = actor.user, ""
    return _moved(row, "submit", actor=actor, before=before)


def _fit_to_read(row: GuidanceResource) -> None:
    publicity.demand_none((getattr(row, name) for name in rules.PUBLIC_TEXTS), _("改了再公开"))
    shown = GuidanceResource.objects.filter(code__in=row.parts, state="published").values_list(
        "code", flat=True
    )
    hidden = [code for code in row.parts if code not in set(shown)]
    if hidden:
        raise Conflict(
            _("资源包里的 %(codes)s 还没有公开或者已经下架。先公开它们，或者从资源包里拿掉")
            % {"codes": "、".join(hidden)},
            code="parts",
        )


def send_back(
    resource: GuidanceResource, *, reason: str, actor: Actor, version: int | None = None
) -> GuidanceResource:
    """The second person says what is wrong; it is a draft again."""
    actor.demand(PUBLISH)
    row = locked(resource, version)
    before, row.state = row.state, step(RESOURCE, row, "send_back")
    row.note = _reason(reason)
    return _moved(row, "send_back", actor=actor, before=before, reason=row.note)


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not rules.REASON[0] <= len(reason) <= rules.REASON[1]:
        refuse_key("reason", "reason", rules.PROBLEMS)
    return reason


def publish(
    resource: GuidanceResource, *, actor: Actor, version: int | None = None, today: date | None = None
) -> GuidanceResource:
    """Everybody reads it from now on; the edition before is replaced. Denied for the one who handed it in."""
    actor.demand(PUBLISH)
    row = locked(resource, version)
    before, state = row.state, step(RESOURCE, row, "publish")
    if actor.user is not None and row.submitted_by_id == actor.user.pk:
        raise Denied(_("送复核的人不能自己公开，由另一位同事看过再公开"))
    _fit_to_read(row)
    earlier = (
        GuidanceResource.objects.select_for_update(of=("self",))
        .filter(code=row.code, state="published")
        .first()
    )
    if earlier is not None:
        earlier.state = step(RESOURCE, earlier, "replace")
        earlier.version += 1
        earlier.save()
    row.state, row.published_by, row.published_on = state, actor.user, today or timezone.localdate()
    return _moved(row, "publish", actor=actor, before=before, edition=row.edition)


def withdraw(
    resource: GuidanceResource,
    *,
    reason: str,
    actor: Actor,
    version: int | None = None,
    today: date | None = None,
) -> GuidanceResource:
    """Nobody is sent it any more and its page is gone; a draft is given up. Conflict while a public kit has it."""
    actor.demand(MANAGE)
    row = locked(resource, version)
    before, row.state = row.state, step(RESOURCE, row, "withdraw")
    holding = GuidanceResource.objects.filter(state="published", parts__contains=[row.code]).first()
    if holding is not None and before == "published":
        raise Conflict(
            _("资源包“%(title)s”里有它。先出一版没有它的资源包，再下架") % {"title": holding.title},
            code="kit",
        )
    row.note, row.withdrawn_on = _reason(reason), today or timezone.localdate()
    return _moved(row, "withdraw", actor=actor, before=before, reason=row.note)


def next_edition(resource: GuidanceResource, *, actor: Actor) -> GuidanceResource:
    """A draft that begins as the public edition is; that one stays public until the draft is. Conflict where one is
    being written."""
    actor.demand(MANAGE)
    row = locked(resource)
    if row.state != "published":
        raise Conflict(_("只有公开的才写新版。打开公开的那一版"), code="state")
    if GuidanceResource.objects.filter(code=row.code, state__in=("draft", "submitted")).exists():
        raise Conflict(_("“%(title)s”的新版已经在写，打开它来改") % {"title": row.title}, code="twice")
    last = GuidanceResource.objects.filter(code=row.code).order_by("-edition").first()
    made = GuidanceResource(
        code=row.code, edition=last.edition + 1, file=row.file, by=actor.user,
        **{name: getattr(row, name) for name in rules.FIELDS},
    )  # fmt: skip
    made.save()
    audit.record("guidance.resource.next", made, actor=actor, changes={"edition": made.edition})
    return made


def note_use(
    kit: GuidanceResource,
    *,
    street: Street | None,
    facility: Facility | None,
    used_from: date,
    note: str = "",
    actor: Actor,
    today: date | None = None,
) -> KitUse:
    """A facility, or a street itself, uses a public kit from a day on; once each. A street notes its own."""
    actor.demand("kit_use.keep")
    if (street is None) == (facility is None):
        refuse_key("street", "user", rules.PROBLEMS)
    where = facility.street if facility is not None else street
    if not Street.objects.allowed(actor, "kit_use.keep").filter(pk=where.pk).exists():
        raise Denied(_("只能登记自己街镇用的资源包"))
    row = locked(kit)
    if row.kind != rules.KIT or row.state != "published":
        raise Conflict(_("只有公开的资源包登记使用"), code="state")
    if used_from < rules.EARLIEST:
        refuse_key("used_from", "early", rules.PROBLEMS)
    if used_from > (today or timezone.localdate()):
        refuse_key("used_from", "future", rules.PROBLEMS)
    note = note.strip()
    if note:
        publicity.demand(note, field="note", label=_("怎么用"))
    name = facility.name if facility is not None else where.name
    made = KitUse(
        kit=row, street=where, facility=facility, used_from=used_from, note=note[:200], by=actor.user
    )
    others = KitUse.objects.filter(kit__code=row.code, street=where, facility=facility)
    taken = _("%(name)s已经登记用这个资源包") % {"name": name}
    if others.exists():
        refuse_field("facility" if facility is not None else "street", taken, "twice")
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(taken, code="twice") from error
    audit.record(
        "guidance.resource.use", row, actor=actor, changes={"user": name, "from": used_from.isoformat()}
    )
    return made
