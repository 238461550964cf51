"""Rows of the portal itself: people, files, lists in and out, messages, documents."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from portal.access import Actor
from portal.models import Message, PolicyDocument
from portal.rules.rights import RIGHTS, Role
from portal.services import exports, people
from portal.spreadsheets import LISTS
from tests import rows
from tests.portal import spreadsheets
from tests.portal.access.rows import ROLES, Open, Row, fresh, numbers
from tests.portal.stage import Place, days


def new_client(place: Place) -> dict:
    admin = Actor(place.district, place.users["bureau"], roles=frozenset({Role.SYSTEM_ADMIN}))
    made, _token = people.create_client(
        name=fresh(), scopes=["facilities:read"], actor=admin, on=timezone.localdate()
    )
    return {"pk": made.pk}


def sealed(place: Place):
    """An account that came in by a list, before it has a password."""
    user = people.create_account(username=fresh(), name="示例新人", actor=place.process)
    people.give_role(user, "auditor", actor=place.process, on=timezone.localdate())
    return {}, {}


def import_run(place: Place, **data):
    """An import of facilities with one row that is right and one that is wrong, read and waiting."""
    head = ("名称", "类型", "街镇", "地址", "托位", "性质")
    good = (f"示例{fresh()}", "托育机构", place.street.name, "示例路 1 号", 60, "营利性")
    run = spreadsheets.read("facilities", head, good, ("示例", "飞船"), actor=place.bureau())
    return ({"pk": run.pk}, data) if data else {"pk": run.pk}


def uploading(place: Place):
    content = spreadsheets.workbook(("编号", "托位"), (place.facility.code, 61))
    return {"key": "facilities"}, {"file": spreadsheets.upload(content)}


def export_run(place: Place) -> dict:
    one = LISTS.outgoing["tasks"]
    run = exports.order(one, query="", revealed=False, actor=place.bureau(), queued=False)
    return {"pk": exports.make(run, actor=place.bureau()).pk}


def message(place: Place) -> Message:
    return rows.make(Message, user=place.users["bureau"], on=timezone.localdate() + timedelta(next(numbers)))


#: An export is its maker's alone.
NOT_THE_MAKER = {name: 404 for name in ROLES if name not in ("bureau", "parent")}
#: As is a printed dossier, of those who may print one.
NOT_THE_PRINTER = {
    name: 404 for name, role in ROLES.items() if name != "bureau" and role in RIGHTS["dossier.print"]
}

#: A message is the one's whom it tells, among those who get messages.
NOT_WHOSE_MESSAGE = {
    name: 404 for name, role in ROLES.items() if name != "bureau" and role in RIGHTS["message.view"]
}

PORTAL = [
    Row("imports", "GET", "list.import", denied=403),
    Row("import-new", "GET", "list.import", denied=403, then=("facility.manage", 404), make=lambda p: {"key": "facilities"}),
    Row("import-new", "POST", "list.import", denied=403, then=("facility.manage", 404), make=uploading),
    Row("import-template", "GET", "list.import", denied=403, then=("facility.manage", 404),
        make=lambda p: {"key": "facilities"}),
    Row("import", "GET", "list.import", denied=403, then=("facility.manage", 404), make=import_run),
    Row("import-remarks", "GET", "list.import", denied=403, then=("facility.manage", 404), make=import_run),
    Row("import-file", "GET", "list.import", denied=403, then=("facility.manage", 404), make=import_run),
    Row("import-write", "POST", "list.import", denied=403, then=("facility.manage", 404),
        make=lambda p: import_run(p, without_wrong="yes")),
    Row("import-drop", "POST", "list.import", denied=403, then=("facility.manage", 404), make=import_run),
    Row("export", "GET", "task.view", make=lambda p: {"key": "tasks"}),
    Row("export", "POST", "list.export", denied=403, then=("task.view", 404), make=lambda p: {"key": "tasks"}),
    Row("export-run", "GET", "list.export", denied=403, make=export_run, but=NOT_THE_MAKER),
    Row("export-file", "GET", "list.export", denied=403, make=export_run, but=NOT_THE_MAKER),
    Open("front", "GET", 302, 302),
    Open("sign-in", "GET", 200, 302),
    Open("sign-in", "POST", 422, 422),
    Open("sign-out", "POST", 302, 302),
    Open("password", "GET", 302, 200),
    Open("password", "POST", 302, 422),
    Open("preferences", "POST", 302, 302),
    Open("health", "GET", 200, 200),
    Open("design", "GET", 200, 200),
    Open("api-schema", "GET", 200, 200),
    Row("today", "GET", "today.view", denied=403),
    Row("messages", "GET", "message.view", denied=403),
    Row("messages-read", "POST", "message.view", denied=403),
    Row("message", "GET", "message.view", denied=403, make=lambda p: {"pk": message(p).pk},
        but=NOT_WHOSE_MESSAGE),
    Row("search", "GET", "today.view", denied=403),
    Row("people", "GET", "person.view", denied=403),
    Row("person-new", "GET", "person.manage", denied=403),
    Row(
        "person-new", "POST", "person.manage", denied=403, ok=200,
        make=lambda p: ({}, {"username": fresh(), "name": "示例新人", "role": "auditor"}),
    ),
    Row("first-passwords", "GET", "person.manage", denied=403),
    Row("first-passwords", "POST", "person.manage", denied=403, ok=200, make=sealed),
    Row("person", "GET", "person.view", denied=403, make=lambda p: {"pk": p.person().user_id}),
    Row(
        "person", "POST", "person.view", denied=403, then=("person.manage", 403),
        make=lambda p: ({"pk": p.person().user_id}, {"role": "auditor"}),
    ),
    Row("role-end", "POST", "person.manage", make=lambda p: {"pk": p.person().pk}),
    Row("person-password", "POST", "person.manage", denied=403, ok=200, make=lambda p: {"pk": p.person().user_id}),
    Row("clients", "GET", "client.manage", denied=403),
    Row(
        "clients", "POST", "client.manage", denied=403, ok=200,
        make=lambda p: ({}, {"name": "示例系统", "scopes": ["facilities:read"]}),
    ),
    Row("client-end", "POST", "client.manage", denied=403, make=new_client),
    Row("audit", "GET", "audit.view", denied=403),
    Row("documents", "GET", "document.view", denied=403),
    Row("document", "GET", "document.view", make=lambda p: {"key": PolicyDocument.objects.first().key}),
    Row("parameters", "GET", "document.view", denied=403),
    Row("parameter", "GET", "document.view", denied=403, make=lambda p: {"key": "publication.result_days"}),
    Row(
        "parameter", "POST", "document.view", denied=403, then=("parameter.manage", 403),
        make=lambda p: (
            {"key": "publication.result_days"},
            {"value": "15", "starts_on": days(30), "basis": "示例会议 2026 年"},
        ),
    ),
]  # fmt: skip
