"""Portal's part of the reference data: districts, streets, units, documents, clauses, rules, parameters."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from django.utils.translation import gettext as _

from portal.models.places import District, Street, Unit, UnitMember
from portal.models.policy import CareMode, Clause, Parameter, PilotStreet, PolicyDocument, PolicyRule
from portal.services import policy_files
from portal.services.policy_files import Content, Document, parameter_row
from portal.services.reference import Loader, Tally, keep_only, upsert

STREET_UNITS_FROM = 1000


def load_districts(content: Content, tally: Tally) -> None:
    for row in content.districts:
        wanted = {k: row[k] for k in ("slug", "name", "level", "prefix", "surroundings")}
        district = District.objects.filter(pk=int(row["code"])).first()
        if district is None:
            District.objects.create(pk=int(row["code"]), **wanted)
            tally.created["portal.District"] += 1
        elif any(getattr(district, k) != v for k, v in wanted.items()):
            District.objects.filter(pk=district.pk).update(**wanted)
            tally.changed["portal.District"] += 1


def load(district: District, content: Content, tally: Tally) -> None:
    documents = content.of(district)
    streets = load_streets(district, content, documents, tally)
    units = load_units(district, content, documents, streets, tally)
    load_members(documents, streets, units, tally)
    kept = {}
    for document in documents:
        row = load_document(document, tally)
        if row is None:
            kept[document.key] = labels_of(PolicyDocument.objects.get(key=document.key))
            continue
        kept[document.key] = load_clauses(document, row, tally)
        load_rules(document, row, kept[document.key], tally)
        load_modes(content, document, row, kept[document.key], tally)
        load_pilot_streets(document, row, kept[document.key], streets, units, tally)
    load_parameters(district, content, documents, kept, tally)


def load_streets(district, content, documents, tally) -> dict[str, Street]:
    counted = {code for d in documents for code in d.options.get("counted", ())}
    moved = set(Street.objects.filter(tile_moved=True).values_list("code", flat=True))
    rows = [
        {
            "code": street["code"],
            "name": street["name"],
            "kind": street["kind"],
            "is_street": street["is_street"],
            "counted_in_plan": street["code"] in counted,
        }
        | (
            {}
            if street["code"] in moved  # where the district put it
            else {
                "tile_column": content.tiles[street["code"]]["column"],
                "tile_row": content.tiles[street["code"]]["row"],
            }
        )
        for street in content.divisions.get(district.pk, ())
    ]
    return {key[0]: street for key, street in upsert(Street, ("code",), rows, tally).items()}


def unit_rows(district, content, documents, streets) -> dict[str, dict]:
    """One row per slug: what several documents say of a unit is put together, the first one's name leads."""
    rows: dict[str, dict] = {}
    for document in documents:
        for unit in document.data["units"]:
            row = rows.setdefault(
                unit["slug"],
                {
                    "slug": unit["slug"],
                    "name": unit["name"],
                    "full_name": "",
                    "kind": unit["kind"],
                    "level": unit_level(content, unit),
                    "aliases": [],
                    "collective": False,
                    "members_known": True,
                    "issuer": False,
                    "street_id": None,
                    "note": "",
                    "position": len(rows) + 1,
                },
            )
            row["full_name"] = row["full_name"] or unit.get("full_name", "")
            names = [unit["name"], *unit["aliases"]] if unit["name"] != row["name"] else unit["aliases"]
            row["aliases"] += [a for a in names if a not in row["aliases"]]
            row["collective"] |= bool(unit.get("collective"))
            row["issuer"] |= bool(unit.get("issuer"))
            row["note"] = row["note"] or unit.get("note", "")
    known = {slug for d in documents for slug in d.options.get("collectives", {})}
    for slug, row in rows.items():
        row["members_known"] = not row["collective"] or slug in known
    for document in documents:
        for number, street in enumerate(streets.values(), 1):
            slug = street_unit(district, document, content, street)
            if slug is None:
                continue
            row = rows.setdefault(
                slug,
                {
                    "slug": slug,
                    "name": street_unit_name(document, content, street),
                    "full_name": street.name if street.kind == Street.Kind.PARK else "",
                    "kind": "park" if street.kind == Street.Kind.PARK else "street",
                    "level": Unit.Level.DISTRICT,
                    "aliases": [street.name],
                    "collective": False,
                    "members_known": True,
                    "issuer": False,
                    "note": "",
                    "position": STREET_UNITS_FROM + number,
                },
            )
            row["street_id"] = street.pk
    return rows


def street_unit(district, document, content, street) -> str | None:
    """The slug of the unit that governs a street; None for farms and parks that the plan does not count."""
    own = document.options.get("units_of_streets", {}).get(street.code)
    if own:
        return own
    if not document.options.get("street_units") or not (street.is_street or street.counted_in_plan):
        return None
    ending = f"-{street.kind}" if street.is_street else ""
    return f"{district.slug}-{content.tiles[street.code]['word']}{ending}"


def street_unit_name(document, content, street) -> str:
    if not street.is_street:
        return content.words["short_names"].get(street.code, street.name)
    if document.options["street_units"] == "street":
        return street.name
    return street.name + content.words["offices"][street.kind]


def unit_level(content: Content, unit: dict) -> str:
    """By what the plan calls the unit's district; one without is the nation's."""
    if unit.get("district") is None:
        return Unit.Level.NATION
    return content.words["levels"].get(unit["district"], Unit.Level.DISTRICT)


def load_units(district, content, documents, streets, tally) -> dict[str, Unit]:
    rows = unit_rows(district, content, documents, streets).values()
    return {key[0]: unit for key, unit in upsert(Unit, ("slug",), rows, tally).items()}


def load_members(documents, streets, units, tally) -> None:
    """Collectives whose members the document makes clear; of others the members are left as they are."""
    governing = {unit.street_id: unit for unit in units.values() if unit.street_id and not unit.collective}
    wanted = set()
    collectives = {slug: kind for d in documents for slug, kind in d.options.get("collectives", {}).items()}
    for slug, kind in collectives.items():
        for street in streets.values():
            fits = {
                "town": street.kind == Street.Kind.TOWN,
                "subdistrict": street.kind == Street.Kind.SUBDISTRICT,
                "street": street.is_street,
                "plan": street.is_street or street.counted_in_plan,
            }[kind]
            if fits:
                wanted.add((units[slug].pk, governing[street.pk].pk))
    upsert(
        UnitMember,
        ("collective_id", "member_id"),
        [{"collective_id": c, "member_id": m} for c, m in sorted(wanted)],
        tally,
    )
    links = UnitMember.objects.filter(collective_id__in=[units[slug].pk for slug in collectives])
    keep_only(links, wanted, lambda link: (link.collective_id, link.member_id), tally)


def facts_of(document: Document) -> dict:
    """The row of a document as its file has it."""
    facts = document.data["document"]
    period = facts["period"]
    return {
        "key": document.key,
        "title": facts["title"],
        "number": facts.get("number") or "",
        "issued_on": facts["issued_on"],
        "printed_on": facts.get("printed_on"),
        "period_from": period["from"],
        "period_to": period["to"],
        "period_stated": period.get("stated", ""),
        "period_derived": bool(period.get("derived")),
        "plan_title": facts.get("plan_title", ""),
        "plan_number": facts.get("plan_number", ""),
        "publicity": facts.get("publicity", ""),
        "bases": facts.get("bases", []),
        "issuers": facts["issuers"],
        "notes": facts["notes"],
        "source": facts["seed_file"] or "",
    }


def load_document(document: Document, tally: Tally) -> PolicyDocument | None:
    """None where the district wrote a document of that key itself, which no file changes; of one that the district
    amended the facts stay as it wrote them."""
    existing = PolicyDocument.objects.filter(key=document.key).first()
    if existing is not None and existing.origin == PolicyDocument.Origin.OWN:
        tally.notes.append(_("文件 %(key)s 是本区录入的，没有改") % {"key": document.key})
        return None
    if existing is not None and existing.origin == PolicyDocument.Origin.AMENDED:
        return existing
    row = facts_of(document) | {"origin": PolicyDocument.Origin.SHIPPED}
    return upsert(PolicyDocument, ("key",), [row], tally)[(document.key,)]


def labels_of(row: PolicyDocument) -> dict[str, Clause]:
    return {clause.label: clause for clause in Clause.objects.filter(document=row)}


def load_clauses(document: Document, row: PolicyDocument, tally: Tally) -> dict[str, Clause]:
    amended = labels_of(row) if row.origin == PolicyDocument.Origin.AMENDED else {}
    rows = [
        {
            "document_id": row.pk,
            "label": label,
            "text": document.words.get(label, {}).get("text", ""),
            "note": document.words.get(label, {}).get("note", ""),
        }
        | ({} if label in amended else {"position": position})  # where the district put it
        for position, label in enumerate(document.clauses, 1)
    ]
    found = upsert(Clause, ("document_id", "label"), rows, tally, Clause.objects.filter(document=row))
    return {label: clause for (_document, label), clause in found.items()}


def load_rules(document, row, clauses, tally) -> None:
    rows = [
        {
            "document_id": row.pk,
            "clause_id": clauses[rule["clause"]].pk,
            "key": rule["key"],
            "text": rule["text"],
            "display_text": rule.get("display_text", ""),
            "subject": rule["subject"],
            "checkable_by": rule["checkable_by"],
            "permanent": bool(rule.get("permanent")),
            "prohibited": bool(rule.get("prohibited")),
            "pattern": rule.get("pattern", ""),
            "note": rule.get("note", ""),
            "position": position,
        }
        for position, rule in enumerate(document.data["rules"], 1)
    ]
    upsert(PolicyRule, ("document_id", "key"), rows, tally, PolicyRule.objects.filter(document=row))


def load_modes(content, document, row, clauses, tally) -> None:
    rows = [
        {
            "document_id": row.pk,
            "clause_id": clauses[mode["clause"]].pk,
            "key": mode["key"],
            "name": mode["name"],
            "definition": mode["definition"],
            "suggested_sites": mode["suggested_sites"],
            "parent_present": content.words["parent_present"].get(
                mode["parent_present"], mode["parent_present"]
            ),
            "position": position,
        }
        for position, mode in enumerate(document.data.get("modes") or (), 1)
    ]
    upsert(CareMode, ("document_id", "key"), rows, tally, CareMode.objects.filter(document=row))


def load_pilot_streets(document, row, clauses, streets, units, tally) -> None:
    clause = clauses.get(document.options.get("pilot_clause"))
    rows = [
        {
            "document_id": row.pk,
            "street_id": streets[pilot["code"]].pk,
            "unit_id": units[pilot["unit"]].pk,
            "clause_id": clause.pk if clause else None,
            "name": pilot["name"],
            "position": position,
        }
        for position, pilot in enumerate(document.data.get("pilot_streets") or (), 1)
    ]
    upsert(PilotStreet, ("document_id", "street_id"), rows, tally, PilotStreet.objects.filter(document=row))


def load_parameters(district, content, documents, clauses, tally) -> None:
    """Shipped versions follow their file; a district's own versions stay, and win where both would be in force."""
    own_clauses = {label: clause for labels in clauses.values() for label, clause in labels.items()}
    begin = content.parameters["starts_on"]
    shipped: dict[str, list[dict]] = {}
    for entry in content.parameters["parameters"]:
        row = parameter_row(entry, content, district)
        if row is None:
            continue
        clause = own_clauses.get(row.get("clause"))
        shipped.setdefault(entry["key"], []).append(
            {
                "key": entry["key"],
                "value": row["value"],
                "unit": entry.get("unit", ""),
                "clause_id": clause.pk if clause else None,
                "basis": row.get("basis", ""),
                "weak": bool(row.get("weak")),
                "label": entry["label"],
                "starts_on": row.get("starts_on", begin),
                "ends_on": None,
            }
        )
    existing: dict[str, list[Parameter]] = {}
    for one in Parameter.objects.all():
        existing.setdefault(one.key, []).append(one)
    rows = []
    for key, versions in shipped.items():
        versions.sort(key=lambda v: v["starts_on"])
        for earlier, later in pairwise(versions):
            earlier["ends_on"] = later["starts_on"] - timedelta(days=1)
        rows += [v for v in versions if fits_own(v, existing.get(key, ()), versions, tally)]
    upsert(Parameter, ("key", "starts_on"), rows, tally)


def fits_own(version: dict, existing, versions, tally) -> bool:
    """Ends a shipped version where the district's own begins; False where the own one is in force already."""
    dates = {v["starts_on"] for v in versions}
    own = sorted((p for p in existing if p.starts_on not in dates), key=lambda p: p.starts_on)
    ends: date | None = version["ends_on"]
    for other in own:
        if other.starts_on > version["starts_on"]:
            before = other.starts_on - timedelta(days=1)
            ends = before if ends is None or before < ends else ends
        elif other.ends_on is None or other.ends_on >= version["starts_on"]:
            tally.notes.append(
                _("参数 %(key)s 自 %(day)s 已有本区取值，没有改")
                % {"key": version["key"], "day": other.starts_on.isoformat()}
            )
            return False
    version["ends_on"] = ends
    return True


@cache
def loader() -> Loader:
    return Loader("portal", 10, policy_files.files, policy_files.read, load, load_districts)
