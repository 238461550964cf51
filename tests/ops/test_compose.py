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


def test_the_web_check_tells_an_answer_from_none(world):
    assert health.web("http://127.0.0.1:9", timeout=1) is False
    assert health.web(world.start_web()) is True
