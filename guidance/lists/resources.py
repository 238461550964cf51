"""Lists of resources, of who uses kits, of a resource's days, of courses and lecturers: the conditions that page, file and
REST share."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q

from guidance.models import GuidanceCourse, GuidanceResource, KitUse, Lecturer, ResourceDay
from guidance.rules import courses
from guidance.rules import resources as rules
from guidance.rules.states import RESOURCE

VIEW, MANAGE, PUBLISH = "resource.view", "resource.manage", "resource.publish"
SORTS = {
    "code": (("code", str), ("pk", int)),
    "weeks": (("weeks_from", int), ("code", str), ("pk", int)),
}
USE_SORTS = {"from": (("used_from", date), ("pk", int))}
DAY_SORTS = {"day": (("day", date), ("pk", int))}
COURSE_SORTS = {"code": (("code", str), ("pk", int)), "hours": (("hours", str), ("pk", int))}
LECTURER_SORTS = {"field": (("field", str), ("pk", int))}


def inside(actor) -> bool:
    """Who sees what is not public yet."""
    return actor.may(MANAGE) or actor.may(PUBLISH)


def within(query, rows, **known):
    """(rows, {the conditions as they were understood}): each condition is a column with its list of values."""
    asked = {}
    for name, values in known.items():
        asked[name] = query.get(name, "") if query.get(name) in values else ""
        if asked[name]:
            rows = rows.filter(**{name: asked[name]})
    return rows, asked


def age_of(query, rows):
    """Those that fit an age in weeks."""
    text = query.get("weeks", "")
    age = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None
    if age is not None:
        rows = rows.filter(weeks_from__lte=age, weeks_until__gte=age)
    return rows, "" if age is None else age


def shown(actor, query):
    """Editions that were replaced are told only where the state is asked for."""
    rows = GuidanceResource.objects.allowed(actor, VIEW).defer("text")
    if not inside(actor):
        rows = rows.filter(state="published")
    rows, asked = within(
        query, rows, kind=rules.KINDS, theme=rules.THEMES, language=rules.LANGUAGES, state=RESOURCE.states
    )
    if not asked["state"]:
        rows = rows.exclude(state__in=("replaced", "withdrawn"))
    rows, asked["weeks"] = age_of(query, rows)
    return rows, asked


def uses(actor, query):
    """Who uses kits, of the streets within reach."""
    return KitUse.objects.allowed(actor, "kit_use.view").select_related("kit", "street", "facility")


def days(resource: GuidanceResource):
    return ResourceDay.objects.filter(code=resource.code)


def courses_shown(actor, query):
    rows = GuidanceCourse.objects.allowed(actor, "guidance_course.view")
    rows, asked = within(query, rows, theme=courses.THEMES, audience=courses.AUDIENCES)
    if query.get("closed") != "on":
        rows = rows.filter(active=True)
    return rows, asked


def lecturers_shown(actor, query, on: date):
    """(rows with `given`, the events of this year that each gave, text)."""
    rows = Lecturer.objects.allowed(actor, "lecturer.view").filter(left_on__isnull=True).defer("phone")
    text = query.get("q", "").strip()[:40]
    if text:
        rows = rows.filter(Q(field__icontains=text) | Q(name__icontains=text) | Q(employer__icontains=text))
    held = Q(events__state="over", events__held_on__range=(date(on.year, 1, 1), on))
    return rows.annotate(given=Count("events", filter=held)), text
