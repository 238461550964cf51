"""Every page on a phone and on a desk: nothing stands beyond the edge."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.portal import stage as stages
from tests.portal.access.rows import Rest, Row
from tests.portal.access_table import TABLE
from tests.portal.test_access import address, prepared, stage  # noqa: F401
from tests.portal.test_bad_input import one_who_may

#: The page as the server gives it, with its style in it: no server has to run for a look at its width.
LINKS = re.compile(r'<link[^>]*rel="stylesheet"[^>]*>|<script\b[^>]*>.*?</script>', re.S)
WIDTHS = (390, 1440)


@pytest.mark.long
def test_no_page_is_wider_than_the_screen(stage, page):  # noqa: F811
    style = "<style>" + Path(settings.BASE_DIR, "static/css/all.css").read_text() + "</style></head>"
    looked, wide = 0, []
    for row in TABLE:
        if row.method != "GET" or isinstance(row, Rest):
            continue
        with stages.undone():
            kwargs, _data = prepared(row, stage.inside)
            who = one_who_may(row) if isinstance(row, Row) else "anonymous"
            answer = stage.clients[who].get(address(row, kwargs, getattr(row, "slug", "minhang")))
            if (
                answer.status_code != 200
                or "text/html" not in answer.get("Content-Type", "")
                or answer.streaming
            ):
                continue
            html = answer.content.decode()
        if "<html" not in html:
            continue  # a part of a page
        html = LINKS.sub("", html).replace("</head>", style, 1)
        looked += 1
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.set_content(html, wait_until="domcontentloaded")
            found = page.evaluate("document.documentElement.scrollWidth")
            if found > width:
                wide.append(f"{row.url} as {who}: {found} at {width}")
    assert looked > 150
    assert wide == []
