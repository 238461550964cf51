"""Complaints without sign-in, below /voice/: said, and read again by the tracking number, which stands in no address."""

from __future__ import annotations

from django.core.cache import cache
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from inspections.forms.voices import CodeForm, ComplaintForm
from inspections.services import complaints as services
from portal.errors import NotFound, Refused
from portal.models.places import District
from portal.views.forms import accepted, refuse, status_of
from portal.views.session import client_address

#: From one address in an hour: complaints, and tracking numbers that are none.
COMPLAINTS, GUESSES = 6, 20


@require_GET
def front(request):
    """Which district."""
    districts = District.objects.filter(level=District.Level.DISTRICT)
    return render(request, "public/voice_front.html", {"districts": districts})


def key_of(request, what: str) -> str:
    return f"voice:{what}:{client_address(request)}"


def counted(request, what: str) -> int:
    """How often this address did it in the hour, with this time. Kept for the hour and nowhere else."""
    key = key_of(request, what)
    cache.add(key, 0, 3600)
    return cache.incr(key)


@sensitive_post_parameters("text", "name", "phone")
@require_http_methods(["GET", "POST"])
def voice(request, district):
    """Says something; the answer is the tracking number, shown once."""
    posted = request.method == "POST"
    initial = {"where": request.GET.get("where", "")[:80]}
    form = ComplaintForm(*((request.POST, request.FILES) if posted else (None, None)), initial=initial)
    if posted and form.is_valid():
        if counted(request, "complaint") > COMPLAINTS:
            sentence = _("这个网络一小时里送出得太多了，过一小时再来，急事打 12345")
            refuse(form, Refused(sentence, code="too_many"))
        else:
            made = accepted(form, lambda: services.submit(actor=request.actor, **form.cleaned_data))
            if made:
                row, code = made
                context = {"row": row, "code": code, "public_district": request.district}
                return render(request, "public/voice_made.html", context)
    context = {"form": form, "public_district": request.district}
    return render(request, "public/voice.html", context, status=status_of(form))


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def status(request, district):
    """Where a complaint stands, and its answer."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    row, code = None, 200
    if request.method == "POST" and form.is_valid():
        if int(cache.get(key_of(request, "guess")) or 0) >= GUESSES:
            sentence = _("这个网络一小时里写错的查询码太多了，过一小时再来")
            code = refuse(form, Refused(sentence, code="too_many"))
        else:
            try:
                row = services.by_code(form.cleaned_data["code"])
            except NotFound as none:
                counted(request, "guess")
                form.add_error("code", str(none.message))
    elif form.is_bound:
        code = 422
    context = {"form": form, "row": row, "public_district": request.district}
    return render(request, "public/voice_status.html", context, status=422 if form.errors else code)
