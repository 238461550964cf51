"""Search goes past row-level security through one narrow function, and brings nothing of another district."""

import pytest
from django.db import ProgrammingError, connection, transaction

from facilities import search
from facilities.models import Employment, Facility, StaffMember
from facilities.rules.words import patterns
from portal.tenancy import district_scope, public_scope
from tests import plugin
from tests.facilities import factories

pytestmark = pytest.mark.django_db


def names(queryset) -> set[str]:
    return set(queryset.values_list("name", flat=True))


@pytest.fixture
def rows(cast):
    with district_scope(cast.minhang):
        factories.facility(cast.street, name="示例云杉乐园", code="MH9001", address="七宝示例路 12 号")
        factories.facility(cast.street, name="示例云雀乐园", code="MH9002", address="梅陇示例路 34 号")
    with district_scope(cast.jinshan):
        factories.facility(cast.foreign_facility.street, name="示例云杉海园", code="JS9001")
    return cast


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("云杉", {"示例云杉乐园"}),
        ("yunshan", {"示例云杉乐园"}),
        ("slys", {"示例云杉乐园"}),
        ("乐园", {"示例云杉乐园", "示例云雀乐园"}),
        ("七宝", {"示例云杉乐园"}),
        ("乐园 34", {"示例云雀乐园"}),
        ("mh9002", {"示例云雀乐园"}),
        ("雀", {"示例云雀乐园"}),
        ("海园", set()),
        ("%", set()),
        ("云\\杉", set()),
        ("'; DROP TABLE facilities_facility; --", set()),
    ],
)
def test_a_facility_is_found_by_its_words(rows, text, expected):
    with district_scope(rows.minhang):
        assert names(search.matching(Facility.objects.all(), text)[0]) == expected


def test_ids_of_another_district_never_come_out(rows):
    with district_scope(rows.jinshan):
        own = search.found_ids(Facility, "云杉")
        assert names(Facility.objects.filter(pk__in=own)) == {"示例云杉海园"}
    with district_scope(rows.minhang):
        assert not set(search.found_ids(Facility, "云杉")) & set(own)
        assert search.found_ids(Facility, "海园") == []


def test_the_function_serves_the_application_and_the_reader_only(rows):
    with district_scope(rows.minhang, read_only=True):
        assert len(search.found_ids(Facility, "云杉")) == 1
    with public_scope(), pytest.raises(ProgrammingError), transaction.atomic():
        search.found_ids(Facility, "云杉")


def test_without_a_district_the_function_is_an_error(rows):
    with pytest.raises(Exception, match=r"portal\.district|bigint"), transaction.atomic():
        search.found_ids(Facility, "云杉")


def test_the_application_may_not_write_the_query_itself(rows):
    with district_scope(rows.minhang), pytest.raises(ProgrammingError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT facilities_found_sql(ARRAY['%%x%%'])")


FILLERS = {
    "bigint": "310112",
    "smallint": "40",
    "integer": "1",
    "boolean": "true",
    "character varying": "left(g::text, {})",
    "text": "repeat(md5(g::text), 4)",
    "timestamp with time zone": "now()",
    "bytea": "''::bytea",
}


def fill(superuser, table: str, rows: int) -> None:
    """So many rows of one district, for the planner; the caller's transaction is rolled back."""
    columns = superuser.execute(
        "SELECT column_name, data_type, character_maximum_length FROM information_schema.columns WHERE table_name = %s"
        " AND is_nullable = 'NO' AND column_name <> 'id'",
        [table],
    ).fetchall()
    names = ", ".join(f'"{name}"' for name, *_ in columns)
    values = ", ".join(FILLERS[kind].format(length) for _name, kind, length in columns)
    superuser.execute(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM generate_series(100001, {100000 + rows}) g"
    )
    superuser.execute(f"ANALYZE {table}")


def plan(superuser, role: str, query: str) -> str:
    superuser.execute(f"SET LOCAL ROLE {role}")
    lines = superuser.execute(f"EXPLAIN {query}").fetchall()
    superuser.execute("SET LOCAL ROLE NONE")
    return "\n".join(line[0] for line in lines)


@pytest.mark.parametrize(
    ("function", "table", "index"),
    [
        ("facilities_found", "facilities_facility", "facility_search"),
        ("staff_found", "facilities_staffmember", "staff_search"),
    ],
)
def test_the_query_uses_the_index_as_portal_search_and_cannot_as_the_application(function, table, index):
    superuser = plugin.cluster().superuser(connection.settings_dict["NAME"])
    superuser.autocommit = False
    try:
        superuser.execute("SELECT set_config('portal.district', '310112', true)")
        fill(superuser, table, 5000)
        query = superuser.execute(f"SELECT {function}_sql(%s::text[])", [patterns("云杉")]).fetchone()[0]
        assert "LIKE '%云云杉杉%'" in query and "district_id = 310112" in query
        assert index in plan(superuser, "portal_search", query)
        assert index not in plan(superuser, "portal_app", query)
    finally:
        superuser.rollback()
        superuser.close()


def test_portal_search_is_a_narrow_role_and_owns_the_functions():
    superuser = plugin.cluster().superuser(connection.settings_dict["NAME"])
    try:
        owners = superuser.execute(
            "SELECT pg_get_userbyid(proowner), prosecdef FROM pg_proc WHERE proname = ANY(%s)",
            [["facilities_found", "staff_found"]],
        ).fetchall()
        assert owners == [("portal_search", True)] * 2
        assert superuser.execute(
            "SELECT rolsuper, rolbypassrls, rolcanlogin, has_schema_privilege(oid, 'public', 'CREATE')"
            " FROM pg_roles WHERE rolname = 'portal_search'"
        ).fetchone() == (False, False, False, False)
    finally:
        superuser.close()


def test_a_broad_search_gives_the_same_rows_by_the_other_way(rows, monkeypatch):
    with district_scope(rows.minhang):
        narrow = names(search.matching(Facility.objects.all(), "示例 乐园")[0])
        monkeypatch.setattr(search, "BROAD", 1)
        assert search.found_ids(Facility, "示例 乐园") is None
        assert names(search.matching(Facility.objects.all(), "示例 乐园")[0]) == narrow != set()


def test_staff_is_found_by_name_pinyin_and_code(rows):
    with district_scope(rows.minhang):
        member = factories.member("示例欧阳", code="MHR77777")
        factories.employment(rows.facility, member)
        for text in ("欧阳", "ouyang", "sloy", "mhr77777"):
            assert search.matching(StaffMember.objects.all(), text)[0].get() == member
            assert search.matching(Employment.objects.all(), text, path="staff")[0].get().staff == member
    with district_scope(rows.jinshan):
        assert search.found_ids(StaffMember, "欧阳") == []


def test_a_quote_in_a_search_stays_a_quote(rows):
    with district_scope(rows.minhang):
        factories.facility(rows.street, name="示例 O'Hara 园")
        assert len(search.found_ids(Facility, "o'hara")) == 1
