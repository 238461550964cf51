"""What the reading roles may not read: the same through SQL as the role, the ORM, and the city in the browser."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from portal import policies
from portal.models import ApiClient, User
from portal.services import people
from portal.tenancy import (
    COMMON_TABLES,
    SEARCH,
    Withheld,
    city_scope,
    district_scope,
    public_scope,
    signin_scope,
)
from tests.facilities import factories

pytestmark = pytest.mark.django_db

#: table -> columns that no reading role may have, written out once more so that a field cannot lose them quietly
SECRET = {
    "portal_user": {"password"},
    "portal_apiclient": {"token_sha256"},
    "portal_importstaged": {"rows", "remarks", "tried", "secrets"},
    "facilities_staffmember": {"identity", "phone"},
    "facilities_applicant": {"phone", "token_sha256"},
    "facilities_bandecision": {"identity"},
    "facilities_handover": {"identity"},
    "facilities_childrecord": {
        "name",
        "name_hash",
        "born_on",
        "identity",
        "identity_hash",
        "address",
        "allergies",
        "history",
    },
    "facilities_parentrecord": {"name", "name_hash", "phone", "phone_hash"},
    "facilities_healthcertificate": {"medical_notes"},
    "facilities_volunteer": {"identity", "phone"},
    "guidance_eventsignup": {"card_hash", "nonce", "phone", "phone_hash"},
    "guidance_lecturer": {"phone"},
    "guidance_resourcesubscription": {"nonce", "phone", "phone_hash"},
    "guidance_guidedchild": {"card_hash"},
    "guidance_newborn": {"list_number"},
    "guidance_newbornvisit": {"note"},
    "targets_noticeobjection": {"contact", "name"},
    "inspections_complaint": {"code_hash", "name", "name_hash", "phone"},
    "inspections_drawchain": {"secret"},
    "inspections_draw": {"evidence"},
    "inspections_visitcode": {"nonce"},
    "inspections_watchchain": {"secret"},
    "inspections_watchlist": {"evidence"},
    "inspections_fielddevice": {"key"},
    "inspections_fieldpass": {"token_sha256"},
}
ROLES = ("portal_reader", "portal_city", "portal_public", "portal_signin", "portal_search")
#: Common tables with sessions, sign-ins and grants: no reading role sees any of it.
CLOSED = sorted(
    set(COMMON_TABLES) - {"portal_user", "portal_district", "django_content_type", "auth_permission"}
)


def scopes(cast):
    return {
        "portal_reader": lambda: district_scope(cast.minhang, read_only=True),
        "portal_city": city_scope,
        "portal_public": public_scope,
        "portal_signin": lambda: signin_scope(cast.bureau.pk),
    }


def refused(statement: str):
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_fields_that_are_withheld_are_the_secrets_that_there_are():
    found = {}
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, Withheld):
                found.setdefault(model._meta.db_table, set()).add(field.column)
    assert found == SECRET


@pytest.mark.parametrize("role", ROLES)
def test_the_catalogue_of_the_database_grants_no_secret_column(role):
    with connection.cursor() as cursor:
        for table, columns in SECRET.items():
            for column in columns:
                cursor.execute("SELECT has_column_privilege(%s, %s, %s, 'SELECT')", [role, table, column])
                assert cursor.fetchone() == (False,), (role, table, column)
        for table in CLOSED:
            cursor.execute("SELECT has_any_column_privilege(%s, %s, 'SELECT')", [role, table])
            assert cursor.fetchone() == (False,), (role, table)


@pytest.mark.parametrize("role", [role for role in ROLES if role != SEARCH])
def test_sql_as_the_role_reads_no_secret(role, cast):
    with district_scope(cast.minhang):
        factories.employment(cast.facility)
    with scopes(cast)[role]():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (role,)
        for table, columns in SECRET.items():
            for column in columns:
                refused(f"SELECT {column} FROM {table}")
                refused(f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL")
            refused(f"SELECT * FROM {table}")
            refused(f"SELECT to_jsonb(t) FROM {table} t")
        for table in CLOSED:
            refused(f"SELECT 1 FROM {table}")


@pytest.mark.parametrize("role", ["portal_reader", "portal_city"])
def test_the_rest_of_the_row_is_read_as_ever(role, cast):
    with district_scope(cast.minhang):
        work = factories.employment(cast.facility)
        made, _token = people.create_client(
            name="示例系统",
            scopes=["facilities:read"],
            actor=cast.actor("system_admin"),
            on=timezone.localdate(),
        )
        assert work.staff.identity and ApiClient.objects.get(pk=made.pk).token_sha256
    with scopes(cast)[role]():
        user = User.objects.get(pk=cast.bureau.pk)
        assert user.name == "示例bureau" and user.password is None
        client = ApiClient.objects.select_related("created_by").get(pk=made.pk)
        assert (
            client.name == "示例系统" and client.token_sha256 is None and client.created_by.password is None
        )
        member = type(work.staff).objects.get(pk=work.staff_id)
        assert member.name == work.staff.name and member.identity is None and member.phone is None
        assert list(User.objects.filter(pk=cast.bureau.pk).values_list("password", flat=True)) == [None]
        with pytest.raises(DatabaseError), transaction.atomic():
            User.objects.filter(password__startswith="argon2").exists()
    assert User.objects.get(pk=cast.bureau.pk).password == "!"


def test_the_city_sees_a_member_of_staff_without_the_number(cast, client):
    with district_scope(cast.minhang):
        work = factories.employment(cast.facility)
    client.force_login(cast.city_officer)
    page = client.get(f"/minhang/staff/{work.staff_id}/")
    assert page.status_code == 200
    text = page.content.decode()
    assert work.staff.code in text
    assert work.staff.identity not in text and work.staff.identity[-4:] not in text
    client.force_login(cast.bureau)
    assert work.staff.identity[-4:] in client.get(f"/minhang/staff/{work.staff_id}/").content.decode()


def test_laying_the_grants_takes_away_what_was_granted_before():
    """As an installation of the first days has it: the whole table granted to the reading roles."""
    statements = policies.common_statements() + [
        s for model in policies.tenant_models() for s in policies.grant_statements(model)
    ]
    for table, columns in SECRET.items():
        about = [s for s in statements if f" ON {table} " in s or f" ON {table}\n" in s]
        revoked = next(i for i, s in enumerate(about) if "REVOKE ALL" in s and "portal_reader" in s)
        granted = next(
            i for i, s in enumerate(about) if s.startswith("GRANT SELECT (") and "portal_reader" in s
        )
        assert revoked < granted
        assert not columns & set(about[granted].split("(")[1].split(")")[0].split(", "))
