"""Districts, streets, units: who the tenants are and what they are made of."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel


class District(models.Model):
    """A tenant (区). Its id is the division code: 310112. The city (310000) is a tenant of its own."""

    class Level(models.TextChoices):
        CITY = "city", _("市")
        DISTRICT = "district", _("区")

    id = models.BigIntegerField(primary_key=True)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=40)
    level = models.CharField(max_length=10, choices=Level.choices, default=Level.DISTRICT)
    prefix = models.CharField(max_length=4, default="", help_text="of facility codes: MH")
    demonstration = models.BooleanField(default=False)
    surroundings = ArrayField(
        models.FloatField(),
        default=list,
        blank=True,
        help_text="south, west, north, east in degrees WGS-84: where a point of the district can be",
    )

    opened_at = models.DateTimeField(null=True, help_text="when the city opened it; empty: shipped")
    opening = models.JSONField(null=True, help_text="what it begins with, until that is laid down")

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.name

    @property
    def ready(self) -> bool:
        """Whether its streets, units and reference data are there."""
        return self.opening is None

    @property
    def code(self) -> str:
        return str(self.id)

    @property
    def is_city(self) -> bool:
        return self.level == self.Level.CITY


class Street(TenantModel):
    """A street or town (街镇), or a park or farm that holds facilities like one."""

    class Kind(models.TextChoices):
        SUBDISTRICT = "subdistrict", _("街道")
        TOWN = "town", _("镇")
        PARK = "park", _("园区")
        FARM = "farm", _("农场")

    code = models.CharField(max_length=9)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    is_street = models.BooleanField(default=True)
    counted_in_plan = models.BooleanField(default=False, help_text="counts beside the streets in the plan")
    tile_column = models.PositiveSmallIntegerField(null=True)
    tile_row = models.PositiveSmallIntegerField(null=True)
    tile_moved = models.BooleanField(
        default=False, help_text="the district put the tile here; loading the reference data leaves it"
    )

    reach_paths = {Reach.STREETS: "pk"}
    public_rows = "true"

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["district", "code"], name="street_code")]
        permissions = [("serve_street", "Serves this street")]

    def __str__(self):
        return self.name


class Unit(TenantModel):
    """An organisation that leads or supports tasks, inspects, signs (单位); a collective one stands for its members."""

    class Level(models.TextChoices):
        DISTRICT = "district", _("区")
        CITY = "city", _("市")
        NATION = "nation", _("国家")

    slug = models.SlugField(db_index=False, max_length=80)
    name = models.CharField(max_length=80)
    full_name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=30)
    level = models.CharField(max_length=10, choices=Level.choices, default=Level.DISTRICT)
    aliases = ArrayField(models.CharField(max_length=80), default=list)
    collective = models.BooleanField(default=False)
    members_known = models.BooleanField(
        default=True, help_text="a collective whose members the document does not list"
    )
    issuer = models.BooleanField(default=False)
    street = TenantForeignKey(Street, null=True, blank=True, related_name="units")
    note = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)

    reach_paths = {Reach.UNIT: "pk"}

    class Meta:
        ordering = ["position", "slug"]
        constraints = [models.UniqueConstraint(fields=["district", "slug"], name="unit_slug")]

    def __str__(self):
        return self.name


class UnitMember(TenantModel):
    """One member of a collective unit (各镇人民政府 → 莘庄镇人民政府)."""

    collective = TenantForeignKey(Unit, on_delete=models.CASCADE, related_name="memberships_as_collective")
    member = TenantForeignKey(Unit, on_delete=models.CASCADE, related_name="memberships_as_member")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["district", "collective", "member"], name="unit_member")
        ]
