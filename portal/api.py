"""The base of the REST views: the token's district is the scope, in one transaction."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers
from rest_framework.authentication import get_authorization_header
from rest_framework.views import APIView

from portal.access import Actor
from portal.authentication import OrjsonRenderer, split_token
from portal.middleware import district_of
from portal.models.people import ApiClient
from portal.rules.rights import Role
from portal.tenancy import district_scope


class TokenScheme(OpenApiAuthenticationExtension):
    """How the schema tells a client to sign in."""

    target_class = "portal.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "Bearer sy_<district>_<secret>"}


class Problem(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    status = serializers.IntegerField()
    title = serializers.CharField()
    detail = serializers.CharField()
    code = serializers.CharField()
    field = serializers.CharField(required=False)


#: What every list may answer beside its rows, for extend_schema.
PROBLEMS = {(status, "application/problem+json"): Problem for status in (400, 401, 403)}


class DistrictAPIView(APIView):
    """A view in the scope of the token's district; everything it wrote is undone when it answers 400 or more."""

    scope: str = ""
    renderer_classes = [OrjsonRenderer]

    def dispatch(self, request, *args, **kwargs):
        found = split_token(get_authorization_header(request))
        district = district_of(found[0]) if found else None
        if district is None:
            return super().dispatch(request, *args, **kwargs)
        with district_scope(district):
            today = timezone.localdate()
            client = (
                ApiClient.objects.filter(token_sha256=hashlib.sha256(found[1].encode()).hexdigest())
                .current(today)
                .first()
            )
            if client is not None:
                request.actor = Actor(district=district, client=client, roles=frozenset({Role.API_CLIENT}))
                request.district = district
            response = super().dispatch(request, *args, **kwargs)
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
            if response.status_code >= 400:
                transaction.set_rollback(True)
            return response
