"""Who runs facilities (举办者): a record of its own, for one operator may run several and belong to a chain."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.rules.rights import Reach
from portal.tenancy import TenantModel


class Operator(TenantModel):
    """The organisation that answers for a facility. `chain`: the brand under which several operators work."""

    name = models.CharField(_("举办者"), max_length=120)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    chain = models.CharField(_("连锁品牌"), max_length=80, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    reach_paths = {Reach.STREETS: "facilities__street", Reach.FACILITIES: "facilities"}

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["district", "name"], name="operator_name"),
            models.UniqueConstraint(
                fields=["district", "credit_code"],
                condition=~models.Q(credit_code=""),
                name="operator_credit_code",
            ),
        ]
        indexes = [models.Index(fields=["district", "chain"], name="operator_by_chain")]

    def __str__(self):
        return self.name
