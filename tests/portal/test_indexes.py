"""Every index that serves a district's list starts with the district; what does not has its reason."""

import pytest
from django.db import connection

from portal import policies

pytestmark = pytest.mark.django_db

INDEXES = """
    SELECT t.relname, i.relname, am.amname, a.attname,
           (SELECT f.confrelid::regclass::text FROM pg_constraint f
            WHERE f.conrelid = t.oid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]) AS refers_to
    FROM pg_index x
    JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_am am ON am.oid = i.relam
    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
    WHERE t.relnamespace = 'public'::regnamespace AND NOT x.indisprimary
"""
#: Tables common to all districts: a reference to them is looked up across districts (sign-in, a person's deletion).
COMMON = {"portal_user", "auth_permission"}
REASONS = {
    "facilities_trainingsignup_record_id_key": "one place per record of hours: unique, read from the place",
    "facilities_attendancecertificate_sign_up_id_key": "one certificate per place: unique, read with the place",
    "portal_importstaged_run_id_key": "the rows of one import: unique, read with the import",
    "facility_search": "read by the search function, which goes past the policies and filters the district itself",
    "staff_search": "the same",
    "facilities_kindergarten_facility_id_key": "one nursery class per kindergarten: unique, read by nobody",
}


def test_an_index_of_a_districts_table_starts_with_the_district():
    tables = {model._meta.db_table for model in policies.tenant_models()}
    with connection.cursor() as cursor:
        cursor.execute(INDEXES)
        rows = [row for row in cursor.fetchall() if row[0] in tables]
    assert len(rows) > 100
    others = {
        name: (table, column)
        for table, name, _kind, column, refers_to in rows
        if column != "district_id" and refers_to not in COMMON
    }
    assert {name: place for name, place in others.items() if name not in REASONS} == {}
    assert set(REASONS) <= set(others)


def test_each_composite_reference_has_its_index():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        found = cursor.fetchall()
    for model in policies.tenant_models():
        for field in policies.references(model):
            pair = f"(district_id, {field.column})"
            assert any(t == model._meta.db_table and d.endswith(pair) for t, d in found), (
                f"{model} {field.name}"
            )
