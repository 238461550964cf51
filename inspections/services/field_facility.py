"""What a phone takes along of a facility's file: staff by post with their certificates, classes, insurance and permits
with their ends, and the last visit's failed items. No names of staff: who inspects has no right to the list of people."""

from __future__ import annotations

from datetime import date, timedelta

from facilities.lists import facilities as lists
from facilities.models import Employment, Facility
from inspections.models import Inspection
from portal.templatetags.ui import day_words

#: Papers that end within so many days are marked.
SOON = timedelta(days=30)
#: More rows than these are not taken along; the page of the facility has them.
MOST_STAFF = 300
MOST_ROWS = 40


def file_of(facility: Facility, on: date) -> dict:
    """The facility's file on a day, as plain values."""
    return {
        "staff": staff_of(facility, on),
        "classes": classes_of(facility),
        "papers": papers_of(facility, on),
    }


def staff_of(facility: Facility, on: date) -> list[dict]:
    """By post: how many people, and of how many certificates or inquiries are not as they should be."""
    work = Employment.objects.filter(facility=facility, starts_on__lte=on).open_on(on)
    rows = lists.with_records(work, on).order_by("pk")[:MOST_STAFF]
    posts: dict[str, dict] = {}
    for one in lists.standings(list(rows), on, lists.yardstick(on)):
        post = posts.setdefault(
            one.employment.post,
            {
                "post": str(one.employment.get_post_display()),
                "n": 0, "ok": 0, "soon": 0, "expired": 0, "missing": 0, "unset": 0, "unchecked": 0, "until": "",
            },
        )  # fmt: skip
        post["n"] += 1
        post[one.certificates] += 1
        post["unchecked"] += one.check != "ok"
        if one.certificates == "soon" and one.certificate_until:
            post["until"] = min(post["until"] or one.certificate_until, one.certificate_until)
    for post in posts.values():
        post["until"] = day_words(post["until"]) if post["until"] else ""
    order = list(Employment.Post.values)
    return [posts[key] for key in sorted(posts, key=order.index)]


def classes_of(facility: Facility) -> list[dict]:
    rows = facility.classes.filter(ended_on__isnull=True)[:MOST_ROWS]
    return [
        {
            "name": row.name,
            "kind": str(row.get_kind_display()),
            "children": row.children,
            "places": row.places,
            "staff": row.staff,
        }
        for row in rows
    ]


def papers_of(facility: Facility, on: date) -> list[dict]:
    """Insurance and permits that stand, the first to end first; what has no end last."""
    found = [
        (str(row.get_kind_display()), row.number, row.ends_on)
        for row in facility.insurance.filter(standing=True)[:MOST_ROWS]
    ]
    found += [
        (row.name or str(row.get_kind_display()), row.number, row.valid_until)
        for row in facility.permits.filter(standing=True)[:MOST_ROWS]
    ]
    found.sort(key=lambda row: (row[2] is None, row[2] or on, row[0]))
    return [
        {
            "name": name,
            "number": number,
            "until": day_words(ends) if ends else "",
            "state": "ok" if ends is None or ends > on + SOON else "warn" if ends >= on else "bad",
        }
        for name, number, ends in found
    ]


def failed_items_of(past: Inspection) -> list[dict]:
    """What was answered with 不符合 at a visit, with what was written and how many photographs there are."""
    rows = past.answers.filter(value="bad").select_related("item").prefetch_related("photos").order_by("pk")
    return [
        {
            "item": row.item.text,
            "note": row.note,
            "mended": row.mended_on_the_spot,
            "photos": len(row.photos.all()),
            "on": day_words(past.finished_on),
        }
        for row in rows[:MOST_ROWS]
    ]
