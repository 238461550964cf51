"""Lecturers and courses: entered and changed by the bureau. A lecturer who no longer agrees is forgotten at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.services import file
from facilities.services.refusals import refuse, refuse_field
from guidance.models import CourseLecturer, GuidanceCourse, Lecturer
from guidance.rules import courses as rules
from guidance.rules.events import tidy_phone
from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.services import audit, publicity
from portal.services.numbers import next_number

SERIES, MANAGE = "guidance-course", "guidance_course.manage"


def labels(model, fields: tuple[str, ...]) -> dict[str, str]:
    return {n: str(model._meta.get_field(n).verbose_name) if n != "phone" else _("手机") for n in fields}


def named(names: set[str]) -> set[str]:
    """For publicity: of the names, those of lecturers."""
    rows = Lecturer.objects.filter(name__in=publicity.among(names)).order_by()
    return set(rows.values_list("name", flat=True))


def _nameless(row: Lecturer) -> str:
    """What the log says of a lecturer: it outlives the name."""
    return f"#{row.pk}"


def _locked(model, row, version: int | None):
    found = model.objects.select_for_update(of=("self",)).get(pk=row.pk)
    file.not_stale(found, version)
    return found


def keep_lecturer(
    lecturer: Lecturer | None = None,
    *,
    actor: Actor,
    version: int | None = None,
    today: date | None = None,
    **values,
) -> Lecturer:
    """Enters a lecturer who agreed to it, or changes the one given; values: as in rules.LECTURER_FIELDS. An empty phone
    stays as it is. Refused with every problem at once."""
    actor.demand("guidance_course.manage")
    row = Lecturer() if lecturer is None else _locked(Lecturer, lecturer, version)
    if row.left_on is not None:
        raise Conflict(_("这位讲师已经退出，资料已经删除。再来讲的，重新登记"), code="left")
    values = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
    given = tidy_phone(values["phone"])
    if lecturer is not None and not values["phone"]:
        given = row.phone
    values["phone"] = given
    refuse(
        rules.lecturer_problems(values, today or timezone.localdate()),
        rules.PROBLEMS,
        labels(Lecturer, rules.LECTURER_FIELDS),
    )
    values["days"] = [key for key in rules.DAYS if key in values["days"]]
    twin = Lecturer.objects.exclude(pk=row.pk).filter(name=values["name"], employer=values["employer"])
    if twin.exists():
        refuse_field("name", _("这个单位已有同名的讲师，打开那一位来改"), "twin")
    for field, value in values.items():
        setattr(row, field, value)
    row.phone_tail = row.phone[-4:]
    row.version += lecturer is not None
    row.save()
    audit.record(
        f"guidance.lecturer.{'enter' if lecturer is None else 'change'}", row, actor=actor,
        changes={"agreed_on": row.agreed_on.isoformat()}, name=_nameless(row),
    )  # fmt: skip
    return row


def reveal(lecturer: Lecturer, *, actor: Actor) -> str:
    """The phone, for who keeps the list; the click is on record."""
    actor.demand("guidance_course.manage")
    row = Lecturer.objects.get(pk=lecturer.pk)
    if not row.phone:
        raise Refused(_("手机号已经按规定删除"), code="forgotten")
    audit.record("guidance.lecturer.reveal", row, actor=actor, changes={}, name=_nameless(row))
    return row.phone


def leave(
    lecturer: Lecturer, *, actor: Actor, version: int | None = None, today: date | None = None
) -> Lecturer:
    """The lecturer no longer agrees: name, employer and phone go; what was taught stays counted."""
    actor.demand("guidance_course.manage")
    row = _locked(Lecturer, lecturer, version)
    if row.left_on is not None:
        raise Conflict(_("这位讲师已经退出，资料已经删除。再来讲的，重新登记"), code="left")
    row.name, row.employer, row.phone, row.phone_tail, row.days = "", "", None, "", []
    row.left_on = today or timezone.localdate()
    row.version += 1
    row.save()
    row.courses.all().delete()
    audit.record(
        "guidance.lecturer.leave",
        row,
        actor=actor,
        changes={"left_on": row.left_on.isoformat()},
        name=_nameless(row),
    )
    return row


def keep_course(
    course: GuidanceCourse | None = None,
    *,
    lecturers: Iterable[Lecturer] = (),
    actor: Actor,
    version: int | None = None,
    today: date | None = None,
    **values,
) -> GuidanceCourse:
    """Enters a course, or changes the one given, with who can give it; values: as in rules.COURSE_FIELDS."""
    actor.demand("guidance_course.manage")
    row = GuidanceCourse() if course is None else _locked(GuidanceCourse, course, version)
    values = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
    refuse(
        rules.course_problems(values, today or timezone.localdate()),
        rules.PROBLEMS,
        labels(GuidanceCourse, rules.COURSE_FIELDS),
    )
    for name in ("title", "summary"):  # they stand on pages of events
        publicity.demand(values[name], field=name, label=labels(GuidanceCourse, (name,))[name])
    for field, value in values.items():
        setattr(row, field, value)
    if course is None:
        row.code = f"{actor.district.prefix}L{next_number(SERIES):04d}"
    else:
        row.version += 1
    row.save()
    wanted = {one.pk for one in lecturers}
    row.lecturers.exclude(lecturer__in=wanted).delete()
    there = set(row.lecturers.values_list("lecturer_id", flat=True))
    CourseLecturer.objects.bulk_create(
        CourseLecturer(course=row, lecturer_id=pk) for pk in sorted(wanted - there)
    )
    audit.record(
        f"guidance.course.{'enter' if course is None else 'change'}", row, actor=actor,
        changes={name: str(getattr(row, name)) for name in rules.COURSE_FIELDS} | {"lecturers": len(wanted)},
    )  # fmt: skip
    return row
