"""What the database does with reports of devices: one function, whose plans it keeps, so that a report is cheap.

A platform may send each report as a message of its own, a hundred thousand an hour in a large district. Planned anew
for each message these statements cost ten times what they do.
"""

from __future__ import annotations

from portal.policies import FUNCTIONS

TAKE = "inspections_take_reports"
#: Runs as whoever calls it, so that the policies hold in it. The order by device lets two messages about the same
#: devices wait for each other instead of locking each other out. A fault is what rules/devices.py calls one.
FUNCTIONS[TAKE] = f"""
CREATE OR REPLACE FUNCTION public.{TAKE}(
  codes text[], moments timestamptz[], works boolean[], kept integer[], baby_days integer, other_days integer
) RETURNS TABLE (moved integer, unknown text[])
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public AS $$
DECLARE changed bigint[];
BEGIN
  WITH latest AS (
    SELECT DISTINCT ON (d.id) d.district_id, d.id, r.heard, r.working, r.days
    FROM unnest(codes, moments, works, kept) AS r (code, heard, working, days)
    JOIN inspections_videodevice d ON d.code = r.code AND d.retired_on IS NULL
    ORDER BY d.id, r.heard DESC
  ), stored AS (
    INSERT INTO inspections_devicestate AS s (district_id, device_id, heard_at, working, kept_days)
    SELECT * FROM latest
    ON CONFLICT (district_id, device_id) DO UPDATE
      SET heard_at = excluded.heard_at, working = excluded.working, kept_days = excluded.kept_days
      WHERE excluded.heard_at > s.heard_at
    RETURNING s.device_id
  )
  SELECT array_agg(device_id) INTO changed FROM stored;
  IF changed IS NOT NULL THEN
    UPDATE inspections_deviceoutage o SET ended_at = greatest(s.heard_at, o.began_at)
    FROM inspections_devicestate s
    JOIN inspections_videodevice d ON d.id = s.device_id
    JOIN facilities_facility f ON f.id = d.facility_id
    WHERE o.ended_at IS NULL AND s.device_id = ANY(changed) AND o.device_id = s.device_id
      AND NOT (o.fault = 'off' AND NOT s.working)
      AND NOT (
        o.fault = 'short' AND d.kind = 'camera'
        AND coalesce(s.kept_days < CASE WHEN f.kind = 'baby_house' THEN baby_days ELSE other_days END, false)
      );
    INSERT INTO inspections_deviceoutage
      (district_id, device_id, facility_id, fault, began_at, kept_days, required_days)
    SELECT d.district_id, d.id, d.facility_id, w.fault, s.heard_at,
      CASE w.fault WHEN 'short' THEN s.kept_days END, CASE w.fault WHEN 'short' THEN q.days END
    FROM inspections_devicestate s
    JOIN inspections_videodevice d ON d.id = s.device_id
    JOIN facilities_facility f ON f.id = d.facility_id
    CROSS JOIN LATERAL (SELECT CASE WHEN f.kind = 'baby_house' THEN baby_days ELSE other_days END AS days) q
    CROSS JOIN LATERAL (
      SELECT 'off' AS fault WHERE NOT s.working
      UNION ALL SELECT 'short' WHERE d.kind = 'camera' AND s.kept_days < q.days
    ) w
    WHERE s.device_id = ANY(changed)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN QUERY SELECT coalesce(cardinality(changed), 0), ARRAY(
    SELECT DISTINCT c FROM unnest(codes) AS c
    WHERE NOT EXISTS (SELECT FROM inspections_videodevice d WHERE d.code = c AND d.retired_on IS NULL)
    ORDER BY c
  );
END $$;
"""
