"""Events for staff: the list, one event with its families, what can be done with it, the sheet and the door."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Count
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.credit import listings
from facilities.paging import counts, paged
from facilities.rules.credit import LISTED
from facilities.views.records import posted
from guidance.forms.events import (
    ChildForm,
    DoorForm,
    EventForm,
    FinishForm,
    PhotoForm,
    ReasonForm,
    VersionForm,
)
from guidance.lists import events as lists
from guidance.models import EventPhoto, EventSignup, GuidanceEvent
from guidance.rules import events as rules
from guidance.rules.states import EVENT, SIGNUP
from guidance.services import attendances, event_children, sessions, signups
from guidance.services import events as services
from guidance.views.tabs import tabs
from portal.choices import in_language
from portal.errors import Refused
from portal.middleware import tell
from portal.models.places import Street
from portal.services import parameters, sms
from portal.views.files import file_response
from portal.views.forms import accepted, status_of

VIEW, MANAGE = lists.VIEW, lists.MANAGE
SHAPES = {"draft": "none", "announced": "doing", "over": "ok", "cancelled": "warn"}
SIGNUP_SHAPES = {"in": "doing", "waiting": "none", "attended": "ok", "absent": "warn", "cancelled": "none"}
#: Words of families on an event's page: the latest; all go out with the list of sign-ups.
RATINGS, PHOTOS = 20, 60


@require_GET
def events(request, district):
    actor, today = request.actor, timezone.localdate()
    actor.demand(VIEW)
    rows, asked = lists.shown(actor, request.GET)
    page = paged(rows, lists.SORTS, request.GET, default="-day", total=counts([rows])[0])
    streets = list(Street.objects.order_by("code").only("pk", "name"))
    names = {one.pk: one.name for one in streets}
    return render(
        request,
        "guidance/events.html",
        {
            "tabs": tabs(request, "guidance-events"),
            "page": page,
            "rows": [(row, names.get(row.street_id, ""), SHAPES[row.state]) for row in page.rows],
            "streets": streets,
            "asked": asked,
            "kinds": in_language(rules.KINDS.items()),
            "levels": in_language(rules.LEVELS.items()),
            "states": in_language(EVENT.states.items()),
            "years": range(today.year + 1, today.year - 4, -1),
            "may_manage": actor.may(MANAGE),
        },
    )


def fetched(request, pk: int, right: str = MANAGE) -> GuidanceEvent:
    rows = lists.one(request.actor, right)
    if not request.actor.may(MANAGE):
        rows = rows.exclude(state="draft")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


@require_GET
def event(request, district, pk):
    return event_page(request, fetched(request, pk, VIEW))


def event_page(request, row: GuidanceEvent, *, opened: str = "", form=None, refused=None, phone=None):
    """One event; `opened`: the dialog with a form that was refused, `phone`: (sign-up, number) that was revealed."""
    holds = row.holds
    rows, state = lists.signups(row, request.GET)
    page = paged(rows, lists.SIGNUP_SORTS, request.GET, default="line") if holds else None
    told = dict(row.signups.order_by().values_list("state").annotate(n=Count("pk")))
    initial = {"version": row.version}
    forms = {
        "cancel": ReasonForm(initial=initial),
        "finish": FinishForm(initial=initial | {"walk_ins": row.walk_ins}),
        "photo": PhotoForm(),
    }
    if opened:
        forms[opened] = form
    now = timezone.now()
    days = parameters.rows([signups.DAYS], timezone.localdate(now)).first()
    begun, live = row.begins <= now, row.state in ("draft", "announced")
    context = {
        "event": row,
        "shape": SHAPES[row.state],
        "holds": holds,
        "page": page,
        "rows": [
            (one, SIGNUP_SHAPES[one.state], rules.fits(one.months, row.months_from, row.months_until))
            for one in page.rows
        ]
        if page
        else [],
        "states": in_language(SIGNUP.states.items()),
        "signup": state,
        "told": [(word, told[key]) for key, word in in_language(SIGNUP.states.items()) if key in told],
        "marks": {"n": row.marks, "mean": row.mean},
        "ratings": list(row.ratings.exclude(words="").order_by("-pk")[:RATINGS]) if holds else [],
        "photos": list(row.photos.order_by("pk")[:PHOTOS]) if holds else [],
        "cancel_form": forms["cancel"],
        "finish_form": forms["finish"],
        "photo_form": forms["photo"],
        "announce_form": VersionForm(initial=initial),
        "opened": opened,
        "refused_form": form,
        "refused": refused,
        "phone": phone,
        "may_edit": holds and live,
        "may_see_lecturer": request.actor.may("lecturer.view"),
        "may_announce": holds and row.state == "draft" and not begun,
        "may_finish": holds and live and begun,
        "may_cancel": holds and live,
        "may_open_door": holds and row.state == "announced" and row.held_on == timezone.localdate(now),
        "may_add_photo": holds and row.state in ("announced", "over"),
        "unheard": row.state == "announced" and not sms.possible(request.district),
        "signing": row.signing(now),
        "entered": event_children.entered(row, told.get("attended", 0), row.services or 0)
        if holds and row.state in ("announced", "over")
        else None,
        "days": days and days.value,
        "days_weak": days is not None and days.weak,
    }
    status = refused.status if refused else status_of(form) if form is not None else 200
    return render(request, "guidance/event.html", context, status=status)


@require_http_methods(["GET", "POST"])
def event_new(request, district):
    request.actor.demand(MANAGE)
    return kept(request, None)


@require_http_methods(["GET", "POST"])
def event_edit(request, district, pk):
    return kept(request, fetched(request, pk))


def venues_of(request) -> dict[str, sessions.Venue]:
    """Places of guidance and guidance points within reach, by what the form calls them."""
    found = sessions.venues(request.actor, timezone.localdate())
    return {f"p{one.place.pk}" if one.place else f"f{one.facility.pk}": one for one in found}


def choices_of(venues: dict[str, sessions.Venue], row: GuidanceEvent | None) -> list[tuple[str, str]]:
    """With the mark of a facility that stands on a list; the place of an event stays to choose from."""
    marks = listings([one.facility.pk for one in venues.values() if one.facility])
    found = {}
    for key, one in venues.items():
        mark = marks.get(one.facility.pk) if one.facility else ""
        found[key] = f"{one.name}（{_(LISTED[mark])}）" if mark else one.name  # content
    if row is not None and row.place_id:
        found.setdefault(f"p{row.place_id}", row.place.name)
    if row is not None and row.facility_id:
        found.setdefault(f"f{row.facility_id}", row.venue)
    return list(found.items())


def kept(request, row: GuidanceEvent | None):
    slug, venues = request.district.slug, venues_of(request)
    form = EventForm(
        *posted(request),
        row=row,
        streets=Street.objects.allowed(request.actor, MANAGE).order_by("code"),
        venues=choices_of(venues, row),
        initial=None if row else beginning(request),
    )
    if request.method == "POST":

        def keep():
            values = form.values()
            version = values.pop("version")
            where = values.pop("where")
            at = venues.get(where)
            if at is not None:
                values |= {"place": at.place, "facility": at.facility}
            elif where and row is not None:
                values |= {"place": row.place, "facility": row.facility}
            else:
                values |= {"place": None, "facility": None}
            version = None if row is None else version or 0
            return services.keep_event(row, actor=request.actor, version=version, **values)

        done = accepted(form, keep)
        if done:
            tell(request, _("“%(title)s”已存") % {"title": done.title})
            return redirect("guidance-event", slug, done.pk)
    here = "guidance-event-new" if row is None else "guidance-event-edit"
    return render(
        request,
        "facilities/small_form.html",
        {
            "form": form,
            "title": _("办一场活动") if row is None else row.title,
            "verb": _("存为草稿") if row is None else _("存下变更"),
            "leave": _("先不办") if row is None else "",
            "over": _("活动") if row is None else row.title,
            "notice": _("活动已经发布：日期、时间、地点改了，报名的家庭会收到短信")
            if row is not None and row.state == "announced"
            else "",
            "back": reverse("guidance-events", args=[slug])
            if row is None
            else reverse("guidance-event", args=[slug, row.pk]),
            "action": reverse(here, args=[slug] if row is None else [slug, row.pk]),
        },
        status=status_of(form),
    )


def beginning(request) -> dict:
    """What most events begin with: of the own street, for all ages, open at once until the day before."""
    streets = list(Street.objects.allowed(request.actor, MANAGE)[:2])
    street, whole = streets[0] if streets else None, len(streets) > 1
    now = timezone.localtime().replace(second=0, microsecond=0)
    return {
        "level": rules.DISTRICT if whole else rules.STREET,
        "street": None if whole else street,
        "months_from": 0,
        "months_until": rules.OLDEST,
        "opens_at": now,
        "held_on": now.date() + timedelta(14),
        "closes_at": now.replace(hour=17, minute=0) + timedelta(13),
    }


def acted(request, pk: int, form, which: str, service, sentence: str):
    """A change by a form of the event's page; refused, the page stands with it again."""
    row = fetched(request, pk)

    def change():
        values = dict(form.cleaned_data)
        if "version" in values:  # a form without it is older than any row
            values["version"] = values["version"] or 0
        return service(row, actor=request.actor, **values)

    try:
        done = accepted(form, change)
    except Refused as refused:
        return event_page(request, row, refused=refused)
    if done:
        tell(request, sentence)
        return redirect("guidance-event", request.district.slug, pk)
    return event_page(request, fetched(request, pk), opened=which, form=form)


@require_POST
def event_announce(request, district, pk):
    row, form = fetched(request, pk), VersionForm(request.POST)
    form.is_valid()
    try:
        services.announce(row, actor=request.actor, version=form.cleaned_data.get("version") or 0)
    except Refused as refused:
        return event_page(request, fetched(request, pk), refused=refused)
    tell(request, _("活动已发布，家长看得到"))
    return redirect("guidance-event", district, pk)


@require_POST
def event_cancel(request, district, pk):
    form = ReasonForm(request.POST)
    return acted(request, pk, form, "cancel", services.cancel_event, _("活动已取消"))


@require_POST
def event_finish(request, district, pk):
    form = FinishForm(request.POST)
    return acted(request, pk, form, "finish", services.finish, _("活动已办结"))


@require_POST
def event_photo_add(request, district, pk):
    form = PhotoForm(request.POST, request.FILES)
    return acted(request, pk, form, "photo", services.add_photo, _("照片已加上"))


def photo_of(request, pk: int, photo: int) -> EventPhoto:
    row = fetched(request, pk)
    found = EventPhoto.objects.filter(event=row, pk=photo).select_related("file", "event").first()
    if found is None:
        raise Http404
    return found


@require_GET
def event_photo(request, district, pk, photo):
    found = photo_of(request, pk, photo)
    return file_response(found.file, name=f"{found.event.code}-{found.pk}.jpg")


@require_POST
def event_photo_remove(request, district, pk, photo):
    services.remove_photo(photo_of(request, pk, photo), actor=request.actor)
    tell(request, _("照片已删除"))
    return redirect("guidance-event", district, pk)


def signup_of(request, pk: int, signup: int) -> EventSignup:
    row = fetched(request, pk)
    found = EventSignup.objects.filter(event=row, pk=signup).defer("phone").select_related("event").first()
    if found is None:
        raise Http404
    return found


@never_cache
@require_POST
def event_phone(request, district, pk, signup):
    """A family's number, shown to who holds the event; on record."""
    found = signup_of(request, pk, signup)
    phone = signups.reveal(found, actor=request.actor)
    return event_page(request, fetched(request, pk), phone=(found.pk, phone))


@require_GET
def event_sheet(request, district, pk):
    """All families with a place or waiting, to be printed and ticked."""
    row = fetched(request, pk)
    rows = (
        row.signups.exclude(state="cancelled")
        .defer("phone", "phone_hash", "nonce", "card_hash")
        .order_by("pk")
    )
    context = {"event": row, "rows": list(rows)}
    return render(request, "guidance/event_sheet.html", context)


# --- At the door


@never_cache
@require_http_methods(["GET", "POST"])
def event_door(request, district, pk):
    """A QR opens this page with its code; a tap checks the family in. A code can be typed, too."""
    row = fetched(request, pk)
    if request.method == "GET":
        return door_page(
            request, row, DoorForm(initial={"code": rules.tidy_code(request.GET.get("code", ""))})
        )
    form = DoorForm(request.POST)
    try:
        done = accepted(form, lambda: checked_in(request, row, **form.cleaned_data))
    except Refused as refused:
        if refused.status == 403:
            raise
        form.add_error("code", str(refused.message))
        done = None
    if done:
        tell(request, _("签到了：%(who)s，%(n)d 月龄") % {"who": done, "n": done.months})
        return redirect("guidance-event-door", district, pk)
    return door_page(request, row, form)


def checked_in(request, row: GuidanceEvent, *, code: str, card: str) -> EventSignup:
    """The family, with its child where the handbook is shown: both or neither."""
    with transaction.atomic():
        done = signups.check_in(row, code=code, actor=request.actor)
        if card:
            attendances.name_child(done, card=card, actor=request.actor)
    return done


def door_page(request, row: GuidanceEvent, form: DoorForm, walk_in: ChildForm | None = None):
    scanned = None
    code = rules.tidy_code(form.data.get("code", "") if form.is_bound else form.initial.get("code", ""))
    if code and "code" not in form.errors:
        try:
            scanned = signups.by_code(row, code)
        except Refused as refused:
            form = DoorForm({"code": code})
            form.is_valid()
            form.add_error("code", str(refused.message))
    told = dict(row.signups.order_by().values_list("state").annotate(n=Count("pk")))
    context = {
        "event": row,
        "form": form,
        "walk_in_form": walk_in or walk_in_form(),
        "scanned": scanned,
        "expected": told.get("in", 0),
        "attended": told.get("attended", 0),
        "latest": list(
            row.signups.filter(state="attended")
            .defer("phone", "phone_hash", "nonce", "card_hash")
            .order_by("-attended_at")[:8]
        ),
        "live": row.state == "announced",
        "today": row.held_on == timezone.localdate(),
    }
    wrong = form.errors or (walk_in is not None and walk_in.errors)
    return render(request, "guidance/event_door.html", context, status=422 if wrong else 200)


@require_POST
def event_undo(request, district, pk, signup):
    signups.undo_check_in(signup_of(request, pk, signup), actor=request.actor)
    tell(request, _("签到已撤回"))
    return redirect("guidance-event-door", district, pk)


def walk_in_form(*args) -> ChildForm:
    """At the door a family may be counted without its child."""
    form = ChildForm(*args, auto_id="walk_in_%s")
    form.fields["card"].required = False
    return form


@require_POST
def event_walk_in(request, district, pk):
    row = fetched(request, pk)
    number = {"more": 1, "fewer": -1}.get(request.POST.get("what", ""), 0)
    form = walk_in_form(request.POST)

    def came():
        with transaction.atomic():
            services.add_walk_ins(row, number=number, actor=request.actor)
            if number == 1 and form.cleaned_data["card"]:
                attendances.add_child(row, card=form.cleaned_data["card"], actor=request.actor)
        return True

    if accepted(form, came):
        return redirect("guidance-event-door", district, pk)
    return door_page(request, fetched(request, pk), DoorForm(initial={}), form)
