"""What phones send: operations and pieces of files, with the pass of a visit and a device. No session, no cookie."""

from __future__ import annotations

import json
import time
from functools import wraps

from django.core.cache import cache
from django.http import JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inspections.models import Inspection
from inspections.rules import field as rules
from inspections.services import field_day, field_devices, field_files, field_log, field_pace
from portal.access import Actor
from portal.errors import Refused
from portal.tenancy import remember_author
from portal.views.session import client_address

#: Requests of one pass, and wrong passes of one address, in a minute.
PER_MINUTE = 900
WRONG_PER_MINUTE = 60


def problem(status: int, code: str, sentence: str, **more) -> JsonResponse:
    body = {
        "type": "about:blank",
        "status": status,
        "code": code,
        "title": _("没有受理"),
        "detail": sentence,
    } | more
    return JsonResponse(body, status=status, content_type="application/problem+json")


def too_many(name: str, most: int) -> bool:
    """Counts in Valkey by the minute; where that is away nobody is held up."""
    key = f"field:{name}:{int(time.time() // 60)}"
    try:
        cache.add(key, 0, 120)
        return cache.incr(key) > most
    except (ValueError, OSError):
        return False


def with_pass(view):
    """Opens the door for `Authorization: Bearer sf_…`: the pass as an argument, its person as the request's actor."""

    @wraps(view)
    def door(request, district, **kwargs):
        if getattr(request, "district", None) is None:
            return problem(401, "pass", _("上传凭证不对或已收回。重新登录后自动换新的"))
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        found = None
        if scheme.lower() == "bearer" and token.startswith("sf_") and len(token) < 200 and token.isascii():
            found = field_devices.pass_of(token, timezone.now())
        if found is None:
            if too_many(f"wrong:{client_address(request)}", WRONG_PER_MINUTE):
                return problem(429, "rate", _("试得太频繁，过一分钟再来"))
            return problem(401, "pass", _("上传凭证不对或已收回。重新登录后自动换新的"))
        if too_many(f"pass:{found.pk}", PER_MINUTE):
            answer = problem(429, "rate", _("传得太密，过一分钟接着传"))
            answer["Retry-After"] = "30"
            return answer
        if request.method != "POST":
            return served(request, found, kwargs)
        with field_pace.place() as free:
            pause = field_pace.turn(found.pk, time.time()) if free else -1000
            if pause < 0:
                answer = problem(429, "turn", _("很多手机在传，轮到时接着传"))
                answer["Retry-After"] = str(-(pause // 1000))
                return answer
            answer = served(request, found, kwargs)
            answer["Upload-Pause"] = str(pause)
            return answer

    def served(request, found, kwargs):
        request.actor = Actor.of(found.device.user, request.district)
        remember_author(user=found.device.user_id)
        try:
            answer = view(request, found, **kwargs)
        except Refused as refused:
            return problem(refused.status, refused.code, str(refused.message))
        answer["Cache-Control"] = "no-store"
        return answer

    return door


def outcome(one) -> dict:
    return {"state": one.state, "code": one.code, "sentence": one.sentence}


def state(found, actor) -> dict:
    row = Inspection.objects.select_related("facility__street", "signed_by").get(pk=found.inspection_id)
    return field_day.state_of(row, actor)


def _operations(request, found):
    """A batch of operations; what became of each, and of those named in `ask` that came before."""
    if int(request.headers.get("Content-Length") or 0) > rules.LARGEST_BATCH:
        return problem(413, "size", _("一次送来的内容太多"))
    try:
        body = json.loads(request.body)
        rows = body["operations"]
        if not isinstance(rows, list) or len(rows) > rules.BATCH:
            raise rules.Malformed("operations")
        asked = [str(rules.identity(one)) for one in body.get("ask", [])][: 5 * rules.BATCH]
        checked = [rules.operation(row) for row in rows]
    except rules.Malformed as bad:
        return problem(400, "malformed", _("手机送来的内容看不懂：%(place)s") % {"place": bad.place})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return problem(400, "malformed", _("手机送来的内容看不懂：%(place)s") % {"place": "JSON"})
    taken = field_log.take(found.inspection, found.device, checked, actor=request.actor)
    taken |= field_log.outcomes(found.inspection, found.device, asked)
    answer = {
        "outcomes": {uuid: outcome(one) for uuid, one in taken.items()},
        "visit": state(found, request.actor),
        "now": timezone.now().isoformat(),
    }
    return JsonResponse(answer)


def _file(request, found, sha256):
    """GET: how much of a file is here. POST: a piece at `Upload-Offset` of `Upload-Length` bytes."""
    try:
        rules.sha256(sha256)
        if request.method == "GET":
            one = field_files.progress(found.inspection, found.device, sha256)
            return JsonResponse({"received": one.received if one else 0, "done": bool(one and one.stored_id)})
        offset = rules.whole_number(request.headers.get("Upload-Offset"), "Upload-Offset")
        size = rules.whole_number(request.headers.get("Upload-Length"), "Upload-Length")
    except rules.Malformed as bad:
        return problem(400, "malformed", _("手机送来的内容看不懂：%(place)s") % {"place": bad.place})
    if int(request.headers.get("Content-Length") or 0) > rules.LARGEST_PIECE:
        return problem(413, "size", _("一次送来的内容太多"))
    one = field_files.take_piece(
        found.inspection,
        found.device,
        sha256,
        size=size,
        offset=offset,
        piece=request.body,
        actor=request.actor,
    )
    return JsonResponse({"received": one.received, "done": bool(one.stored_id)})


def _state(request, found):
    """How the visit stands, with what the others have sent, for a phone whose session is over."""
    return JsonResponse({"visit": state(found, request.actor), "now": timezone.now().isoformat()})


field_operations = csrf_exempt(require_POST(with_pass(_operations)))
field_file = csrf_exempt(require_http_methods(["GET", "POST"])(with_pass(_file)))
field_state = csrf_exempt(require_GET(with_pass(_state)))
