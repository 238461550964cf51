"""Short messages to people who have no account: handed to the gateway that the installation names (docs/events.md).

`SMS_GATEWAY` is the dotted path of a function `(phone, text)` that returns once the provider has taken the message and
raises otherwise. Without one nothing is sent; in a demonstration district the text goes to the log instead, so that
what depends on it can be tried.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from portal.errors import Refused
from portal.models.places import District

log = logging.getLogger(__name__)


def gateway() -> Callable[[str, str], None] | None:
    return import_string(settings.SMS_GATEWAY) if settings.SMS_GATEWAY else None


def possible(district: District) -> bool:
    """Whether a message would get anywhere."""
    return bool(settings.SMS_GATEWAY) or district.demonstration


def shown_instead(district: District) -> bool:
    """Whether the page itself may show what a message would say: invented people, and nowhere to send it."""
    return district.demonstration and not settings.SMS_GATEWAY


def deliver(phone: str, text: str, *, district: District) -> None:
    """Hands a message over. Refused where the district has no gateway, or the provider did not take it."""
    send = gateway()
    if send is None:
        if not district.demonstration:
            raise Refused(_("还没有接短信网关，发不出短信。打公布的电话办"), code="no_gateway")
        log.info("short message to …%s: %s", phone[-4:], text)
        return
    try:
        send(phone, text)
    except Exception as error:  # a provider's own library: whatever it raises, the message did not go
        log.error("short message to …%s not sent: %s", phone[-4:], type(error).__name__)
        raise Refused(_("短信没有发出去，过几分钟再试"), code="not_sent") from error
