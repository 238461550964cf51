"""What the papers of a filing say, and the code by which anybody can check one: on plain values.

The wording is that of official documents and stays Chinese in every language.
"""

from __future__ import annotations

import secrets
from datetime import date

from facilities.rules import filing_form as kinds
from portal.rules.official import chinese_date

#: Without letters and figures that are taken for each other.
ALPHABET = "23456789ABCDEFGHJKMNPQRTUVWXY"
CODE_LENGTH = 10

TITLES = {
    kinds.NEW: "依法开展托育服务告知书",
    kinds.CHANGE: "依法开展托育服务告知书",
    kinds.SUSPENSION: "托育服务机构暂停服务备案通知书",
    kinds.RESUMPTION: "托育服务机构恢复服务备案通知书",
    kinds.SURRENDER: "托育服务机构注销备案通知书",
    kinds.REVOCATION: "撤回托育服务机构备案决定书",
}
#: Kinds whose paper is the notice of lawful operation itself.
CARRIES = (kinds.NEW, kinds.CHANGE)


def new_code(prefix: str) -> str:
    """`MH-7K2WQ-X9A3F`: the district's letters, then ten characters that nobody guesses."""
    made = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    return f"{prefix}-{made[:5]}-{made[5:]}"


def tidy_code(text: str) -> str:
    """As a person types it off a paper: small letters, blanks, other dashes."""
    plain = "".join(c for c in text.upper() if c.isascii() and c.isalnum())[:20]
    prefix, code = plain[:-CODE_LENGTH], plain[-CODE_LENGTH:]
    return f"{prefix}-{code[:5]}-{code[5:]}" if prefix else plain


def paragraphs(kind: str, facts: dict) -> list[str]:
    """The text of the paper. facts: name, operator, number (of the filing), sent, received (days), and by kind from,
    until, last_day, reason, basis, grounds."""
    return {
        kinds.NEW: _new,
        kinds.CHANGE: _change,
        kinds.SUSPENSION: _suspension,
        kinds.RESUMPTION: _resumption,
        kinds.SURRENDER: _surrender,
        kinds.REVOCATION: _revocation,
    }[kind](facts)


def _day(facts: dict, key: str) -> str:
    return chinese_date(date.fromisoformat(facts[key]))


def _new(facts: dict) -> list[str]:
    return [
        f"你单位{_day(facts, 'sent')}报送的“{facts['name']}”备案材料（备案编号{facts['number']}），"
        f"我局于{_day(facts, 'received')}受理。经审核和有关部门会签，材料齐全，准予备案。",
        "你单位可以按照下列登记事项依法开展托育服务。登记事项变动的，应当办理变更；暂停、恢复、停止服务的，应当事先办理备案。",
        "你单位应当遵守国家和本市托育服务的规定，接受有关部门的监督检查，依法保护婴幼儿的人身安全和合法权益。",
    ]


def _change(facts: dict) -> list[str]:
    return [
        f"你单位{_day(facts, 'sent')}报送的“{facts['name']}”变更材料（备案编号{facts['number']}），"
        f"我局于{_day(facts, 'received')}受理。经审核，同意变更，换发本告知书，原告知书（{facts['replaces']}）同时作废。"
        if facts.get("replaces")
        else f"你单位{_day(facts, 'sent')}报送的“{facts['name']}”变更材料（备案编号{facts['number']}），"
        f"我局于{_day(facts, 'received')}受理。经审核，同意变更。",
        "你单位可以按照下列登记事项依法开展托育服务。",
    ]


def _suspension(facts: dict) -> list[str]:
    return [
        f"你单位报送的“{facts['name']}”暂停服务材料（备案编号{facts['number']}）收悉。"
        f"经审核，同意自{_day(facts, 'from')}起暂停服务，预计至{_day(facts, 'until')}。"
        "暂停期间不得收托，妥善安排在托幼儿，按协议退还费用。",
        "恢复服务前应当办理恢复备案。",
    ]


def _resumption(facts: dict) -> list[str]:
    return [
        f"你单位报送的“{facts['name']}”恢复服务材料（备案编号{facts['number']}）收悉。"
        f"经审核，同意自{_day(facts, 'from')}起恢复服务。"
    ]


def _surrender(facts: dict) -> list[str]:
    return [
        f"你单位报送的“{facts['name']}”停办材料（备案编号{facts['number']}）收悉。"
        f"经审核，同意自{_day(facts, 'last_day')}起停止服务，"
        "注销备案，原告知书同时失效。请妥善安排幼儿和从业人员，退还预收的费用，保管好档案。",
    ]


def _revocation(facts: dict) -> list[str]:
    return [
        f"经查，{facts['grounds'].rstrip('。')}。",
        f"我局已于{_day(facts, 'sent')}告知你单位拟作出的决定和依据，听取了你单位的陈述申辩。"
        f"依据{facts['basis']}，现决定自{_day(facts, 'last_day')}起撤回“{facts['name']}”的备案，原告知书同时失效。",
        "不服本决定的，可以自收到之日起六十日内申请行政复议，或者在六个月内提起行政诉讼。",
    ]
