"""A stored file as an answer; the view that calls this has asked for the right of the file's record."""

from __future__ import annotations

from django.http import FileResponse, Http404

from portal.models.records import StoredFile
from portal.services.files import path_of


def file_response(stored: StoredFile, *, name: str = "", fixed: bool = True) -> FileResponse:
    """Images and PDF are shown by the browser, everything else is saved; never as anything but what it is.

    `name`: under which it is saved, the stored one if empty. `fixed`: the address always gives this very file.
    """
    path = path_of(stored)
    if not path.is_file():
        raise Http404
    shown = stored.content_type.startswith("image/") or stored.content_type == "application/pdf"
    response = FileResponse(
        path.open("rb"),
        as_attachment=not shown,
        content_type=stored.content_type,
        filename=name or stored.name,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["Cache-Control"] = "private, max-age=86400, immutable" if fixed else "private, no-cache"
    return response
