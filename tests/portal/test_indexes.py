"""Every index that serves a district's list starts with the district; what does not has its reason."""

import re

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
    "inspections_licencephoto_inspector_id_key": "one photograph per inspector: unique, read with the inspector",
    "inspections_visitrating_inspection_id_key": "one rating per visit: unique, read with the visit",
    "inspections_resultreview_inspection_id_key": "one result per visit: unique, read with the visit",
    "inspections_doubledraw_inspection_id_key": "one draw per visit: unique, read with the visit",
    "inspections_selection_case_id_key": "one selection per evaluation: unique, read with the evaluation",
    "portal_importstaged_run_id_key": "the rows of one import: unique, read with the import",
    "inspections_gradedecision_proposal_id_key": "one decision per proposal: unique, read with the proposal",
    "inspections_fieldoutcome_operation_id_key": "one outcome per operation: unique, read with the operation",
    "targets_lettertaken_letter_id_key": "a letter is taken once: unique, read with the letter",
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


HOLDS = """
    SELECT c.conrelid::regclass::text, c.confrelid::regclass::text,
           bool_and(a.attnotnull) AND NOT c.conrelid = c.confrelid AS needed
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
    WHERE c.contype = 'f' AND c.convalidated AND EXISTS (
        SELECT FROM pg_attribute d WHERE d.attrelid = c.conrelid AND d.attnum = ANY(c.conkey) AND d.attname = 'district_id'
    ) GROUP BY c.oid, c.conrelid, c.confrelid
"""


def test_every_districts_row_is_of_a_district_that_there_is():
    """By a reference of its own to the list, or by one that must be there, to a row of which that is true."""
    with connection.cursor() as cursor:
        cursor.execute(HOLDS)
        needed = [(table, target) for table, target, needed in cursor.fetchall() if needed]
    sure = {"portal_district"}
    while more := {table for table, target in needed if target in sure} - sure:
        sure |= more
    tables = {model._meta.db_table for model in policies.tenant_models() if not model.outlives}
    assert tables - sure == set()
    checked_twice = {table for table, target in needed if target == "portal_district"} & {
        table for table, target in needed if target != "portal_district"
    }
    assert checked_twice == set()


def test_each_composite_reference_has_its_index():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        found = cursor.fetchall()
    for model in policies.tenant_models():
        for field in policies.references(model):
            begins = re.compile(rf"\(district_id, {field.column}[,)]")
            given = f" WHERE ({field.column} IS NOT NULL)"
            own = [d for t, d in found if t == model._meta.db_table and begins.search(d)]
            own = [d for d in own if " WHERE " not in d or (field.null and d.endswith(given))]
            assert own, f"{model} {field.name}"
            assert len([d for d in own if "_district_idx" in d or "_given_idx" in d]) <= 1
