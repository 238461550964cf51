"""The real installation, as far as it can be checked without a container engine."""

import os
import re
import stat
import subprocess
import sys

import pytest
import yaml

from portal.servers import health
from tests.world import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
#: Services that run to their end and that others wait for.
ONE_SHOT = {
    name
    for service in SERVICES.values()
    for name, condition in service.get("depends_on", {}).items()
    if condition["condition"] == "service_completed_successfully"
}


def words(service: dict) -> list[str]:
    test = service.get("healthcheck", {}).get("test", [])
    return [*service.get("command", []), *test]


def test_the_file_follows_the_compose_specification():
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, "docker-compose.yml"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_that_a_real_installation_needs_is_a_service():
    assert set(SERVICES) == {"postgres", "valkey", "migrate", "web", "worker", "beat", "proxy"}
    assert ONE_SHOT == {"migrate"}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOT))
def test_a_service_that_stays_has_a_health_check(name):
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL") and len(check["test"]) > 1
    assert {"interval", "timeout", "retries"} <= check.keys()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_nobody_runs_as_root_or_gains_rights(name):
    service = SERVICES[name]
    user, _, group = str(service["user"]).partition(":")
    assert int(user) > 0 and int(group) > 0
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")


def test_the_images_end_as_another_user_than_root():
    stages = re.split(r"^FROM .* AS ", DOCKERFILE, flags=re.M)[1:]
    final = {stage.split()[0]: stage for stage in stages if stage.split()[0] in ("portal", "proxy")}
    assert set(final) == {"portal", "proxy"}
    for stage in final.values():
        assert re.findall(r"^USER (\S+)", stage, flags=re.M)[-1] not in ("root", "0")
        assert "HEALTHCHECK" in stage
    assert "uid 10001" in final["portal"] and "10002" in final["proxy"]
    assert "--require-hashes -r bin/lock/run.txt" in DOCKERFILE


def test_only_the_proxy_is_reached_from_outside():
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["proxy"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in ("postgres", "valkey"):
        assert SERVICES[name]["networks"] == ["inside"]


def test_secrets_are_files_and_no_secret_stands_in_the_environment():
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|KEY|DATABASE_URL|REDIS_URL", variable):
                assert variable.endswith("_FILE"), (name, variable)
                secret = str(value).removeprefix("/run/secrets/")
                assert secret in service["secrets"], (name, variable)
        for secret in re.findall(r"/run/secrets/(\w+)", " ".join(words(service))):
            assert secret in service["secrets"], (name, secret)
        assert set(service.get("secrets", ())) <= COMPOSE["secrets"].keys()


def test_only_the_migration_gets_the_owners_password():
    holders = {
        name for name, service in SERVICES.items() if "database_owner_url" in service.get("secrets", ())
    }
    assert holders == {"migrate"}


def test_the_settings_know_every_variable_that_is_set():
    settings = (ROOT / "portal/settings.py").read_text()
    for name in ("migrate", "web", "worker", "beat"):
        for variable in SERVICES[name]["environment"]:
            assert f'"{variable.removesuffix("_FILE")}"' in settings, (name, variable)


def test_every_command_that_is_named_exists():
    commands = {path.stem for path in ROOT.glob("*/management/commands/*.py")}
    for service in SERVICES.values():
        text = " ".join(words(service))
        for command in re.findall(r"manage\.py (\w+)", text):
            assert command in commands
        for module in re.findall(r"-m (portal[\w.]+)", text):
            assert (ROOT / (module.replace(".", "/") + ".py")).exists()
        for check in re.findall(r"portal\.servers\.health (\w+)", text):
            assert check in health.CHECKS
    for source in re.findall(r"- (\./\S+?):", (ROOT / "docker-compose.yml").read_text()):
        assert (ROOT / source).exists()
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, flags=re.M):
        assert all((ROOT / part).exists() for part in source.split())


def test_named_volumes_and_dependencies_are_declared():
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source.startswith("./") or source in COMPOSE["volumes"]
        assert service.get("depends_on", {}).keys() <= SERVICES.keys()
        assert set(service["networks"]) <= COMPOSE["networks"].keys()


def test_the_script_makes_every_secret_once_and_keeps_it(tmp_path):
    folder = tmp_path / "secrets"
    subprocess.run(["sh", "bin/secrets", folder], cwd=ROOT, check=True, capture_output=True)
    wanted = {os.path.basename(secret["file"]) for secret in COMPOSE["secrets"].values()}
    first = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(first) == wanted
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert first["app_password"] in first["database_url"]
    assert first["owner_password"] in first["database_owner_url"]
    assert first["valkey_password"] in first["valkey_conf"] and first["valkey_password"] in first["redis_url"]
    assert len(set(first.values())) == len(first)
    (folder / "hash_key").unlink()
    subprocess.run(["sh", "bin/secrets", folder], cwd=ROOT, check=True, capture_output=True)
    second = {path.name: path.read_text() for path in folder.iterdir()}
    assert {name for name in first if first[name] != second[name]} == {"hash_key"}


def test_its_field_key_is_a_key_that_fernet_takes(tmp_path):
    from cryptography.fernet import Fernet

    subprocess.run(["sh", "bin/secrets", tmp_path / "s"], cwd=ROOT, check=True, capture_output=True)
    key = (tmp_path / "s/field_keys").read_text()
    assert Fernet(key).decrypt(Fernet(key).encrypt("姓名".encode())).decode() == "姓名"


def log_blocks() -> list[str]:
    """The proxy's logs with what they import, as text."""
    text = re.sub(r"^\s*#.*$", "", (ROOT / "bin/compose/Caddyfile").read_text(), flags=re.M)
    snippets = dict(re.findall(r"^\((\w+)\) \{\n(.*?)^\}", text, flags=re.M | re.S))
    blocks = re.findall(r"^\tlog[^{\n]*\{\n(.*?)^\t\}", text, flags=re.M | re.S)
    return [re.sub(r"import (\w+)", lambda found: snippets[found[1]], block) for block in blocks]


def test_the_proxys_logs_keep_no_query():
    """What is searched for, names of persons too, is in the query; in the access log and in the log of errors."""
    blocks = log_blocks()
    assert len(blocks) == 2
    assert re.search(r"^\tlog default \{", (ROOT / "bin/compose/Caddyfile").read_text(), flags=re.M)
    for block in blocks:
        pattern, put = re.search(r'request>uri regexp "(.+)" "(.*)"', block).groups()
        for uri in ("/minhang/search/?q=%E7%8E%8B%E8%8A%B3", "/minhang/people/?q=a?b", "/minhang/?"):
            assert re.sub(pattern, put, uri) == uri.split("?")[0]
        for header in ("request>headers>Referer", "request>headers>Hx-Current-Url", "request>headers>Cookie",
                       "request>headers>Authorization", "resp_headers>Location", "resp_headers>Set-Cookie",
                       "resp_headers>Hx-Redirect", "resp_headers>Hx-Push-Url"):  # fmt: skip
            assert f"{header} delete" in block


def test_the_web_server_writes_no_access_log_of_its_own():
    assert "--access-log" not in DOCKERFILE
    assert "--access-log" not in (ROOT / "portal/servers/supervise.py").read_text()


KEYS = ("SECRET_KEY", "HASH_KEY")


def settings_with(tmp_path, **given) -> subprocess.CompletedProcess:
    """The settings read by a process that has these variables and no other of ours."""
    taken = {f"{name}{end}" for name in (*KEYS, "FIELD_KEYS", "PORTAL_BUILD") for end in ("", "_FILE")}
    env = {name: value for name, value in os.environ.items() if name not in taken} | given
    code = "import portal.settings as s; print(s.SECRET_KEY, s.HASH_KEY)"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=env | {"PORTAL_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("value", [None, ""])
def test_a_key_that_is_missing_stops_the_start_and_is_named(name, value, tmp_path):
    given = {key: "x" * 40 for key in KEYS if key != name} | ({} if value is None else {name: value})
    done = settings_with(tmp_path, **given)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode != 0
    assert f"{name} is not set" in last and f"{name}_FILE" in last and "bin/secrets" in last
    assert "x" * 40 not in done.stderr


def test_each_key_stands_for_itself(tmp_path):
    path = tmp_path / "hash_key"
    path.write_text("of-the-file\n")
    assert settings_with(tmp_path, SECRET_KEY="one", HASH_KEY="two").stdout.split() == ["one", "two"]
    assert settings_with(tmp_path, SECRET_KEY="one", HASH_KEY_FILE=str(path)).stdout.split() == [
        "one",
        "of-the-file",
    ]
    assert settings_with(tmp_path, PORTAL_BUILD="1").returncode == 0, "the image is built without keys"


def test_a_second_terminal_finds_a_key_that_was_given_as_a_file(monkeypatch, tmp_path):
    from portal.servers.supervise import Supervisor

    monkeypatch.setenv("HASH_KEY_FILE", str(tmp_path / "hash_key"))
    monkeypatch.delenv("HASH_KEY", raising=False)
    found = Supervisor.own_variables(type("S", (), {"env": dict(os.environ)})())
    assert found["HASH_KEY_FILE"] == str(tmp_path / "hash_key") and "HASH_KEY" not in found


def test_the_web_check_tells_an_answer_from_none(world):
    assert health.web("http://127.0.0.1:9", timeout=1) is False
    assert health.web(world.start_web()) is True
