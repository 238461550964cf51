"""Finding by name, address, code or pinyin, quick in spite of row-level security.

Postgres may not use an index of trigrams under row-level security: LIKE is not leakproof, so the policy must
come first. A function that runs as portal_search, a role that reads these two tables only, looks in the index,
repeats the district's filter itself and gives back ids and nothing else. What it finds is then read under the
policies as always, so a street officer finds facilities of the own street only.

A search that would find more than BROAD rows by the planner's own estimate gives back none of them: walking the list
in its order and comparing each row then finds a page sooner than reading and sorting thousands of ids.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import CharField, Lookup, QuerySet, TextField

from facilities.models import Facility, StaffMember
from facilities.rules.words import patterns
from portal.policies import FUNCTIONS
from portal.tenancy import APP, READER, SEARCH

BROAD = 1500

#: Model -> name of its function.
NAMES = {Facility: "facilities_found", StaffMember: "staff_found"}


def function_sql(name: str, table: str) -> str:
    """Two functions: `<name>_query` writes the query, `<name>` runs it as portal_search, or gives one NULL when the
    planner expects more than `most` rows. Row estimates of a LIKE come from the table's sample of texts; where they are
    too low, LIMIT stops.

    The query is put together with the patterns as literals: only so the planner knows how many rows to expect.
    Run as the owner of the database, who lends portal_search the right to create for the moment.
    """
    return f"""
GRANT {SEARCH} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
GRANT CREATE ON SCHEMA public TO {SEARCH};
SET LOCAL ROLE {SEARCH};
CREATE OR REPLACE FUNCTION {name}_query(patterns text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT 'SELECT id FROM public.{table} WHERE district_id = ' || current_setting('portal.district')::bigint
    || string_agg(format(' AND search_text LIKE %L', pattern), '')
  FROM unnest(patterns) AS pattern WHERE pattern IS NOT NULL
$$;
CREATE OR REPLACE FUNCTION {name}(patterns text[], most integer) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET enable_seqscan = off AS $$
DECLARE
  query text := public.{name}_query(patterns);
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
  IF (plan->0->'Plan'->>'Plan Rows')::float8 > most THEN
    RETURN NEXT NULL;
  ELSE
    RETURN QUERY EXECUTE query || ' LIMIT ' || most + 1;
  END IF;
END
$$;
REVOKE ALL ON FUNCTION {name}_query(text[]), {name}(text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {name}(text[], integer) TO {APP}, {READER};
SET LOCAL ROLE NONE;
REVOKE CREATE ON SCHEMA public FROM {SEARCH};
"""


for model, name in NAMES.items():
    FUNCTIONS[name] = function_sql(name, model._meta.db_table)


@CharField.register_lookup
@TextField.register_lookup
class Like(Lookup):
    """`column LIKE pattern` as it stands; Django's `contains` escapes, `icontains` folds in the database."""

    lookup_name = "like"

    def as_sql(self, compiler, connection):
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} LIKE {right}", (*left_params, *right_params)


def found_ids(model, text: str) -> list[int] | None:
    """Ids of the open district's rows that contain all words of `text`; None when they are more than BROAD."""
    wanted = patterns(text)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {NAMES[model]}(%s, %s)", [wanted, BROAD])
        ids = [row[0] for row in cursor.fetchall()]
    return None if len(ids) > BROAD or None in ids[:1] else ids


def matching(queryset: QuerySet, text: str, path: str = "") -> tuple[QuerySet, bool]:
    """A queryset narrowed to rows that contain all words of `text`, and whether the search is a broad one, whose
    rows nobody should count; text without words narrows nothing.

    path: the relation that leads from the queryset's model to the one that is searched, as "staff".
    """
    wanted = patterns(text)
    if not wanted:
        return queryset, False
    model = queryset.model
    if path:
        model = model._meta.get_field(path).related_model
    ids = found_ids(model, text)
    if ids is not None:
        return queryset.filter(**{f"{path}__in" if path else "pk__in": ids}), False
    column = f"{path}__search_text" if path else "search_text"
    for pattern in wanted:
        queryset = queryset.filter(**{f"{column}__like": pattern})
    return queryset, True
