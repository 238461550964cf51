"""Invented names. Nobody and nothing is called like this: every person's name has 示 or 例 in the middle, every
address lies in 示例路, every number is one that no office gives."""

from __future__ import annotations

from datetime import date
from random import Random

from facilities.rules.numbers import credit_check, identity_check

#: What invented statistics name as their source.
SOURCE = "演示数据，非真实统计"
SURNAMES = "云山川溪松竹柏枫桐梧荷莲兰菊梅岚霞虹雪霜露晨星月桥舟帆泉湖潭峰谷"
GIVEN = "安宁和悦欣怡晴朗清澄若素知微听雨望舒念远思齐乐言书墨青禾初夏秋实冬阳春晓"
WORDS = (
    "云杉 青果 贝壳 银杏 水杉 豆芽 萤火 纸鸢 麦穗 松果 橡果 蒲公英 小麦田 向日葵 三叶草 彩虹桥 小白帆 竹蜻蜓 "
    "小雨滴 月牙湾 星河 白鹭 青鸟 海豚 小鲸 麋鹿 松鼠 刺猬 蜗牛 蚂蚁 蜜蜂 蜻蜓 蝌蚪 小鹿 考拉 树懒 企鹅 海星 珊瑚 浪花 "
    "柠檬 蜜桃 樱桃 石榴 山楂 荔枝 橙子 苹果 葡萄 甜橘 紫藤 茉莉 栀子 玉兰 木棉 海棠 桂花 梧桐 香樟 红枫 风车 陀螺 "
    "积木 魔方 画笔 蜡笔 铃铛 小鼓 风琴 竹马 秋千 滑梯 沙堡 泥巴 纸船 气球 泡泡 糖果 米粒 豆苗 南瓜 土豆 萝卜 番茄 青禾 "
    "晨曦 暖阳 微风 细雨 晴空 白云 春芽 夏蝉 秋叶 冬雪 北斗 启明 小溪 清泉 山谷 原野 森林 草原 绿洲 海湾 帆船 灯塔 木屋 花园"
).split()


def person(random: Random) -> str:
    """`松示岚`: a surname, the mark, a given name of one character."""
    return random.choice(SURNAMES) + random.choice("示例") + random.choice(GIVEN)


def identity(number: int, born: date) -> str:
    """A number with a right check digit and an area code (99) that does not exist."""
    first = f"99{number // 1000 % 10000:04d}{born:%Y%m%d}{number % 1000:03d}"
    return first + identity_check(first)


def credit_code(number: int) -> str:
    first = f"92990000DEM{number:06d}"
    return first + credit_check(first)


def mobile(number: int) -> str:
    """No network gives numbers that begin with 100."""
    return f"100{number:08d}"


def telephone(number: int) -> str:
    """No telephone number of the city begins with 0000."""
    return f"021-0000{number:04d}"


def short(street: str) -> str:
    """`七宝镇` → `七宝`; `中国（上海）自由贸易试验区（保税片区）` → `保税片区`."""
    known = {
        "中国（上海）自由贸易试验区（保税片区）": "保税片区",
        "上海湾区高新技术产业开发区": "湾区高新区",
        "金桥经济技术开发区": "金桥开发区",
        "张江高科技园区": "张江高科",
    }
    if street in known:
        return known[street]
    for ending in ("新村街道", "路街道", "街道", "新镇", "镇"):
        if street.endswith(ending) and len(street) - len(ending) >= 2:
            return street[: -len(ending)]
    return street


class Names:
    """Names of facilities, each once in the district."""

    def __init__(self, random: Random):
        self.random = random
        self.used: set[str] = set()

    def _word(self, pattern: str) -> str:
        words = [word for word in WORDS if pattern.format(word) not in self.used]
        name = pattern.format(self.random.choice(words))
        self.used.add(name)
        return name

    def facility(self, kind: str, street: str) -> str:
        place = short(street)
        match kind:
            case "integrated_kindergarten":
                return self._word(place + "{}幼儿园托班")
            case "nursery":
                return self._word(place + "{}托育园") if self.random.random() < 0.6 else self._nursery(place)
            case "inclusive_site":
                return self._word(place + "{}普惠托育点")
            case "baby_house":
                return self._word(street + "{}社区宝宝屋")
        return self._word(street + "{}科学育儿指导点")

    def _nursery(self, place: str) -> str:
        free = any(f"{word}托育园" not in self.used for word in WORDS)
        return self._word("{}托育园") if free else self._word(place + "{}托育园")

    def kindergarten(self, street: str) -> str:
        return self._word(short(street) + "{}幼儿园")
