"""Every table of a district: another district, no district and a raw foreign id get nothing and write nothing."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, models, transaction

from portal import policies
from portal.tenancy import (
    COMMON_TABLES,
    ScopeError,
    TenantForeignKey,
    TenantOneToOneField,
    city_scope,
    district_scope,
    public_scope,
)
from tests.rows import make, values_for

MODELS = policies.tenant_models()
pytestmark = pytest.mark.django_db


def names(model):
    return model._meta.label


def refused(statement):
    """The statement raises, and the transaction goes on."""
    with pytest.raises(DatabaseError), transaction.atomic():
        statement()


def now():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def other_value(model):
    """A column that can be updated to itself: what an attacker would try first."""
    return {model._meta.pk.attname: models.F(model._meta.pk.attname)}


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_another_district_sees_and_changes_nothing(model, cast):
    with district_scope(cast.minhang):
        row = make(model)
        assert model.objects.filter(pk=row.pk).exists()
        assert row.district_id == cast.minhang.pk
    with district_scope(cast.jinshan):
        assert not model.objects.filter(pk=row.pk).exists()
        assert not model.objects.filter(district_id=cast.minhang.pk).exists()
        if not model.append_only:
            assert model.objects.filter(pk=row.pk).update(**other_value(model)) == 0
            assert model.objects.filter(pk=row.pk)._raw_delete(model.objects.db) == 0
        values = values_for(model)
        refused(lambda: model.objects.create(**values, district_id=cast.minhang.pk))
    with district_scope(cast.minhang):
        assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_without_a_district_everything_is_an_error(model, cast):
    with district_scope(cast.minhang):
        make(model)
    refused(lambda: list(model.objects.all()[:1]))
    refused(lambda: model.objects.count())


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_the_reading_role_reads_one_district_and_writes_nothing(model, cast):
    with district_scope(cast.minhang):
        row = make(model)
        values = values_for(model)
    with district_scope(cast.minhang, read_only=True):
        assert model.objects.filter(pk=row.pk).exists()
        refused(lambda: model.objects.create(**values))
        refused(lambda: model.objects.filter(pk=row.pk).update(**other_value(model)))
        refused(lambda: model.objects.filter(pk=row.pk)._raw_delete(model.objects.db))
    with district_scope(cast.jinshan, read_only=True):
        assert not model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_the_city_reads_all_districts_and_writes_in_none(model, cast):
    with district_scope(cast.minhang):
        row = make(model)
        values = values_for(model)
    with district_scope(cast.jinshan):
        other = make(model)
    with city_scope():
        assert model.objects.filter(pk__in=[row.pk, other.pk]).count() == 2
        refused(lambda: model.objects.create(**values, district_id=cast.minhang.pk))
        refused(lambda: model.objects.filter(pk=row.pk).update(**other_value(model)))
        refused(lambda: model.objects.filter(pk=row.pk)._raw_delete(model.objects.db))


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_people_without_sign_in_read_published_rows_only(model, cast):
    with district_scope(cast.minhang):
        row = make(model)
    with public_scope():
        if model.public_rows is None:
            refused(lambda: list(model.objects.all()[:1]))
        elif model.public_rows != "true":
            assert not model.objects.filter(pk=row.pk).exists()
        if model.public_rows is not None:
            refused(lambda: model.objects.filter(pk=row.pk).update(**other_value(model)))


@pytest.mark.parametrize("model", [m for m in MODELS if m.public_columns is not None], ids=names)
def test_people_without_sign_in_read_the_public_columns_only(model, cast):
    public = {model._meta.pk.attname, "district_id"}
    public |= {model._meta.get_field(name).attname for name in model.public_columns}
    with public_scope():
        assert len(model.objects.order_by("pk").values(*sorted(public))[:1]) <= 1
        for field in model._meta.local_concrete_fields:
            if field.attname not in public:
                refused(lambda name=field.attname: list(model.objects.order_by("pk").values_list(name)[:1]))


def test_what_people_wrote_and_what_is_secret_is_not_public():
    hidden = {
        "facilities.Facility": {"head", "grade", "credit_code", "search_text"},
        "inspections.Inspection": {"present", "objection", "summary", "reason", "cancel_note", "finished_by"},
        "inspections.Finding": {"text"},
    }
    for label, fields in hidden.items():
        assert not fields & set(apps.get_model(label).public_columns)


REFERENCES = [(m, f) for m in MODELS for f in policies.references(m)]


@pytest.mark.parametrize(
    ("model", "field"), REFERENCES, ids=[f"{m._meta.label}.{f.name}" for m, f in REFERENCES]
)
def test_a_raw_foreign_id_is_refused_by_the_database(model, field, cast):
    with district_scope(cast.jinshan):
        foreign = make(field.related_model)
    with district_scope(cast.minhang):
        values = values_for(model)
        values.pop(field.name, None)

        def write():
            model.objects.bulk_create([model(**values, **{field.attname: foreign.pk})])
            now()

        with pytest.raises(IntegrityError), transaction.atomic():
            write()


def test_references_between_tables_of_a_district_are_all_composite():
    """But those of the history, which outlives what it tells of and has no constraint at all."""
    plain = [
        f"{m._meta.label}.{f.name}"
        for m in MODELS
        if not m.outlives
        for f in m._meta.local_concrete_fields
        if isinstance(f, models.ForeignKey)
        and f.related_model in MODELS
        and not isinstance(f, TenantForeignKey | TenantOneToOneField)
    ]
    assert plain == []
    assert not any(
        f.db_constraint for m in MODELS if m.outlives for f in m._meta.local_concrete_fields if f.is_relation
    )


def test_every_table_is_a_districts_or_on_the_list_of_common_ones():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = {row[0] for row in cursor.fetchall()}
    of_districts = {m._meta.db_table for m in MODELS}
    assert tables - of_districts - set(COMMON_TABLES) == set()
    assert all(reason for reason in COMMON_TABLES.values())
    assert all(not m._meta.auto_created for m in apps.get_models(include_auto_created=True) if m in MODELS)


def test_security_is_enabled_and_forced_and_compares_by_a_subselect():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
            " AND relnamespace = 'public'::regnamespace"
        )
        forced = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT tablename, policyname, roles::text, cmd, qual, with_check FROM pg_policies")
        rows = cursor.fetchall()
    assert forced == {m._meta.db_table for m in MODELS}
    own = {row[0]: row for row in rows if row[1] == "own"}
    assert set(own) == forced
    for _table, _name, roles, command, qual, check in own.values():
        assert (roles, command) == ("{portal_app}", "ALL")
        assert qual == check
        assert "SELECT (current_setting('portal.district'::text))::bigint" in qual
    others = {(row[1], row[2], row[3]) for row in rows if row[1] != "own"}
    assert ("across_log", "{portal_across}", "INSERT") in others, (
        "a log that another district's request writes"
    )
    assert {command for name, _role, command in others if name != "across_log"} == {"SELECT"}
    assert {row[0] for row in rows if row[1] == "across_log"} == {
        "facilities_handovergiven",
        "targets_cycleletter",
    }


def test_the_application_is_neither_owner_nor_superuser_nor_inherits_a_role():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolinherit, rolcreaterole, rolcreatedb"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'portal_%%' AND (rolsuper OR rolbypassrls)", []
        )
        assert cursor.fetchone() == (0,)


def test_what_is_only_added_to_cannot_be_changed(cast):
    for model in [m for m in MODELS if m.append_only]:
        with district_scope(cast.minhang):
            row = make(model)
            with pytest.raises(ProgrammingError), transaction.atomic():
                model.objects.filter(pk=row.pk).update(**other_value(model))
            with pytest.raises(ProgrammingError), transaction.atomic():
                model.objects.filter(pk=row.pk)._raw_delete(model.objects.db)


def test_one_transaction_has_one_district(cast):
    with district_scope(cast.minhang), pytest.raises(ScopeError), district_scope(cast.jinshan):
        pass


def test_laying_the_policies_again_changes_nothing():
    assert policies.fingerprint(policies.statements()) == policies.fingerprint(policies.statements())
    assert policies.laid(policies.fingerprint(policies.statements()))
