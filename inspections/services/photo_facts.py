"""When, where and with what a photograph was taken or a note spoken, as the phone knew it. For whoever may see the
visit and for the case file; never for the public, and not for the operator: a position and a device are the officer's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _


def moment(text: str) -> str:
    """A phone's time as one reads it in the district; what is no time as it came."""
    try:
        return timezone.localtime(datetime.fromisoformat(text)).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):
        return text


def facts(meta: Mapping[str, str | int]) -> list[str]:
    """One phrase for each fact; none for what was sent from a desk, which knows nothing of it."""
    if not meta:
        return []
    given = {key: str(value) for key, value in meta.items()}
    found = []
    if "time" in given:
        found.append(_("时间 %(at)s") % {"at": moment(given["time"])})
    if clock := given.get("taken_at") or given.get("device_time"):
        found.append(_("手机时钟 %(at)s") % {"at": moment(clock)})
    if "latitude" in given and "longitude" in given:
        where = {"north": given["latitude"], "east": given["longitude"], "n": given.get("accuracy", "")}
        found.append(
            _("位置 %(north)s, %(east)s，误差约 %(n)s 米") % where
            if where["n"]
            else _("位置 %(north)s, %(east)s") % where
        )
    else:
        found.append(_("手机没有给位置"))
    own = [given[key] for key in ("camera", "exif_time") if key in given]
    if "exif_latitude" in given and "exif_longitude" in given:
        own.append(f"{given['exif_latitude']}, {given['exif_longitude']}")
    if own:
        found.append(_("照片自带 %(facts)s") % {"facts": "　".join(own)})
    if "seconds" in given:
        found.append(_("约 %(n)s 秒") % {"n": given["seconds"]})
    if "covered" in given:
        found.append(_("遮掉 %(n)s 处") % {"n": given["covered"]})
    return found


def with_facts(words: str, meta: Mapping[str, str | int]) -> str:
    """The words of a case file's index, which is official text, and after them the facts."""
    with translation.override(settings.LANGUAGE_CODE):
        return "　".join([words, *facts(meta)])
