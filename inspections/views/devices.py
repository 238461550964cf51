"""Cameras and alarm buttons of facilities: what is out, the register of devices, the district's player."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, F
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from facilities.models import Facility
from facilities.models.credit import listing
from facilities.paging import counts, paged
from facilities.views.records import posted
from inspections.forms.devices import DeviceForm, PlayerForm
from inspections.lists import devices as lists
from inspections.models import DeviceOutage, VideoDevice, VideoPlayer
from inspections.rules.devices import FAULTS
from inspections.services import devices as services
from portal.middleware import tell
from portal.models.places import Street
from portal.rules.rights import Reach
from portal.views.forms import accepted, status_of


def tabs(request, here: str) -> list[dict]:
    slug = request.district.slug
    names = [("outages", _("告警")), ("devices", _("设备"))]
    if request.actor.may("watch.view"):
        names.append(("watches", _("抽看")))
    return [
        {"label": word, "url": reverse(name, args=[slug]), "current": name == here} for name, word in names
    ]


def streets(request) -> list[Street]:
    """The streets to choose from; none for who sees single facilities."""
    if Reach.ALL not in request.actor.reaches("device.view"):
        return []
    return list(Street.objects.order_by("code").only("pk", "name"))


def since_words(began: datetime, ended: datetime) -> str:
    """`40 分钟`, `5 小时`, `3 天`."""
    minutes = max(0, int((ended - began).total_seconds() // 60))
    if minutes < 120:
        return ngettext("%(n)d 分钟", "%(n)d 分钟", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        return ngettext("%(n)d 小时", "%(n)d 小时", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)d 天", "%(n)d 天", minutes // 1440) % {"n": minutes // 1440}


def fault_words(fault: str, kept: int | None, required: int | None) -> str:
    if fault == "short" and kept is not None and required is not None:
        return _("录像只存了 %(kept)d 天，要 %(required)d 天") % {"kept": kept, "required": required}
    return _(FAULTS[fault])


@require_GET
def outages(request, district):
    """What is out now, the latest first; with `over` what came back in the last 30 days."""
    actor, now = request.actor, timezone.now()
    actor.demand("device.view")
    rows, asked = lists.outages(actor, request.GET)
    total, devices = counts(
        [rows, VideoDevice.objects.allowed(actor, "device.view").filter(retired_on__isnull=True)]
    )
    shown = rows.select_related("device", "facility__street").annotate(listing=listing("facility"))
    page = paged(shown, lists.OUTAGE_SORTS, request.GET, default="-began", total=total)
    for row in page.rows:
        row.lasted = since_words(row.began_at, row.ended_at or now)
        row.words = fault_words(row.fault, row.kept_days, row.required_days)
        row.shape = "ok" if row.ended_at else "bad" if row.fault != "silent" else "warn"
    by_fault = dict(
        DeviceOutage.objects.allowed(actor, "device.view")
        .filter(ended_at__isnull=True)
        .order_by()
        .values_list("fault")
        .annotate(n=Count("pk"))
    )
    context = {
        "tabs": tabs(request, "outages"),
        "page": page,
        "streets": streets(request),
        "devices": devices,
        "faults": [(key, _(word), by_fault.get(key, 0)) for key, word in FAULTS.items()],
        **asked,
    }
    return render(request, "inspections/outages.html", context)


@require_GET
def devices(request, district):
    actor = request.actor
    actor.demand("device.view")
    rows, asked = lists.devices(actor, request.GET)
    named = lists.with_state(rows).annotate(
        facility_name=F("facility__name"),
        street_name=F("facility__street__name"),
        listing=listing("facility"),
    )
    page = paged(named, lists.DEVICE_SORTS, request.GET, default="code", total=counts([rows])[0])
    faults = lists.faults_of(page.rows)
    for row in page.rows:
        row.faults = [_(FAULTS[one]) for one in faults.get(row.pk, [])]
    context = {
        "tabs": tabs(request, "devices"),
        "page": page,
        "streets": streets(request),
        "states": [("fault", _("有告警")), *((k, _(w)) for k, w in FAULTS.items()), ("fine", _("正常"))],
        "kinds": VideoDevice.Kind.choices,
        "retired": request.GET.get("retired") == "on",
        "may_manage": actor.may("device.manage"),
        **asked,
    }
    return render(request, "inspections/devices.html", context)


def fetched(request, pk: int) -> VideoDevice:
    rows = VideoDevice.objects.allowed(request.actor, "device.view")
    named = lists.with_state(rows).select_related("facility__street").annotate(listing=listing("facility"))
    return get_object_or_404(named, pk=pk)


@require_GET
def device(request, district, pk):
    """One device: what was heard last, its outages."""
    row = fetched(request, pk)
    now, player = timezone.now(), None
    if row.kind == "camera" and request.actor.may("watch.view"):
        player = VideoPlayer.objects.first()
    found = list(row.outages.order_by("-began_at")[:50])
    for one in found:
        one.lasted = since_words(one.began_at, one.ended_at or now)
        one.words = fault_words(one.fault, one.kept_days, one.required_days)
    context = {
        "device": row,
        "outages": found,
        "now": [one for one in found if one.ended_at is None],
        "player": player.address(row.code) if player else "",
        "may_manage": request.actor.may("device.manage"),
    }
    return render(request, "inspections/device.html", context)


@require_http_methods(["GET", "POST"])
def device_new(request, district):
    request.actor.demand("device.manage")
    return kept(request, None)


@require_http_methods(["GET", "POST"])
def device_edit(request, district, pk):
    request.actor.demand("device.manage")
    row = VideoDevice.objects.allowed(request.actor, "device.manage").filter(pk=pk).first()
    if row is None:
        raise Http404
    return kept(request, row)


def kept(request, row: VideoDevice | None):
    slug = request.district.slug
    form = DeviceForm(
        *posted(request), row=row, facilities=Facility.objects.allowed(request.actor, "device.manage")
    )
    if request.method == "POST":

        def call():
            values = form.values()
            version = values.pop("version")
            return services.keep_device(
                row, actor=request.actor, version=None if row is None else version or 0, **values
            )

        if done := accepted(form, call):
            tell(request, _("设备 %(code)s 已存") % {"code": done.code})
            return redirect("device", slug, done.pk)
    back = reverse("devices", args=[slug]) if row is None else reverse("device", args=[slug, row.pk])
    context = {
        "form": form,
        "title": _("登记设备") if row is None else _("改设备 %(code)s") % {"code": row.code},
        "verb": _("登记设备") if row is None else _("存下变更"),
        "leave": _("先不登记") if row is None else "",
        "over": _("设备"),
        "back": back,
        "action": request.path,
    }
    return render(request, "facilities/small_form.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def video_player(request, district):
    """Where the district's player is; links lead there, no video is stored here."""
    request.actor.demand("device.manage")
    player = VideoPlayer.objects.first()
    form = PlayerForm(*posted(request), initial={"url": player.url if player else ""})
    if request.method == "POST":

        def call():
            services.set_player(form.cleaned_data["url"], actor=request.actor)
            return True

        if accepted(form, call):
            tell(request, _("播放地址已存"))
            return redirect("devices", request.district.slug)
    context = {
        "form": form,
        "title": _("播放地址"),
        "verb": _("存下播放地址"),
        "over": _("设备"),
        "back": reverse("devices", args=[request.district.slug]),
        "action": request.path,
    }
    return render(request, "facilities/small_form.html", context, status=status_of(form))
