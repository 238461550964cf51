"""The papers that end a filing: the notice of lawful operation (依法开展托育服务告知书) and the decisions after it.

Number, code and content are fixed when it is issued; the PDF is set afterwards and kept with its SHA-256. The state of a
notice says whether it holds today; anybody can ask for it by the code (/public/notices/).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from facilities.models.facilities import Facility
from facilities.models.filings import Filing
from facilities.rules.filing_form import KINDS
from facilities.rules.states import NOTICE
from portal.choices import in_language
from portal.models.records import StoredFile
from portal.rules.rights import Reach
from portal.tenancy import TenantForeignKey, TenantModel


class Notice(TenantModel):
    """`carries`: it is a notice of lawful operation, of which a facility has one at a time; others are decisions."""

    filing = TenantForeignKey(Filing, related_name="notices")
    facility = TenantForeignKey(Facility, related_name="notices")
    kind = models.CharField(_("事项"), max_length=12, choices=in_language(KINDS.items()))
    carries = models.BooleanField(default=False)
    number = models.CharField(_("文号"), max_length=60)
    code = models.CharField(_("核验码"), max_length=20)
    state = models.CharField(
        _("状态"), max_length=10, choices=in_language(NOTICE.choices), default=NOTICE.initial
    )
    state_on = models.DateField(_("自"))
    title = models.CharField(max_length=60)
    name = models.CharField(_("机构名称"), max_length=100)
    address = models.CharField(_("地址"), max_length=200)
    operator_name = models.CharField(_("举办者"), max_length=120, blank=True)
    issuer = models.CharField(_("发文机关"), max_length=120)
    issued_on = models.DateField(_("签发日期"))
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    content = models.JSONField(default=dict, help_text="paragraphs and facts as they are printed")
    file = TenantForeignKey(StoredFile, null=True, blank=True, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True)

    reach_paths = {
        Reach.STREETS: "facility__street",
        Reach.UNIT: "filing__signatures__unit",
        Reach.FILINGS: "filing",
    }
    public_rows = "true"
    public_columns = (
        "facility", "kind", "carries", "number", "code", "state", "state_on", "title", "name", "address", "operator_name",
        "issuer", "issued_on", "sha256",
    )  # fmt: skip

    class Meta:
        ordering = ["-issued_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["district", "code"], name="notice_code"),
            models.UniqueConstraint(fields=["district", "number"], name="notice_number"),
            models.UniqueConstraint(fields=["district", "filing"], name="notice_of_filing"),
            models.UniqueConstraint(
                fields=["district", "facility"],
                condition=models.Q(carries=True, state__in=("valid", "suspended")),
                name="one_valid_notice",
            ),
        ]

    def __str__(self):
        return self.number
