"""The minutes of the joint conference on paper: set once as a draft, once as they were confirmed. docs/conference.md."""

from __future__ import annotations

import hashlib

from django.core.files.base import ContentFile
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from portal import pdf
from portal.access import Actor
from portal.celery import app
from portal.rules.official import OfficialDocument
from portal.services import audit
from portal.services.files import store_file
from targets.models.conferences import ConferenceMinutes


def print_later(minutes: ConferenceMinutes, actor: Actor) -> None:
    """The typesetting is a worker's: it holds the engine and the fonts warm."""
    names = [actor.district.pk, minutes.pk]
    transaction.on_commit(lambda: app.send_task("targets.print_minutes", args=names))


def html_of(minutes: ConferenceMinutes) -> str:
    """The whole document; the same minutes give the same HTML. Until they are confirmed it says 送审稿."""
    content, final = minutes.content, minutes.confirmed_at is not None
    day = timezone.localdate(minutes.confirmed_at if final else minutes.submitted_at)
    document = OfficialDocument(
        title=content["title"],
        issuers=(content["issuer"],),
        number=minutes.number,
        dated=day,
        copies_to=tuple(part for part in content["copies_to"].split("；") if part),
        printed_by=content["printing_unit"],
        printed_on=day if final else None,
        draft=not final,
        suffix="纪要",  # content
        keywords=("托育服务", "联席会议"),  # content
    )
    return render_to_string("official/minutes.html", {"document": document, "c": content})


@transaction.atomic
def print_minutes(minutes: ConferenceMinutes, *, actor: Actor) -> ConferenceMinutes:
    """Sets the PDF of an edition and keeps it with its hash; once set it stays until the edition is confirmed."""
    minutes = ConferenceMinutes.objects.select_for_update(of=("self",)).get(pk=minutes.pk)
    if minutes.file_id is not None:
        return minutes
    body = pdf.render(html_of(minutes), duplex=True)
    name = f"minutes-{minutes.conference_id}-{minutes.edition}.pdf"
    minutes.file = store_file(ContentFile(body, name=name), actor=actor)
    minutes.sha256 = hashlib.sha256(body).hexdigest()
    minutes.save(update_fields=["file", "sha256"])
    audit.record(
        "targets.minutes.print", minutes, actor=actor, changes={"sha256": minutes.sha256},
        name=minutes.content["title"],
    )  # fmt: skip
    return minutes
