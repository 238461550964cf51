"""Phones that send at the same time take turns, so that whoever works at a desk does not notice them.

Valkey keeps one queue of moments for all web processes. Each request that comes in books the next moment for its phone
and tells it how long to pause until then; a phone that comes uninvited while others are in line is told when its turn
is. Nobody waits inside of the server, and where Valkey is away nobody waits at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import BoundedSemaphore

import redis
from django.conf import settings

#: Requests a second that the phones of all districts have together, per processor: about a quarter of what it can.
PER_PROCESSOR = 10
#: So many requests of phones at a time in one web process, whose other threads stay free for pages: a weak network or a
#: slow disk holds a thread as long as it takes.
AT_A_TIME = 2
#: A phone that comes so much too early is let in: networks and clocks are not that exact.
GRACE_MS = 300
#: A booked moment is forgotten when its phone does not come for so long.
KEPT_MS = 120_000

#: KEYS: the end of the line, the phone's own moment. ARGV: now, distance, grace, kept. Answers the pause until the
#: next request, or below zero how long to stay away.
SCRIPT = """
local now, step, grace = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local last = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local mine = tonumber(redis.call('GET', KEYS[2]) or '0')
local early = mine - now
if mine == 0 and last - now > grace then
  mine, early = last + step, last + step - now
  redis.call('SET', KEYS[1], mine, 'PX', mine - now + ARGV[4])
  redis.call('SET', KEYS[2], mine, 'PX', mine - now + ARGV[4])
end
if early > grace then return -early end
last = last + step
redis.call('SET', KEYS[1], last, 'PX', last - now + ARGV[4])
redis.call('SET', KEYS[2], last, 'PX', last - now + ARGV[4])
return last - now
"""


_places = BoundedSemaphore(AT_A_TIME)


@contextmanager
def place() -> Iterator[bool]:
    """Whether there is room in this process for one more request of a phone, while the block lasts."""
    free = _places.acquire(blocking=False)
    try:
        yield free
    finally:
        if free:
            _places.release()


@lru_cache(maxsize=1)
def _valkey() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


@lru_cache(maxsize=1)
def step_ms() -> int:
    """Milliseconds between two requests of phones."""
    return 1000 // (PER_PROCESSOR * (os.cpu_count() or 1))


def turn(phone: int, now: float) -> int:
    """Whether a phone (its pass's id) may send at `now` (seconds): how many milliseconds it pauses before it sends
    again, or, below zero, in how many it may come."""
    try:
        keys = ("field:line", f"field:turn:{phone}")
        return int(_valkey().eval(SCRIPT, 2, *keys, int(now * 1000), step_ms(), GRACE_MS, KEPT_MS))
    except redis.RedisError:
        return 0
