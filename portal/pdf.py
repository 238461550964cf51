"""PDF of official documents: WeasyPrint with the product's own fonts, warm, and shut off from the world.

A worker calls `warm()` once at its start; after that `render(html)` sets a ten-page document in about 0.2 s.
Callers make the HTML from `templates/official/document.html`; docs/pdf.md says how.

Nothing of the machine shows in a document: fonts come from `static/fonts` (and PORTAL_FONTS, a folder with a
deployment's licensed faces) and from nowhere else, and no address is ever fetched but files below `static/`.
"""

import ctypes
import hashlib
import os
import re
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
FONTS = STATIC / "fonts"
SHEETS = {"official": ROOT / "templates" / "official" / "official.css"}

#: Archival and accessible at once: fonts embedded, each glyph with its character, tagged, with a language.
VARIANT = "pdf/a-3a"

#: Debian's packages and the libraries in them.
LIBRARIES = {
    "libpango-1.0-0": "libpango-1.0.so.0",
    "libpangoft2-1.0-0": "libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "libharfbuzz-subset.so.0",
}

# Where a Chinese line may be broken although Unicode's rules glue the two sides: before an opening and after
# a closing quotation mark (the same code points serve Latin text), and between 〕 and the number behind it.
# U+200B is a place to break; WeasyPrint does not write it into the PDF, so searching is not hurt.
HAN = "\u3007\u3400-\u9fff\U00020000-\U0003ffff"  # content
BREAKS = re.compile(f"(?<=[{HAN}])(?=[“‘])|(?<=[”’])(?=[{HAN}])|(?<=〕)(?=[0-9])")
BLANK = "\u200b"

_lock = threading.Lock()  # one font map, one typesetter: Pango's font map is not made for two threads


class PdfLibraryMissing(RuntimeError):
    """A system library of the PDF engine is not there; the message names the Debian packages."""


class ResourceRefused(ValueError):
    """A document asked for something that is not a file of the product."""


@dataclass(frozen=True)
class Press:
    """What lives as long as the process: the engine, its fonts, the parsed stylesheets."""

    engine: Any
    fonts: Any
    sheets: dict[str, Any]
    folder: Any  # of the fonts' cache; a temporary one goes with the process


def missing_libraries() -> list[str]:
    """Debian packages of system libraries that are not installed."""
    return [package for package, library in LIBRARIES.items() if not _loads(library)]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def require() -> None:
    """Raise PdfLibraryMissing where a system library lacks: a worker does not start without.

    Without libharfbuzz-subset the engine itself would only warn, and take 3 s a document.
    """
    if lost := missing_libraries():
        raise PdfLibraryMissing(f"PDF needs system libraries: apt-get install {' '.join(lost)}")


def warm() -> None:
    """Load engine, fonts and stylesheets. For the start of a worker. Raises PdfLibraryMissing."""
    render(
        '<html lang="zh-CN"><title>善育</title><body><h2>一</h2><h3>二</h3><p>三1</p></body></html>'  # content
    )


def render(html: str, *, sheet: str = "official", duplex: bool = False) -> bytes:
    """The PDF of `html`, a whole page with `<title>` and `<html lang>`.

    `sheet` is a key of SHEETS. With `duplex`, the imprint (an element with id `imprint`) is put on an even
    page, as for printing on both sides; where that leaves an empty page before it, neither has a number.

    The same HTML gives the same bytes. Raises PdfLibraryMissing, ResourceRefused.
    """
    from weasyprint.urls import FatalURLFetchingError

    with _lock:
        press = _press()
        source = press.engine.HTML(
            string=BREAKS.sub(BLANK, html), base_url=STATIC.as_uri() + "/", url_fetcher=_fetcher()
        )
        source.duplex = duplex
        try:
            document = source.render(
                font_config=press.fonts, stylesheets=[press.sheets[sheet]], pdf_variant=VARIANT
            )
        except FatalURLFetchingError as error:
            raise ResourceRefused(str(error.__cause__ or error)) from error
        return document.write_pdf(pdf_variant=VARIANT)


def _turned(make_all_pages: Any) -> Any:
    """WeasyPrint's paging, which then moves an imprint from an odd page to the even one behind it.

    Whether it must move is known only when all pages are made, so no stylesheet can say it; making the last page
    again is far cheaper than laying out the whole document again.
    """

    def make(context: Any, root: Any, html: Any, pages: list) -> list:
        made = list(make_all_pages(context, root, html, pages))
        imprint = _found(root, "imprint") if getattr(html, "duplex", False) else None
        if imprint is None or imprint.style["break_before"] == "left":
            return made
        last = next(index for index, page in enumerate(made) if _found(page, "imprint"))
        if last % 2:
            return made  # counted from nought: it stands on an even page
        alone = last and not _found(made[last], "end-of-text")
        imprint.style = imprint.style.copy()
        imprint.style["break_before"] = "left"
        if alone:  # an empty page comes before it, and neither has a number
            imprint.style["page"] = "unnumbered"
        context.page_maker[last - 1 if alone else last][-1]["content_changed"] = True
        return list(make_all_pages(context, root, html, made))

    return make


def _found(box: Any, name: str) -> Any:
    """The box of the element with that id."""
    return next(
        (one for one in box.descendants() if one.element is not None and one.element.get("id") == name), None
    )


@cache
def _press() -> Press:
    require()
    folder, config = _font_folder()
    os.environ["FONTCONFIG_FILE"] = str(config)  # read by each new font configuration

    import weasyprint
    from weasyprint import layout
    from weasyprint.layout import inline
    from weasyprint.text.ffi import harfbuzz_subset
    from weasyprint.text.fonts import FontConfiguration

    if not harfbuzz_subset:
        raise PdfLibraryMissing("PDF needs system libraries: apt-get install libharfbuzz-subset0")
    inline.justify_line = _share_out
    layout.make_all_pages = _turned(layout.make_all_pages)
    fonts = FontConfiguration()
    sheets = {
        name: weasyprint.CSS(filename=path, font_config=fonts, url_fetcher=_fetcher())
        for name, path in SHEETS.items()
    }
    return Press(weasyprint, fonts, sheets, folder)


def _font_folder() -> tuple[Any, Path]:
    """(folder, its fonts.conf): where what was read of the fonts is kept, named after these very fonts.

    All processes of a deployment share one in its data folder; where that cannot be written, a temporary one.
    """
    seal = hashlib.sha256(str(FONTS).encode())
    for path in sorted(path for folder in _font_folders() for path in Path(folder).glob("**/*")):
        found = path.stat()
        seal.update(f"{path}\n{found.st_size}\n{found.st_mtime_ns}\n".encode())
    kept = Path(settings.DATA_DIR).resolve() / "cache" / f"fonts-{seal.hexdigest()[:16]}"
    config = kept / "fonts.conf"
    try:
        kept.mkdir(parents=True, exist_ok=True)
        part = kept / f"fonts.conf.{os.getpid()}"
        part.write_text(_font_config(kept))
        part.replace(config)  # another process may be reading it
        return kept, config
    except OSError:
        folder = tempfile.TemporaryDirectory(prefix="shanyu-fonts-")
        config = Path(folder.name) / "fonts.conf"
        config.write_text(_font_config(Path(folder.name)))
        return folder, config


def _font_folders() -> list:
    return [FONTS, *filter(None, [settings.FONTS_DIR])]


def _font_config(folder: Path) -> str:
    """Only our fonts: with those of the machine a document would look different on each."""
    dirs = "".join(f"<dir>{escape(str(path))}</dir>" for path in _font_folders())
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
        f"<fontconfig>{dirs}<cachedir>{escape(str(folder))}</cachedir></fontconfig>"
    )


@cache
def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFiles(URLFetcher):
        """Serves files below `static/`; anything else ends the rendering."""

        def fetch(self, url: str, headers: dict | None = None) -> URLFetcherResponse:
            parts = urlsplit(url)
            path = Path(unquote(parts.path)).resolve()
            if parts.scheme != "file" or parts.netloc or not path.is_relative_to(STATIC):
                raise ResourceRefused(f"a document may use files below static/ only, not {url[:200]}")
            return URLFetcherResponse(url, path.read_bytes())

    return OwnFiles(fail_on_errors=True)


def _share_out(context: Any, line: Any, extra: float) -> None:
    """Stretch a line to the right edge by the same bit between all its characters.

    In place of WeasyPrint's own, which stretches blanks only: a Chinese line has none, and one that ends
    early because punctuation may not begin the next would stay ragged.
    """
    from weasyprint.formatting_structure import boxes

    def texts(box: Any) -> list[Any]:
        if isinstance(box, boxes.TextBox):
            return [box]
        if isinstance(box, (boxes.LineBox, boxes.InlineBox)):
            return [text for child in box.children if child.is_in_normal_flow() for text in texts(child)]
        return []

    gaps = sum(len(text.text.replace(BLANK, "")) for text in texts(line)) - 1
    if gaps < 1:
        return
    bit = extra / gaps
    styles: dict[int, Any] = {}

    def stretch(box: Any, shift: float) -> float:
        """Move `box` right by `shift`; return the shift of what follows it."""
        if isinstance(box, boxes.TextBox):
            box.position_x += shift
            style = styles.get(id(box.style))
            if style is None:
                style = styles[id(box.style)] = box.style.copy()
                spacing = 0 if style["letter_spacing"] == "normal" else style["letter_spacing"]
                style["letter_spacing"] = spacing + bit
            box.style = style  # the layout is made anew from it when the line is drawn
            gain = bit * len(box.text.replace(BLANK, ""))
            box.width += gain
            return shift + gain
        if isinstance(box, (boxes.LineBox, boxes.InlineBox)):
            box.position_x += shift
            before = shift
            for child in box.children:
                if child.is_in_normal_flow():
                    shift = stretch(child, shift)
            box.width += shift - before
            return shift
        box.translate(shift, 0)
        return shift

    stretch(line, 0)
