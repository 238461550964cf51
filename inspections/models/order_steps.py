"""What happens to an order besides its answer: the facility asks for more time; overdue, it climbs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from inspections.models.results import person
from inspections.models.visits import Order
from inspections.rules.ladder import RUNGS
from portal.choices import in_language
from portal.models.records import StoredFile
from portal.tenancy import TenantForeignKey, TenantModel


class OrderExtension(TenantModel):
    """A request for a later deadline with its reason, and what was decided; it stays on record either way."""

    class State(models.TextChoices):
        ASKED = "asked", _("等区里决定")
        GRANTED = "granted", _("同意延期")
        REFUSED = "refused", _("不同意延期")

    order = TenantForeignKey(Order, on_delete=models.CASCADE, related_name="extensions")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    due_on = models.DateField(help_text="the deadline when it was asked")
    wanted_on = models.DateField(_("想延到"))
    reason = models.TextField(_("理由"))
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    asked_by = person()
    answer = models.CharField(_("答复"), max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = person()

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "order"], condition=models.Q(state="asked"), name="one_open_extension"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | models.Q(asked_by__isnull=True)
                | ~models.Q(asked_by=models.F("decided_by")),
                name="a_second_decides_an_extension",
            ),
        ]


class OrderEscalation(TenantModel):
    """A rung that an overdue order reached, with the deadline it had then."""

    order = TenantForeignKey(Order, on_delete=models.CASCADE, related_name="escalations")
    rung = models.CharField(max_length=10, choices=in_language((k, w) for k, (_p, w) in RUNGS.items()))
    due_on = models.DateField()
    on = models.DateField()

    append_only = True

    class Meta:
        ordering = ["order", "on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "order", "rung", "due_on"], name="order_rung")
        ]
        indexes = [models.Index(fields=["district", "on", "rung"], name="order_rung_day")]
