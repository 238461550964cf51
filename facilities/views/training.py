"""Training: sessions and their sign-ups, the pool of courses, trainers, hours of a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities import credit, training_hours
from facilities.forms.training import (
    CancelForm,
    CodesForm,
    CourseForm,
    SessionForm,
    SheetForm,
    TrainerForm,
    TrainerTrainingForm,
)
from facilities.lists import facilities as lists
from facilities.models import Course, Facility, StaffMember, Trainer, TrainingSession, TrainingSignUp
from facilities.models.credit import listing
from facilities.paging import paged
from facilities.services import training as services
from facilities.views.facilities import status_of
from facilities.views.staff import asked, sent
from portal.errors import NotFound, Refused
from portal.middleware import tell
from portal.models.places import Street
from portal.rules.machine import marked
from portal.rules.rights import Reach
from portal.services import parameters
from portal.services.parameters import parameter
from portal.templatetags.ui import masked
from portal.views.forms import accepted

SHAPES = {"open": "doing", "held": "ok", "cancelled": "none"}
SORTS = {"starts": (("starts_on", lists.date), ("pk", int))}
TABS = (
    ("open", marked("报名中")),
    ("waiting", marked("待登记出勤")),
    ("held", marked("已结课")),
    ("cancelled", marked("已取消")),
)


def of_tab(tab: str, today) -> Q:
    if tab == "waiting":
        return Q(state="open", starts_on__lte=today)
    return Q(state="open", starts_on__gt=today) if tab == "open" else Q(state=tab)


def chosen(query, today):
    """The tab that the address asks for, its sessions, and their order."""
    tab = query.get("tab", "open")
    tab = tab if tab in dict(TABS) else "open"
    rows = (
        TrainingSession.objects.filter(of_tab(tab, today))
        .select_related("course", "trainer")
        .annotate(signed=Count("sign_ups"), came=Count("sign_ups", filter=Q(sign_ups__attendance="attended")))
    )
    return tab, rows, "starts" if tab == "open" else "-starts"


@require_GET
def session_list(request, district):
    """Sessions by tab, the next to come first, what is over last."""
    request.actor.demand("training.view")
    today = timezone.localdate()
    tab, rows, default = chosen(request.GET, today)
    counts = TrainingSession.objects.aggregate(
        **{key: Count("pk", filter=of_tab(key, today)) for key, _words in TABS}
    )
    page = paged(rows, SORTS, request.GET, default=default, total=counts[tab])
    return render(
        request,
        "facilities/training.html",
        {
            "page": page,
            "rows": [(one, SHAPES[one.state]) for one in page.rows],
            "tab": tab,
            "views": [
                {"label": _(words), "url": f"?tab={key}", "count": counts[key], "current": key == tab}
                for key, words in TABS
            ],
            "may_manage": request.actor.may("training.manage"),
        },
    )


def session_of(request, pk, right: str = "training.view") -> TrainingSession:
    request.actor.demand(right)
    found = TrainingSession.objects.select_related("course", "trainer", "file").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
def session_new(request, district):
    request.actor.demand("training.manage")
    form = SessionForm(*sent(request), initial={"course": request.GET.get("course"), "capacity": 40})
    if request.method == "POST":
        made = accepted(form, lambda: services.plan_session(actor=request.actor, **form.values()))
        if made:
            tell(request, _("已开班 %(code)s，机构可以报名了") % {"code": made.code})
            return redirect("training-session", district, made.pk)
    return asked(
        request,
        form,
        title=_("安排一场培训"),
        leave=_("先不安排"),
        over=_("培训"),
        back=reverse("training", args=[district]),
        action=reverse("training-session-new", args=[district]),
    )


@require_GET
def session_page(request, district, pk):
    return page_of(request, session_of(request, pk))


def page_of(request, session: TrainingSession, *, form=None, sheet=None, cancel=None):
    """A session: facts, who signed up, and what the actor can do next."""
    actor, today = request.actor, timezone.localdate()
    rows = list(
        TrainingSignUp.objects.allowed(actor, "training.view")
        .filter(session=session)
        .select_related("staff", "facility", "certificate")
        .annotate(listing=listing("facility"))
        .defer("staff__identity", "staff__phone")
        .order_by("facility__code", "staff__code")[:2000]
    )
    signed = session.sign_ups.count()
    manage = actor.may("training.manage")
    opened = session.state == "open" and today <= session.sign_up_until
    whole = Reach.ALL in actor.reaches("training.sign_up")
    candidates = []
    if opened and actor.may("training.sign_up") and not whole:
        there = {row.staff_id for row in rows}
        candidates = [
            work
            for work in services.at_work(actor, "training.sign_up", today)
            .select_related("staff", "facility")
            .annotate(listing=listing("facility"))
            .defer("staff__identity", "staff__phone")
            .order_by("facility__code", "staff__code")[:300]
            if work.staff_id not in there
        ]
    return render(
        request,
        "facilities/training_session.html",
        {
            "session": session,
            "shape": SHAPES[session.state],
            "rows": rows,
            "signed": signed,
            "free": max(0, session.capacity - signed),
            "opened": opened,
            "whole": whole and opened,
            "candidates": candidates,
            "form": form or CodesForm(),
            "sheet": sheet or SheetForm(),
            "cancel": cancel or CancelForm(),
            "may_enter": manage and session.state != "cancelled" and today >= session.starts_on and rows,
            "may_cancel": manage and session.state == "open",
            "may_withdraw": session.state == "open" and actor.may("training.sign_up"),
            "waiting": sum(
                1 for r in rows if r.attendance == "attended" and r.passed and not hasattr(r, "certificate")
            )
            if manage and session.state == "held"
            else 0,
            "may_manage": manage,
        },
        status=next((status_of(request, one) for one in (form, sheet, cancel) if one), 200),
    )


@require_POST
def session_sign_up(request, district, pk):
    """By boxes of the own people, or by codes for whoever reaches the whole district."""
    session = session_of(request, pk, "training.sign_up")
    if Reach.ALL in request.actor.reaches("training.sign_up"):
        form = CodesForm(request.POST)
        done = accepted(form, lambda: sign_up_codes(request, session, form.cleaned_data["codes"]))
    else:
        form = CodesForm({"codes": "-"})  # the boxes have no shape that could be wrong
        ids = [int(text) for text in request.POST.getlist("staff")[:500] if text.isascii() and text.isdigit()]
        members = StaffMember.objects.allowed(request.actor, "training.sign_up").filter(
            pk__in=[pk for pk in ids if pk < 2**63]
        )
        done = accepted(form, lambda: services.sign_up(session, members, actor=request.actor))
    if done is None:
        return page_of(request, session, form=form)
    tell(request, _("已报名 %(n)d 人") % {"n": len(done)})
    return redirect("training-session", district, pk)


def sign_up_codes(request, session: TrainingSession, codes: list[str]):
    members = list(StaffMember.objects.filter(code__in=codes).only("pk", "code"))
    missing = sorted(set(codes) - {member.code for member in members})
    if missing:
        raise Refused(_("没有人员编号 %(codes)s") % {"codes": "、".join(missing[:5])}, field="codes")
    return services.sign_up(session, members, actor=request.actor)


@require_POST
def sign_up_withdraw(request, district, pk):
    found = (
        TrainingSignUp.objects.allowed(request.actor, "training.sign_up")
        .select_related("staff")
        .defer("staff__identity", "staff__phone")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    services.withdraw(found, actor=request.actor)
    tell(request, _("%(name)s 的报名已退") % {"name": masked(found.staff.name)})
    return redirect("training-session", district, found.session_id)


@require_POST
def session_cancel(request, district, pk):
    session = session_of(request, pk, "training.manage")
    form = CancelForm(request.POST)
    if accepted(form, lambda: services.cancel_session(session, actor=request.actor, **form.values())):
        tell(request, _("%(code)s 已取消") % {"code": session.code})
        return redirect("training-session", district, pk)
    return page_of(request, session, cancel=form)


# ---- courses


def pool():
    """The courses, those in use first, with how often each was held."""
    held = Count("sessions", filter=Q(sessions__state="held"))
    return Course.objects.annotate(held=held).order_by("-active", "code")


@require_GET
def course_list(request, district):
    request.actor.demand("training.view")
    return render(
        request,
        "facilities/courses.html",
        {"courses": pool()[:500], "may_manage": request.actor.may("training.manage")},
    )


@require_http_methods(["GET", "POST"])
def course_new(request, district):
    request.actor.demand("training.manage")
    form = CourseForm(*sent(request))
    if request.method == "POST" and accepted(
        form, lambda: services.add_course(actor=request.actor, **form.values())
    ):
        tell(request, _("课程已入库"))
        return redirect("courses", district)
    return asked(
        request,
        form,
        title=_("登记课程"),
        over=_("课程库"),
        back=reverse("courses", args=[district]),
        action=reverse("course-new", args=[district]),
    )


@require_POST
def course_retire(request, district, pk):
    request.actor.demand("training.manage")
    course = Course.objects.filter(pk=pk).first()
    if course is None:
        raise Http404
    services.retire_course(course, actor=request.actor)
    tell(request, _("“%(title)s”已停用") % {"title": course.title})
    return redirect("courses", district)


# ---- trainers


def trained(year: int):
    """The trainers, with how often each took part in a training of the year, and when last."""
    return Trainer.objects.annotate(
        times=Count("trainings", filter=Q(trainings__done_on__year=year)), last=Max("trainings__done_on")
    ).order_by("name", "pk")  # a query that groups forgets the model's own order


@require_GET
def trainer_list(request, district):
    """The trainers, and how often each took part in a training this year."""
    request.actor.demand("training.view")
    year = timezone.localdate().year
    trainers = trained(year)[:500]
    needed = yardstick_of("training.trainer_times")
    return render(
        request,
        "facilities/trainers.html",
        {
            "trainers": [(t, needed is not None and t.times < needed.value) for t in trainers],
            "needed": needed,
            "year": year,
            "may_manage": request.actor.may("training.manage"),
        },
    )


def yardstick_of(key: str):
    """The parameter in force today with its clause; None where the district has none."""
    try:
        return parameter(key, timezone.localdate())
    except NotFound:
        return None


@require_http_methods(["GET", "POST"])
def trainer_new(request, district):
    request.actor.demand("training.manage")
    form = TrainerForm(*sent(request))
    if request.method == "POST" and accepted(
        form, lambda: services.add_trainer(actor=request.actor, **form.values())
    ):
        tell(request, _("培训人员已登记"))
        return redirect("trainers", district)
    return asked(
        request,
        form,
        title=_("登记培训人员"),
        over=_("培训人员"),
        back=reverse("trainers", args=[district]),
        action=reverse("trainer-new", args=[district]),
    )


@require_http_methods(["GET", "POST"])
def trainer_train(request, district, pk):
    request.actor.demand("training.manage")
    trainer = Trainer.objects.filter(pk=pk).first()
    if trainer is None:
        raise Http404
    form = TrainerTrainingForm(*sent(request))
    if request.method == "POST" and accepted(
        form, lambda: services.train_trainer(trainer, actor=request.actor, **form.values())
    ):
        tell(request, _("%(name)s 的培训已登记") % {"name": masked(trainer.name)})
        return redirect("trainers", district)
    return asked(
        request,
        form,
        title=_("登记参加的培训"),
        over=masked(trainer.name),
        back=reverse("trainers", args=[district]),
        action=reverse("trainer-train", args=[district, pk]),
    )


# ---- hours


@dataclass(frozen=True)
class Hours:
    """Hours of a year as an address asks for them: groups by street or by facility, or the people of one facility."""

    year: int
    on: date
    current: bool
    street: Street | None
    facility: Facility | None
    by: str
    measure: lists.Yardstick
    groups: list[training_hours.Group]
    people: list[training_hours.Person]
    codes: dict[int, str]


def hours_of(actor, query, today: date) -> Hours:
    asked_year = query.get("year", "")
    year = (
        int(asked_year)
        if asked_year.isascii() and asked_year.isdigit() and len(asked_year) == 4
        else today.year
    )
    year = min(max(year, 2000), today.year)
    on = today if year == today.year else date(year, 12, 31)
    measure = lists.yardstick(on)
    work = services.at_work(actor, "training.view", on)
    facility = street = None
    if code := query.get("facility"):
        facility = Facility.objects.allowed(actor, "facility.view").filter(code=code[:12]).first()
        if facility is None:
            raise Http404
        work = work.filter(facility=facility)
    elif (number := query.get("street", "")) and number.isascii() and number.isdigit() and len(number) < 18:
        street = Street.objects.filter(pk=int(number)).first()
        if street is None:
            raise Http404
        work = work.filter(facility__street=street)
    by = "facility" if street or Reach.ALL not in actor.reaches("training.view") else "street"
    groups = training_hours.groups(work, measure, year=year, on=on, by="facility" if facility else by)
    codes = {}
    if by == "facility" and not facility:
        codes = dict(Facility.objects.filter(pk__in=[g.key for g in groups]).values_list("pk", "code"))
    people = training_hours.people(work, year=year, on=on) if facility else []
    return Hours(year, on, year == today.year, street, facility, by, measure, groups, people, codes)


@require_GET
def hours(request, district):
    """Hours of a year: by street, by facility of a street, by person of a facility."""
    actor, today = request.actor, timezone.localdate()
    actor.demand("training.view")
    found = hours_of(actor, request.GET, today)
    keys = ("training.skills_hours", "training.ethics_hours")
    listings = credit.listings(found.codes)
    return render(
        request,
        "facilities/training_hours.html",
        {
            "year": found.year,
            "years": [today.year, today.year - 1, today.year - 2],
            "current": found.current,
            "street": found.street,
            "facility": found.facility,
            "by": found.by,
            "rows": [(g, found.codes.get(g.key, ""), listings.get(g.key)) for g in found.groups]
            if not found.facility
            else [],
            "people": found.people,
            "total": training_hours.total(found.groups),
            "measure": found.measure,
            "needed": list(
                parameters.Parameter.objects.filter(key__in=keys)
                .current(found.on)
                .select_related("clause__document")
            ),
        },
    )
