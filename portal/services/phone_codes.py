"""Proof of a telephone without an account: a code that is sent to it, and comes back within minutes.

What is kept for these minutes is a keyed hash of number and code, in Valkey and nowhere else; neither number nor code
can be read from it. So many tries a code, so many codes an hour for a number and for an address.
"""

from __future__ import annotations

import secrets

from django.core.cache import cache
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.crypto import keyed_hash
from portal.errors import Refused
from portal.models.places import District
from portal.services import sms

SECONDS, TRIES = 600, 5
#: Codes in an hour: to one number, from one address.
OF_PHONE, OF_ADDRESS = 5, 20
HOUR = 3600


def _key(what: str, district: District, purpose: str, phone: str) -> str:
    return f"phone-{what}:{keyed_hash(f'{district.pk}:{purpose}:{phone}')}"


def _counted(key: str, seconds: int) -> int:
    cache.add(key, 0, seconds)
    return cache.incr(key)


def send(phone: str, *, purpose: str, words: str, address: str, district: District) -> str:
    """Sends a new code to a number; the one before no longer holds. `words`: the message, with %(code)s in it.

    Refused after too many, and where nothing can be sent. Returns the code, for tests and for the page of a
    demonstration (sms.shown_instead); nothing else may show it.
    """
    if not sms.possible(district):
        raise Refused(_("还没有接短信网关，发不出短信。打公布的电话办"), field="phone", code="no_gateway")
    if _counted(_key("sent", district, purpose, phone), HOUR) > OF_PHONE:
        raise Refused(_("这个号码一小时里要的验证码太多了，过一小时再试"), field="phone", code="too_many")
    if _counted(f"phone-from:{keyed_hash(address)}", HOUR) > OF_ADDRESS:
        raise Refused(_("这个网络一小时里要的验证码太多了，过一小时再试"), field="phone", code="too_many")
    code = f"{secrets.randbelow(10**6):06d}"
    sms.deliver(phone, words % {"code": code}, district=district)
    cache.set(_key("code", district, purpose, phone), keyed_hash(f"{phone}:{code}"), SECONDS)
    cache.delete(_key("tried", district, purpose, phone))
    return code


def check(phone: str, code: str, *, purpose: str, district: District) -> None:
    """Refused unless this is the code that was sent to the number last, in time and before too many wrong ones."""
    kept = cache.get(_key("code", district, purpose, phone))
    if kept is None:
        raise Refused(_("验证码过期了，或者还没有发。再要一个"), field="code", code="no_code")
    tried = _counted(_key("tried", district, purpose, phone), SECONDS)
    if tried > TRIES:
        forget(phone, purpose=purpose, district=district)
        raise Refused(_("写错太多次，这个验证码不能用了。再要一个"), field="code", code="too_many")
    if not constant_time_compare(kept, keyed_hash(f"{phone}:{''.join(code.split())}")):
        left = TRIES - tried
        raise Refused(
            ngettext("验证码不对，还可以试 %(n)d 次", "验证码不对，还可以试 %(n)d 次", left) % {"n": left}
            if left
            else _("验证码不对，这个验证码不能用了。再要一个"),
            field="code",
            code="wrong_code",
        )


def forget(phone: str, *, purpose: str, district: District) -> None:
    """The code was used: it holds no second time."""
    cache.delete_many([_key(what, district, purpose, phone) for what in ("code", "tried")])
