"""Sign-in, sign-out, choice of the district, the person's own settings."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.errors import Refused
from portal.forms import PasswordForm
from portal.middleware import tell
from portal.models.people import Membership
from portal.models.places import District
from portal.services import passwords, people
from portal.tenancy import signin_scope


@require_safe
def front(request):
    """Leads to the person's district, to a choice of several, or to sign-in."""
    if not request.user.is_authenticated:
        return redirect("sign-in")
    with signin_scope(request.user.pk):
        ids = set(
            Membership.objects.filter(user=request.user)
            .current(timezone.localdate())
            .values_list("district", flat=True)
        )
    districts = list(District.objects.filter(pk__in=ids))
    if len(districts) == 1:
        return redirect("today", districts[0].slug)
    return render(request, "portal/choose.html", {"districts": districts})


@require_http_methods(["GET", "POST"])
def sign_in(request):
    """Five failures lock for half an hour (axes); a right one leads to 'today'."""
    if request.user.is_authenticated and request.method == "GET":
        return redirect("front")
    form = AuthenticationForm(request, data=request.POST if request.method == "POST" else None)
    form.fields["username"].label = _("账号")
    form.fields["password"].label = _("密码")
    form.error_messages["invalid_login"] = _("账号或密码不对。连续 5 次不对会锁 30 分钟")
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        translation.activate(form.get_user().language)
        target = request.POST.get("next", "")
        if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
            target = "/"
        return redirect(target)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "portal/sign_in.html", {"form": form, "next": request.GET.get("next", "")}, status=status
    )


@require_http_methods(["GET", "POST"])
def password(request):
    """The person's own password: the old one, the new one twice. Who was handed one gets nowhere else before.

    A wrong old one counts like a failed sign-in, five of them lock (axes)."""
    if not request.user.is_authenticated:
        return redirect(f"/sign-in/?{urlencode({'next': request.path})}")
    form = PasswordForm(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid():
        try:
            user = passwords.change_password(request.user, form.cleaned_data["new"], on=timezone.localdate())
        except Refused as refused:
            form.add_error(refused.field, str(refused.message))
        else:
            update_session_auth_hash(request, user)
            tell(request, _("密码已改，别处的登录都已退出"))
            return redirect("front")
    status = 422 if request.method == "POST" else 200
    return render(
        request,
        "portal/password.html",
        {"form": form, "must": request.user.must_change_password},
        status=status,
    )


def client_address(request) -> str:
    """Whose failures axes counts. Behind a proxy every connection comes from the proxy: then it is the last address
    of X-Forwarded-For, which the proxy itself wrote; what stands before it anybody can make up."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        with suppress(ValueError):
            address = str(ip_address(forwarded))
    return address


def locked_out(request, credentials=None, *args, **kwargs):
    return render(request, "portal/locked_out.html", status=429)


@require_POST
def sign_out(request):
    logout(request)
    return redirect("sign-in")


@require_POST
def preferences(request):
    """Theme, contrast and language of the person who is signed in; of a visitor, the language only."""
    language = request.POST.get("language")
    response = redirect(
        request.POST["next"]
        if url_has_allowed_host_and_scheme(
            request.POST.get("next", ""), {request.get_host()}, request.is_secure()
        )
        else "/"
    )
    if language in ("zh-hans", "en"):
        response.set_cookie("django_language", language, max_age=365 * 86400, samesite="Lax")
    if request.user.is_authenticated:
        people.keep_preferences(request.user, request.POST)
    return response
