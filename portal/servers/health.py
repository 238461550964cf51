"""`python -m portal.servers.health web|worker|beat`: exit 0 when it does its work; for containers."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import redis


def web(url: str = "http://127.0.0.1:8000", timeout: float = 5) -> bool:
    """Does the page /health/, which asks the database, answer? A refused host name is an answer too."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].lstrip(".").replace("*", "localhost")
    request = urllib.request.Request(f"{url}/health/", headers={"Host": host or "localhost"})
    try:
        urllib.request.urlopen(request, timeout=timeout).close()
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True


def worker() -> bool:
    """Does this container's worker answer a ping over the broker?"""
    name = f"celery@{os.uname().nodename}"
    ping = [sys.executable, "-m", "celery", "-A", "portal", "inspect", "ping", "-d", name, "-t", "8"]
    return subprocess.run(ping, capture_output=True).returncode == 0


def beat() -> bool:
    """Is beat this container's first process, and can it reach the broker?"""
    path = os.environ.get("REDIS_URL_FILE")
    url = Path(path).read_text().strip() if path else os.environ["REDIS_URL"]
    try:
        with redis.Redis.from_url(url, socket_timeout=5) as broker:
            broker.ping()
    except redis.RedisError:
        return False
    return b"beat" in Path("/proc/1/cmdline").read_bytes()


CHECKS = {"web": web, "worker": worker, "beat": beat}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in CHECKS:
        sys.exit(__doc__)
    sys.exit(0 if CHECKS[sys.argv[1]]() else 1)
