"""A family signs up for an event with a code to its phone, and comes back by its own link; below /event/."""

from __future__ import annotations

import segno
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.services.consent_texts import consent_texts
from guidance.forms.events import JoinForm, PhoneForm, RateForm
from guidance.models import GuidanceEvent
from guidance.rules import events as rules
from guidance.services import signups as services
from portal.errors import NotFound, Refused
from portal.middleware import tell
from portal.services import sms
from portal.views.forms import accepted, refuse, status_of
from portal.views.session import client_address


def event_of(pk: int) -> GuidanceEvent:
    row = GuidanceEvent.objects.exclude(state="draft").filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    return row


@never_cache
@sensitive_post_parameters("phone", "code", "card")
@require_http_methods(["GET", "POST"])
def join(request, district, pk):
    """One form with two buttons: the code is sent to the phone, then the family signs up with it."""
    event = event_of(pk)
    if request.method == "GET":
        return join_page(request, event, JoinForm())
    if request.POST.get("what") == "code":
        return code_sent(request, event)
    form = JoinForm(request.POST)
    made = accepted(form, lambda: services.sign_up(event, actor=request.actor, **form.cleaned_data))
    if made is None:
        return join_page(request, event, form)
    if made.state == "waiting":
        tell(request, _("名额满了，你在候补"))
    else:
        tell(request, _("报上名了"))
    return redirect("event-own", district, services.token_of(made))


def code_sent(request, event: GuidanceEvent):
    """What was written stays; what is wrong with the phone, or with asking again, stands at it."""
    given = {name: request.POST.get(name, "") for name in JoinForm.base_fields if name != "code"}
    form = PhoneForm(request.POST)
    try:
        if form.is_valid():
            code = services.ask_code(
                event, phone=given["phone"], address=client_address(request), actor=request.actor
            )
            return join_page(request, event, JoinForm(initial=given), sent=given["phone"], code=code)
    except Refused as refused:
        refuse(form, refused)
    return join_page(request, event, JoinForm(initial=given), wrong=form)


def join_page(request, event: GuidanceEvent, form: JoinForm, *, sent="", code="", wrong=None):
    text = consent_texts(timezone.localdate()).get(services.PURPOSE)
    context = {
        "public_district": request.district,
        "event": event,
        "signing": event.signing(timezone.now()),
        "form": form,
        "wrong": wrong,
        "sent": rules.tidy_phone(sent)[-4:],
        # invented people and no gateway: what the message would have said
        "code": code if sms.shown_instead(request.district) else "",
        "text": text,
        "possible": text is not None and sms.possible(request.district),
    }
    return render(request, "guidance/event_join.html", context, status=status_of(wrong or form))


@never_cache
@require_GET
def own(request, district, token):
    try:
        signup = services.by_token(token[:400])
    except NotFound as refused:
        return gone(request, refused)
    return own_page(request, signup, token, RateForm())


def gone(request, refused: Refused):
    context = {"public_district": request.district, "refused": refused}
    return render(request, "guidance/event_gone.html", context, status=refused.status)


def own_page(request, signup, token: str, form: RateForm, refused: Refused | None = None):
    event, now = signup.event, timezone.now()
    coming = event.state == "announced" and signup.state in ("in", "waiting") and event.begins > now
    shown = event.state == "announced" and signup.state == "in"
    qr = segno.make(services.door_url(signup, request.district), error="m") if shown else None
    context = {
        "public_district": request.district,
        "token": token,
        "event": event,
        "signup": signup,
        "waiting": services.place_in_line(signup) if signup.state == "waiting" else 0,
        "fits": rules.fits(signup.months, event.months_from, event.months_until),
        "may_cancel": coming,
        "qr": mark_safe(qr.svg_inline(scale=6, border=2)) if qr else "",
        "code": f"{signup.code[:4]} {signup.code[4:]}" if shown else "",
        "counted": bool(signup.card_hash),
        "may_rate": services.may_rate(signup),
        "form": form,
        "refused": refused,
    }
    status = refused.status if refused else status_of(form)
    return render(request, "guidance/event_own.html", context, status=status)


@require_POST
def own_cancel(request, district, token):
    try:
        signup = services.by_token(token[:400])
    except NotFound as refused:
        return gone(request, refused)
    try:
        services.cancel_signup(signup, actor=request.actor)
    except Refused as refused:
        return own_page(request, signup, token, RateForm(), refused)
    tell(request, _("报名已取消"))
    return redirect("event-own", district, token)


@require_POST
def own_rate(request, district, token):
    try:
        signup = services.by_token(token[:400])
    except NotFound as refused:
        return gone(request, refused)
    form = RateForm(request.POST)
    if accepted(form, lambda: services.rate(signup, actor=request.actor, **form.cleaned_data)):
        tell(request, _("谢谢，评价已收到"))
        return redirect("event-own", district, token)
    return own_page(request, signup, token, form)
