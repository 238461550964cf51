"""Courses and lecturers: the two lists, entering and changing, a lecturer's phone, leaving the list."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.paging import counts, paged
from facilities.views.records import posted
from guidance.forms.events import VersionForm
from guidance.forms.resources import CourseForm, LecturerForm
from guidance.lists import resources as lists
from guidance.models import CourseLecturer, GuidanceCourse, Lecturer
from guidance.rules import courses as rules
from guidance.services import courses as services
from guidance.views.tabs import tabs
from portal.choices import in_language
from portal.errors import Refused
from portal.middleware import tell
from portal.views.forms import accepted, status_of

MANAGE = "guidance_course.manage"


@require_GET
def courses(request, district):
    actor = request.actor
    actor.demand("guidance_course.view")
    rows, asked = lists.courses_shown(actor, request.GET)
    page = paged(rows, lists.COURSE_SORTS, request.GET, default="code", total=counts([rows])[0])
    who: dict[int, list[str]] = {}
    if actor.may("lecturer.view"):
        pairs = CourseLecturer.objects.filter(course__in=[row.pk for row in page.rows])
        for course, name in pairs.order_by("lecturer__name").values_list("course_id", "lecturer__name"):
            who.setdefault(course, []).append(name)
    return render(
        request,
        "guidance/courses.html",
        {
            "tabs": tabs(request, "guidance-courses"),
            "page": page,
            "rows": [(row, who.get(row.pk, [])) for row in page.rows],
            "asked": asked,
            "closed": request.GET.get("closed") == "on",
            "themes": in_language(rules.THEMES.items()),
            "audiences": in_language(rules.AUDIENCES.items()),
            "may_manage": actor.may(MANAGE),
            "may_see_people": actor.may("lecturer.view"),
            "may_see_trainers": actor.may("training.view"),
        },
    )


def course_of(request, pk: int) -> GuidanceCourse:
    row = GuidanceCourse.objects.allowed(request.actor, MANAGE).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_http_methods(["GET", "POST"])
def course_new(request, district):
    request.actor.demand(MANAGE)
    return course_kept(request, None)


@require_http_methods(["GET", "POST"])
def course_edit(request, district, pk):
    return course_kept(request, course_of(request, pk))


def course_kept(request, row: GuidanceCourse | None):
    people = Lecturer.objects.filter(left_on__isnull=True).defer("phone").order_by("name")
    form = CourseForm(
        *posted(request),
        row=row,
        lecturers=people,
        initial=None if row else {"listed_on": timezone.localdate()},
    )
    return saved(
        request,
        form,
        row,
        services.keep_course,
        "guidance-course",
        _("登记课程"),
        "guidance-courses",
        _("课程"),
    )


@require_GET
def lecturers(request, district):
    return lecturers_page(request)


def lecturers_page(request, *, phone=None, refused: Refused | None = None):
    actor = request.actor
    actor.demand("lecturer.view")
    rows, text = lists.lecturers_shown(actor, request.GET, timezone.localdate())
    page = paged(rows, lists.LECTURER_SORTS, request.GET, default="field", total=counts([rows])[0])
    return render(
        request,
        "guidance/lecturers.html",
        {
            "tabs": tabs(request, "guidance-courses"),
            "page": page,
            "q": text,
            "phone": phone,
            "refused": refused,
            "may_manage": actor.may(MANAGE),
        },
        status=refused.status if refused else 200,
    )


def lecturer_of(request, pk: int) -> Lecturer:
    request.actor.demand(MANAGE)
    row = Lecturer.objects.allowed(request.actor, "lecturer.view").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_http_methods(["GET", "POST"])
def lecturer_new(request, district):
    request.actor.demand(MANAGE)
    return lecturer_kept(request, None)


@require_http_methods(["GET", "POST"])
def lecturer_edit(request, district, pk):
    return lecturer_kept(request, lecturer_of(request, pk))


def lecturer_kept(request, row: Lecturer | None):
    form = LecturerForm(*posted(request), row=row)
    return saved(
        request, form, row, services.keep_lecturer, "lecturer", _("登记讲师"), "lecturers", _("讲师")
    )


def saved(request, form, row, service, noun: str, title: str, back: str, over: str):
    """A form of this page: kept, or shown with what is wrong."""
    slug = request.district.slug
    if request.method == "POST":

        def keep():
            values = form.values()
            version = values.pop("version")
            return service(row, actor=request.actor, version=None if row is None else version or 0, **values)

        done = accepted(form, keep)
        if done:
            tell(request, _("“%(title)s”已存") % {"title": done})
            return redirect(back, slug)
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": title if row is None else str(row),
            "verb": _("登记") if row is None else _("存下变更"),
            "leave": _("先不登记") if row is None else "",
            "over": over,
            "back": reverse(back, args=[slug]),
            "action": reverse(f"{noun}-new", args=[slug])
            if row is None
            else reverse(f"{noun}-edit", args=[slug, row.pk]),
        },
        status=status_of(form),
    )


@never_cache
@require_POST
def lecturer_phone(request, district, pk):
    """The number, shown to who keeps the list; on record."""
    row = lecturer_of(request, pk)
    try:
        return lecturers_page(request, phone=(row.pk, services.reveal(row, actor=request.actor)))
    except Refused as refused:
        return lecturers_page(request, refused=refused)


@require_POST
def lecturer_leave(request, district, pk):
    row, form = lecturer_of(request, pk), VersionForm(request.POST)
    form.is_valid()
    try:
        services.leave(row, actor=request.actor, version=form.cleaned_data.get("version") or 0)
    except Refused as refused:
        return lecturers_page(request, refused=refused)
    tell(request, _("已退出，姓名和手机号已删除"))
    return redirect("lecturers", district)
