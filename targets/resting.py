"""What of targets rests on the clauses of a document: tasks, targets, and what the city's cycle says."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.models.policy import PolicyDocument
from portal.navigation import Resting, Rests
from portal.rules.machine import marked
from targets.models.demonstration import AssessmentItem, CycleQuota, CycleStage, RevocationCondition
from targets.models.targets import Target
from targets.models.tasks import Task


def resting(document, actor) -> list[Rests]:
    """Also, under None, what of the document stands under no clause."""
    slug, on = actor.district.slug, (today := timezone.localdate())
    first = min(document.versions.all(), key=lambda one: one.number, default=None)
    if first is not None and document.origin == PolicyDocument.Origin.OWN:
        on = max(on, first.starts_on)  # what it will ask for
    if document.superseded_on:
        on = min(on, document.superseded_on - timedelta(days=1))  # what it asked for last
    labels = {clause.label: clause.pk for clause in document.clauses.all()}

    def task(clause, one):
        table = one["origin"] == Task.Origin.TABLE
        kind = _("任务") if table else str(Task.Origin(one["origin"]).label)
        url = reverse("task", args=[slug, one["pk"]])
        return [(clause, Resting(kind, f"{one['number']}　{one['text']}", url))]

    def target(clause, one):
        proof, name = Target.Proof(one["proof"]).label, one["display_text"] or one["text"]
        note = f"{proof}：{one['proof_reason']}" if one["proof_reason"] else str(proof)
        # its page shows it while it is in force
        url = reverse("target", args=[slug, one["pk"]]) if on == today else ""
        others = [
            (labels[also["clause"]], Resting(_("指标"), also.get("text") or name, url, note))
            for also in one["also"]
            if also["clause"] in labels
        ]
        return [(clause, Resting(_("指标"), name, url, note)), *others]

    found = []
    if actor.may("task.view"):
        rows = Task.objects.current(on).filter(document=document)
        facts = {"pk": "pk", "number": "number", "text": "text", "origin": "origin"}
        found.append(Rests(rows, facts, ("number", "pk"), task))
    if actor.may("target.view"):
        names = ("pk", "text", "display_text", "proof", "proof_reason", "also")
        rows = Target.objects.current(on).filter(document=document)
        found.append(Rests(rows, {name: name for name in names}, ("position", "pk"), target))
    if actor.district.is_city:  # the cycle stands in the city's tenant
        found += cycle(document)
    return found


def cycle(document) -> list[Rests]:
    """What the city's cycle of naming takes from the document."""

    def kind(model, label: str, words: str, order: tuple[str, ...], *names: str) -> Rests:
        def shown(clause, one):
            return [(clause, Resting(_(label), words % one))]

        rows = model.objects.filter(document=document)
        return Rests(rows, {name: name for name in names}, order, shown)

    return [
        kind(CycleStage, marked("创建阶段"), "%(name)s　%(text)s", ("number",), "name", "text"),
        kind(CycleQuota, marked("名额"), "%(title)s：%(text)s", ("pk",), "title", "text"),
        kind(RevocationCondition, marked("撤销情形"), "%(text)s", ("number",), "text"),
        kind(AssessmentItem, marked("创建内容"), "%(text)s", ("area_number", "position"), "text"),
    ]
