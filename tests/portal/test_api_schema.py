"""The served description of the API is what is served: by address, and by a few hundred generated requests."""

from __future__ import annotations

import re

import pytest
import yaml
from django.test import Client
from django.utils import timezone
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from portal.access import Actor
from portal.rules.rights import Role
from portal.services import people
from portal.tenancy import district_scope
from tests import cast as casting
from tests.portal.access.rows import Rest
from tests.portal.access_table import TABLE
from tests.portal.test_access import patterns


def served() -> dict:
    return yaml.safe_load(Client().get("/api/v1/schema/").content)


@pytest.mark.django_db
def test_each_address_is_described_and_each_described_one_is_there():
    addresses = {
        "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
        for name, path in patterns()
        if name in {row.url for row in TABLE if isinstance(row, Rest)}
    }
    paths = {re.sub(r"\{(?:id|pk)\}", "{pk}", path) for path in served()["paths"]}
    assert paths == addresses


@pytest.mark.django_db
def test_no_two_shapes_share_a_name():
    """The generator would put one in the place of the other, or make up a name, and only warn (portal/settings.py)."""
    reset_generator_stats()
    SchemaGenerator().get_schema(request=None, public=True)
    faults = re.compile("identical names|enum naming|multiple names")
    assert [words for words in GENERATOR_STATS._warn_cache if faults.search(words)] == []


def test_each_operation_says_what_it_refuses_and_how():
    schema = served()
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if method == "parameters":
                continue
            answers = operation["responses"]
            assert {"200", "400", "401", "403"} <= set(answers), path
            for code, answer in answers.items():
                if code >= "400":
                    assert list(answer["content"]) == ["application/problem+json"], (path, code)
            assert operation["summary"] and operation["security"], path


@pytest.mark.long
def test_generated_requests_are_answered_as_described(world):
    """Good and bad ones, over a real server: no crash, no status, type or content that the description lacks."""
    import schemathesis
    from schemathesis.specs.openapi import checks

    cast = casting.make()
    with district_scope(cast.minhang):
        admin = Actor(cast.minhang, cast.system_admin, roles=frozenset({Role.SYSTEM_ADMIN}))
        _made, token = people.create_client(
            name="walk", scopes=list(people.SCOPES), actor=admin, on=timezone.localdate()
        )
    url = world.start_web()
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/schema/")
    looked_at = (
        schemathesis.checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    )
    tried = 0
    for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
        for found in schema.get_all_operations():
            operation = found.ok()

            @hypothesis_settings(
                max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck)
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def walk(case):
                nonlocal tried
                tried += 1
                case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=looked_at)

            walk()
    assert tried > 100
