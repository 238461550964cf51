"""A message's link, a resource's file, subscribing and opting out; below /resource/, without an account."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from facilities.services.consent_texts import consent_texts
from guidance.forms.events import PhoneForm
from guidance.forms.resources import StopForm, SubscribeForm
from guidance.models import GuidanceResource
from guidance.rules import events as phones
from guidance.services import subscriptions as services
from portal.errors import NotFound, Refused
from portal.middleware import tell
from portal.services import parameters, sms
from portal.views.files import file_response
from portal.views.forms import accepted, refuse, status_of
from portal.views.session import client_address


@never_cache
@require_GET
def opened(request, district, code):
    """Counts that it was opened, and leads to the page that everybody reads. The address is the same for everybody."""
    if not services.opened(code):
        raise Http404
    return redirect("public-resource", district, code)


@require_GET
def file_of(request, district, code):
    row = GuidanceResource.objects.filter(code=code, state="published").select_related("file").first()
    if row is None or row.file is None:
        raise Http404
    return file_response(row.file, fixed=False)


@never_cache
@sensitive_post_parameters("phone", "code")
@require_http_methods(["GET", "POST"])
def subscribe(request, district):
    """One form: the code is sent to the phone, then the family subscribes with it."""
    if request.method == "GET":
        return subscribe_page(request, SubscribeForm())
    if request.POST.get("what") == "code":
        return code_sent(request, SubscribeForm, subscribe_page)
    form = SubscribeForm(request.POST)
    made = accepted(form, lambda: services.subscribe(actor=request.actor, **form.cleaned_data))
    if made is None:
        return subscribe_page(request, form)
    tell(request, _("订阅好了"))
    return redirect("resource-own", district, services.token_of(made))


def code_sent(request, kind, page):
    """What was written stays; what is wrong with the phone, or with asking again, stands at it."""
    given = {name: request.POST.get(name, "") for name in kind.base_fields if name != "code"}
    form = PhoneForm(request.POST)
    try:
        if form.is_valid():
            code = services.ask_code(
                phone=given["phone"], address=client_address(request), actor=request.actor
            )
            return page(request, kind(initial=given), sent=given["phone"], code=code)
    except Refused as refused:
        refuse(form, refused)
    return page(request, kind(initial=given), wrong=form)


def facts(request, form, sent: str, code: str, wrong) -> dict:
    return {
        "public_district": request.district,
        "form": form,
        "wrong": wrong,
        "sent": phones.tidy_phone(sent)[-4:],
        # invented people and no gateway: what the message would have said
        "code": code if sms.shown_instead(request.district) else "",
        "heard": sms.possible(request.district),
    }


def subscribe_page(request, form, *, sent="", code="", wrong=None):
    today = timezone.localdate()
    text = consent_texts(today).get(services.PURPOSE)
    context = facts(request, form, sent, code, wrong)
    context |= {
        "text": text,
        "possible": text is not None and context["heard"],
        "most": parameters.values([services.PER_WEEK], today).get(services.PER_WEEK),
    }
    return render(request, "guidance/subscribe.html", context, status=status_of(wrong or form))


@never_cache
@sensitive_post_parameters("phone", "code")
@require_http_methods(["GET", "POST"])
def stop(request, district):
    """Opting out without the link of a message: with a code to the phone."""
    if request.method == "GET":
        return stop_page(request, StopForm())
    if request.POST.get("what") == "code":
        return code_sent(request, StopForm, stop_page)
    form = StopForm(request.POST)

    def ended() -> bool:
        services.stop_phone(actor=request.actor, **form.cleaned_data)
        return True

    if accepted(form, ended):
        return render(request, "guidance/unsubscribed.html", {"public_district": request.district})
    return stop_page(request, form)


def stop_page(request, form, *, sent="", code="", wrong=None):
    context = facts(request, form, sent, code, wrong)
    return render(request, "guidance/unsubscribe.html", context, status=status_of(wrong or form))


@never_cache
@require_GET
def own(request, district, token):
    try:
        row = services.by_token(token[:400])
    except NotFound as refused:
        return gone(request, refused)
    context = {"public_district": request.district, "token": token, "row": row}
    return render(request, "guidance/subscription.html", context)


@require_POST
def own_stop(request, district, token):
    try:
        services.stop(services.by_token(token[:400]), actor=request.actor)
    except NotFound as refused:
        return gone(request, refused)
    return render(request, "guidance/unsubscribed.html", {"public_district": request.district})


def gone(request, refused: Refused):
    context = {"public_district": request.district, "refused": refused}
    return render(request, "guidance/subscription_gone.html", context, status=refused.status)
