# Sourced by bin/up and bin/test, which stand in the repository's root: Python, system libraries, .venv from a lock.
# POSIX sh. Says in one line what is missing and how to get it; as root gets it by itself.

begin=$(date +%s)
log=${TMPDIR:-/tmp}/shanyu-setup-$(id -u).log

say() { printf '%s\n' "$*"; }
stop() { say "没有装好：$*"; exit 1; }
seconds() { echo $(($(date +%s) - begin)); }
is_root() { [ "$(id -u)" = 0 ]; }

# kill_tree PID: the process and what it started; ps and pkill are not on a bare machine.
kill_tree() {
    for below in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do kill_tree "$below"; done
    kill "$1" 2>/dev/null || true
}

# Ctrl-C: apt is let finish, for a half-done installation would block the next one.
broken_off() {
    trap '' INT TERM HUP
    if [ -n "$finish" ]; then
        printf '\n  等 apt 做完这一步再停 …\n'
        wait $child || true
    else
        kill_tree $child
        printf '\n'
    fi
    exit 130
}
finish=

# working TITLE COMMAND…: runs it with its output in the log and the seconds on the screen.
working() {
    title=$1; shift
    from=$(date +%s)
    "$@" >>"$log" 2>&1 &
    child=$!
    trap broken_off INT TERM HUP
    waited=0
    while kill -0 $child 2>/dev/null; do
        sleep 0.2 2>/dev/null || sleep 1
        passed=$(($(date +%s) - from))
        if [ -t 1 ]; then
            printf '\r  %s … %s 秒 ' "$title" $passed
        elif [ $passed -ge $((waited + 10)) ]; then
            waited=$passed
            say "  $title … $passed 秒"
        fi
    done
    trap - INT TERM HUP
    if wait $child; then status=0; else status=$?; fi
    [ -t 1 ] && printf '\r\033[K'
    if [ $status = 0 ]; then say "  $title  $(($(date +%s) - from)) 秒"; fi
    return $status
}

apt_updated=
# apt_install PACKAGE…: as root, with one update of the lists when a package is not known yet.
apt_install() {
    command -v apt-get >/dev/null || return 1
    finish=1
    if [ -z "$apt_updated" ]; then
        working "更新软件包列表" apt-get update -q || true
        apt_updated=1
    fi
    working "安装 $*" env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "$@" && done=0 || done=1
    finish=
    return $done
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
complete() { "$1" -c 'import ensurepip, venv, ssl, ctypes' 2>/dev/null; }

# Sets $python to a Python ≥ 3.11 that can make environments.
find_python() {
    python=
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        found=$(command -v "$name" 2>/dev/null) || continue
        new_enough "$found" || continue
        [ -n "$python" ] || python=$found
        if complete "$found"; then python=$found; return 0; fi
    done
    if is_root; then
        version=
        [ -z "$python" ] || version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        apt_install python3 python3-venv || true
        python=${python:-/usr/bin/python3}
        [ -z "$version" ] || complete "$python" || apt_install "python$version-venv" || true
        new_enough "$python" && complete "$python" && return 0
    fi
    [ -n "$python" ] && stop "$python 不能建虚拟环境。请管理员运行：apt-get install python3-venv"
    have=$(python3 -V 2>/dev/null || echo 没有)
    stop "需要 Python 3.11 或更新的版本（现有：$have）。请管理员运行：apt-get install python3 python3-venv，或用 PYTHON=路径 指定。"
}

# What WeasyPrint draws with. Without harfbuzz-subset it would run thirty times slower, so it is demanded here.
have_libraries() {
    "$python" - <<'PYTHON' 2>/dev/null
import ctypes
for name in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"):
    ctypes.CDLL(name)
PYTHON
}
libraries="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
need_libraries() {
    have_libraries && return 0
    # shellcheck disable=SC2086
    if is_root; then apt_install $libraries && have_libraries && return 0; fi
    stop "缺少生成 PDF 的系统库。请管理员运行：apt-get install $libraries"
}

hash_of() { "$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"; }

# A mirror that the machine's pip knows is a mirror for uv too, which does not read pip's files.
tell_uv_the_mirror() {
    setting() { .venv/bin/python -m pip config get "global.$1" 2>/dev/null || true; }
    index=${PIP_INDEX_URL:-$(setting index-url)}
    certificate=${PIP_CERT:-$(setting cert)}
    [ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
    [ -z "$certificate" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$certificate}"
    export UV_COMPILE_BYTECODE=1 UV_LINK_MODE="${UV_LINK_MODE:-copy}" UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-60}"
    unset VIRTUAL_ENV
}

install_lock() {
    if .venv/bin/python -m pip install -q --require-hashes -r bin/lock/uv.txt; then
        tell_uv_the_mirror
        .venv/bin/uv pip install --python .venv/bin/python --require-hashes -r "bin/lock/$1.txt" && return 0
        echo "uv could not; trying pip"
    fi
    .venv/bin/python -m pip install --require-hashes -r "bin/lock/$1.txt"
}

# environment run|test: .venv with what the lock says; installs only when the lock has changed. Removes nothing,
# so that bin/up leaves alone what bin/test has put there.
environment() {
    if [ -e .venv ] && ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        say "  .venv 里的 Python 已不能用，重新建。"
        rm -rf .venv
    fi
    wanted=$(hash_of "bin/lock/$1.txt")
    marker=.venv/shanyu-$1.sha256
    [ "$(cat "$marker" 2>/dev/null)" = "$wanted" ] && return 0
    if command -v flock >/dev/null; then  # bin/up and bin/test started at once
        exec 9>"$log.lock"
        flock 9
        [ "$(cat "$marker" 2>/dev/null)" = "$wanted" ] && exec 9>&- && return 0
    fi
    free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$free" -ge 1000 ] || stop "磁盘空间不够：这里只剩 $free MB，至少要 1000 MB。清出空间后再运行一次，会接着做。"
    : >"$log"
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        working "建立 Python 环境" "$python" -m venv .venv || { tail -15 "$log"; stop "建不了 .venv，完整的输出在 $log"; }
    fi
    if ! working "安装 Python 包（第一次约一分钟）" install_lock "$1"; then
        tail -15 "$log"
        stop "Python 包没有装全，网络恢复后再运行一次，会接着做。完整的输出在 $log"
    fi
    echo "$wanted" >"$marker"
    exec 9>&-
}

# Chromium for the tests: true when there is one now.
have_browser() {
    for name in chromium chromium-browser google-chrome-stable google-chrome; do
        command -v $name >/dev/null && return 0
    done
    ls "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}"/chromium-*/chrome-linux*/chrome >/dev/null 2>&1
}
# Playwright speaks to it through a node of its own, which needs libatomic.
have_driver() { .venv/lib/python3*/site-packages/playwright/driver/node --version >/dev/null 2>&1; }
need_browser() {
    if is_root && ! { have_browser && have_driver && has_chinese_font; }; then
        apt_install fonts-noto-cjk libatomic1 || tail -5 "$log"
        apt_install chromium || tail -5 "$log"  # Ubuntu has it as a snap only; then Playwright's own, if it comes
        have_browser || working "下载 Chromium" timeout 180 .venv/bin/python -m playwright install --with-deps chromium || true
    fi
    have_browser && have_driver
}
has_chinese_font() { ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1; }
