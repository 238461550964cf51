"""The one place that sets the district; docs/tenancy.md tells it as prose.

A district's rows are sealed off by Postgres itself: every table of a `TenantModel` has `district_id`,
filled in by the database from the setting `portal.district`, and row-level security that compares the two.
The setting lives as long as the transaction that `district_scope` opens. It is opened at four doors: the
request (portal/middleware.py), the task (portal/tasks.py), the command and the test. No scope is an error.

Four more roles are taken on with the scope, each with policies of its own:

=============  ==========================================================================
portal_reader  reads one district and writes nothing (the city looking at a district, auditors)
portal_city    reads all districts at once and writes nothing (the city's comparisons)
portal_public  reads published rows of all districts (pages without sign-in)
portal_signin  reads the memberships of the person who signs in, in all districts
=============  ==========================================================================
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db import connection, models, transaction
from django.db.models import Func, Q, Value
from django.db.models.expressions import DatabaseDefault
from django.db.models.functions import Cast
from django.utils.encoding import force_str

from portal.rules.rights import Reach

APP, READER, CITY, PUBLIC, SIGNIN, SEARCH, ACROSS = (
    "portal_app",
    "portal_reader",
    "portal_city",
    "portal_public",
    "portal_signin",
    "portal_search",
    "portal_across",
)

#: Tables common to all districts, each with its reason; everything else is under row-level security.
COMMON_TABLES = {
    "portal_user": "a person signs in once and may hold memberships in several districts",
    "portal_district": "the list of tenants itself; public knowledge",
    "portal_shippedfile": "which reference files were loaded; holds no district's data",
    "facilities_ban": "a lifelong ban holds in every district: the hash of an identity number and nothing else; no role"
    " of the application reads or writes it, only functions of the database (facilities/across.py)",
    "django_session": "sessions belong to users",
    "django_content_type": "Django's list of models",
    "django_migrations": "Django's list of migrations",
    "auth_permission": "Django's list of permissions",
    "auth_group": "Django's table, unused",
    "auth_group_permissions": "Django's table, unused",
    "portal_user_groups": "Django's table, unused",
    "portal_user_user_permissions": "Django's table, unused",
    "guardian_userobjectpermission": "guardian's generic table, unused: grants stand in tables of the district",
    "guardian_groupobjectpermission": "guardian's generic table, unused",
    "pghistory_context": "the history library's own table, unused: who did it stands in the rows of the history",
    "axes_accessattempt": "failed sign-ins, before any district is known",
    "axes_accessattemptexpiration": "failed sign-ins, before any district is known",
    "axes_accesslog": "sign-ins, before any district is known",
    "axes_accessfailurelog": "failed sign-ins, before any district is known",
}

#: Of these the application itself has no right at all.
CLOSED_TABLES = {"facilities_ban"}

DISTRICT_SETTING = "portal.district"
#: Roles that look and do nothing else: they are not granted what is `Withheld`.
READING = (READER, CITY, SEARCH)


@dataclass(frozen=True)
class Scope:
    """What the open transaction may see: a district's id (None for all or none) and the role taken on."""

    district_id: int | None
    role: str
    user_id: int | None = None


_scope: ContextVar[Scope | None] = ContextVar("portal_scope", default=None)


class ScopeError(RuntimeError):
    """Code asked for a second district within one transaction."""


def current_scope() -> Scope | None:
    return _scope.get()


def _set(scope: Scope | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('portal.district', %s, true), set_config('portal.user', %s, true),"
            " set_config('role', %s, true), set_config('pghistory.context_metadata', '', true)",
            [
                str(scope.district_id) if scope and scope.district_id else "",
                str(scope.user_id) if scope and scope.user_id else "",
                scope.role if scope and scope.role != APP else "none",
            ],
        )


@contextmanager
def _open(scope: Scope) -> Iterator[Scope]:
    outer = _scope.get()
    if outer == scope:
        with transaction.atomic():
            yield scope
        return
    if outer is not None:
        raise ScopeError(f"a scope is open already: {outer}; asked for {scope}")
    nested = connection.in_atomic_block  # a test's own transaction
    token = _scope.set(scope)
    try:
        with transaction.atomic():
            _set(scope)
            yield scope
    finally:
        _scope.reset(token)
        if nested and not connection.needs_rollback:
            _set(None)


def district_scope(district, *, read_only: bool = False):
    """Opens a transaction in which this district's rows, and no others, exist.

    `district` is a District or its id. `read_only` takes on a role that the database lets write nothing.
    Raises ScopeError when another scope is open.
    """
    return _open(Scope(getattr(district, "pk", district), READER if read_only else APP))


def city_scope():
    """All districts at once, for the city's comparisons; nothing can be written."""
    return _open(Scope(None, CITY))


def public_scope():
    """Published rows of all districts, for people who have not signed in."""
    return _open(Scope(None, PUBLIC))


def signin_scope(user_id: int):
    """The memberships of one user in all districts."""
    return _open(Scope(None, SIGNIN, user_id))


def remember_author(**who) -> None:
    """Says who writes from now on in the open scope: what the history (portal/history.py) keeps with each row.

    `user` is a person's id, `client` an API client's, `process` the name of a task or command.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pghistory.context_metadata', %s, true)", [json.dumps(who)])


@contextmanager
def recorded_at(moment: datetime) -> Iterator[None]:
    """History written inside bears an invented moment. The database refuses it but in a demonstration district."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.recorded_at', %s, true)", [moment.isoformat()])
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('portal.recorded_at', '', true)")


class Withheld:
    """Mixin of a field whose column only the application's own role reads: a password, a token's hash, what is
    encrypted. The reading roles are not granted it (portal/policies.py), so the ORM asks them for NULL instead; a
    condition on it, or SQL that names it, is an error there."""

    def select_format(self, compiler, sql, params):
        scope = current_scope()
        if scope is not None and scope.role in READING:
            return f"NULL::{self.db_type(compiler.connection)}", ()
        return super().select_format(compiler, sql, params)


class WithheldCharField(Withheld, models.CharField):
    """Text that the reading roles are not granted."""


class WithheldDateField(Withheld, models.DateField):
    """A day that the reading roles are not granted."""


class WithheldBinaryField(Withheld, models.BinaryField):
    """Bytes that the reading roles are not granted."""


class TenantQuerySet(models.QuerySet):
    def allowed(self, actor, permission: str) -> TenantQuerySet:
        """The rows for which `actor` has `permission`: fetching and asking are one expression.

        How far a role reaches stands in portal/access.py; which column that means for this model stands in
        the model's `reach_paths`. A reach that the model does not know gives nothing.
        """
        reaches = actor.reaches(permission)
        if Reach.ALL in reaches:
            return self
        paths = getattr(self.model, "reach_paths", {})
        condition = Q(pk__in=[])
        for reach in reaches & paths.keys():
            path = paths[reach]
            found = Q(**{f"{path}__in": actor.ids(reach)})
            if "__" in path:  # a join could give a row twice
                found = Q(pk__in=self.model._base_manager.filter(found).values("pk"))
            condition |= found
        return self.filter(condition)

    def bulk_create(self, objs, *args, **kwargs):
        """As Django's, with the scope's district put into the rows beforehand, which the policies compare all the
        same: a default that the database evaluates row by row makes an insert eight times dearer."""
        rows = list(objs)
        scope = current_scope()
        if scope is not None and scope.district_id is not None:
            for row in rows:
                if isinstance(row.district_id, DatabaseDefault):
                    row.district_id = scope.district_id
        return super().bulk_create(rows, *args, **kwargs)

    def current(self, on) -> TenantQuerySet:
        """Rows with dates of force (`starts_on`, `ends_on`) that are in force on the day `on`."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on), starts_on__lte=on)


def district_setting() -> Cast:
    return Cast(Func(Value(DISTRICT_SETTING), function="current_setting"), models.BigIntegerField())


def district_reference(on_delete=models.PROTECT, **options) -> models.ForeignKey:
    """A row's district, which the database fills in. Without an index: those of a table begin with it."""
    return models.ForeignKey(
        "portal.District",
        on_delete=on_delete,
        editable=False,
        db_index=False,
        db_default=district_setting(),
        related_name="+",
        **options,
    )


class TenantModel(models.Model):
    """A table of a district. Policies, composite references and grants are laid by portal/policies.py.

    `reach_paths`: for QuerySet.allowed, a Reach's column. `public_rows`: SQL that says which rows people
    without sign-in may read (of any district), None for none; `public_columns`: the fields of them, None for all.
    `append_only`: the application may neither update nor delete. `across_columns`: the fields that functions of
    the database which work between districts (facilities/across.py) may read, of any district; `across_log`:
    whether they may add rows, in any district. `outlives`: rows of portal/history.py, which outlive what they tell
    of, so that nothing refers to them and they refer to nothing by a constraint.
    """

    reach_paths: dict = {}
    public_rows: str | None = None
    public_columns: tuple[str, ...] | None = None
    append_only: bool = False
    across_columns: tuple[str, ...] = ()
    across_log: bool = False
    outlives: bool = False

    district = district_reference()

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True

    def _get_FIELD_display(self, field):
        """As Django's, which builds the choices anew, translating each, for every row of a list."""
        value = getattr(self, field.attname)
        return force_str(words_of(field).get(value, value), strings_only=True)


@cache
def words_of(field) -> dict:
    """A field's choices by value, in no language yet."""
    return dict(field.flatchoices)


class TenantForeignKey(models.ForeignKey):
    """A reference within the district: the database refuses an id of another one.

    Django's own constraint would be checked past row-level security, so there is none; portal/policies.py
    lays `(district_id, column) REFERENCES target (district_id, id)` and an index on the pair instead.
    """

    def __init__(self, to, on_delete=models.PROTECT, **kwargs):
        kwargs["db_constraint"] = False
        kwargs.setdefault("db_index", False)
        super().__init__(to, on_delete, **kwargs)


class TenantOneToOneField(models.OneToOneField):
    """As TenantForeignKey, at most one."""

    def __init__(self, to, on_delete=models.PROTECT, **kwargs):
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)
