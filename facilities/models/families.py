"""Families: children and their parents (家长), and who of them stands how to whom.

What everybody with a right to a list may see of a child is in Child: a code, the masked name, the month of birth.
All that is personal is in ChildRecord and ParentRecord, which facilities/services/children.py alone reads, and
only by its function `open_child`, that writes down who looked, when and why.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.crypto import EncryptedField
from portal.models.places import Street
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel, TenantQuerySet, WithheldCharField, WithheldDateField


class ChildQuerySet(TenantQuerySet):
    def allowed(self, actor, permission):
        """Facilities and streets reach a child while it is enrolled there, or asks to be; a parent the own child."""
        reaches = actor.reaches(permission)
        if Reach.ALL in reaches:
            return self
        condition = Q(pk__in=[])
        for reach in reaches & self.model.reach_paths.keys():
            found = Q(**{f"{self.model.reach_paths[reach]}__in": actor.ids(reach)})
            if reach != Reach.SELF:
                found &= Q(enrolments__state__in=("applied", "admitted"))
            condition |= Q(pk__in=self.model._base_manager.filter(found).values("pk"))
        return self.filter(condition)

    def on_file(self):
        """Children whose record has not been deleted."""
        return self.filter(erased_on__isnull=True)


class Child(TenantModel):
    """A child under three, once in a district. Nothing in this table says who it is."""

    code = models.CharField(_("编号"), max_length=12)
    shown = models.CharField(_("姓名"), max_length=8, blank=True, help_text="the masked name: 陈*")
    birth_month = models.DateField(_("出生年月"), help_text="the first of the month")
    street = TenantForeignKey(
        Street, null=True, blank=True, related_name="children", verbose_name=_("居住街镇")
    )
    erased_on = models.DateField(null=True, blank=True, help_text="when its record was deleted")

    objects = ChildQuerySet.as_manager()
    reach_paths = {
        Reach.STREETS: "enrolments__facility__street",
        Reach.FACILITIES: "enrolments__facility",
        Reach.SELF: "kinships__parent__user",
    }

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["district", "code"], name="child_code")]

    def __str__(self):
        return self.code


class ChildRecord(TenantModel):
    """Who the child is: read through open_child only. Deleted when the purpose has ended."""

    class Sex(models.TextChoices):
        GIRL = "girl", _("女")
        BOY = "boy", _("男")

    child = TenantForeignKey(Child, on_delete=models.CASCADE, related_name="+")
    name = EncryptedField()
    name_hash = WithheldCharField(
        max_length=64, help_text="by which a text is searched before it is published"
    )
    born_on = WithheldDateField()
    sex = models.CharField(max_length=4, choices=Sex.choices)
    identity = EncryptedField()
    identity_hash = WithheldCharField(max_length=64)
    address = EncryptedField(null=True, blank=True)
    #: What the family declared of the child's health (金教〔2023〕29号 六4): allergies and earlier illnesses.
    allergies = EncryptedField(null=True, blank=True)
    history = EncryptedField(null=True, blank=True)
    declared_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "child"], name="child_record"),
            models.UniqueConstraint(fields=["district", "identity_hash"], name="child_once"),
        ]
        indexes = [models.Index(fields=["district", "name_hash"], name="child_by_name_hash")]


class Parent(TenantModel):
    """A parent or grandparent of children on file; `user` once the person signs in."""

    code = models.CharField(max_length=12)
    shown = models.CharField(max_length=8, blank=True, help_text="the masked name")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    erased_on = models.DateField(null=True, blank=True)

    reach_paths = {Reach.SELF: "user"}

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="parent_code"),
            models.UniqueConstraint(
                fields=["district", "user"], condition=Q(user__isnull=False), name="parent_user"
            ),
        ]

    def __str__(self):
        return self.code


class ParentRecord(TenantModel):
    """Who the parent is and how to call: read together with the child, by the same function."""

    parent = TenantForeignKey(Parent, on_delete=models.CASCADE, related_name="+")
    name = EncryptedField()
    name_hash = WithheldCharField(max_length=64)
    phone = EncryptedField()
    phone_hash = WithheldCharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "parent"], name="parent_record"),
            models.UniqueConstraint(fields=["district", "phone_hash"], name="parent_once"),
        ]
        indexes = [models.Index(fields=["district", "name_hash"], name="parent_by_name_hash")]


class Kinship(TenantModel):
    """How a parent stands to a child, whether the person signs for it (法定代理) and may collect it."""

    class Relation(models.TextChoices):
        MOTHER = "mother", _("母亲")
        FATHER = "father", _("父亲")
        GRANDPARENT = "grandparent", _("祖辈")
        OTHER = "other", _("其他亲属")

    child = TenantForeignKey(Child, on_delete=models.CASCADE, related_name="kinships")
    parent = TenantForeignKey(Parent, on_delete=models.CASCADE, related_name="kinships")
    relation = models.CharField(_("关系"), max_length=12, choices=Relation.choices)
    signs = models.BooleanField(_("可以签字"), default=False)
    collects = models.BooleanField(_("可以接送"), default=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["district", "child", "parent"], name="kinship")]
