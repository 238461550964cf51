"""A stored file as an answer; the view that calls this has asked for the right of the file's record."""

from __future__ import annotations

import logging

from django.http import FileResponse
from django.utils.translation import gettext as _

from portal.errors import Gone
from portal.models.records import StoredFile
from portal.services.files import path_of

log = logging.getLogger(__name__)


def file_response(stored: StoredFile, *, name: str = "", fixed: bool = True) -> FileResponse:
    """Images and PDF are shown by the browser, everything else is saved; never as anything but what it is.

    `name`: under which it is saved, the stored one if empty. `fixed`: the address always gives this very file.
    Gone when the disk no longer has what the record says, as after a restore without the folder of files.
    """
    try:
        body = path_of(stored).open("rb")
    except OSError as error:
        log.error("file %s of record %s: %s", stored.path, stored.pk, error.strerror)
        raise Gone(
            _("文件“%(name)s”：记录还在，存放处没有这个文件了。告诉系统管理员从备份恢复（编号 %(pk)d）")
            % {"name": name or stored.name, "pk": stored.pk},
            code="file_gone",
        ) from error
    shown = stored.content_type.startswith("image/") or stored.content_type == "application/pdf"
    response = FileResponse(
        body,
        as_attachment=not shown,
        content_type=stored.content_type,
        filename=name or stored.name,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["Cache-Control"] = "private, max-age=86400, immutable" if fixed else "private, no-cache"
    return response
