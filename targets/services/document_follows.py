"""What a draft takes from the version before, or from the document that it follows, and what takes the place of what."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Conflict, NotFound, Refused
from targets.models.drafts import DocumentDraft
from targets.rules import plan_content
from targets.rules.plan_merge import with_clauses
from targets.services import document_drafts as drafts
from targets.services import plan_base


@transaction.atomic
def take_over(
    draft: DocumentDraft, part: str, rows: list[int], *, version: int, actor: Actor
) -> DocumentDraft:
    """Takes rows of the version before, or of the predecessor, into the draft as they are, with their clauses; of a
    task number that is in use already the next free one."""
    row = drafts.locked(draft, version, actor, "document.manage")
    drafts.demand_open(row)
    content = dict(row.content)
    base = drafts.base_of(row)
    taken = {one.get("follows") for one in content[part]}
    wanted = [one for one in base[part] if one["id"] in set(rows) - taken]
    if not wanted:
        raise Refused(_("选要接过来的行"), field="rows", code="rows")
    content["clauses"] = with_clauses(
        content["clauses"],
        [one["clause"] for one in wanted if one["clause"]],
        plan_base.texts_of(row.document or row.follows),
    )
    content[part] = [*content[part], *taken_entries(part, wanted, base, content)]
    row.content = content
    return drafts.keep_draft(row, "take", actor, {"part": part, "rows": len(wanted)})


@transaction.atomic
def link(
    draft: DocumentDraft, part: str, index: int, follows: int, *, version: int, actor: Actor
) -> DocumentDraft:
    """Says which row of the version before, or of the predecessor, an entry takes the place of."""
    row = drafts.locked(draft, version, actor, "document.manage")
    drafts.demand_open(row)
    if index >= len(row.content[part]):
        raise NotFound(_("草稿里没有这一条，刷新页面看最新的"), code="entry")
    if follows not in {one["id"] for one in drafts.base_of(row)[part]}:
        raise Refused(_("选它接续的一行"), field="follows", code="follows")
    if any(one.get("follows") == follows for one in row.content[part]):
        raise Conflict(_("这一行已经有一条接续了，刷新页面看最新的"), field="follows", code="followed")
    entries = [one | {"follows": follows} if at == index else one for at, one in enumerate(row.content[part])]
    row.content = row.content | {part: entries}
    return drafts.keep_draft(
        row, "link", actor, {"part": part, "entry": plan_content.name_of(part, entries[index])}
    )


def taken_entries(part: str, wanted: list[dict], base: Mapping, content: Mapping) -> list[dict]:
    numbers = {one["number"] for one in content["tasks"]}
    followed = {one["follows"]: one["number"] for one in content["tasks"] if one.get("follows")}
    of_row = {one["number"]: followed.get(one["id"]) for one in base["tasks"]}
    keys = {one["key"] for one in content["targets"]}
    found = []
    for one in wanted:
        entry = plan_base.without_id(one)
        if part == "tasks":
            while entry["number"] in numbers:
                entry["number"] += 1
            numbers.add(entry["number"])
        else:
            entry["tasks"] = [of_row[n] for n in entry["tasks"] if of_row.get(n)]
            while entry["key"] in keys:
                entry["key"] = f"{entry['key'][:76]}-2"
            keys.add(entry["key"])
        found.append(entry)
    return found
