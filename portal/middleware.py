"""The first of the four doors: the first part of the path names the district, and the request runs in its scope."""

from __future__ import annotations

from time import monotonic
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Denied, Refused
from portal.models.people import Membership
from portal.models.places import District
from portal.rules.rights import Role
from portal.tenancy import city_scope, district_scope, public_scope, remember_author, signin_scope
from portal.views.errors import not_allowed

SAFE = ("GET", "HEAD", "OPTIONS")
ADMINISTRATOR_IDLE_SECONDS = 15 * 60
#: First parts of paths that are no district's and that a person reaches before the first password is changed.
OPEN = ("static", "sign-in", "sign-out", "password", "preferences", "health")
#: First parts below which somebody without an account asks something of a district, whose slug comes second.
VISITED = ("apply", "event", "field", "resource", "visit", "voice")
#: The same of the city: its public notices, to which anybody may object.
VISITED_OF_CITY = ("notice",)
#: Second part below the city's own slug whose pages read all districts at once.
CITY_WIDE = "city"
#: A change of a district is seen by every process after so many seconds, by the one that made it at once.
DISTRICTS_FRESH_SECONDS = 10

_districts: dict[str, District] = {}
_districts_read_at = 0.0


def district_of(slug: str) -> District | None:
    """The tenant with this slug; an unknown one asks the database anew."""
    global _districts, _districts_read_at
    known, now = _districts, monotonic()
    if slug not in known or now - _districts_read_at > DISTRICTS_FRESH_SECONDS:
        known = {d.slug: d for d in District.objects.all()}
        _districts, _districts_read_at = known, now
    return known.get(slug)


@receiver((post_save, post_delete), sender=District)
def forget_districts(**kwargs) -> None:
    """A district changed here; the next request reads it."""
    global _districts
    _districts = {}


def wrong_method_page(get_response):
    """Somebody opens an address that takes forms only: a page with the way back instead of an empty answer."""

    def middleware(request):
        response = get_response(request)
        if (
            response.status_code == 405
            and request.method == "GET"
            and not request.path_info.startswith("/api/")
        ):
            return not_allowed(request, response)
        return response

    return middleware


class DistrictMiddleware:
    """Opens the district's scope for `/<district>/…`, the public scope for `/public/…`.

    The city, visiting a district, reads and asks for no change. An answer of 400 or more undoes everything
    the request wrote.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        slug = request.path_info.split("/", 2)[1] if request.path_info.count("/") > 1 else ""
        request.district = request.actor = None
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path_info:
            # no text of ours holds it, and Postgres takes none
            if request.path_info.startswith("/api/"):
                problem = {"type": "about:blank", "status": 400, "code": "bad_request"}
                problem |= {"title": _("没有受理"), "detail": _("这个地址或内容看不懂")}
                return JsonResponse(problem, status=400, content_type="application/problem+json")
            return render(request, "400.html", status=400)
        if self.must_change_password(request, slug):
            if request.headers.get("HX-Request"):
                return HttpResponse(status=403, headers={"HX-Redirect": "/password/"})
            return HttpResponseRedirect("/password/")
        if slug == "public":
            request.user.is_authenticated  # noqa: B018 - read now: the public's role may not read users
            with public_scope():
                return self.whole(self.get_response(request))
        if slug in VISITED or slug in VISITED_OF_CITY:
            return self.visited(request)
        district = district_of(slug) if slug and slug not in ("api", "design", *OPEN) else None
        if district is None:
            return self.get_response(request)
        if not request.user.is_authenticated:
            if request.headers.get("HX-Request"):
                return HttpResponse(status=401, headers={"HX-Redirect": "/sign-in/"})
            # what was sent is lost with the session: its address may take POST only, so back to 'today'
            back = request.get_full_path() if request.method in ("GET", "HEAD") else f"/{slug}/"
            return HttpResponseRedirect(f"/sign-in/?{urlencode({'next': back})}")
        actor = self.actor(request, district)
        if actor is None:
            return render(request, "404.html", status=404)
        request.district, request.actor = district, actor
        if actor.visiting and request.method not in SAFE:
            return self.process_exception(request, Denied(_("市级人员在各区只能查看，不能改")))
        if self.city_wide(request, district, actor):
            with city_scope():
                return self.whole(self.get_response(request))
        with district_scope(district, read_only=actor.visiting):
            if request.method not in SAFE:
                remember_author(user=request.user.pk)
            response = self.whole(self.get_response(request))
            if response.status_code >= 400:
                transaction.set_rollback(True)
            return response

    def city_wide(self, request, district: District, actor: Actor) -> bool:
        """Whether the city's own staff asks to see all districts; nothing else than looking is done there."""
        second = request.path_info.split("/", 3)[2]
        own = district.is_city and not actor.visiting and Role.CITY in actor.roles
        return own and second == CITY_WIDE and request.method in SAFE

    def visited(self, request):
        """Somebody without an account reads a notice of the city, asks a district for an account, complains, signs up for
        an event, subscribes, scans a visit's code, or a phone of the field sends what it has with a pass
        (inspections/views/field_door.py): the district's scope, and an actor without any right."""
        parts = request.path_info.split("/")
        district = district_of(parts[2]) if len(parts) > 3 and parts[2] else None
        if district is None or district.is_city != (parts[1] in VISITED_OF_CITY):
            return self.get_response(request)
        request.user.is_authenticated  # noqa: B018 - read now: what follows is the district's
        request.district, request.actor = district, Actor.visitor(district)
        with district_scope(district):
            response = self.whole(self.get_response(request))
            if response.status_code >= 400:
                transaction.set_rollback(True)
            return response

    def must_change_password(self, request, slug: str) -> bool:
        """Whether the person goes to /password/ first of all: somebody else knows the password."""
        if slug in ("public", "api", "field", *OPEN):
            return False
        return request.user.is_authenticated and request.user.must_change_password

    def process_view(self, request, view, args, kwargs):
        """An address that looks like a district's, of none that there is."""
        if "district" in kwargs and request.district is None and not request.path_info.startswith("/public/"):
            return render(request, "404.html", status=404)
        return None

    def actor(self, request, district: District) -> Actor | None:
        """Who the user is in this district today; of the city a visitor; None for a stranger."""
        today = timezone.localdate()
        with signin_scope(request.user.pk):
            memberships = list(Membership.objects.filter(user=request.user).current(today))
        own = [m for m in memberships if m.district_id == district.pk]
        if not own and not any(m.role == "city" for m in memberships):
            return None
        actor = Actor.person(request.user, district, own, visiting=not own)
        if any(role.endswith("_admin") for role in actor.roles):
            request.session.set_expiry(ADMINISTRATOR_IDLE_SECONDS)
        return actor

    def whole(self, response):
        """Renders what is lazy while the scope is open; a stream would be read after its end."""
        if isinstance(response, StreamingHttpResponse) and not getattr(response, "own_scope", False):
            if not hasattr(response, "file_to_stream"):
                raise RuntimeError(
                    "a stream is read after the district's scope has ended; see docs/tenancy.md"
                )
        if hasattr(response, "render") and not response.is_rendered:
            response.render()
        return response

    def process_exception(self, request, exception):
        """A refusal becomes a page or a fragment with the sentence; nothing stays written."""
        if not isinstance(exception, Refused) or request.path_info.startswith("/api/"):
            return None
        if request.headers.get("HX-Request"):
            return render(request, "components/refused.html", {"refused": exception}, status=exception.status)
        return render(request, "refused.html", {"refused": exception}, status=exception.status)


def tell(request, sentence: str) -> None:
    """A success that the next page shows as a toast."""
    messages.success(request, sentence)
