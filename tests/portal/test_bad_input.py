"""Junk at every door: a sentence in Chinese, nothing written, never a crash.

Each POST URL gets what its row in the table of access would post, with one field spoilt at a time, from somebody who
may; each page and each endpoint of the API gets queries and paths that make no sense.
"""

from __future__ import annotations

import inspect
import re
import sys
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import resolve, reverse

from tests.portal import stage as stages
from tests.portal.access.rows import ROLES, CityRow, Rest, Row
from tests.portal.access_table import TABLE
from tests.portal.test_access import WITH_ARGUMENTS, Crash, address, ask, patterns, prepared, stage  # noqa: F401

CHINESE = re.compile(r"[一-鿿]")
TRACE = re.compile(r"Traceback|File \"/|psycopg|django\.db|DataError|IntegrityError")
SQL = "'; DROP TABLE portal_user; --"
LONG = "长" * 10_000
#: For every field, whatever it is: what no field can hold.
NEVER = {"ten thousand characters": LONG, "a NUL": "a\0b"}
NUMBERS = {
    "a word": "abc", "nothing": "", "negative": "-1", "absurd": "99999999999999999999", "half": "1.5",
    "exponent": "1e400", "not a number": "NaN", "other digits": "²", "sql": SQL,
}  # fmt: skip
DAYS = {
    "a word": "abc", "month 13": "2026-13-01", "31 February": "2026-02-31", "year 0": "0000-01-01",
    "year 10000": "10000-01-01", "sql": SQL, "an absurd day": "9999-12-31", "long ago": "0001-01-01",
}  # fmt: skip
CHOICES = {"another word": "nonsense", "sql": SQL}
FILES = {
    "a text": SimpleUploadedFile("a.png", b"just words", "image/png"),
    "a drawing with a script": SimpleUploadedFile("a.svg", b"<svg onload='alert(1)'/>", "image/svg+xml"),
    "a program": SimpleUploadedFile("a.pdf", b"MZ\x90\x00" + b"\0" * 64, "application/pdf"),
    "an empty one": SimpleUploadedFile("a.png", b"", "image/png"),
    "one over the limit": SimpleUploadedFile("a.png", stages.PNG + b"\0" * (10 * 1024 * 1024), "image/png"),
    "no file": "a.png",
}
#: Values that look like junk and are none: (URL, field, what).
FINE = {
    ("credit-entry", "upload", "no file"): "papers may be left out",
    ("field-open", "label", "another word"): "what a browser calls itself",
    ("field-open", "label", "sql"): "what a browser calls itself",
    ("field-open", "offset_ms", "negative"): "a clock can be fast",
    ("field-open", "offset_ms", "nothing"): "not measured yet",
    ("attestation-new", "issuer", "another word"): "who issued a paper may be any words",
    ("attestation-new", "issuer", "sql"): "who issued a paper may be any words",
    ("attestation-edit", "issuer", "another word"): "who issued a paper may be any words",
    ("attestation-edit", "issuer", "sql"): "who issued a paper may be any words",
    ("attestation-edit", "files", "no file"): "those that are there stay",
    ("report-setting", "number_word", "another word"): "a district's word for its numbers",
    ("report-setting", "issuer", "another word"): "an office may be called anything",
    ("report-setting", "issuer", "sql"): "an office may be called anything",
    ("nursing-place-new", "area", "nothing"): "not every room has been measured",
    ("nursing-place-edit", "area", "nothing"): "not every room has been measured",
    ("nursing-place-new", "visitors", "nothing"): "not every place counts its visitors",
    ("nursing-place-edit", "visitors", "nothing"): "not every place counts its visitors",
    ("supervision-answer", "own_points", "nothing"): "a report that is being written",
    ("supervision-answer", "files", "no file"): "papers may be left out",
    ("supervision-objection", "reply", "another word"): "a reply may be any words",
    ("supervision-objection", "reply", "sql"): "a reply may be any words",
    ("naming-cycle-points", "most-policy-1", "nothing"): "an indicator may go without points",
    ("naming-cycle-points", "most-policy-1", "half"): "half a point is a point",
    ("cycle-entry", "points", "half"): "half a point is a point",
    ("cycle-entry", "files", "no file"): "papers may be left out",
    ("report-setting", "addressee", "another word"): "whom a report is for may be any words",
    ("report-setting", "addressee", "sql"): "whom a report is for may be any words",
    ("report-setting", "printing_unit", "another word"): "an office may be called anything",
    ("report-setting", "printing_unit", "sql"): "an office may be called anything",
    ("conference-item-new", "files", "no file"): "papers may be left out",
    ("conference-item-edit", "files", "no file"): "papers may be left out",
    ("conference-propose", "files", "no file"): "papers may be left out",
    ("conference-item-new", "unit", "nothing"): "not every item is proposed by a unit",
    ("conference-item-edit", "unit", "nothing"): "not every item is proposed by a unit",
    ("draw-witness", "value", "another word"): "any witnessed text may be entropy",
    ("draw-witness", "value", "sql"): "any witnessed text may be entropy",
    ("scheme-new", "key", "another word"): "a key may be any letters",
    ("matter-new", "key", "another word"): "a key may be any letters",
    ("indicator-set-new", "key", "another word"): "a key may be any letters",
    ("evaluation-step", "reasons", "another word"): "reasons are free text",
    ("evaluation-step", "reasons", "sql"): "reasons are free text",
    ("inspector-new", "code", "another word"): "a code may be any letters",
    ("progress-return", "note", "a NUL"): "left out by the view, for Postgres takes none",
    ("training-new", "hours", "half"): "an hour and a half is possible",
    ("result-change", "upload", "no file"): "papers may be left out",
    ("order-extension", "upload", "no file"): "papers may be left out",
    ("course-new", "hours", "half"): "an hour and a half is possible",
    ("consent-text-new", "text", "ten thousand characters"): "a consent may be twice as long",
    ("trainer-train", "hours", "half"): "an hour and a half is possible",
    ("neighbourhood-new", "under_three", "nothing"): "not every neighbourhood is counted",
    ("complaint-hand-on", "passed_to", "another word"): "the name of an authority may be any words",
    ("complaint-hand-on", "passed_to", "sql"): "the name of an authority may be any words",
    ("device-new", "code", "another word"): "a code may be any letters",
    ("device-edit", "code", "another word"): "a code may be any letters",
    ("kindergarten-new", "code", "another word"): "a code may be any letters",
    ("kindergarten", "code", "another word"): "a code may be any letters",
    ("neighbourhood", "under_three", "nothing"): "not every neighbourhood is counted",
    ("guidance-place-new", "unit", "nothing"): "not every place has a contact unit",
    ("naming-judge", "score", "nothing"): "not every cycle has points",
    ("naming-judge", "score", "half"): "points may be halves",
    ("guidance-place-edit", "unit", "nothing"): "not every place has a contact unit",
    ("guided-new", "card", "another word"): "a handbook's number may be any letters",
    ("guided-new", "place", "nothing"): "not every child has a station in charge",
    ("guidance-resource-new", "text", "ten thousand characters"): "an article may be twice as long",
    ("guidance-resource-edit", "text", "ten thousand characters"): "an article may be twice as long",
    ("newborn-new", "list_number", "another word"): "a number of the visiting book may be any letters",
    ("newborn-edit", "list_number", "another word"): "a number of the visiting book may be any letters",
}
#: What a field without rules of its own may hold; only `NEVER` applies.
TEXTS = re.compile(
    r"^(username|name|reason|note|witnesses|present|approved_by|scenario|leader|text|text-\d+|reason-\d+|comment|basis|course|provider|number|address|equipment|value|lottery|seen|source|q"
    r"|title|facts|authority|certificate_number|health_check_number|evidence|document|purpose|organisation|subject|place|answer|opinion|duty|parent_name|fee|fees"
    r"|theme|occasion|conclusion|handed_to|allergies|history|medicine|duties|refunds|disputes|subject|ratio|frequency|method|expertise|licence_number|section|quote|hint|case_number|community|topic|giver"
    r"|doc_number|issuers|task|label|words|venue|approval|intent|description|chair|reference|citation|field|employer|summary|rights|post-\d+|name-\d+|part-\d+)$"
)
POSTS = [row for row in TABLE if isinstance(row, Row) and row.method == "POST"]
GETS = [row for row in TABLE if isinstance(row, Row) and row.method == "GET"]
REST = [row for row in TABLE if isinstance(row, Rest)]


def one_who_may(row) -> str:
    if isinstance(row, CityRow):
        return "city_officer"
    return next(name for name in ROLES if row.expected(name) == row.success)


def spoilt(field: str, value) -> dict:
    """What is put in the place of a good value, by its kind."""
    if hasattr(value, "read"):
        return FILES
    if isinstance(value, list):
        return {f"{name}, in a list": [junk] for name, junk in (CHOICES | {"a NUL": "a\0b"}).items()}
    if isinstance(value, int):
        return NUMBERS | NEVER
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return DAYS | NEVER
    if re.fullmatch(r"\d{4}-\d{2}", value):
        return {
            "month 13": "2026-13",
            "a word": "abc",
            "year 0": "0000-01",
            "half": "2026-",
            "sql": SQL,
        } | NEVER
    if value == "on":
        return {}  # a box is ticked by whatever stands in it
    return NEVER if TEXTS.match(field) else CHOICES | NEVER


def in_turns(kinds: dict, many: int, number: int, thorough: bool) -> dict:
    """All kinds when thorough, else `many` of them, the next ones for the next number."""
    names = list(kinds)
    if thorough or len(names) <= many:
        return kinds
    return {name: kinds[name] for n in range(many) for name in [names[(number * many + n) % len(names)]]}


def faults_of(answer, what: str) -> list[str]:
    """What is wrong about how a refusal is worded."""
    if isinstance(answer, Crash):
        return [f"{what}: {answer.status_code}"]
    if answer.status_code >= 500:
        return [f"{what}: {answer.status_code}"]
    if answer.status_code < 400 or answer.streaming:
        return []
    text = answer.content.decode()
    if answer["Content-Type"].endswith("json"):
        text = answer.json()["detail"]
    found = []
    if not CHINESE.search(text):
        found.append(f"{what}: {answer.status_code} without a Chinese sentence")
    if TRACE.search(text):
        found.append(f"{what}: a trace in the answer")
    return found


def says_where(answer) -> bool:
    """Whether a page says at a field, above the form or in its heading what is wrong."""
    text = answer.content.decode()
    marks = (
        r'class="errmsg',
        r'class="errsum',
        r'role="alert"',
        r"什么都没有改动",
        r"没有这一页|找不到|看不到",
    )
    return any(re.search(mark, text) for mark in marks)


def post(client, url: str, data: dict):
    """The answer. What was taken is undone; what a refusal leaves behind stays, for the test to find."""
    with transaction.atomic():
        answer = ask_here(client, url, data)
        if not isinstance(answer, Crash) and answer.status_code < 400:
            transaction.set_rollback(True)
    return answer


def ask_here(client, url: str, data: dict):
    for value in data.values():
        if hasattr(value, "seek"):
            value.seek(0)
    try:
        with stages.kept():
            return client.post(url, data)
    except Exception as error:
        return Crash(error)


@pytest.mark.walk(6)
@pytest.mark.parametrize("row", POSTS, ids=str)
def test_junk_in_a_form(row, stage, thorough):  # noqa: F811
    wrong = []
    with stages.undone():
        kwargs, good = prepared(row, stage.inside)
        url, client = address(row, kwargs, row.slug), stage.clients[one_who_may(row)]
        attempts = (
            [("nothing at all", {}), ("other fields", {"x": "1", "y[]": "2", "__proto__": "3"})]
            if good
            else []
        )
        for number, (field, value) in enumerate(good.items(), POSTS.index(row)):
            for name, junk in in_turns(spoilt(field, value), 1, number, thorough).items():
                if (row.url, field, name) not in FINE:
                    attempts.append((f"{field}: {name}", good | {field: junk}))
        before = stages.fingerprint()
        for what, data in attempts:
            answer = post(client, url, data)
            wrong += faults_of(answer, what)
            if isinstance(answer, Crash):
                continue
            if answer.status_code < 400:
                if not harmless(row, what, answer):
                    wrong.append(f"{what}: taken ({answer.status_code})")
            elif not says_where(answer):
                wrong.append(f"{what}: {answer.status_code} without saying where")
        if stages.fingerprint() != before:
            wrong.append("one of the refused attempts has written something")
    assert wrong == [], "\n".join(wrong)


def harmless(row, what: str, answer) -> bool:
    return (row.url, what.partition(": ")[0]) in IGNORED


#: Fields whose content decides nothing when it is nonsense.
IGNORED = {
    ("naming-review", "what"): "anything but 'submit' keeps what was found so far",
    ("progress-edit", "do"): "anything but 'submit' keeps a draft",
    ("draw-team", "what"): "anything but 'name' is a drop-out",
    ("facility-new", "video_connected"): "anything but yes and no is unknown",
    ("facility-new", "alarm_connected"): "anything but yes and no is unknown",
    ("facility-edit", "video_connected"): "anything but yes and no is unknown",
    ("facility-edit", "alarm_connected"): "anything but yes and no is unknown",
    (
        "proposal-refuse",
        "answer",
    ): "an answer is free text; that it is not empty tests/facilities/test_life.py says",
    (
        "training-sign-up",
        "staff",
    ): "who reaches the whole district enters codes; the boxes are the operators'",
    ("site-hours", "nothing at all"): "all days emptied: the site is closed for now",
    ("site-hours", "other fields"): "all days emptied: the site is closed for now",
    ("video-player", "nothing at all"): "an empty address takes the player away",
    ("video-player", "other fields"): "an empty address takes the player away",
    ("inspection-item", "version"): "counts only against what somebody else has written",
    ("dossier-print", "nothing at all"): "all kinds and days",
    ("dossier-print", "other fields"): "all kinds and days",
    ("evaluation-score", "version"): "counts only against what somebody else has written",
    ("evaluation-score", "nothing at all"): "an indicator that was emptied again is saved empty",
    ("evaluation-score", "other fields"): "an indicator that was emptied again is saved empty",
    ("inspection-item", "nothing at all"): "an item that was emptied again is saved empty",
    ("inspection-item", "other fields"): "an item that was emptied again is saved empty",
}


@pytest.mark.walk(6)
@pytest.mark.parametrize("row", [r for r in POSTS if r.make], ids=str)
def test_a_stale_version_is_told_what_changed(row, stage):  # noqa: F811
    with stages.undone():
        kwargs, good = prepared(row, stage.inside)
        if not isinstance(good.get("version"), int) or row.url == "inspection-item":
            return  # an answer's version is compared with another person's only (tests/inspections)
        url, client = address(row, kwargs, row.slug), stage.clients[one_who_may(row)]
        before = stages.fingerprint()
        for version in {good["version"] + 1, good["version"] + 7}:
            answer = post(client, url, good | {"version": version})
            assert answer.status_code == 409
            assert CHINESE.search(answer.content.decode()) and says_where(answer)
        assert stages.fingerprint() == before


QUERIES = {
    "a word": "abc", "negative": "-1", "absurd": "9" * 40, "other digits": "²", "sql": SQL, "a NUL": "a\0b",
    "long": "长" * 500, "percent": "%_\\{{7*7}}<b>", "month 13": "2026-13", "a day": "9999-12-31",
}  # fmt: skip
COMMON_QUERIES = ("q", "page", "before", "after", "cursor", "sort", "tab", "month", "year", "street", "state")


def names_of(url: str) -> tuple[set[str], set[str]]:
    """The words that a view could read from a query: all, forms beside it included, and those of its own module."""
    module = inspect.getmodule(inspect.unwrap(resolve(url).func))
    app = module.__name__.split(".")[0]
    beside = (f"{app}.forms", f"{app}.paging", "facilities.paging")
    others = [other for name, other in sys.modules.items() if name.startswith(beside)]
    own, all_of_them = (
        words_in("".join(Path(m.__file__).read_text() for m in found)) for found in ([module], others)
    )
    return own | all_of_them | set(COMMON_QUERIES), own


def words_in(text: str) -> set[str]:
    found = set(re.findall(r"""(?:GET|query_params|params|query)(?:\.get(?:list)?)?[(\[]["'](\w+)""", text))
    found |= set(re.findall(r"^\s{4}(\w+) = (?:forms\.)?\w+(?:Field|Filter)\(", text, re.M))
    return found


@pytest.mark.walk(6)
@pytest.mark.parametrize("row", GETS, ids=str)
def test_junk_in_a_query(row, stage, thorough):  # noqa: F811
    wrong = []
    with stages.undone():
        kwargs, _data = prepared(row, stage.inside)
        url, client = address(row, kwargs, row.slug), stage.clients[one_who_may(row)]
        names, own = names_of(url)
        for kind, junk in in_turns(QUERIES, 2, GETS.index(row), thorough).items():
            wrong += faults_of(ask(client, "GET", url, dict.fromkeys(names, junk)), f"all, {kind}")
        for name in sorted(own):
            wrong += faults_of(ask(client, "GET", url, {name: "²"}), f"{name}, other digits")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.walk(6)
@pytest.mark.parametrize("name", sorted(WITH_ARGUMENTS))
def test_junk_in_a_path(name, stage):  # noqa: F811
    rows = [row for row in TABLE if isinstance(row, Row) and row.url == name]
    wrong = []
    with stages.undone():
        kwargs, data = prepared(rows[0], stage.inside)
        for key, value in kwargs.items():
            junk = (
                ("0", "9" * 18, "9" * 19, "9" * 40) if isinstance(value, int) else ("x", "y" * 300, "0", "-")
            )
            for one in junk:
                for row in rows[:2]:
                    url = reverse(row.url, kwargs={"district": row.slug} | kwargs | {key: one})
                    if resolve(url).url_name != row.url:
                        continue  # the address of another page: exports/0/ is a run
                    answer = ask(stage.clients[one_who_may(row)], row.method, url, data)
                    wrong += faults_of(answer, f"{row} {key} {one[:20]}")
                    if answer.status_code not in (403, 404):
                        wrong.append(f"{row} {key} {one[:20]}: {answer.status_code}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize(
    "path",
    ["/nowhere/", "/minhang/nowhere/", "/minhang/facilities/abc/", "/%00/", "/minhang/%ff/", "/public/nowhere/draws/",
     "/public/minhang/draws/x/2026/13/", "/public/minhang/draws/x/99999999999999999999/1/",
     f"/public/minhang/draws/files/{'9' * 30}/", "/minhang//", "//minhang/", "/..%2f..%2fetc/passwd"],
)  # fmt: skip
def test_an_address_that_is_none(path, stage):  # noqa: F811
    for name in ("bureau", "anonymous"):
        answer = ask(stage.clients[name], "GET", path)
        assert faults_of(answer, path) == []
        assert answer.status_code in (301, 302, 400, 404)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"q": "x" * (6 * 1024 * 1024)}, {}),
        ({f"f{n}": "1" for n in range(1200)}, {}),
        ("not=a&form%", {"content_type": "multipart/form-data; boundary=x"}),
        ("{broken", {"content_type": "application/json"}),
        (b"\xff\xfe", {"content_type": "application/x-www-form-urlencoded"}),
    ],
    ids=["six megabytes", "1200 fields", "broken parts", "broken json", "no text"],
)
def test_a_body_that_is_none(data, kind, stage):  # noqa: F811
    for name, path in (("security_admin", "/minhang/people/new/"), ("anonymous", "/sign-in/")):
        with stages.undone():
            before = stages.fingerprint()
            try:
                with stages.kept():
                    answer = stage.clients[name].post(path, data, **kind)
            except Exception as error:
                answer = Crash(error)
            assert faults_of(answer, path) == []
            assert answer.status_code in (400, 413, 422)
            assert stages.fingerprint() == before


# --- REST -----------------------------------------------------------------------------------------


@pytest.mark.walk(3)
@pytest.mark.parametrize("row", REST, ids=str)
def test_junk_at_the_api(row, stage):  # noqa: F811
    headers = {"Authorization": f"Bearer {stage.tokens['all']}"}
    wrong = []
    with stages.undone():
        kwargs, _data = prepared(row, stage.inside)
        url = address(row, kwargs)
        names = names_of(url)[1] | {
            "limit",
            "cursor",
            "updated_since",
            "search",
            "facility",
            "published_since",
            "period",
        }
        for name in sorted(names):
            for kind, junk in QUERIES.items():
                answer = ask(stage.clients["anonymous"], "GET", url, {name: junk}, headers=headers)
                wrong += faults_of(answer, f"{name}, {kind}")
                if answer.status_code == 200:
                    continue
                body = answer.json()
                if (
                    answer["Content-Type"] != "application/problem+json"
                    or body["status"] != answer.status_code
                ):
                    wrong.append(f"{name}, {kind}: no problem+json")
                if (
                    answer.status_code == 400
                    and kind != "a NUL"
                    and name not in body["detail"] + body.get("field", "")
                ):
                    wrong.append(f"{name}, {kind}: the parameter is not named: {body['detail']}")
        for value in ("0", "9" * 19, "9" * 40) if kwargs else ():
            there = reverse(row.url, kwargs=dict.fromkeys(kwargs, value))
            answer = ask(stage.clients["anonymous"], "GET", there, headers=headers)
            assert answer.status_code == 404 and answer["Content-Type"] == "application/problem+json"
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer x", "Bearer sy_", "Bearer sy_minhang_", "Bearer sy_minhang_" + "x" * 5000, "Basic YTpi",
     "Bearer sy_minhang_x y", "Bearer sy_%00_x", "Bearer sy_minhang_'; DROP TABLE", "bearer\tsy_minhang_ä"],
)  # fmt: skip
def test_junk_as_a_token(header, stage):  # noqa: F811
    answer = ask(stage.clients["anonymous"], "GET", "/api/v1/facilities/", headers={"Authorization": header})
    assert faults_of(answer, header) == []
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_every_endpoint_of_the_api_is_walked():
    assert {name for name, path in patterns() if path.startswith("api/v1/")} - {"api-schema"} == {
        r.url for r in REST
    }


# --- Commands -------------------------------------------------------------------------------------

COMMANDS = [
    ("month", {"district": "nowhere", "month": "2026-11"}),
    ("month", {"district": "minhang", "month": "2026-13"}),
    ("month", {"district": "minhang", "month": "november"}),
    ("month", {"district": "minhang", "month": "9999-01"}),
    ("month", {"district": "minhang", "month": SQL}),
    ("month", {"district": "", "month": ""}),
    ("month", {"district": "shanghai", "month": "2026-11"}),
    ("month", {"district": "minhang", "month": "2026-11", "source": "nonsense"}),
    ("month", {"district": "minhang", "month": "2026-11", "source": "witness", "entropy": ""}),
    ("month", {"district": "minhang", "month": "2026-11", "source": "witness", "entropy": "1 2 3\n4 5 6"}),
    ("month", {"district": "minhang", "month": "2026-11", "scheme": "nonsense"}),
    ("month", {"district": "minhang", "month": "2026-11", "second": "nobody"}),
    ("account", {"username": "li.lei", "district": "nowhere", "role": "auditor"}),
    ("account", {"username": "li.lei", "district": "minhang", "role": "emperor"}),
    ("account", {"username": "李", "district": "minhang", "role": "auditor"}),
    ("account", {"username": "li.lei", "district": "minhang", "role": "auditor", "name": ""}),
    (
        "account",
        {"username": "li.lei", "district": "minhang", "role": "bureau", "name": "示例", "unit": "nowhere"},
    ),
]


@pytest.mark.parametrize(("command", "options"), COMMANDS, ids=lambda v: str(v)[:70])
def test_a_command_refuses_with_a_sentence(command, options, stage, monkeypatch):  # noqa: F811
    options = dict(options)
    args = [options.pop("username")] if "username" in options else []
    with stages.undone():
        before = stages.fingerprint()
        with pytest.raises(CommandError) as error, stages.kept():
            call_command(command, *args, **options)
        assert CHINESE.search(str(error.value)) and not TRACE.search(str(error.value))
        assert stages.fingerprint() == before


def test_the_calendar_says_which_year_it_does_not_know():
    from portal import calendar

    assert "2099" in calendar.provisional_note(date(2099, 3, 1))
