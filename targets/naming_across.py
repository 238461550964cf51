"""A letter of the naming cycle crosses from a district to the city, or back: docs/decisions/017-letters-cross.md.

As in facilities/across.py, the one thing that may cross is a function of the database, which runs as portal_across. Its
warrant is the sender's own row, already frozen with its fingerprint, in the open district; it goes between the city and a
district and never between two districts; and an application has a cycle of the city that still takes some.
"""

from __future__ import annotations

from django.db import connection

from portal.policies import FUNCTIONS
from portal.tenancy import ACROSS, APP

HERE = "current_setting('portal.district')::bigint"

FUNCTIONS["cycle_letters"] = f"""
GRANT {ACROSS} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
GRANT CREATE ON SCHEMA public TO {ACROSS};
GRANT SELECT ON public.portal_district TO {ACROSS};
SET LOCAL ROLE {ACROSS};

-- Gives the receiver its copy of a letter of the open district: 'delivered'; 'closed' or 'late' for an application that
-- the city does not take any more.
CREATE OR REPLACE FUNCTION cycle_deliver(letter bigint) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  l record;
  last date;
BEGIN
  SELECT token, cycle, other_id, kind, body, sha256, sender, at INTO l FROM public.targets_cycleletter
  WHERE id = letter AND district_id = {HERE} AND direction = 'out';
  IF NOT FOUND THEN RAISE EXCEPTION 'no letter that this district sends'; END IF;
  IF l.sha256 <> encode(sha256(convert_to(l.body, 'UTF8')), 'hex') THEN
    RAISE EXCEPTION 'the letter is not what its fingerprint says';
  END IF;
  IF (SELECT count(*) FROM public.portal_district WHERE id IN ({HERE}, l.other_id) AND level = 'city') <> 1
     OR l.other_id = {HERE} THEN
    RAISE EXCEPTION 'a letter goes between a district and the city';
  END IF;
  IF l.kind IN ('cycle', 'outcome')
     AND (SELECT level FROM public.portal_district WHERE id = {HERE}) <> 'city' THEN
    RAISE EXCEPTION 'only the city says that';
  END IF;
  IF l.kind = 'application' THEN
    SELECT apply_by INTO last FROM public.targets_namingcycle
    WHERE district_id = l.other_id AND token = l.cycle AND state = 'open';
    IF NOT FOUND THEN RETURN 'closed'; END IF;
    -- a demonstration is written into the past; elsewhere the clock of the database says when it is sent
    IF ((CASE WHEN (SELECT demonstration FROM public.portal_district WHERE id = {HERE}) THEN l.at ELSE now() END)
        AT TIME ZONE 'Asia/Shanghai')::date > last THEN RETURN 'late'; END IF;
  END IF;
  INSERT INTO public.targets_cycleletter
    (district_id, token, cycle, other_id, direction, kind, body, sha256, sender, at)
  VALUES (l.other_id, l.token, l.cycle, {HERE}, 'in', l.kind, l.body, l.sha256, l.sender, l.at);
  RETURN 'delivered';
END
$$;

REVOKE ALL ON FUNCTION cycle_deliver(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cycle_deliver(bigint) TO {APP};
SET LOCAL ROLE NONE;
REVOKE CREATE ON SCHEMA public FROM {ACROSS};
"""


def deliver(letter: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cycle_deliver(%s)", [letter])
        return cursor.fetchone()[0]
