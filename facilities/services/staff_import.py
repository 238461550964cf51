"""What an import of people writes, through the bulk services; what is known already goes through the single ones."""

from __future__ import annotations

from collections.abc import Iterable

from facilities import across
from facilities.models import Certificate, Employment, Facility, StaffMember
from facilities.rules import words
from facilities.services import bulk, staff
from portal.rules.machine import marked
from portal.services.import_stage import Stage

#: Nobody learns from a file whether it is a ban or somebody's inquiry.
BARRED = marked("这个人不能聘用。要知道原因，联系区托育服务指导中心")
#: Field -> SQL: the row of a known employment brings something that the register does not have.
MISSING = {
    "ends_on": "i.ends_on IS NOT NULL AND e.ends_on IS NULL",
    "checked_on": "i.checked_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM facilities_recordcheck c"
    " WHERE c.staff_id = e.staff_id AND c.checked_on = i.checked_on)",
    "certificate_number": "i.certificate_number IS NOT NULL AND NOT EXISTS (SELECT 1 FROM facilities_certificate c"
    " WHERE c.staff_id = e.staff_id AND c.kind = i.certificate_kind AND c.number = i.certificate_number)",
    "health_number": "i.health_number IS NOT NULL AND NOT EXISTS (SELECT 1 FROM facilities_certificate c"
    " WHERE c.staff_id = e.staff_id AND c.kind = 'health_check' AND c.number = i.health_number)",
}
CHUNK = 2000
FIELDS = (
    "row", "name", "identity", "facility", "post", "full_time", "starts_on", "ends_on", "checked_on",
    "certificate_kind", "certificate_number", "issued_on", "valid_until", "health_number", "health_issued_on",
    "health_until",
)  # fmt: skip


def barred(hashes: Iterable[str]) -> list[str]:
    """Hashes of those whom no facility may hire."""
    return sorted(across.banned(hashes))


def rows_of(stage: Stage, outcome: str, fields: tuple[str, ...]) -> list[dict]:
    columns = ", ".join(f"i.{f}" for f in fields)
    found = stage.run(
        f"SELECT {columns}, m.target, coalesce(m.changes, '{{}}')::text FROM import_row i JOIN import_outcome o USING (row)"
        " LEFT JOIN import_match m USING (row) WHERE o.outcome = %s ORDER BY i.row",
        [outcome],
    )
    return [dict(zip((*fields, "target", "changes"), values, strict=True)) for values in found]


def write_staff(stage: Stage) -> None:
    """Hires, then what came with the people: certificates, health checks, inquiries; ends of known employments."""
    actor, on = stage.actor, stage.on
    actor.demand("staff.manage")
    new, changed = rows_of(stage, "new", FIELDS), rows_of(stage, "changed", FIELDS)
    hashes = [row["identity"] for row in new + changed]
    known = {m.identity_hash: m for m in StaffMember.objects.filter(identity_hash__in=hashes)}
    places = Facility.objects.in_bulk({row["facility"] for row in new})
    people: dict[int, StaffMember] = {row["row"]: known[row["identity"]] for row in changed}
    strangers = [row for row in new if row["identity"] not in known]
    for start in range(0, len(strangers), CHUNK):
        chunk = strangers[start : start + CHUNK]
        with words.read_apart(row["name"] for row in chunk):
            work = bulk.hire_many([hired(row, stage, places) for row in chunk], actor=actor, on=on)
        people |= {row["row"]: employment.staff for row, employment in zip(chunk, work, strict=True)}
    for row in new:
        if row["identity"] in known:  # somebody who comes back
            member = people[row["row"]] = known[row["identity"]]
            employment = Employment.objects.create(
                staff=member,
                facility=places[row["facility"]],
                post=row["post"],
                full_time=row["full_time"] is not False,
                starts_on=row["starts_on"],
                ends_on=row["ends_on"],
            )
            staff.told("facilities.staff.hire", member, actor,
                {"facility": employment.facility.code, "post": row["post"],
                 "starts_on": row["starts_on"].isoformat()})  # fmt: skip
    ended = 0
    for row in changed:
        if row["ends_on"] and '"ends_on"' in row["changes"]:
            employment = Employment.objects.get(pk=row["target"])
            staff.end_employment(employment, actor=actor, on=row["ends_on"], today=on)
            ended += 1
    papers(new + changed, people, stage)
    stage.written = {"new": len(new), "changed": len(changed), "ended": ended}


def hired(row: dict, stage: Stage, places: dict[int, Facility]) -> dict:
    secret = stage.secrets[row["row"]]
    return {
        "facility": places[row["facility"]],
        "name": row["name"],
        "identity": secret["identity"],
        "phone": secret.get("phone"),
        "post": row["post"],
        "full_time": row["full_time"] is not False,
        "starts_on": row["starts_on"],
        "ends_on": row["ends_on"],
    }


def papers(rows: list[dict], people: dict[int, StaffMember], stage: Stage) -> None:
    """Certificates and inquiries that the register does not have yet."""
    ids = {member.pk for member in people.values()}
    held = set(Certificate.objects.filter(staff__in=ids).values_list("staff_id", "kind", "number"))
    checked = set(bulk.RecordCheck.objects.filter(staff__in=ids).values_list("staff_id", "checked_on"))
    certificates, checks = [], []
    for row in rows:
        member = people[row["row"]]
        for kind, number, issued, until in (
            (row["certificate_kind"], row["certificate_number"], row["issued_on"], row["valid_until"]),
            ("health_check", row["health_number"], row["health_issued_on"], row["health_until"]),
        ):
            if kind and number and issued and (member.pk, kind, number) not in held:
                held.add((member.pk, kind, number))
                certificates.append(
                    {
                        "staff": member,
                        "kind": kind,
                        "number": number,
                        "issued_on": issued,
                        "valid_until": until,
                    }
                )
        if row["checked_on"] and (member.pk, row["checked_on"]) not in checked:
            checked.add((member.pk, row["checked_on"]))
            before = row["checked_on"] <= row["starts_on"]
            checks.append({"staff": member, "checked_on": row["checked_on"], "before_hire": before})
    if certificates:
        bulk.certify_many(certificates, actor=stage.actor, on=stage.on)
    if checks:
        bulk.check_many(checks, actor=stage.actor, on=stage.on)


def write_certificates(stage: Stage) -> None:
    """New certificates by the bulk service; days of known ones by SQL."""
    stage.actor.demand("staff.manage")
    new = rows_of(stage, "new", ("staff", "kind", "number", "issued_on", "valid_until"))
    members = StaffMember.objects.in_bulk({row["staff"] for row in new})
    bulk.certify_many(
        [
            {
                "staff": members[row["staff"]],
                **{f: row[f] for f in ("kind", "number", "issued_on", "valid_until")},
            }
            for row in new
        ],
        actor=stage.actor,
        on=stage.on,
    )
    changed = moved(stage, "facilities_certificate", ("issued_on", "valid_until"))
    stage.written = {"new": len(new), "changed": changed}


def write_training(stage: Stage) -> None:
    """New hours by the bulk service; hours, provider and result of known ones by SQL."""
    stage.actor.demand("staff.manage")
    fields = ("kind", "course", "provider", "hours", "done_on")
    new = rows_of(stage, "new", ("staff", "passed", *fields))
    members = StaffMember.objects.in_bulk({row["staff"] for row in new})
    bulk.train_many(
        [
            {
                "staff": members[row["staff"]],
                "passed": row["passed"] is not False,
                **{f: row[f] for f in fields},
            }
            for row in new
        ],
        actor=stage.actor,
        on=stage.on,
    )
    changed = moved(stage, "facilities_trainingrecord", ("hours", "provider", "passed"))
    stage.written = {"new": len(new), "changed": changed}


def moved(stage: Stage, table: str, fields: tuple[str, ...]) -> int:
    """Facts of matched records; an empty cell leaves what stands."""
    given = [f for f in fields if f in stage.sheet.found.columns]
    if not given:
        return 0
    sets = ", ".join(f"{f} = coalesce(i.{f}, t.{f})" for f in given)
    return stage.value(
        f"WITH done AS (UPDATE {table} t SET {sets} FROM import_row i JOIN import_outcome o USING (row)"
        " JOIN import_match m USING (row) WHERE o.outcome = 'changed' AND t.id = m.target RETURNING 1)"
        " SELECT count(*) FROM done"
    )
