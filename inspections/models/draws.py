"""The year's chain, a month's draw, and the public log of both."""

from __future__ import annotations

import json

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspections.models.plans import Scheme
from inspections.rules.states import CANCEL_REASONS, DRAW
from portal.choices import in_language
from portal.crypto import decrypt
from portal.tenancy import TenantForeignKey, TenantModel, WithheldBinaryField


class DrawChain(TenantModel):
    """The thirteen links of a scheme's year; only the anchor and revealed links ever leave the table."""

    scheme_key = models.SlugField(db_index=False, max_length=40)
    year = models.PositiveSmallIntegerField()
    anchor = models.CharField(max_length=64)
    secret = WithheldBinaryField(help_text="link[12], encrypted; the others follow from it")
    made_at = models.DateTimeField(default=timezone.now)

    append_only = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["district", "scheme_key", "year"], name="draw_chain")]


class Draw(TenantModel):
    """One month's draw of a scheme (双随机抽取). At most one is valid in a chain's month; a void one stays."""

    class Source(models.TextChoices):
        WITNESS = "witness", _("现场见证")
        LOTTERY = "lottery", _("彩票开奖")
        BEACON = "beacon", _("公共随机信标")
        CHAINED = "chained", _("接链")

    scheme = TenantForeignKey(Scheme, related_name="draws")
    chain = TenantForeignKey(DrawChain, related_name="draws")
    year = models.PositiveSmallIntegerField()
    month = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=in_language(DRAW.choices), default=DRAW.initial)
    frozen = models.BinaryField(help_text="canonical(F)")
    frozen_sha256 = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    entropy_source = models.CharField(max_length=10, choices=Source.choices, blank=True)
    entropy_value = models.CharField(max_length=200, blank=True)
    entropy_note = models.CharField(
        max_length=200, blank=True, help_text="the lottery issue, named at the freezing"
    )
    lottery_only = models.BooleanField(
        default=False,
        help_text="the month's link was public at the freezing: whoever knows it could choose among throws",
    )
    witnesses = models.CharField(max_length=200, blank=True)
    entered_at = models.DateTimeField(null=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    drawn_at = models.DateTimeField(null=True)
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    evidence = WithheldBinaryField(null=True, help_text="the evidence file, encrypted: it holds the link")
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField(null=True)
    replaces = TenantForeignKey("self", null=True, related_name="replaced_by")
    void_reason = models.CharField(max_length=200, blank=True)
    void_requested_at = models.DateTimeField(null=True)
    void_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-year", "-month", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "chain", "month"],
                condition=~models.Q(state="void"),
                name="one_valid_draw",
            ),
            models.UniqueConstraint(
                fields=["district", "entropy_value"],
                condition=~models.Q(entropy_value=""),
                name="entropy_used_once",
            ),
            models.CheckConstraint(condition=models.Q(month__gte=1, month__lte=12), name="draw_month"),
            models.CheckConstraint(
                condition=models.Q(replaces__isnull=True) | ~models.Q(entropy_source="chained"),
                name="replacement_never_chained",
            ),
            models.CheckConstraint(
                condition=models.Q(lottery_only=False)
                | (models.Q(entropy_source__in=("", "lottery")) & ~models.Q(entropy_note="")),
                name="public_link_takes_a_lottery",
            ),
        ]

    def __str__(self):
        return f"{self.year}-{self.month:02d} {self.scheme}"

    @property
    def never_chained(self) -> bool:
        """Whether this draw needs a public fact whatever the scheme allows."""
        return self.replaces_id is not None or self.lottery_only

    @property
    def frozen_dict(self) -> dict:
        """F of the protocol, as it was frozen."""
        return json.loads(bytes(self.frozen))

    @property
    def evidence_file(self) -> bytes | None:
        """The evidence file's bytes. They hold the link: nobody is shown them before they are public."""
        return None if self.evidence is None else decrypt(self.evidence)


class DrawAddendum(TenantModel):
    """What happened to a draw's visit afterwards: an inspector replaced or named, a visit struck off. Hashed in a row."""

    class Kind(models.TextChoices):
        REPLACED = "replaced", _("递补")
        NAMED = "named", _("指派（非抽取）")
        CANCELLED = "cancelled", _("销去")

    draw = TenantForeignKey(Draw, related_name="addenda")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    content = models.BinaryField(help_text="canonical JSON")
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        ordering = ["draw", "number"]
        constraints = [models.UniqueConstraint(fields=["district", "draw", "number"], name="draw_addendum")]

    @property
    def facts(self) -> dict:
        return json.loads(bytes(self.content))


class PublicRecord(TenantModel):
    """The public log of draws: what became public when. Anybody may read all of it; nothing is ever taken out."""

    class Kind(models.TextChoices):
        ANCHOR = "anchor", _("链的起点")
        FROZEN = "frozen", _("冻结指纹")
        EVIDENCE_HASH = "evidence_hash", _("证据指纹")
        EVIDENCE = "evidence", _("证据文件")
        ADDENDUM = "addendum", _("附记")
        VOID = "void", _("作废")

    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    scheme_key = models.SlugField(db_index=False, max_length=40)
    scheme_name = models.CharField(max_length=80)
    year = models.PositiveSmallIntegerField()
    month = models.PositiveSmallIntegerField(null=True)
    draw = TenantForeignKey(Draw, null=True, related_name="public_records")
    sha256 = models.CharField(max_length=64)
    body = models.BinaryField(null=True)
    note = models.CharField(max_length=300, blank=True)

    append_only = True
    public_rows = "true"

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["district", "scheme_key", "year", "month"], name="public_record_month")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "scheme_key", "year"],
                condition=models.Q(kind="anchor"),
                name="one_anchor",
            ),
            models.UniqueConstraint(
                fields=["district", "draw", "kind"],
                condition=models.Q(kind__in=("frozen", "evidence_hash", "evidence", "void")),
                name="published_once",
            ),
        ]

    @property
    def file_name(self) -> str:
        return f"{self.kind}-{self.scheme_key}-{self.year}-{self.month:02d}-{self.sha256[:12]}.json"


CANCEL_CHOICES = list(CANCEL_REASONS.items())
