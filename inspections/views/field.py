"""The field app: its one page, its service worker and manifest, and what it takes along at each sign-in."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import segno
from csp.decorators import csp_update
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from inspections.field_words import words
from inspections.forms.field import OpenForm
from inspections.models import VisitCode
from inspections.services import field_day, field_devices, visit_codes
from portal.errors import Refused

#: What the worker keeps beside the page, so that it opens without a network.
ASSETS = ("css/all.css", "icons/sprite.svg", "icons/mark.svg")
SCRIPTS = Path(settings.BASE_DIR) / "static" / "js" / "field"


@lru_cache(maxsize=1)
def scripts() -> tuple[str, ...]:
    return tuple(sorted(f"js/field/{path.name}" for path in SCRIPTS.glob("*.js") if path.name != "worker.js"))


@lru_cache(maxsize=1)
def edition() -> str:
    """A fingerprint of all that the worker keeps: another one, and phones fetch it anew."""
    digest = hashlib.sha256()
    for name in (*ASSETS, *scripts(), "js/field/worker.js"):
        digest.update(name.encode() + (Path(settings.BASE_DIR) / "static" / name).read_bytes())
    for path in sorted((Path(settings.BASE_DIR) / "templates" / "inspections").glob("field*.html")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@require_GET
@csp_update({"media-src": ["'self'", "blob:"]})
def field(request, district):
    """The app's page. It is the same for everybody of a district and holds nobody's data: phones keep it."""
    request.actor.demand("field.use")
    setting = {
        "district": request.district.slug,
        "name": request.district.name,
        "edition": edition(),
        "scope": request.path,
        "portal": reverse("today", args=[request.district.slug]),
        "sprite": static("icons/sprite.svg"),
        "zone": settings.TIME_ZONE,
        "words": words(),
    }
    get_token(request)  # the cookie, by which the app asks for the day; the page itself bears no token
    response = render(request, "inspections/field.html", {"setting": setting})
    response["Cache-Control"] = "no-cache"
    return response


@require_GET
def field_worker(request, district):
    """The service worker, whose scope is the folder of this address."""
    request.actor.demand("field.use")
    body = (SCRIPTS / "worker.js").read_text(encoding="utf-8")
    page = request.path.rsplit("/", 1)[0] + "/"
    keep = [page, page + "app.webmanifest", *(static(name) for name in (*ASSETS, *scripts()))]
    head = f"const EDITION = {json.dumps(edition())};\nconst PAGE = {json.dumps(page)};\nconst KEEP = {json.dumps(keep)};\n"
    return HttpResponse(head + body, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@require_GET
def field_manifest(request, district):
    """Name, icon and start of the app, for installing it."""
    request.actor.demand("field.use")
    page = request.path.rsplit("/", 1)[0] + "/"
    body = {
        "name": _("善育现场检查 %(district)s") % {"district": request.district.name},
        "short_name": _("现场检查"),
        "lang": get_language(),
        "start_url": page,
        "scope": page,
        "display": "standalone",
        "background_color": "#F3F4F1",
        "theme_color": "#083C47",
        "icons": [
            {"src": static("icons/mark.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
            {
                "src": static("icons/field-192.png"),
                "sizes": "192x192",
                "type": "image/png",
                "purpose": "any maskable",
            },
            {
                "src": static("icons/field-512.png"),
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "any maskable",
            },
        ],
    }
    return JsonResponse(body, content_type="application/manifest+json")


@require_POST
def field_open(request, district):
    """At each sign-in and whenever there is a network: the key of this person's phone, the day, the passes it lacks."""
    actor = request.actor
    actor.demand("field.use")
    form = OpenForm(request.POST, visits=field_day.visits_of(actor, timezone.localdate()))
    if not form.is_valid():
        refused = Refused(form.sentence, code="field_open")
        return render(request, "components/refused.html", {"refused": refused}, status=422)
    asked = form.cleaned_data
    device = field_devices.open_device(
        asked["device"], label=asked["label"], offset_ms=asked["offset_ms"], actor=actor
    )
    passes = {row.pk: field_devices.issue_pass(row, device, actor=actor) for row in asked["passes"]}
    day = field_day.day_of(actor)
    codes = visit_codes.take_along(field_day.visits_of(actor, timezone.localdate()), actor=actor)
    drawn = drawn_codes([code for few in codes.values() for code in few], request.district)
    for one in day["visits"]:
        one["codes"] = [drawn[code.pk] for code in codes.get(one["id"], ())]
    body = {"key": device.key, "day": day, "passes": passes, "now": datetime.now(UTC).isoformat()}
    return JsonResponse(body, headers={"Cache-Control": "no-store"})


def drawn_codes(codes: list[VisitCode], district) -> dict[int, dict]:
    """Each code as a phone shows it: its day, address, and the QR's rows of modules as hexadecimal numbers. A QR costs
    some ten milliseconds, and a phone asks at every start: drawn once."""
    keys = {f"visit-code:{district.pk}:{code.pk}": code for code in codes}
    kept = cache.get_many(keys)
    fresh = {}
    for key, code in keys.items():
        if key not in kept:
            url = visit_codes.url_of(code, district)
            rows = [
                f"{int(''.join(map(str, row)), 2):x}"
                for row in segno.make(url, error="m", micro=False).matrix
            ]
            fresh[key] = {"day": code.day.isoformat(), "url": url, "rows": rows}
    if fresh:
        cache.set_many(fresh, 86400 * (visit_codes.DAYS_ALONG + 1))
    return {code.pk: (kept | fresh)[key] for key, code in keys.items()}
