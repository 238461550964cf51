"""REST: token clients with scopes, the district of the token as scope, errors as problem+json (RFC 9457)."""

from __future__ import annotations

import orjson
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer

from portal.errors import Refused

PROBLEM = "application/problem+json"


def split_token(header: bytes) -> tuple[str, str] | None:
    """`Bearer sy_<district slug>_<secret>` -> (slug, whole token); None when there is no such header."""
    parts = header.split()
    if len(parts) != 2 or parts[0].lower() != b"bearer":
        return None
    token = parts[1].decode("ascii", "replace")
    pieces = token.split("_", 2)
    if len(pieces) != 3 or pieces[0] != "sy":
        return None
    return pieces[1], token


class TokenAuthentication(BaseAuthentication):
    """The scope of the token's district is open already (DistrictAPIView.dispatch)."""

    def authenticate(self, request):
        actor = getattr(request._request, "actor", None)
        return (actor.client, actor) if actor else None

    def authenticate_header(self, request):
        return "Bearer"


class HasScope(BasePermission):
    """The view's `scope` is among the client's."""

    def has_permission(self, request, view):
        if request.auth is None:
            raise exceptions.NotAuthenticated(_("这个接口要令牌：Authorization: Bearer sy_…"))
        if view.scope not in request.auth.client.scopes:
            raise exceptions.PermissionDenied(_("令牌没有 %(scope)s 权限") % {"scope": view.scope})
        return True


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data, accepted_media_type=None, renderer_context=None):
        if isinstance(data, bytes):
            return data
        return orjson.dumps(data) if data is not None else b""


def problem(exc, context):
    """DRF's exception handler: every error is a problem+json with a sentence, the field, and no stack trace."""
    body = {"type": "about:blank"}
    headers = {}
    if isinstance(exc, Refused):
        body |= {"status": exc.status, "title": _("没有受理"), "detail": str(exc.message), "code": exc.code}
        if exc.field:
            body["field"] = exc.field
    elif isinstance(exc, Http404):
        body |= {
            "status": 404,
            "title": _("没有找到"),
            "detail": _("这个地址下没有记录"),
            "code": "not_found",
        }
    elif isinstance(exc, PermissionDenied):
        body |= {
            "status": 403,
            "title": _("没有权限"),
            "detail": str(exc) or _("没有权限"),
            "code": "permission_denied",
        }
    elif isinstance(exc, exceptions.APIException):
        detail = exc.detail
        body |= {"status": exc.status_code, "title": str(exc.default_detail), "code": exc.default_code}
        if isinstance(detail, dict):
            body["errors"] = {
                key: [str(e) for e in (v if isinstance(v, list) else [v])] for key, v in detail.items()
            }
            body["detail"] = "；".join(f"{k}：{' '.join(v)}" for k, v in body["errors"].items())
        else:
            body["detail"] = str(detail[0] if isinstance(detail, list) else detail)
        if getattr(exc, "wait", None):
            headers["Retry-After"] = str(int(exc.wait))
        if getattr(exc, "auth_header", None):
            headers["WWW-Authenticate"] = exc.auth_header
    else:
        return None
    transaction.set_rollback(True) if transaction.get_connection().in_atomic_block else None
    return HttpResponse(orjson.dumps(body), status=body["status"], content_type=PROBLEM, headers=headers)
