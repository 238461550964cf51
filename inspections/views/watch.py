"""The watch list of a week: what was drawn, what was seen, what follows; for the public the files."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.models.credit import listing
from facilities.paging import paged
from facilities.views.records import posted
from inspections.forms.devices import FollowForm, SlotForm
from inspections.lists.devices import of_week
from inspections.models import VideoDevice, VideoPlayer, WatchChain, WatchList, WatchSlot
from inspections.rules import watch as rules
from inspections.services import watch as services
from inspections.views.devices import tabs
from portal import calendar
from portal.middleware import tell
from portal.models.places import District
from portal.views.forms import accepted, status_of

SORTS = {"week": (("year", int), ("week", int), ("pk", int))}
OUTCOME_SHAPES = {"ok": "ok", "finding": "bad", "gone": "warn", "": "none"}


def lists_of(query):
    return WatchList.objects.filter(of_week(query)).annotate(
        slots_n=Count("slots"),
        seen=Count("slots", filter=~Q(slots__outcome="")),
        found=Count("slots", filter=Q(slots__outcome="finding")),
    )


@require_GET
def watches(request, district):
    """The lists, latest first, and last week's where it was not drawn yet."""
    request.actor.demand("watch.view")
    on = timezone.localdate()
    page = paged(lists_of(request.GET), SORTS, request.GET, default="-week")
    for row in page.rows:
        row.days = rules.days_of(row.year, row.week)
        row.left = calendar.working_days_between(on, row.due_on)
    year, week, _day = (on - timedelta(7)).isocalendar()
    drawn = WatchList.objects.filter(year=year, week=week).exists()
    context = {
        "tabs": tabs(request, "watches"),
        "page": page,
        "missing": None if drawn else (year, week),
        "cameras": VideoDevice.objects.filter(
            kind="camera", states__working=True, retired_on__isnull=True
        ).count(),
        "chain": WatchChain.objects.filter(year=on.isocalendar().year).first(),
        "may_draw": request.actor.may("watch.draw"),
    }
    return render(request, "inspections/watches.html", context)


@require_POST
def watch_draw(request, district):
    """Draws last week's list now, instead of at the next full hour."""
    year, week, _day = (timezone.localdate() - timedelta(7)).isocalendar()
    made = services.draw_week(year, week, actor=request.actor)
    if made is None:
        tell(request, _("这一周没有在录像的摄像头，没有可抽的"))
        return redirect("watches", request.district.slug)
    tell(request, _("第 %(week)s 周的名单已抽出") % {"week": week})
    return redirect("watch", request.district.slug, made.pk)


def fetched(request, pk: int) -> WatchList:
    request.actor.demand("watch.view")
    return get_object_or_404(lists_of({}).select_related("chain"), pk=pk)


@require_GET
def watch(request, district, pk):
    return watch_page(request, fetched(request, pk))


def watch_page(request, row: WatchList, forms: dict | None = None, status: int = 200):
    """forms: slot's id -> its form with what was refused."""
    actor, on = request.actor, timezone.localdate()
    slots = list(
        row.slots.select_related("device", "facility__street", "seen_by", "inspection")
        .annotate(listing=listing("facility"))
        .order_by("position")
    )
    player = VideoPlayer.objects.first()
    may_log = actor.may("watch.log") and row.state == "drawn"
    for slot in slots:
        slot.ends_at = slot.starts_at + timedelta(minutes=rules.MINUTES)
        slot.shape = OUTCOME_SHAPES[slot.outcome]
        slot.player = player.address(slot.device.code, slot.starts_at) if player else ""
        slot.form = (forms or {}).get(slot.pk)
        if slot.form is None and may_log:
            slot.form = SlotForm(
                initial={"outcome": slot.outcome, "note": slot.note, "version": slot.version},
                auto_id=f"s{slot.pk}_%s",
            )
    refused = [slot for slot in slots if slot.form is not None and slot.form.errors]
    unseen = [slot for slot in slots if slot.form is not None and not slot.outcome]
    for slot in slots:  # one form is open: what was refused, else the next that nobody has looked at
        slot.open = slot in (refused or unseen)[:1]
    context = {
        "watch": row,
        "days": rules.days_of(row.year, row.week),
        "slots": slots,
        "left": calendar.working_days_between(on, row.due_on),
        "may_log": may_log,
        "may_follow": actor.may("inspection.create"),
        "facts": row.facts if row.state == "published" else None,
    }
    return render(request, "inspections/watch.html", context, status=status)


@require_POST
def watch_slot(request, district, pk, slot):
    """What was seen in one stretch."""
    row = fetched(request, pk)
    found = get_object_or_404(WatchSlot, pk=slot, watch_list=row)
    form = SlotForm(request.POST, auto_id=f"s{found.pk}_%s")

    def call():
        return services.log_slot(found, actor=request.actor, **form.cleaned_data)

    if done := accepted(form, call):
        tell(request, _("第 %(n)d 段已记下") % {"n": done.position})
        return redirect(f"{reverse('watch', args=[request.district.slug, row.pk])}#s{done.pk}")
    return watch_page(request, row, {found.pk: form}, status_of(form))


@require_http_methods(["GET", "POST"])
def watch_follow(request, district, pk, slot):
    """A visit on site for what was seen."""
    request.actor.demand("inspection.create")
    row = fetched(request, pk)
    found = get_object_or_404(
        WatchSlot.objects.select_related("facility", "device"), pk=slot, watch_list=row, outcome="finding"
    )
    on = timezone.localdate()
    form = FollowForm(
        *posted(request), on=on, initial={"due_on": calendar.add_working_days(on, 3).isoformat()}
    )
    back = f"{reverse('watch', args=[request.district.slug, row.pk])}#s{found.pk}"
    if request.method == "POST":

        def call():
            return services.follow_up(
                found,
                inspectors=list(form.cleaned_data["inspectors"]),
                due_on=form.cleaned_data["due_on"],
                actor=request.actor,
            )

        if done := accepted(form, call):
            tell(request, _("现场检查 %(number)s 已安排") % {"number": done.number})
            return redirect(back)
    context = {
        "form": form,
        "title": _("到 %(name)s 现场检查") % {"name": found.facility.name},
        "verb": _("安排现场检查"),
        "leave": _("先不去"),
        "over": _("视频巡查 %(list)s") % {"list": row},
        "about": found.facility,
        "back": back,
        "action": request.path,
        "notice": found.note,
    }
    return render(request, "facilities/small_form.html", context, status=status_of(form))


@require_GET
def public_watches(request, district):
    """The weeks' fingerprints and files, and how to check them; in public_scope."""
    place = get_object_or_404(District, slug=district, level=District.Level.DISTRICT)
    told = [name for name in WatchList.public_columns if name != "file"]
    rows = WatchList.objects.filter(district=place).only(*told).order_by("-year", "-week")
    context = {
        "public_district": place,
        "chains": WatchChain.objects.filter(district=place)
        .only(*WatchChain.public_columns)
        .order_by("-year"),
        "lists": [(row, rules.days_of(row.year, row.week)) for row in rows[:106]],
    }
    return render(request, "public/watches.html", context)


@require_GET
def public_watch_file(request, district, year, week):
    """The bytes of a week's evidence exactly as they were hashed."""
    place = get_object_or_404(District, slug=district, level=District.Level.DISTRICT)
    rows = WatchList.objects.filter(district=place, file__isnull=False).only(
        "file", "evidence_sha256", "year", "week"
    )
    row = get_object_or_404(rows, year=year, week=week)
    response = HttpResponse(bytes(row.file), content_type="application/json; charset=utf-8")
    name = f"watch-{place.slug}-{row}-{row.evidence_sha256[:12]}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-SHA256"] = row.evidence_sha256
    return response
