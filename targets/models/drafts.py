"""A policy document while it is written: nobody is judged by it, so it stands apart from what is in force."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.choices import in_language
from portal.models.policy import DocumentVersion, PolicyDocument
from portal.tenancy import TenantForeignKey, TenantModel
from targets.rules.states import DOCUMENT_DRAFT


def person() -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class DocumentDraft(TenantModel):
    """The next version of `document`, or a new one, which may follow another (`follows`).

    `content` has the shape that targets/rules/plan_content.py tells.
    """

    document = TenantForeignKey(PolicyDocument, null=True, related_name="drafts")
    follows = TenantForeignKey(PolicyDocument, null=True, related_name="+")
    title = models.CharField(_("标题"), max_length=200)
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(DOCUMENT_DRAFT.choices), default=DOCUMENT_DRAFT.initial
    )
    content = models.JSONField()
    starts_on = models.DateField(_("起用日期"), null=True)
    reason = models.CharField(_("为什么改"), max_length=200, blank=True)
    begun_at = models.DateTimeField()
    begun_by = person()
    submitted_at = models.DateTimeField(null=True)
    submitted_by = person()
    settled_at = models.DateTimeField(null=True)
    settled_by = person()
    note = models.CharField(_("退回的原因"), max_length=200, blank=True)
    published = TenantForeignKey(DocumentVersion, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "document"],
                condition=models.Q(state__in=("draft", "submitted"), document__isnull=False),
                name="one_draft_of_a_document",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="published")
                | models.Q(settled_by__isnull=True)
                | models.Q(submitted_by__isnull=True)
                | ~models.Q(settled_by=models.F("submitted_by")),
                name="a_second_publishes_a_document",
            ),
        ]

    def __str__(self):
        return self.title
