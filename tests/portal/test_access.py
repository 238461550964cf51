"""Every URL with the whole cast: who gets in, who does not, and that the views obey the table of rights."""

from __future__ import annotations

from collections import Counter

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from portal.rules.rights import RIGHTS, Reach
from portal.tenancy import city_scope, district_scope
from tests.portal import stage as stages
from tests.portal.access.rows import METHODS, REACHED, ROLES, CityRow, Open, Rest, Row
from tests.portal.access_table import TABLE

#: The city's tenant, by its code.
CITY = 310000
DISTRICT_ROWS = [row for row in TABLE if isinstance(row, Row)]


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), stages.undone():
        yield stages.build()


def patterns(found=None, path=""):
    """(URL name, converters of its arguments, path) of everything the product answers."""
    for one in get_resolver().url_patterns if found is None else found:
        here = f"{path}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, here)
        elif isinstance(one, URLPattern):
            yield one.name, here


#: URLs of districts that name a thing in their path.
WITH_ARGUMENTS = {name for name, path in patterns() if path.count("<") > 1 and path.startswith("<")}


def prepared(row, place) -> tuple[dict, dict]:
    """The arguments and the data to post, of a thing made in the place; the district's scope is opened for it."""
    if row.make is None:
        return {}, {}
    # a thing of the city's own stands in the city's tenant
    with district_scope(CITY) if isinstance(row, CityRow) else place.scope():
        made = row.make(place)
    return made if isinstance(made, tuple) else (made, {})


def address(row, kwargs: dict, slug: str = "minhang") -> str:
    given = {} if isinstance(row, Open | Rest) else {"district": slug}
    return reverse(row.url, kwargs=given | kwargs)


def rewound(data: dict) -> dict:
    for value in data.values():
        if hasattr(value, "seek"):
            value.seek(0)
    return data


class Crash:
    """An exception in a view, in the place of its answer: the walk goes on, and the list of faults shows it."""

    def __init__(self, error: Exception):
        self.status_code = f"{type(error).__name__}: {error}"


def ask(client, method: str, url: str, data: dict | None = None, **headers):
    try:
        with stages.undone():
            call = getattr(client, method.lower())
            if method in ("GET", "POST"):
                response = call(url, rewound(data or {}), **headers)
            else:
                response = call(url, **headers)
            if response.streaming:
                b"".join(response.streaming_content)  # closed by its end, as a server does it
            return response
    except Exception as error:
        return Crash(error)


# --- The table itself -----------------------------------------------------------------------------


def test_every_url_has_a_row_and_every_row_a_url():
    urls = list(patterns())
    assert [path for name, path in urls if not name] == [], "a URL without a name"
    names = Counter(name for name, _path in urls)
    assert [name for name, n in names.items() if n > 1] == [], "two URLs with one name"
    assert {row.url for row in TABLE} - set(names) == set(), "rows without a URL"
    assert sorted(set(names) - {row.url for row in TABLE}) == [], "URLs without a row"


def test_no_row_stands_twice():
    assert [key for key, n in Counter(str(row) for row in TABLE).items() if n > 1] == []


def test_a_url_with_an_id_has_something_made_for_it():
    """So that one out of reach, and another district's, can be asked for."""
    assert {row.url for row in TABLE if row.make is None} & WITH_ARGUMENTS == set()
    assert WITH_ARGUMENTS


def test_the_rows_cover_the_cast(stage):
    here = {name for name in stage.cast.users if name not in ("stranger", "city_officer")}
    assert here == set(ROLES)
    for reach in Reach:
        if reach not in (Reach.ALL, Reach.SELF):
            assert REACHED[reach]
    for row in DISTRICT_ROWS:
        assert row.right in RIGHTS
        assert set(row.but) <= set(ROLES)


# --- Districts' URLs ------------------------------------------------------------------------------


def some_of(names, number: int) -> list[str]:
    """A few, from all over the list."""
    names = list(names)
    return names[:: max(1, -(-len(names) // number))] if names else []


def reaching_a_part(row) -> list[str]:
    """Whoever has the row's rights for a part only, and two others."""
    rights = [row.right] + ([row.then[0]] if row.then else [])
    parts = [n for n, role in ROLES.items() if any(RIGHTS[r].get(role, Reach.ALL) in REACHED for r in rights)]
    return parts + some_of([n for n in ROLES if n not in parts], 2)


def cast_in_turns(row) -> list[str]:
    """Two who get in, whoever gets another answer than most, and three of the others, other ones for the next row."""
    answers = {name: row.expected(name) for name in ROLES}
    most = Counter(answers.values()).most_common(1)[0][0]
    start = DISTRICT_ROWS.index(row)
    turned = [*ROLES][start % len(ROLES) :] + [*ROLES][: start % len(ROLES)]
    may = [name for name in turned if answers[name] == row.success][:2]
    special = {answer: name for name, answer in answers.items() if answer not in (most, row.success)}
    others = [name for name in turned if answers[name] != row.success][:3]
    return list(dict.fromkeys([*may, *special.values(), *others]))


@pytest.mark.walk(3)
@pytest.mark.parametrize("row", DISTRICT_ROWS, ids=str)
def test_the_cast_at_a_url(row, stage, thorough):
    """Everybody, for what is inside and outside of reach; strangers and the city; nothing stays written; a method
    without a row is not served."""
    wrong = []

    def see(name, url, data, want, **headers):
        answer = ask(stage.clients[name], row.method, url, data, **headers)
        if answer.status_code != want:
            wrong.append(f"{name} {url}: {answer.status_code}, should be {want}")
        return answer

    with stages.undone():
        kwargs, data = prepared(row, stage.inside)
        outside = prepared(row, stage.outside) if row.limited else None
        url, before = address(row, kwargs), stages.fingerprint()
        for name in ROLES if thorough else cast_in_turns(row):
            see(name, url, data, row.expected(name))
        see("stranger", url, data, 404)
        see("city_officer", url, data, row.expected_of_city())
        to = see("anonymous", url, data, 302)
        assert to.headers.get("Location", "").startswith("/sign-in/?next=")
        see("anonymous", url, data, 401, headers={"HX-Request": "true"})
        if outside:
            url, data = address(row, outside[0]), outside[1]
            for name in reaching_a_part(row):
                see(name, url, data, row.expected(name, "outside"))
        if row is next(one for one in DISTRICT_ROWS if one.url == row.url):
            served = {one.method for one in DISTRICT_ROWS if one.url == row.url}
            for method in set(METHODS) - served:
                answer = ask(stage.clients["bureau"], method, address(row, kwargs))
                if answer.status_code != 405:
                    wrong.append(f"{method}, which has no row: {answer.status_code}")
        assert stages.fingerprint() == before
    assert wrong == []


@pytest.mark.walk(4)
@pytest.mark.parametrize("row", [r for r in DISTRICT_ROWS if r.url in WITH_ARGUMENTS], ids=str)
def test_what_is_another_districts_does_not_exist(row, stage, thorough):
    """Each id of another district alone and all together; the answer is the one for an id that nobody has."""
    with stages.undone():
        own, data = prepared(row, stage.inside)
        theirs, _data = prepared(row, stage.foreign)
        ids = [key for key in own if own[key] != theirs[key]]
        assert set(own) - set(ids) <= {"key", "year", "item", "part", "number"}, (
            "lists and their items, parts, parameters, figures and years are named alike everywhere"
        )
        variants = [own | {key: theirs[key]} for key in ids] + [theirs] * (len(ids) > 1)
        may = [name for name in ROLES if row.expected(name) == row.success]
        others = some_of([name for name in ROLES if name not in may], 2 if thorough else 1)
        wrong = []
        for kwargs in variants:
            same_first = kwargs[ids[0]] == own[ids[0]]
            nobody = {k: v if v == own[k] else type(v)("987654321") for k, v in kwargs.items()}
            for name in (*some_of(may, 3 if thorough else 1), *others):
                got = ask(stage.clients[name], row.method, address(row, kwargs), data).status_code
                none = ask(stage.clients[name], row.method, address(row, nobody), data).status_code
                want = 404 if same_first and name in may else row.expected(name, "foreign")
                if got != none or (got != want and not (same_first and got in (403, 404))):
                    wrong.append(f"{name} {kwargs}: {got}, of nobody {none}, should be {want}")
            if ask(stage.clients["city_officer"], row.method, address(row, kwargs), data).status_code not in (
                403,
                404,
            ):
                wrong.append(f"city {kwargs}")
        assert wrong == []


# --- Outside of districts -------------------------------------------------------------------------


@pytest.mark.parametrize("row", [r for r in TABLE if isinstance(r, Open)], ids=str)
def test_a_url_for_everybody(row, stage):
    with stages.undone():
        kwargs, data = prepared(row, stage.inside)
        url = address(row, kwargs)
        assert ask(stage.clients["anonymous"], row.method, url, data).status_code == row.anonymous
        client = stages.Client()
        client.force_login(stage.cast.bureau)
        assert ask(client, row.method, url, data).status_code == row.signed
        others = set(METHODS) - {r.method for r in TABLE if r.url == row.url}
        for method in others:
            assert ask(stage.clients["anonymous"], method, url).status_code == 405, method


REST = [row for row in TABLE if isinstance(row, Rest)]


@pytest.mark.parametrize("row", REST, ids=str)
def test_a_token_at_the_api(row, stage):
    def status(token, url):
        extra = {"content_type": "application/json"} if row.method == "POST" else {}
        extra["headers"] = {"Authorization": f"Bearer {token}"} if token else {}
        answer = ask(stage.clients["anonymous"], row.method, url, data, **extra)
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"
        return answer.status_code

    with stages.undone():
        kwargs, data = prepared(row, stage.inside)
        url = address(row, kwargs)
        for name, token in stage.tokens.items():
            want = 200 if name == "all" or name == row.scope else 403
            if name == "foreign":
                want = 404 if any(isinstance(v, int) for v in kwargs.values()) else 200
            if row.of_city and want == 200:
                want = 404
            assert status(token, url) == want, name
        assert status(None, url) == 401
        assert status("sy_minhang_wrong", url) == 401
        assert status("sy_nowhere_wrong", url) == 401
        assert status(stages.ended_token(stage), url) == 401
        assert ask(stage.clients["bureau"], row.method, url).status_code == 401, (
            "a browser's session is no token"
        )
        for method in set(METHODS) - {r.method for r in REST if r.url == row.url}:
            headers = {"Authorization": f"Bearer {stage.tokens['all']}"}
            assert ask(stage.clients["anonymous"], method, url, headers=headers).status_code == 405


def test_the_citys_scope_is_closed_again(stage):
    with city_scope():
        pass
    stages.fingerprint()
