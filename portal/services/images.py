"""Photographs from outside: opened, turned upright, and written anew without what the camera put into them.

What is written anew holds pixels and nothing else: no place, no time, no device, no hidden second picture.
"""

from __future__ import annotations

import io
import warnings

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from portal.errors import Refused

#: A larger one is no photograph of a telephone; unpacked it would take hundreds of megabytes.
MOST_PIXELS = 60_000_000
LONGEST = 2000
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP")


def bare(upload, *, field: str = "photos") -> SimpleUploadedFile:
    """A JPEG of an uploaded photograph, at most LONGEST pixels long, without any of its metadata.

    Refused for what is no picture, is broken, or unpacks to more than MOST_PIXELS. `upload` is at its beginning
    afterwards.
    """
    shown = str(upload.name or "")[:60]
    upload.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(upload, formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise Refused(
                        _("照片“%(name)s”：太大了，缩小后再传") % {"name": shown},
                        field=field,
                        code="file_size",
                    )
                image.draft("RGB", (LONGEST, LONGEST))
                upright = ImageOps.exif_transpose(image).convert("RGB")
        upright.thumbnail((LONGEST, LONGEST))
        clean = Image.new("RGB", upright.size)
        clean.paste(upright)
        body = io.BytesIO()
        clean.save(body, "JPEG", quality=QUALITY)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise Refused(
            _("照片“%(name)s”：打不开。要 JPEG、PNG 或 WebP 图片") % {"name": shown},
            field=field,
            code="file_type",
        ) from error
    finally:
        upload.seek(0)
    return SimpleUploadedFile("photo.jpg", body.getvalue(), "image/jpeg")
