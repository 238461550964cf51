"""Lays roles, row-level security, composite references and grants: after each migrate, by code, for all models.

Runs as the owner of the database (portal/management/commands/migrate.py). What is laid depends on the
models alone, so it can run again and again; `lay` skips the work when nothing changed.
"""

from __future__ import annotations

import hashlib

from django.apps import apps
from django.db import connection

from portal.tenancy import (
    ACROSS,
    APP,
    CITY,
    CLOSED_TABLES,
    COMMON_TABLES,
    PUBLIC,
    READER,
    SEARCH,
    SIGNIN,
    TenantForeignKey,
    TenantModel,
    TenantOneToOneField,
    Withheld,
)

OWN = "district_id = (SELECT current_setting('portal.district')::bigint)"
GROUP_ROLES = (READER, CITY, PUBLIC, SIGNIN, SEARCH, ACROSS)
#: SQL of search functions (portal/search.py and the apps register theirs): name -> statement.
FUNCTIONS: dict[str, str] = {}
#: A district sees its own memberships only; whether there are others is all that this function tells it.
FUNCTIONS["works_elsewhere"] = f"""
GRANT {CITY} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
GRANT CREATE ON SCHEMA public TO {CITY};
SET LOCAL ROLE {CITY};
CREATE OR REPLACE FUNCTION works_elsewhere(person bigint, day date) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (
    SELECT 1 FROM public.portal_membership
    WHERE user_id = person AND district_id <> current_setting('portal.district')::bigint
      AND (ends_on IS NULL OR ends_on >= day)
  )
$$;
REVOKE ALL ON FUNCTION works_elsewhere(bigint, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION works_elsewhere(bigint, date) TO {APP};
SET LOCAL ROLE NONE;
REVOKE CREATE ON SCHEMA public FROM {CITY};
"""


def tenant_models() -> list[type[TenantModel]]:
    return sorted(
        (
            m
            for m in apps.get_models(include_auto_created=True)
            if issubclass(m, TenantModel) and m._meta.managed
        ),
        key=lambda m: m._meta.db_table,
    )


def short(name: str) -> str:
    return name if len(name) <= 63 else f"{name[:54]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def references(model) -> list:
    kinds = (TenantForeignKey, TenantOneToOneField)
    return [f for f in model._meta.local_concrete_fields if isinstance(f, kinds)]


def policy_statements(model) -> list[str]:
    table = model._meta.db_table
    policies = [
        f"CREATE POLICY own ON {table} TO {APP} USING ({OWN}) WITH CHECK ({OWN})",
        f"CREATE POLICY reader ON {table} FOR SELECT TO {READER} USING ({OWN})",
        f"CREATE POLICY city ON {table} FOR SELECT TO {CITY} USING (true)",
    ]
    if model.public_rows is not None:
        policies.append(f"CREATE POLICY public ON {table} FOR SELECT TO {PUBLIC} USING ({model.public_rows})")
    if model._meta.label == "portal.Membership":
        policies.append(
            f"CREATE POLICY signin ON {table} FOR SELECT TO {SIGNIN}"
            " USING (user_id = (SELECT current_setting('portal.user')::bigint))"
        )
    if getattr(model, "search_rows", False):
        policies.append(f"CREATE POLICY search ON {table} FOR SELECT TO {SEARCH} USING (true)")
    if model.across_columns:
        policies.append(f"CREATE POLICY across ON {table} FOR SELECT TO {ACROSS} USING (true)")
    if model.across_log:
        policies.append(f"CREATE POLICY across_log ON {table} FOR INSERT TO {ACROSS} WITH CHECK (true)")
    names = ", ".join(f"'{p.split()[2]}'" for p in policies)
    drop = (
        f"DO $$ DECLARE p record; BEGIN FOR p IN SELECT policyname FROM pg_policies WHERE schemaname = 'public'"
        f" AND tablename = '{table}' LOOP EXECUTE format('DROP POLICY %I ON {table}', p.policyname);"
        f" END LOOP; END $$ /* {names} */"
    )
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        drop,
        *policies,
    ]


def public_columns(model) -> str:
    """` (id, district_id, …)`, or nothing where all columns are public."""
    return "" if model.public_columns is None else columns(model, model.public_columns)


def columns(model, fields: tuple[str, ...]) -> str:
    names = (model._meta.pk.name, "district", *fields)
    return f" ({', '.join(model._meta.get_field(name).column for name in names)})"


def read_columns(model) -> str:
    """` (id, district_id, …)`: what the reading roles are granted, or nothing where that is the whole table."""
    fields = model._meta.local_concrete_fields
    if not any(isinstance(field, Withheld) for field in fields):
        return ""
    return f" ({', '.join(field.column for field in fields if not isinstance(field, Withheld))})"


def grant_statements(model) -> list[str]:
    table = model._meta.db_table
    rights = "SELECT, INSERT" if model.append_only else "SELECT, INSERT, UPDATE, DELETE"
    statements = [
        f"REVOKE ALL ON {table} FROM {APP}, {', '.join(GROUP_ROLES)}",
        f"GRANT {rights} ON {table} TO {APP}",
        f"GRANT SELECT{read_columns(model)} ON {table} TO {READER}, {CITY}",
    ]
    if model.public_rows is not None:
        statements.append(f"GRANT SELECT{public_columns(model)} ON {table} TO {PUBLIC}")
    if model._meta.label == "portal.Membership":
        statements.append(f"GRANT SELECT ON {table} TO {SIGNIN}")
    if getattr(model, "search_rows", False):
        statements.append(f"GRANT SELECT{read_columns(model)} ON {table} TO {SEARCH}")
    if model.across_columns:
        statements.append(f"GRANT SELECT{columns(model, model.across_columns)} ON {table} TO {ACROSS}")
    if model.across_log:
        statements.append(f"GRANT INSERT ON {table} TO {ACROSS}")
    return statements


def key_statements(model) -> list[str]:
    """The unique pair that composite references point at."""
    table = model._meta.db_table
    name = short(f"{table}_district_key")
    return [
        f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{name}') THEN"
        f" ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE (district_id, {model._meta.pk.column}); END IF; END $$"
    ]


def reference_statements(model) -> list[str]:
    table = model._meta.db_table
    statements = []
    for field in references(model):
        target, column = field.related_model._meta, field.column
        name = short(f"{table}_{column}_same_district")
        statements.append(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{name}') THEN"
            f" ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (district_id, {column})"
            f" REFERENCES {target.db_table} (district_id, {target.pk.column}) DEFERRABLE INITIALLY DEFERRED;"
            f" END IF; END $$"
        )
        statements += index_statements(model, field)
    return statements


def index_statements(model, field) -> list[str]:
    """The index of a reference: none where a declared one begins alike, and where it may be empty without the empty
    ones. Each index that a row is not written into is a fortieth of what an import costs."""
    table, column = model._meta.db_table, field.column
    full, given = short(f"{table}_{column}_district_idx"), short(f"{table}_{column}_given_idx")
    if covered(model, field):
        return [f"DROP INDEX IF EXISTS {full}, {given}"]
    if not field.null:
        return [f"CREATE INDEX IF NOT EXISTS {full} ON {table} (district_id, {column})"]
    return [
        f"DROP INDEX IF EXISTS {full}",
        f"CREATE INDEX IF NOT EXISTS {given} ON {table} (district_id, {column}) WHERE {column} IS NOT NULL",
    ]


def covered(model, field) -> bool:
    """Whether a declared index, of all rows, begins with the district and this reference."""
    declared = [list(i.fields) for i in model._meta.indexes if i.condition is None]
    declared += [list(c.fields) for c in model._meta.total_unique_constraints]
    return any(fields[:2] == ["district", field.name] for fields in declared)


def vouched_for(models: list) -> set:
    """Models whose district another row vouches for: each of their rows refers, by a pair with the district, to a row
    that must be there, whose own district is a district in turn. What refers in a circle vouches for nobody."""
    needed = {
        model: {
            f.related_model
            for f in references(model)
            if not f.null and not model.outlives and f.related_model != model
        }
        for model in models
    }
    grounded = {model for model in models if not needed[model] and not model.outlives}
    found: set = set()
    while more := {m for m in models if m not in found and needed[m] & (grounded | found)}:
        found |= more
    return found


def district_statements(model) -> list[str]:
    """Takes Django's own reference to the district away, where `vouched_for`: it would be checked row by row, once
    more, for each row that is written, and a third of an import's time goes into such checks."""
    table = model._meta.db_table
    return [
        f"DO $$ DECLARE c record; BEGIN FOR c IN SELECT conname FROM pg_constraint WHERE contype = 'f'"
        f" AND conrelid = '{table}'::regclass AND confrelid = 'portal_district'::regclass AND cardinality(conkey) = 1"
        f" LOOP EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', c.conname); END LOOP; END $$"
    ]


def role_statements() -> list[str]:
    statements = []
    for role in (APP, *GROUP_ROLES):
        statements.append(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN"
            f" CREATE ROLE {role} NOLOGIN NOINHERIT; END IF; END $$"
        )
    for role in (READER, CITY, PUBLIC, SIGNIN):
        statements.append(f"GRANT {role} TO {APP} WITH INHERIT FALSE, SET TRUE")
    statements.append(f"GRANT USAGE ON SCHEMA public TO {', '.join((APP, *GROUP_ROLES))}")
    return statements


def common_statements() -> list[str]:
    statements = []
    for table in sorted(CLOSED_TABLES):
        statements.append(
            f"DO $$ BEGIN IF to_regclass('public.{table}') IS NOT NULL THEN"
            f" REVOKE ALL ON {table} FROM {APP}, {', '.join(GROUP_ROLES)};"
            f" GRANT SELECT, INSERT, DELETE ON {table} TO {ACROSS}; END IF; END $$"
        )
    for table in COMMON_TABLES:
        if table in CLOSED_TABLES:
            continue
        rights = (
            "SELECT"
            if table in ("django_migrations", "auth_permission", "django_content_type")
            else ("SELECT, INSERT, UPDATE, DELETE")
        )
        statements.append(
            f"DO $$ BEGIN IF to_regclass('public.{table}') IS NOT NULL THEN"
            f" GRANT {rights} ON {table} TO {APP}; REVOKE ALL ON {table} FROM {', '.join(GROUP_ROLES)};"
            f" END IF; END $$"
        )
    user = apps.get_model("portal", "User")
    statements.append(f"GRANT SELECT{read_columns(user)} ON {user._meta.db_table} TO {READER}, {CITY}")
    for table in ("portal_district", "django_content_type", "auth_permission"):
        statements.append(f"GRANT SELECT ON {table} TO {READER}, {CITY}")
    statements.append(f"GRANT SELECT ON portal_district TO {PUBLIC}, {SIGNIN}")
    statements.append(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP}")
    return statements


def statements() -> list[str]:
    models = tenant_models()
    parts = [*role_statements(), *common_statements()]
    for build in (policy_statements, grant_statements, key_statements):
        for model in models:
            if not (build is key_statements and model.outlives):
                parts += build(model)
    for model in models:
        parts += reference_statements(model)
    for model in sorted(vouched_for(models), key=lambda m: m._meta.db_table):
        parts += district_statements(model)
    parts += [FUNCTIONS[name] for name in sorted(FUNCTIONS)]
    return parts


def lift_force() -> None:
    """For the time of a migration the owner must see rows: adding a constraint scans the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relforcerowsecurity AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')


def laid(fingerprint: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('django_migrations'::regclass)")
        return cursor.fetchone()[0] == fingerprint


def fingerprint(parts: list[str]) -> str:
    return "policies " + hashlib.sha256("\n".join(parts).encode()).hexdigest()


def lay(*, force: bool = False) -> bool:
    """Lays everything in the current transaction; False when it stood already."""
    parts = statements()
    mark = fingerprint(parts)
    if not force and laid(mark):
        return False
    with connection.cursor() as cursor:
        for statement in parts:
            cursor.execute(statement)
        cursor.execute(f"COMMENT ON TABLE django_migrations IS '{mark}'")
    return True
