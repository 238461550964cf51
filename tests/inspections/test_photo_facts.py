"""When and where a photograph was taken, in words; from a desk nothing."""

from __future__ import annotations

from inspections.services.photo_facts import facts, with_facts


def test_what_the_phone_knew():
    meta = {
        "time": "2026-03-05T09:30:00+08:00", "taken_at": "2026-03-05T01:10:00.123Z", "offset_ms": 1_200_000,
        "latitude": "31.12", "longitude": "121.38", "accuracy": "15", "camera": "示例相机",
        "exif_time": "2026:03:05 09:10:00", "covered": "2",
    }  # fmt: skip
    assert facts(meta) == [
        "时间 2026-03-05 09:30:00",
        "手机时钟 2026-03-05 09:10:00",
        "位置 31.12, 121.38，误差约 15 米",
        "照片自带 示例相机　2026:03:05 09:10:00",
        "遮掉 2 处",
    ]


def test_no_place_no_time_that_is_one_and_nothing_at_all():
    assert facts({"taken_at": "昨天", "seconds": "12"}) == ["手机时钟 昨天", "手机没有给位置", "约 12 秒"]
    assert facts({}) == [] and with_facts("照片：门岗", {}) == "照片：门岗"
