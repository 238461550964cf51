"""Finding by name, address, code or pinyin, quick in spite of row-level security.

Postgres may not use an index of trigrams under row-level security: LIKE is not leakproof, so the policy must
come first. A function that runs as portal_search, a role that reads these two tables only, looks in the index,
repeats the district's filter itself and gives back ids and nothing else. What it finds is then read under the
policies as always, so a street officer finds facilities of the own street only.

A broad search gives back none of its ids: walking the list in its order and comparing each row then finds a page
sooner than reading and sorting thousands. Whether a search is broad a sample of the table tells, some four hundred
rows on pages spread over it; where the sample errs, a limit stops.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.functions import StrIndex

from facilities.models import Facility, StaffMember
from facilities.rules.words import patterns, words
from portal.policies import FUNCTIONS
from portal.tenancy import APP, READER, SEARCH

BROAD = 1500
#: A search is broad when it finds so many per cent of a sample of about so many rows.
SHARE, SAMPLE = 3, 400

#: Model -> name of its function.
NAMES = {Facility: "facilities_found", StaffMember: "staff_found"}


def function_sql(name: str, table: str) -> str:
    """Two functions: `<name>_sql` writes the query, `<name>` runs it as portal_search, or gives one NULL when the
    search is broad. The patterns stand in the query as literals. Run as the owner of the database, who lends
    portal_search the right to create for the moment.
    """
    return f"""
GRANT {SEARCH} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
GRANT CREATE ON SCHEMA public TO {SEARCH};
SET LOCAL ROLE {SEARCH};
CREATE OR REPLACE FUNCTION {name}_sql(patterns text[], picked text DEFAULT 'id', sample text DEFAULT '')
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT format('SELECT %s FROM public.{table} %s WHERE district_id = %s AND search_text <> '''' AND %s', picked, sample,
                current_setting('portal.district')::bigint,
                string_agg(format('search_text LIKE %L', pattern), ' AND '))
  FROM unnest(patterns) AS pattern WHERE pattern IS NOT NULL
$$;
CREATE OR REPLACE FUNCTION {name}(patterns text[], most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public SET enable_seqscan = off AS $$
DECLARE
  rows float8 := (SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = 'public.{table}'::regclass);
  found bigint;
BEGIN
  IF rows > most THEN
    EXECUTE public.{name}_sql(patterns, 'count(*)',
      format('TABLESAMPLE SYSTEM (%s) REPEATABLE (1)', least(100, 100 * {SAMPLE} / rows))) INTO found;
    IF found * 100 > {SHARE * SAMPLE} THEN
      RETURN NEXT NULL;
      RETURN;
    END IF;
  END IF;
  RETURN QUERY EXECUTE public.{name}_sql(patterns) || ' LIMIT ' || most + 1;
END
$$;
REVOKE ALL ON FUNCTION {name}_sql(text[], text, text), {name}(text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {name}(text[], integer) TO {APP}, {READER};
SET LOCAL ROLE NONE;
REVOKE CREATE ON SCHEMA public FROM {SEARCH};
"""


for model, name in NAMES.items():
    FUNCTIONS[name] = function_sql(name, model._meta.db_table)


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
    if not words(text):
        return queryset, False
    model = queryset.model
    if path:
        model = model._meta.get_field(path).related_model
    ids = found_ids(model, text)
    if ids is not None:
        return queryset.filter(**{f"{path}__in" if path else "pk__in": ids}), False
    column = f"{path}__search_text" if path else "search_text"
    for number, word in enumerate(words(text)):
        place = f"place_{number}"
        queryset = queryset.alias(**{place: StrIndex(column, Value(word))}).filter(**{f"{place}__gt": 0})
    return queryset, True
