"""Rows of resources, of subscribing to them, of nursing rooms, courses and lecturers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from facilities.models import ConsentText
from facilities.services import consent_texts
from guidance.models import (
    GuidanceCourse,
    GuidanceResource,
    Lecturer,
    NursingPlace,
    ResourceSending,
    ResourceSubscription,
)
from guidance.services import courses, nursing, resources, subscriptions
from portal.services.files import store_file
from tests.portal.access.rows import Open, Row, fresh, numbers
from tests.portal.stage import Place, days, photograph

VIEW, MANAGE, PUBLISH = "resource.view", "resource.manage", "resource.publish"
USE, ROOMS, KEEP = "kit_use.keep", "nursing_place.view", "nursing_place.manage"
COURSES, PEOPLE, TEACH = "guidance_course.view", "lecturer.view", "guidance_course.manage"


def today() -> date:
    return timezone.localdate()


def values(**given) -> dict:
    """What keep_resource takes."""
    return {
        "kind": "article", "title": f"示例文章{next(numbers)}", "theme": "education", "audience": "both", "language": "zh",
        "weeks_from": 10, "weeks_until": 30, "summary": "示例：怎么给孩子读绘本", "text": "示例正文，" * 10, "link": "",
        "source": "示例早教指导中心", "rights": "示例：自己写的", "own": True, "pushed": True, "parts": [],
    } | given  # fmt: skip


def a_resource(place: Place, state: str = "published", **given) -> GuidanceResource:
    made = resources.keep_resource(actor=place.process, **values(**given))
    if state in ("submitted", "published"):
        made = resources.submit(made, actor=place.process)
    if state == "published":
        made = resources.publish(made, actor=place.process)
    return made


def a_kit(place: Place, state: str = "published") -> GuidanceResource:
    part = a_resource(place)
    return a_resource(place, state, kind="kit", text="", parts=[part.code])


def a_text(place: Place) -> None:
    if not ConsentText.objects.filter(purpose="resource").exists():
        day = today() - timedelta(400)
        consent_texts.publish_consent_text(
            actor=place.process,
            purpose="resource",
            title="示例同意书",
            text="示例文本" * 10,
            starts_on=day,
            today=day,
        )


def a_family(
    place: Place, phone: str = "", born: date | None = None, language: str = "zh"
) -> ResourceSubscription:
    a_text(place)
    return subscriptions.enter(
        phone=phone or f"138{next(numbers):08d}", born=born or today() - timedelta(weeks=20), language=language,
        actor=place.process, today=today(),
    )  # fmt: skip


def of(state: str):
    """A step's row: a resource in this state, with its version to post."""

    def make(place: Place):
        made = a_resource(place, state)
        return {"pk": made.pk}, {"version": made.version}

    return make


def reasoning(state: str):
    def make(place: Place):
        made = a_resource(place, state)
        return {"pk": made.pk}, {"version": made.version, "reason": "示例：内容过时"}

    return make


def posted(**given) -> dict:
    """The same as a form says it."""
    data = values(title=f"示例资源{next(numbers)}") | {"parts": "", "own": "on", "pushed": "on"}
    return data | given


def editing(place: Place):
    made = a_resource(place, "draft")
    return {"pk": made.pk}, posted(version=made.version)


def drafted(place: Place) -> dict:
    return {"pk": a_resource(place, "draft").pk}


def public(place: Place) -> dict:
    return {"pk": a_resource(place).pk}


def with_file(place: Place) -> GuidanceResource:
    made = a_resource(place)
    made.file = store_file(photograph(), actor=place.process)
    made.save()
    return made


def using(place: Place):
    return {"pk": a_kit(place).pk}, {
        "street": place.street.pk,
        "facility": "",
        "used_from": days(-3),
        "note": "示例",
    }


def a_room(place: Place, state: str = "open", **given) -> NursingPlace:
    return nursing.keep_place(
        actor=place.process,
        **{
            "kind": "public", "name": f"示例商场{next(numbers)}", "street": place.street, "address": "示例路 1 号",
            "basis": "示例文件 三（三）", "area": 9000, "visitors": None, "listed_on": date(2025, 1, 1), "state": state,
            "opened_on": date(2025, 3, 1) if state == "open" else None, "equipment": "示例：尿布台",
            "planned_for": date(2099, 1, 1) if state == "planned" else None,
        } | given,
    )  # fmt: skip


def room_of(place: Place) -> dict:
    return {"pk": a_room(place).pk}


def rooming(place: Place, **given) -> dict:
    return {
        "kind": "employer", "name": f"示例单位{next(numbers)}", "street": place.street.pk, "address": "示例路 2 号",
        "basis": "示例文件 三（三）", "area": 5000, "visitors": 300, "listed_on": "2025-01-01", "state": "open",
        "planned_for": "", "opened_on": "2025-03-01", "equipment": "示例", "checked_on": "2025-04-01", "ended_on": "",
    } | given  # fmt: skip


def a_lecturer(place: Place, **given) -> Lecturer:
    return courses.keep_lecturer(
        actor=place.process,
        **{
            "name": f"例{fresh()[:6]}", "field": "示例：亲子阅读", "employer": f"示例大学{next(numbers)}",
            "phone": f"137{next(numbers):08d}", "days": ["1", "6"], "agreed_on": date(2026, 1, 5),
        } | given,
    )  # fmt: skip


def a_course(place: Place, **given) -> GuidanceCourse:
    people = given.pop("lecturers", None)
    return courses.keep_course(
        actor=place.process, lecturers=[a_lecturer(place)] if people is None else people,
        **{
            "title": f"示例课程{next(numbers)}", "theme": "grandparents", "audience": "grandparents",
            "hours": Decimal("1.5"),
            "own": True, "summary": "示例", "listed_on": date(2026, 1, 5), "active": True,
        } | given,
    )  # fmt: skip


def teaching(place: Place) -> dict:
    return {
        "title": f"示例课程{next(numbers)}", "theme": "education", "audience": "parents", "hours": "2", "own": "on",
        "summary": "示例", "listed_on": "2026-01-05", "lecturers": [a_lecturer(place).pk], "active": "on",
    }  # fmt: skip


def lecturing() -> dict:
    return {
        "name": f"例{fresh()[:6]}", "field": "示例：营养", "employer": f"示例医院{next(numbers)}",
        "phone": f"136{next(numbers):08d}", "days": ["2"], "agreed_on": "2026-01-05",
    }  # fmt: skip


def lecturer_of(place: Place) -> dict:
    return {"pk": a_lecturer(place).pk}


def course_of(place: Place) -> dict:
    return {"pk": a_course(place).pk}


def here(place: Place) -> dict:
    return {"district": place.district.slug}


def coded(place: Place) -> dict:
    return here(place) | {"code": a_resource(place).code}


def own(place: Place) -> dict:
    return here(place) | {"token": subscriptions.token_of(a_family(place))}


def failing(place: Place):
    """A message that the provider did not take."""
    made = a_resource(place)
    ResourceSending.objects.create(
        subscription=a_family(place), code=made.code, planned_on=today(), state="failed"
    )
    return {}, {}


def some(place: Place) -> None:
    """One of each, as lists show them."""
    kit = a_kit(place)
    a_resource(place, "draft", kind="film", link="https://example.org/film", text="", theme="medical")
    resources.note_use(
        kit, street=place.street, facility=None, used_from=date(2026, 1, 1), actor=place.process
    )
    resources.note_use(
        kit, street=None, facility=place.facility, used_from=date(2026, 1, 1), actor=place.process
    )
    subscriptions.count(kit.code, today(), sent=2, opened=1)
    a_room(place)
    a_room(place, "none", kind="employer")
    a_course(place)


RESOURCES = [
    Row("guidance-resources", "GET", VIEW, denied=403),
    Row("guidance-resource", "GET", VIEW, make=public),
    Row("guidance-resource-new", "GET", MANAGE, denied=403),
    Row("guidance-resource-new", "POST", MANAGE, denied=403, make=lambda p: ({}, posted())),
    Row("guidance-resource-edit", "GET", MANAGE, make=drafted),
    Row("guidance-resource-edit", "POST", MANAGE, make=editing),
    Row("guidance-resource-submit", "POST", MANAGE, make=of("draft")),
    Row("guidance-resource-publish", "POST", PUBLISH, make=of("submitted")),
    Row("guidance-resource-return", "POST", PUBLISH, make=reasoning("submitted")),
    Row("guidance-resource-withdraw", "POST", MANAGE, make=reasoning("published")),
    Row("guidance-resource-next", "POST", MANAGE, make=public),
    Row("guidance-resources-again", "POST", MANAGE, denied=403, make=failing),
    Row("guidance-resource-file", "GET", VIEW, make=lambda p: {"pk": with_file(p).pk}),
    Row("kit-uses", "GET", "kit_use.view", denied=403),
    Row("kit-use-new", "GET", USE, denied=403, make=lambda p: {"pk": a_kit(p).pk}, beyond=200),
    Row("kit-use-new", "POST", USE, denied=403, beyond=422, make=using),
    Row("nursing-places", "GET", ROOMS, denied=403),
    Row("nursing-coverage", "GET", ROOMS, denied=403),
    Row("nursing-place", "GET", ROOMS, make=room_of),
    Row("nursing-place-new", "GET", KEEP, denied=403),
    Row("nursing-place-new", "POST", KEEP, denied=403, beyond=422, make=lambda p: ({}, rooming(p))),
    Row("nursing-place-edit", "GET", KEEP, make=room_of),
    Row("nursing-place-edit", "POST", KEEP, make=lambda p: (room_of(p), rooming(p, version=1))),
    Row("guidance-courses", "GET", COURSES, denied=403),
    Row("guidance-course-new", "GET", TEACH, denied=403),
    Row("guidance-course-new", "POST", TEACH, denied=403, make=lambda p: ({}, teaching(p))),
    Row("guidance-course-edit", "GET", TEACH, make=course_of),
    Row("guidance-course-edit", "POST", TEACH, make=lambda p: (course_of(p), teaching(p) | {"version": 1})),
    Row("lecturers", "GET", PEOPLE, denied=403),
    Row("lecturer-new", "GET", TEACH, denied=403),
    Row("lecturer-new", "POST", TEACH, denied=403, make=lambda p: ({}, lecturing())),
    Row("lecturer-edit", "GET", TEACH, denied=403, make=lecturer_of),
    Row(
        "lecturer-edit",
        "POST",
        TEACH,
        denied=403,
        make=lambda p: (lecturer_of(p), lecturing() | {"version": 1}),
    ),
    Row("lecturer-phone", "POST", TEACH, denied=403, ok=200, make=lecturer_of),
    Row("lecturer-leave", "POST", TEACH, denied=403, make=lambda p: (lecturer_of(p), {"version": 1})),
    Open("public-resources", "GET", 200, 200, make=here),
    Open("public-resource", "GET", 200, 200, make=coded),
    Open("public-nursing", "GET", 200, 200, make=here),
    Open("resource-open", "GET", 302, 302, make=coded),
    Open("resource-file", "GET", 200, 200, make=lambda p: here(p) | {"code": with_file(p).code}),
    Open("resource-subscribe", "GET", 200, 200, make=here),
    Open("resource-subscribe", "POST", 422, 422, make=here),
    Open("resource-stop", "GET", 200, 200, make=here),
    Open("resource-stop", "POST", 422, 422, make=here),
    Open("resource-own", "GET", 200, 200, make=own),
    Open("resource-own-stop", "POST", 200, 200, make=own),
]
