"""Labels of clauses as the documents number them: 二（二）1, 附件·任务分工方案·序号6."""

from __future__ import annotations

import re

NUMBERED = re.compile("^(?P<section>.*?)(?P<place>(?:·序号)?[0-9]+)$")  # content


def section_of(label: str) -> str:
    """The part of the document that holds the clause: 二（二）, 附件 任务分工方案; a label without number is one."""
    found = NUMBERED.match(label)
    return (found["section"] if found else label).replace("·", " ").strip()


def place_of(label: str) -> str:
    """The clause as it is called under its part's heading: 二（二）1, and 序号6 of an annex; '' where it is the part."""
    return "" if label == section_of(label) else label.rpartition("·")[2]
