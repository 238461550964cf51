"""Numbers and names of persons in a text: what must not be in anything that is published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from portal.rules.machine import marked

#: What `found` says -> the sentence at the field of a text that becomes public.
PROBLEMS = {
    "mobile": marked("这里会公开，不能有手机号码。去掉号码再存"),
    "identity": marked("这里会公开，不能有身份证号码。去掉号码再存"),
}

# Mobile numbers, with or without +86 and blanks or hyphens between; identity numbers of 18 and of 15 figures.
MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
IDENTITY = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?!\d)")
OLD_IDENTITY = re.compile(r"(?<!\d)[1-9]\d{7}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}(?!\d)")
#: Full-width figures are figures, too.
PLAIN = str.maketrans("０１２３４５６７８９－　", "0123456789- ")


def problems(values: Mapping[str, object], *fields: str) -> list[tuple[str, str]]:
    """(field, key of PROBLEMS) of those texts that hold a number of a person."""
    return [(name, kind) for name in fields if (kind := found(str(values[name])))]


def found(text: str) -> str:
    """Which number of a person stands in the text: 'mobile', 'identity', or ''."""
    plain = text.translate(PLAIN)
    if IDENTITY.search(plain) or OLD_IDENTITY.search(plain):
        return "identity"
    return "mobile" if MOBILE.search(plain) else ""


# --- Names ------------------------------------------------------------------------------------------

_SIGN = "\u3400-\u4dbf\u4e00-\u9fff"  # content
_RUN = re.compile(rf"[{_SIGN}]+")
#: Names with a dot between their parts, and names in Latin letters: two words or more.
_DOTTED = re.compile(rf"[{_SIGN}]+(?:[·•・．.][{_SIGN}]+)+")
_LATIN = re.compile(r"[A-Za-z'-]+(?: [A-Za-z'-]+)+")
#: A name of two signs that is set with a blank between them, as in lists.
_SPACED = re.compile(rf"(?<![{_SIGN}])([{_SIGN}])[ \u3000]+([{_SIGN}])(?![{_SIGN}])")
#: Names of three and four signs are looked for everywhere. Two signs are in many words (高峰, 安全, 文明), so a name of
#: two counts only where it stands by itself: between other signs, or beside words with which people are named.
_LONG = (3, 4)
_BEFORE = tuple(
    (
        "找 问 由 请 叫 和 与 及 给 是 被 老师 教师 园长 主任 校长 院长 医生 护士 保育员 厨师 "  # content
        "保安 家长 幼儿 宝宝 孩子 负责人 联系人 检查人员 举办者 法人 同志 姓名 员工 投诉人 "  # content
        "见证人"  # content
    ).split()
)
_AFTER = tuple(
    (
        "老师 教师 园长 主任 校长 院长 医生 护士 阿姨 保育员 同志 女士 先生 小朋友 家长 妈妈 "  # content
        "爸爸 和 与 及 说 称 问 来 去 的 反映 负责 等人 本人 同学 宝宝 拒绝 没有"  # content
    ).split()
)


def candidates(text: str) -> set[str]:
    """Every piece of a text that could be somebody's name, to be compared with the names on record."""
    found = {one.group() for one in _DOTTED.finditer(text)}
    for words in (one.group().split(" ") for one in _LATIN.finditer(text)):
        found |= {
            " ".join(words[at : at + size]) for size in (2, 3, 4) for at in range(len(words) - size + 1)
        }
    found |= {"".join(one.groups()) for one in _SPACED.finditer(text)}
    for run in _RUN.finditer(text):
        signs = run.group()
        for size in _LONG:
            found |= {signs[at : at + size] for at in range(len(signs) - size + 1)}
        for at in range(len(signs) - 1):
            before, after = signs[:at], signs[at + 2 :]
            if signs[at : at + 2] in _BEFORE or signs[at : at + 2] in _AFTER:
                continue
            if (not before or before.endswith(_BEFORE)) and (not after or after.startswith(_AFTER)):
                found.add(signs[at : at + 2])
    return found


def first_named(text: str, known: Iterable[str]) -> str:
    """The longest of the names on record that the text holds, '' where it holds none."""
    return max(candidates(text) & set(known), key=lambda name: (len(name), name), default="")
