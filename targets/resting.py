"""What of targets rests on the clauses of a document: tasks, targets, and what the city's cycle says."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.models.policy import PolicyDocument
from portal.navigation import Resting
from targets.models.demonstration import AssessmentItem, CycleQuota, CycleStage, RevocationCondition
from targets.models.targets import Target
from targets.models.tasks import Task


def resting(document, actor) -> dict[int | None, list[Resting]]:
    """By clause; under None what of the document stands under no clause."""
    found: dict[int, list[Resting]] = {}

    def add(clause, kind, text, url="", note=""):
        found.setdefault(clause, []).append(Resting(kind, text, url, note))

    slug, on = actor.district.slug, (today := timezone.localdate())
    first = min(document.versions.all(), key=lambda one: one.number, default=None)
    if first is not None and document.origin == PolicyDocument.Origin.OWN:
        on = max(on, first.starts_on)  # what it will ask for
    if document.superseded_on:
        on = min(on, document.superseded_on - timedelta(days=1))  # what it asked for last
    if actor.may("task.view"):
        for task in Task.objects.current(on).filter(document=document):
            kind = _("任务") if task.origin == Task.Origin.TABLE else str(task.get_origin_display())
            url = reverse("task", args=[slug, task.pk])
            add(task.clause_id, kind, f"{task.number}　{task.text}", url)
    if actor.may("target.view"):
        labels = {clause.label: clause.pk for clause in document.clauses.all()}
        for target in Target.objects.current(on).filter(document=document):
            proof = target.get_proof_display()
            note = f"{proof}：{target.proof_reason}" if target.proof_reason else str(proof)
            # its page shows it while it is in force
            url = reverse("target", args=[slug, target.pk]) if on == today else ""
            add(target.clause_id, _("指标"), str(target), url, note)
            for also in target.also:
                if also["clause"] in labels:
                    add(labels[also["clause"]], _("指标"), also.get("text") or str(target), url, note)
    if not actor.district.is_city:  # the cycle stands in the city's tenant
        return found
    for stage in CycleStage.objects.filter(document=document):
        add(stage.clause_id, _("创建阶段"), f"{stage.name}　{stage.text}")
    for quota in CycleQuota.objects.filter(document=document):
        add(quota.clause_id, _("名额"), f"{quota.title}：{quota.text}")
    for condition in RevocationCondition.objects.filter(document=document):
        add(condition.clause_id, _("撤销情形"), condition.text)
    for item in AssessmentItem.objects.filter(document=document):
        add(item.clause_id, _("创建内容"), item.text)
    return found
