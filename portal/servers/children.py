"""Child processes that end with their parent, as another user where the parent is root.

Standard library only: these modules run before Django has settings.
"""

import ctypes
import os
import pwd
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
#: Looked for in this order when root starts a server that must not run as root.
SERVER_USERS = ("postgres", "nobody")


class ServerError(Exception):
    """A server could not be had or did not start; the text is meant for the person at the terminal."""


def server_user() -> str | None:
    """The user that embedded servers run as: None for ourselves, another one when we are root."""
    if os.geteuid() != 0:
        return None
    for name in SERVER_USERS:
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise ServerError("以 root 运行时需要一个普通用户（postgres 或 nobody），这台机器上两个都没有。")


def identity(user: str | None) -> dict:
    """What subprocess needs to run as `user`; nothing for None."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def end_with_parent(death_signal: int) -> Callable[[], None]:
    """A preexec_fn: the kernel sends `death_signal` to the child when the thread that forked it is gone."""
    parent = os.getpid()
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):  # not Linux: an orderly stop still works, kill -9 leaves orphans
        return lambda: None

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


def spawn(
    args: Sequence[str | os.PathLike],
    *,
    user: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike = "/",
    output=subprocess.DEVNULL,
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen:
    """Starts a child in a session of its own, so that Ctrl-C at the terminal reaches only us."""
    return subprocess.Popen(
        [os.fspath(part) for part in args],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=None if env is None else dict(env),
        start_new_session=True,
        preexec_fn=end_with_parent(death_signal),
        **identity(user),
    )


def stop(process: subprocess.Popen, how: int = signal.SIGTERM, seconds: float = 10) -> None:
    """Asks by signal, waits, then kills the child's whole group; returns when nothing of it runs."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)  # whatever the child left behind in its session
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()


def reachable(path: Path, user: str | None) -> bool:
    """Can `user` get to this path through all the folders above it?"""
    if user is None:
        return os.access(path, os.R_OK)
    check = subprocess.run(["/usr/bin/test", "-r", os.fspath(path)], cwd="/", **identity(user))
    return check.returncode == 0


def own_folder(path: Path, user: str | None) -> Path:
    """Makes a folder 0700 that belongs to `user`; elsewhere, when a closed folder lies above it.

    Root's clone may lie in /root, where no other user gets through: then the data goes to /var/lib/shanyu, and
    `<path>.moved` tells the next start where. Removing the data folder removes that file, and so begins anew.
    """
    path = Path(path).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    if user is not None and not reachable(path.parent, user):
        moved = path.with_name(f"{path.name}.moved")
        if not moved.exists():
            moved.write_text(f"/var/lib/shanyu/{path.name}-{secrets.token_hex(6)}\n")
        path = Path(moved.read_text().strip())
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    path.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        entry = pwd.getpwnam(user)
        if path.stat().st_uid != entry.pw_uid:
            for found in (path, *path.rglob("*")):
                os.chown(found, entry.pw_uid, entry.pw_gid, follow_symlinks=False)
    path.chmod(0o700)
    return path


def free_port() -> int:
    """A port on loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready: Callable[[], bool], process: subprocess.Popen, seconds: float) -> bool:
    """Polls until ready() holds; False when the process ends or the time is over first."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.03)
    return False
