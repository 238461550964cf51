"""The audit log, people with their roles, and the parameters as spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q

from portal.models.people import ROLE_LABELS, ApiClient, Membership, StreetGrant
from portal.rules.machine import marked
from portal.rules.parameters import show_value
from portal.rules.rights import Role
from portal.spreadsheets import AT_ONCE, Asked, ExportList, OutColumn, Rows
from portal.views import documents
from portal.views.people import audit_log

AUDIT_COLUMNS = (
    OutColumn(marked("时间"), 18),
    OutColumn(marked("谁"), 26),
    OutColumn(marked("动作"), 34),
    OutColumn(marked("对象"), 34),
    OutColumn(marked("内容"), 80),
)


def bounded(queryset) -> int:
    """How many rows, counted no further than one more than can be waited for."""
    return queryset.order_by()[: AT_ONCE + 1].count()


def audit(asked: Asked) -> Rows:
    found = audit_log(asked.actor)
    if text := " ".join(asked.query.get("q", "").split())[:40]:
        found = found.filter(Q(subject__contains=text) | Q(actor__contains=text) | Q(action__startswith=text))

    def rows() -> Iterator[tuple]:
        for row in found.iterator(chunk_size=2000):
            facts = "　".join(f"{key}: {value}" for key, value in row.changes.items())
            yield row.at, row.actor, row.action, row.subject, facts

    return Rows(bounded(found), rows())


PEOPLE_COLUMNS = (
    OutColumn(marked("账号"), 18),
    OutColumn(marked("姓名"), 12, "name"),
    OutColumn(marked("角色"), 18),
    OutColumn(marked("单位"), 24),
    OutColumn(marked("街镇"), 24),
    OutColumn(marked("起"), 12),
    OutColumn(marked("止"), 12),
)


def streets_of() -> dict[int, str]:
    """Who serves which streets, by the person's id."""
    found: dict[int, list[str]] = {}
    grants = StreetGrant.objects.order_by("content_object__code")
    for user, name in grants.values_list("user_id", "content_object__name"):
        found.setdefault(user, []).append(name)
    return {user: "、".join(names) for user, names in found.items()}


def people(asked: Asked) -> Rows:
    found = Membership.objects.allowed(asked.actor, "person.view").current(asked.on)
    if text := " ".join(asked.query.get("q", "").split())[:40]:
        found = found.filter(Q(user__name__contains=text) | Q(user__username__contains=text))
    found = found.select_related("user", "unit").order_by("user__name", "user_id", "role")

    def rows() -> Iterator[tuple]:
        served = streets_of()
        for row in found.iterator(chunk_size=2000):
            unit = row.unit.name if row.unit else ""
            yield (
                row.user.username,
                row.user.name,
                str(ROLE_LABELS[row.role]),
                unit,
                served.get(row.user_id, "") if row.role == Role.STREET_OFFICER else "",
                row.starts_on,
                row.ends_on,
            )

    return Rows(bounded(found), rows())


PARAMETER_COLUMNS = (
    OutColumn(marked("参数"), 40),
    OutColumn(marked("值"), 16),
    OutColumn(marked("单位"), 10),
    OutColumn(marked("起"), 12),
    OutColumn(marked("止"), 12),
    OutColumn(marked("依据"), 36),
    OutColumn(marked("待核对"), 10),
)


def parameters(asked: Asked) -> Rows:
    """The versions that the page shows: in force and to come, those to be checked where it asks for them."""
    weak = documents.only_weak(asked.query)
    found = [row for row in documents.versions(asked.actor, asked.on) if row.weak or not weak]
    return Rows(
        len(found),
        (
            (
                row.label,
                show_value(row.value, row.key),
                row.unit,
                row.starts_on,
                row.ends_on,
                f"{row.clause.document.number} {row.clause.label}" if row.clause else row.basis,
                row.weak,
            )
            for row in found
        ),
    )


CLIENT_COLUMNS = (
    OutColumn(marked("名称"), 28),
    OutColumn(marked("权限"), 48),
    OutColumn(marked("起"), 12),
    OutColumn(marked("止"), 12),
)


def clients(asked: Asked) -> Rows:
    """Who takes data by the interface; no token stands anywhere."""
    found = ApiClient.objects.order_by("-pk")
    return Rows(
        bounded(found), ((row.name, " ".join(row.scopes), row.starts_on, row.ends_on) for row in found)
    )


EXPORTS = (
    ExportList(
        "clients", marked("数据接口"), "clients", "client.manage", lambda asked: CLIENT_COLUMNS, clients
    ),
    ExportList("audit", marked("审计记录"), "audit", "audit.view", lambda asked: AUDIT_COLUMNS, audit),
    ExportList("people", marked("人员与角色"), "people", "person.view", lambda asked: PEOPLE_COLUMNS, people),
    ExportList(
        "parameters",
        marked("参数"),
        "parameters",
        "document.view",
        lambda asked: PARAMETER_COLUMNS,
        parameters,
    ),
)
