"""A plan handed in as .xlsx or YAML, into a draft: read whole, checked like every draft, and never half.

Where anything is wrong nothing is written, and each fault is told with its place and the way out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, Refused
from portal.models.policy import PolicyDocument
from portal.services import audit
from portal.services.files import clean_name
from portal.services.import_files import EMPTY, LARGE_SMALL, SMALL, refuse
from targets.models.drafts import DocumentDraft
from targets.rules import plan_content
from targets.rules.plan_content import UNDECIDED
from targets.rules.plan_merge import merged
from targets.services import document_drafts, plan_base, plan_sheets, plan_yaml
from targets.services.plan_yaml import Fault

YAML_NAMES = (".yaml", ".yml")
#: So many faults are told.
TOLD = 200


class WrongPlan(Refused):
    """A file that cannot become a draft: `faults` [(place, sentence)]. Nothing was written."""

    def __init__(self, faults: list[Fault]):
        self.faults = faults[:TOLD]
        super().__init__(
            _("文件里有 %(n)d 处要改，没有读进来。改好再传一次") % {"n": len(faults)},
            field="file",
            code="plan",
            faults=self.faults,
        )


def content_from(
    data: bytes,
    name: str,
    standing: Mapping,
    base: Mapping,
    *,
    document: PolicyDocument | None,
    actor: Actor,
) -> dict:
    """The content that the file makes of the one that stands. WrongPlan with every fault."""
    places: dict[tuple[str, int, str], str] = {}
    if name.lower().endswith(YAML_NAMES):
        given, faults = plan_yaml.read(data)
        faults += foreign(given, data, actor)
    else:
        found = plan_sheets.read(data, name, actor.district.slug)
        given, faults, places = found.given, found.faults, found.places
    if faults and not given:
        raise WrongPlan(faults)
    content = merged(standing, given, base, document is not None)
    if document is not None:
        content["parameters"] = [one for one in content["parameters"] if not plan_base.in_force_already(one)]
    content = plan_yaml.with_proofs(as_before(content, base))
    for one in content["targets"]:
        if one["proof"] != "counted" and not one["proof_reason"]:
            one["proof_reason"] = UNDECIDED
    told = {where for where, _words in faults}
    known = plan_base.known()
    for problem in plan_content.problems(content, known):
        key = (problem.part, problem.index, problem.field)
        where = places.get((problem.part, problem.index, FIELDS.get(key[::2], problem.field)))
        where = where or places.get((problem.part, problem.index, ""))
        where = where or document_drafts.place(problem, content)
        if where not in told:
            faults.append((where, document_drafts.sentence(problem)))
    if faults:
        raise WrongPlan(faults)
    # what an earlier version brought is the district's by now
    return content | {"units": [one for one in content["units"] if one["slug"] not in known.units]}


def as_before(content: dict, base: Mapping) -> dict:
    """Targets of which the file does not say how they are proved, proved as the row that they follow."""
    rows = {one["id"]: one for one in base["targets"]}
    targets = []
    for one in content["targets"]:
        if one["follows"] and one["proof"] == "not_yet" and not one["proof_reason"]:
            before = rows[one["follows"]]
            one = one | {name: before[name] for name in ("proof", "proof_reason", "metric", "streets")}
        targets.append(one)
    return content | {"targets": targets}


#: (part, a problem's field) -> the column of that field, where it is called otherwise.
FIELDS = {
    ("clauses", "words"): "text", ("tasks", "task"): "text", ("targets", "target"): "text",
    ("parameters", "parameter"): "key", ("units", "kind_of_unit"): "kind",
}  # fmt: skip


def foreign(given: Mapping, data: bytes, actor: Actor) -> list[Fault]:
    """A plan that says itself that it is another district's."""
    if not given:
        return []
    plan, _faults = plan_yaml.parsed(data)
    jurisdiction = plan["document"].get("jurisdiction")
    code = str(jurisdiction.get("code") or "") if isinstance(jurisdiction, dict) else ""
    if code and code != actor.district.code:
        words = _("这份文件是 %(name)s 的，不是本区的") % {"name": jurisdiction.get("name") or code}
        return [("document jurisdiction", words)]
    return []


def bytes_of(upload) -> tuple[bytes, str]:
    """A small file whole, and its name. Refused for another kind, an empty one, one too large."""
    ending = next((one for one in YAML_NAMES if str(upload.name).lower().endswith(one)), ".xlsx")
    name = clean_name(str(upload.name or ""), ending)
    if upload.size > SMALL:
        raise refuse(LARGE_SMALL, name=name, mb=round(upload.size / 1024 / 1024, 1))
    data = upload.read()
    if not data:
        raise refuse(EMPTY, name=name)
    return data, name


@transaction.atomic
def read_in(
    upload,
    *,
    document: PolicyDocument | None,
    follows: PolicyDocument | None,
    actor: Actor,
    now: datetime | None = None,
) -> DocumentDraft:
    """A draft of what the file holds: of a new document (which may follow another), or of the next version of
    `document`, in its open draft where there is one. Conflict where the file says what is in force already."""
    actor.demand("document.manage")
    data, name = bytes_of(upload)
    draft = document_drafts.open_of(document) if document is not None else None
    if draft is not None:
        return into(draft, data, name, version=None, actor=actor)
    standing = plan_base.content_of(document) if document is not None else plan_content.empty()
    base = plan_base.rows_of(document or follows)
    content = content_from(data, name, standing, base, document=document, actor=actor)
    if document is not None:
        if content == standing:
            raise Conflict(
                _("文件和《%(name)s》现在的一版一样，没有要改的") % {"name": document.title},
                field="file",
                code="same",
            )
        draft = document_drafts.begin_version(document, actor=actor, now=now)
        draft = document_drafts.replace(draft, content, version=draft.version, actor=actor)
    else:
        twin = DocumentDraft.objects.filter(
            document=None, state__in=document_drafts.OPEN, content=content
        ).first()
        if twin is not None:
            return twin  # the same file again
        draft = document_drafts.begin_new(content["document"], follows=follows, actor=actor, now=now)
        draft = document_drafts.replace(draft, content, version=draft.version, actor=actor)
    told(draft, name, actor)
    return draft


@transaction.atomic
def into(draft: DocumentDraft, data: bytes, name: str, *, version: int | None, actor: Actor) -> DocumentDraft:
    """The file's content into a draft that is there; the same file again changes nothing."""
    actor.demand("document.manage")
    row = document_drafts.locked(draft, version, actor, "document.manage")
    document_drafts.demand_open(row)
    content = content_from(
        data, name, row.content, document_drafts.base_of(row), document=row.document, actor=actor
    )
    if content == row.content:
        return row
    row = document_drafts.replace(row, content, version=row.version, actor=actor)
    told(row, name, actor)
    return row


def told(draft: DocumentDraft, name: str, actor: Actor) -> None:
    audit.record("targets.document_draft.file", draft, actor=actor, name=draft.title, changes={"file": name})
