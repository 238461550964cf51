"""What works between districts: lifelong bans, and a person's hand-over from one district to another.

Row-level security seals the districts off from each other, and the table of bans is closed to the application
altogether. The few questions that may cross the border are functions of the database, which run as portal_across, a
role that nobody can take on and that reads only the columns named in the models' `across_columns`. Each looks
for its own warrant: a ban is laid for a decision of the open district that a second person confirmed, records are given
for a hand-over of the open district with the person's consent, and the giving district's log is written in the
same call. So what the application could ask for, if it were led astray, is no more than what it may.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connection

from portal.policies import FUNCTIONS
from portal.tenancy import ACROSS, APP

#: Held shared by whoever hires, alone by whoever lays a ban, until the transaction ends: a hire that began
#: first ends first, and one that comes later sees the ban.
LOCK = "hashtextextended('facilities.bans', 0)"
HERE = "current_setting('portal.district')::bigint"

FUNCTIONS["across"] = f"""
GRANT {ACROSS} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
GRANT CREATE ON SCHEMA public TO {ACROSS};
SET LOCAL ROLE {ACROSS};

-- Which of these hashes are banned, in whatever district.
CREATE OR REPLACE FUNCTION staff_banned(hashes text[]) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared({LOCK});
  RETURN QUERY SELECT DISTINCT b.identity_hash::text FROM public.facilities_ban b WHERE b.identity_hash = ANY(hashes);
END
$$;

-- The open district's own staff who are banned.
CREATE OR REPLACE FUNCTION staff_banned_here() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT s.id FROM public.facilities_ban b
  JOIN public.facilities_staffmember s ON s.district_id = {HERE} AND s.identity_hash = b.identity_hash
$$;

CREATE OR REPLACE FUNCTION staff_ban_lay(decision bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM pg_advisory_xact_lock({LOCK});
  INSERT INTO public.facilities_ban (token, identity_hash)
  SELECT d.token, d.identity_hash FROM public.facilities_bandecision d
  WHERE d.id = decision AND d.district_id = {HERE} AND d.state = 'confirmed' AND d.entered_by_id <> d.confirmed_by_id;
  IF NOT FOUND THEN RAISE EXCEPTION 'no decision of this district that two people confirmed'; END IF;
END
$$;

CREATE OR REPLACE FUNCTION staff_ban_lift(decision bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM pg_advisory_xact_lock({LOCK});
  DELETE FROM public.facilities_ban b USING public.facilities_bandecision d
  WHERE d.id = decision AND d.district_id = {HERE} AND d.state = 'lifted' AND d.lift_asked_by_id <> d.lift_confirmed_by_id
        AND b.token = d.token;
  IF NOT FOUND THEN RAISE EXCEPTION 'no lifting of this district that two people decided'; END IF;
END
$$;

-- Certificates and training of the person whom a hand-over of the open district names, from the giving
-- district; NULL when it has nobody of this number and name. The giving district's log is written on the way.
CREATE OR REPLACE FUNCTION staff_hand_over(asked bigint) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  h record;
  member bigint;
  held jsonb;
  done jsonb;
BEGIN
  SELECT token, giving_id, identity_hash, name, consent_on, purpose INTO h FROM public.facilities_handover
  WHERE id = asked AND district_id = {HERE} AND state = 'asked' AND consent_id IS NOT NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'no hand-over of this district that waits'; END IF;
  SELECT id INTO member FROM public.facilities_staffmember
  WHERE district_id = h.giving_id AND identity_hash = h.identity_hash AND name = h.name;
  IF NOT FOUND THEN RETURN NULL; END IF;
  SELECT coalesce(jsonb_agg(jsonb_build_object('kind', c.kind, 'number', c.number, 'issued_on', c.issued_on,
                                               'valid_until', c.valid_until) ORDER BY c.id), '[]') INTO held
  FROM public.facilities_certificate c WHERE c.district_id = h.giving_id AND c.staff_id = member;
  SELECT coalesce(jsonb_agg(jsonb_build_object('kind', t.kind, 'course', t.course, 'provider', t.provider,
                                               'hours', t.hours::text, 'done_on', t.done_on, 'passed', t.passed)
                            ORDER BY t.id), '[]') INTO done
  FROM public.facilities_trainingrecord t WHERE t.district_id = h.giving_id AND t.staff_id = member;
  INSERT INTO public.facilities_handovergiven
    (district_id, token, asking_id, staff_id, consent_on, purpose, certificates, trainings, at)
  VALUES (h.giving_id, h.token, {HERE}, member, h.consent_on, h.purpose, jsonb_array_length(held),
          jsonb_array_length(done), now());
  RETURN jsonb_build_object('certificates', held, 'training', done)::text;
END
$$;

REVOKE ALL ON FUNCTION staff_banned(text[]), staff_banned_here(), staff_ban_lay(bigint), staff_ban_lift(bigint),
  staff_hand_over(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION staff_banned(text[]), staff_banned_here(), staff_ban_lay(bigint), staff_ban_lift(bigint),
  staff_hand_over(bigint) TO {APP};
SET LOCAL ROLE NONE;
REVOKE CREATE ON SCHEMA public FROM {ACROSS};
"""


def call(statement: str, *arguments) -> list:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return [row[0] for row in cursor.fetchall()]


def banned(hashes: Iterable[str]) -> set[str]:
    """Which of these keyed hashes are banned anywhere. Until the transaction ends no ban is laid: whoever asks
    may hire on the answer."""
    return set(call("SELECT staff_banned(%s::text[])", list(hashes)))


def banned_here() -> list[int]:
    """Ids of the open district's staff who are banned, wherever it was decided."""
    return call("SELECT staff_banned_here()")


def lay_ban(decision: int) -> None:
    """Waits for hires that have begun; later ones see the ban."""
    call("SELECT staff_ban_lay(%s)", decision)


def lift_ban(decision: int) -> None:
    call("SELECT staff_ban_lift(%s)", decision)


def handed_over(hand_over: int) -> dict | None:
    """What the giving district has of the person: {"certificates": [...], "training": [...]}; None for nobody."""
    found = call("SELECT staff_hand_over(%s)", hand_over)[0]
    return None if found is None else json.loads(found)
