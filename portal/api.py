"""The base of the REST views: the token's district is the scope, in one transaction."""

from __future__ import annotations

import hashlib
from datetime import date

import orjson
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers
from rest_framework.authentication import get_authorization_header
from rest_framework.views import APIView

from portal.access import Actor
from portal.authentication import OrjsonRenderer, split_token
from portal.errors import NotFound
from portal.middleware import SAFE, district_of
from portal.models.people import ApiClient
from portal.rules.rights import Role
from portal.tenancy import city_scope, district_scope, remember_author


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


def client_of(token: str, on: date) -> ApiClient | None:
    """The open district's client with this token on a day; as SQL, for every request of the API begins with it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, district_id, name, scopes FROM portal_apiclient WHERE token_sha256 = %s"
            " AND starts_on <= %s AND (ends_on IS NULL OR ends_on >= %s)",
            [hashlib.sha256(token.encode()).hexdigest(), on, on],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    names = ("id", "district_id", "name", "scopes")
    return ApiClient.from_db("default", names, (*row[:3], orjson.loads(row[3])))


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
            client = client_of(found[1], today)
            if client is not None:
                request.actor = Actor(district=district, client=client, roles=frozenset({Role.API_CLIENT}))
                request.district = district
                if request.method not in SAFE:
                    remember_author(client=client.pk)
            response = super().dispatch(request, *args, **kwargs)
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
            if response.status_code >= 400:
                transaction.set_rollback(True)
            return response


class CityAPIView(DistrictAPIView):
    """A view that reads all districts, for clients of the city; to those of a district it does not exist."""

    def dispatch(self, request, *args, **kwargs):
        found = split_token(get_authorization_header(request))
        city = district_of(found[0]) if found else None
        if city is None or not city.is_city:
            return super().dispatch(request, *args, **kwargs)
        with district_scope(city):
            client = client_of(found[1], timezone.localdate())
        if client is None:
            return super().dispatch(request, *args, **kwargs)
        request.actor = Actor(district=city, client=client, roles=frozenset({Role.API_CLIENT}))
        request.district = city
        with city_scope():
            response = APIView.dispatch(self, request, *args, **kwargs)
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
            return response

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if not request.auth.district.is_city and request.method in self.allowed_methods:
            raise NotFound(_("这是市级的接口，要市级的令牌"))
