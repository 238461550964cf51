"""Lists go out as their pages show them: filtered, masked, without formulas, long ones by a task."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from facilities.models import CreditEntry, Facility
from portal.errors import Denied
from portal.models import AuditEntry, ExportRun
from portal.services import exports, imports
from portal.services.files import path_of
from portal.services.import_files import content_of
from portal.spreadsheets import LISTS, Asked
from portal.tenancy import district_scope
from tests.facilities import factories
from tests.portal.spreadsheets import cells_of, read, upload
from tests.rows import make

pytestmark = pytest.mark.django_db
#: Who takes out what the bureau does not.
OTHERS = {
    "evaluation-sheets": "operator", "access-requests": "head", "audit": "audit_admin",
    "clients": "system_admin", "people": "security_admin",
}  # fmt: skip
#: Lists that are about the district, not about one row that the address names (test_exports_of_pages.py).
WHOLE = sorted(key for key, one in LISTS.outgoing.items() if not one.of)


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def scene(cast):
    with district_scope(cast.minhang):
        yield cast


def asked(actor, query: str = "", revealed: bool = False) -> Asked:
    return Asked(actor, QueryDict(query), timezone.localdate(), revealed)


def rows(key: str, actor, query: str = "") -> list[list]:
    return cells_of(exports.at_once(asked(actor, query), LISTS.outgoing[key]))


@pytest.mark.parametrize("key", WHOLE)
def test_each_list_goes_out_with_its_headings(key, scene):
    actor = scene.actor(OTHERS.get(key, "bureau"))
    factories.employment(scene.facility)
    head = rows(key, actor)[0]
    visible = [c for c in LISTS.outgoing[key].columns(asked(actor)) if c.personal != "number"]
    assert head == [c.heading for c in visible]


def test_the_register_goes_out_as_filtered_and_in_its_order(scene):
    bureau = scene.actor("bureau")
    Facility.objects.filter(pk=scene.facility.pk).update(places=99)
    names = [row[1] for row in rows("facilities", bureau, "sort=-places")[1:]]
    assert names == ["示例云杉托育园", "示例青果托育园"]
    assert [r[1] for r in rows("facilities", bureau, f"street={scene.other_street.pk}")[1:]] == [
        "示例青果托育园"
    ]
    assert len(rows("facilities", scene.actor("officer"))) == 2  # the own street's


def test_what_went_out_comes_in_and_changes_nothing(scene):
    bureau = scene.actor("bureau")
    Facility.objects.filter(pk=scene.facility.pk).update(
        head="", phone="021-55501234", usable_area="160.5", video_connected=True, opens_at="07:30"
    )
    content = exports.at_once(asked(bureau), LISTS.outgoing["facilities"])
    run = imports.start(LISTS.incoming["facilities"], upload(content), actor=bureau, queued=False)
    run = imports.read(run, actor=bureau, queued=False)
    assert (run.counts["same"], run.counts["wrong"], run.counts["changed"]) == (2, 0, 0), run.counts
    assert [text for _index, text in run.unknown] == ["风险等级", "诚信名单"]


def test_a_text_like_a_formula_stays_a_text(scene):
    bureau = scene.actor("bureau")
    Facility.objects.filter(pk=scene.facility.pk).update(
        name='=HYPERLINK("http://示例","x")', address="+1+2 号楼"
    )
    content = exports.at_once(asked(bureau), LISTS.outgoing["facilities"])
    assert '=HYPERLINK("http://示例","x")' in [row[1] for row in cells_of(content)]
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert b'quotePrefix="1"' in archive.read("xl/styles.xml")


def test_the_register_says_who_stands_on_a_list(scene):
    make(CreditEntry, kind="incentive", state="in_force", facility=scene.facility)
    head, *found = rows("facilities", scene.actor("bureau"))
    words = {row[head.index("编号")]: row[head.index("诚信名单")] for row in found}
    assert words.pop(scene.facility.code) == "联合激励"
    assert set(words.values()) == {""}


def test_persons_are_masked_and_numbers_left_out(scene):
    work = factories.employment(scene.facility, factories.member("陈示例"))
    head, row = rows("staff", scene.actor("bureau"))
    assert "身份证号" not in head and "手机" not in head
    assert row[head.index("姓名")] == "陈*"
    assert work.staff.identity not in str(row)


def test_the_register_comes_back_without_a_change(scene):
    bureau = scene.actor("bureau")
    Facility.objects.filter(pk=scene.facility.pk).update(head="陈示例", phone="021-55501234")
    before = list(Facility.objects.order_by("pk").values())
    run = read("facilities", *rows("facilities", bureau), actor=bureau)
    assert (run.state, run.counts["changed"], run.counts["wrong"], run.counts["new"]) == ("ready", 0, 0, 0)
    assert run.counts["same"] == len(before)


def test_who_may_reveal_gets_numbers_on_record_in_a_sealed_file(scene):
    work = factories.employment(scene.facility, factories.member("陈示例"))
    bureau, one = scene.actor("bureau"), LISTS.outgoing["staff"]
    with pytest.raises(Denied):
        exports.order(one, query="", revealed=True, actor=scene.actor("auditor"), queued=False)
    run = exports.order(one, query="post=carer", revealed=True, actor=bureau, queued=False)
    (entry,) = AuditEntry.objects.filter(action="portal.export.staff")
    assert entry.user == bureau.user and entry.changes == {"query": "post=carer", "personal": True}
    run = exports.make(run, actor=bureau)
    assert (run.state, run.rows) == ("done", 1), run.problem
    head, row = cells_of(content_of(run.file))
    assert row[head.index("姓名")] == "陈示例"
    assert row[head.index("身份证号")] == work.staff.identity
    assert path_of(run.file).read_bytes()[:2] != b"PK"
    assert list(ExportRun.objects.for_actor(scene.actor("clerk"))) == []


def test_a_role_that_ended_gets_no_file(scene):
    run = exports.order(
        LISTS.outgoing["staff"], query="", revealed=True, actor=scene.actor("bureau"), queued=False
    )
    run = exports.make(run, actor=scene.actor("department"))
    assert run.state == "refused" and run.file is None


def test_a_long_list_is_made_in_the_background(cast, client, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    client.force_login(cast.users["bureau"])
    url = reverse("export", args=["minhang", "facilities"]) + "?state=operating"
    page = client.get(url)
    assert "在后台生成" in page.content.decode()
    sent = client.post(url)
    assert sent.status_code == 302
    with district_scope(cast.minhang):
        run = ExportRun.objects.get()
        assert run.query == "state=operating"
        exports.make(run, actor=cast.actor("bureau"))
    assert "下载 Excel" in client.get(sent.url).content.decode()
    got = client.get(reverse("export-file", args=["minhang", run.pk]))
    assert len(cells_of(got.content)) == 3


def test_a_short_list_comes_at_once_and_the_page_offers_it(cast, client):
    client.force_login(cast.users["bureau"])
    page = client.get(reverse("facilities", args=["minhang"]) + "?kind=nursery").content.decode()
    assert "/minhang/exports/facilities/?kind=nursery" in page
    got = client.get("/minhang/exports/facilities/?kind=nursery")
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert len(cells_of(got.content)) == 3


def test_wrong_rows_neutralise_formulas_too(scene):
    from portal.services import import_answers

    bureau = scene.actor("bureau")
    run = read("facilities", ("编号", "托位", "名称"), (scene.facility.code, "=1+1", "=x"), actor=bureau)
    content = import_answers.remarks(run, actor=bureau)
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
