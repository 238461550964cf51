"""What waits for a person in the drafts of checklists: a publication, and what came back to whoever wrote it."""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from inspections.models import ChecklistDraft
from portal.access import Actor
from portal.navigation import Waiting


def waiting(actor: Actor) -> list[Waiting]:
    """What was handed over waits for a second person who may publish, by its first day; what was sent back waits for
    whoever began it."""
    publishes, writes = actor.may("checklist.publish"), actor.may("checklist.draft")
    if not (publishes or writes):
        return []
    rows = ChecklistDraft.objects.filter(Q(state="submitted") | Q(state="draft") & ~Q(note=""))
    items = []
    for row in rows.select_related("checklist", "submitted_by", "begun_by").defer("items"):
        page = reverse("checklist-draft", args=[actor.district.slug, row.checklist.key])
        name = row.checklist.name
        if row.state == "submitted" and publishes and not actor.same_person(row.submitted_by):
            items.append(
                Waiting(
                    title=_("检查表“%(name)s”的新版") % {"name": name},
                    facts=_("第二人核对，公布或退回"),
                    url=page,
                    verb=_("去核对"),
                    due=row.starts_on,
                    order=16,
                )
            )
        elif row.state == "draft" and writes and actor.same_person(row.begun_by):
            items.append(
                Waiting(
                    title=_("检查表“%(name)s”的草稿退回了") % {"name": name},
                    facts=row.note,
                    url=page,
                    verb=_("改草稿"),
                    state="warn",
                    order=16,
                )
            )
    return items
