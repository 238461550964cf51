"""Rows of policy documents that are written, and of their versions."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from portal.models.policy import PolicyDocument
from portal.services.import_files import XLSX
from targets.models import DocumentDraft
from targets.services import document_drafts as drafts
from targets.services import plan_sheets
from tests.portal.access.rows import Row, fresh
from tests.portal.stage import Place
from tests.targets import plans


def content(place: Place) -> dict:
    """A plan of the place's own units, with a title and number of its own."""
    made = plans.content(
        document=plans.content()["document"] | {"title": f"示例{fresh()}", "number": f"示例{fresh()}"}
    )
    for task in made["tasks"]:
        task["leads"] = [{"unit": place.unit.slug, "name": place.unit.name}]
        task["supports"] = []
    return made


def a_draft(place: Place, state: str = "draft") -> DocumentDraft:
    filled = content(place)
    made = drafts.begin_new(filled["document"], follows=None, actor=place.process)
    made = drafts.replace(made, filled, version=1, actor=place.process)
    if state == "submitted":
        made = drafts.submit(
            made, starts_on=plans.BEGIN, reason="", version=made.version, actor=place.process
        )
    return made


def of_draft(place: Place, **more) -> dict:
    return {"pk": a_draft(place).pk} | more


def a_version(place: Place) -> dict:
    draft = a_draft(place, "submitted")
    made = drafts.publish(draft, version=draft.version, actor=place.process)
    return {"pk": made.pk}


def compared(place: Place) -> DocumentDraft:
    """A draft that follows a document of which it has taken nothing yet."""
    draft = a_draft(place, "submitted")
    first = drafts.publish(draft, version=draft.version, actor=place.process).document
    return drafts.begin_new(content(place)["document"], follows=first, actor=place.process)


def taking(place: Place):
    draft = compared(place)
    rows = [one["id"] for one in drafts.base_of(draft)["targets"]]
    return {"pk": draft.pk}, {"part": "targets", "rows": [str(rows[0])], "version": draft.version}


def step(what: str, **data):
    def make(place: Place):
        draft = a_draft(place, "draft" if what in ("submit", "drop") else "submitted")
        return {"pk": draft.pk}, {"what": what, "version": draft.version, **data}

    return make


def facts(place: Place) -> dict:
    return {
        "title": f"示例{fresh()}", "doc_number": "", "issuers": "示例单位", "period_from": "2027-01-01",
        "period_to": "2029-12-31",
    }  # fmt: skip


TASK = {"number": 7, "origin": "table", "task": "示例任务", "clause": "一（一）", "key_project": ""}


def a_task(place: Place):
    draft = a_draft(place)
    return {"pk": draft.pk, "part": "tasks"}, TASK | {"version": draft.version, "leads": place.unit.name}


def a_file(place: Place) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.xlsx", plan_sheets.workbook(content(place)), XLSX)


def into(place: Place):
    draft = a_draft(place)
    return {"pk": draft.pk}, {"file": a_file(place), "version": draft.version}


def removing(place: Place):
    draft = a_draft(place)
    return {"pk": draft.pk, "part": "targets", "number": 1}, {"version": draft.version}


def a_document(place: Place) -> PolicyDocument:
    """One of its own, in force."""
    draft = a_draft(place, "submitted")
    return drafts.publish(draft, version=draft.version, actor=place.process).document


VIEW = {"right": "document_draft.view", "denied": 403}
WRITE = {"right": "document.manage", "denied": 403}

DOCUMENTS = [
    Row("document-drafts", "GET", **VIEW),
    Row("document-draft-new", "GET", **WRITE),
    Row("document-draft-new", "POST", **WRITE, make=lambda p: ({}, facts(p))),
    Row("document-file-new", "GET", **WRITE),
    Row("document-file-new", "POST", **WRITE, make=lambda p: ({}, {"file": a_file(p)})),
    Row("document-template", "GET", **WRITE),
    Row("document-draft-begin", "POST", **WRITE, make=lambda p: ({"key": a_document(p).key}, {})),
    Row("document-draft", "GET", **VIEW, make=of_draft),
    Row("document-facts", "GET", **WRITE, make=of_draft),
    Row(
        "document-facts", "POST", **WRITE, make=lambda p: (of_draft(p), facts(p) | {"version": 2}),
    ),
    Row("document-file", "GET", **WRITE, make=of_draft),
    Row("document-file", "POST", **WRITE, make=into),
    Row("document-draft-book", "GET", **VIEW, make=of_draft),
    Row("document-changes", "GET", **VIEW, make=lambda p: {"pk": compared(p).pk}),
    Row("document-changes", "POST", **VIEW, then=("document.manage", 403), make=taking),
    Row("document-step", "POST", **VIEW, note="submit", then=("document.manage", 403),
        make=step("submit", starts_on="2027-01-01")),
    Row("document-step", "POST", **VIEW, note="publish", then=("document.publish", 403), make=step("publish")),
    Row("document-step", "POST", **VIEW, note="return", then=("document.publish", 403),
        make=step("return", note="示例：再核对一遍")),
    Row("document-step", "POST", **VIEW, note="drop", then=("document.manage", 403), make=step("drop")),
    Row("document-entry-new", "GET", **WRITE, make=lambda p: of_draft(p, part="targets")),
    Row("document-entry-new", "POST", **WRITE, make=a_task),
    Row("document-entry", "GET", **WRITE, make=lambda p: of_draft(p, part="targets", number=1)),
    Row("document-entry", "POST", **WRITE,
        make=lambda p: (of_draft(p, part="clauses", number=1), {"label": "一（一）", "words": "改过", "version": 2})),
    Row("document-entry-remove", "POST", **WRITE, make=removing),
    Row("document-version", "GET", "document.view", denied=403, make=a_version),
    Row("document-version-book", "GET", "document.view", denied=403, make=a_version),
]  # fmt: skip
