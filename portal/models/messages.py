"""What the portal tells a person: the inbox (消息)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.rules.rights import Reach
from portal.tenancy import TenantModel


class Message(TenantModel):
    """One message to one person in one district. A digest comes once a day at most, however much is due; what cannot
    wait until tomorrow is news.

    `lines`: [{"words", "state", "url", "count"}], as they were then; `url` is an address within the portal.
    """

    class Kind(models.TextChoices):
        DIGEST = "digest", _("每日提醒")
        NEWS = "news", _("即时消息")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    on = models.DateField()
    title = models.CharField(max_length=120)
    lines = models.JSONField(default=list)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    reach_paths = {Reach.SELF: "user"}

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "user", "on"],
                condition=models.Q(kind="digest"),
                name="message_of_a_day",
            )
        ]
        indexes = [
            models.Index(fields=["district", "user", "-on", "-id"], name="message_of_user"),
            models.Index(
                fields=["district", "user"],
                condition=models.Q(read_at__isnull=True),
                name="message_unread",
            ),
        ]

    def __str__(self):
        return self.title
