"""Invented names, and families that could be. Any likeness to a person is chance."""

from __future__ import annotations

import random
from typing import NamedTuple

_SURNAMES = (
    "王王王王李李李李张张张张刘刘刘陈陈杨杨赵赵黄周吴徐孙胡朱高林何郭郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭"
    "吕苏卢蒋蔡贾贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹"
    "黎易常武乔贺赖龚文云樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时"
).replace("沿", "燕")
_OLD_MALE = [
    "占元",
    "存柱",
    "文斌",
    "二小",
    "玉宝",
    "满仓",
    "拴柱",
    "有福",
    "根旺",
    "存良",
    "三虎",
    "贵喜",
    "在清",
    "银锁",
    "改成",
    "进财",
    "天喜",
    "润生",
    "福海",
    "玉明",
    "德胜",
    "广财",
    "树林",
    "长命",
    "铁柱",
    "全福",
    "富贵",
    "喜旺",
    "双喜",
    "连生",
    "秉义",
    "守信",
    "万才",
    "兴旺",
    "志和",
    "全喜",
]
_OLD_FEMALE = [
    "秀英",
    "改梅",
    "玉兰",
    "桂花",
    "翠莲",
    "二女",
    "凤英",
    "秀兰",
    "改莲",
    "喜梅",
    "巧云",
    "爱莲",
    "月娥",
    "兰英",
    "秀珍",
    "桂兰",
    "金花",
    "玉梅",
    "三女",
    "粉梅",
    "香莲",
    "秀梅",
    "转转",
    "俊英",
    "素珍",
    "菊花",
    "春梅",
    "翠英",
    "莲英",
    "玉珍",
    "改香",
    "润梅",
]
_YOUNG_MALE = [
    "建军",
    "志刚",
    "海峰",
    "永强",
    "国栋",
    "晓东",
    "俊杰",
    "浩然",
    "宇轩",
    "子涵",
    "志远",
    "鹏飞",
    "文博",
    "磊",
    "伟",
    "强",
    "勇",
    "亮",
    "浩",
    "杰",
    "凯",
    "帅",
    "天宇",
    "嘉豪",
    "俊峰",
    "小龙",
    "晨曦",
    "博文",
    "瑞",
    "泽宇",
    "建国",
    "海军",
    "旭东",
    "建平",
    "卫东",
]
_YOUNG_FEMALE = [
    "丽",
    "敏",
    "静",
    "娜",
    "婷",
    "欣怡",
    "雨桐",
    "梦瑶",
    "佳琪",
    "雅楠",
    "晓燕",
    "慧敏",
    "海燕",
    "建英",
    "晓丽",
    "雪梅",
    "小芳",
    "丽娟",
    "艳红",
    "思雨",
    "诗涵",
    "梓萱",
    "可欣",
    "雅静",
    "倩",
    "文静",
    "嘉怡",
    "乐乐",
    "晓雯",
    "红梅",
    "丽霞",
    "瑞芳",
]
_MONGOL_MALE = [
    "巴特尔",
    "那顺",
    "苏和",
    "朝鲁",
    "布和",
    "哈斯",
    "孟和",
    "阿古拉",
    "宝音",
    "达来",
    "格日勒图",
    "乌力吉",
    "额尔敦",
    "满都拉",
    "吉日嘎拉",
    "特木尔",
    "斯日古楞",
    "毕力格",
]
_MONGOL_FEMALE = [
    "其其格",
    "高娃",
    "乌兰",
    "娜仁",
    "萨仁",
    "托娅",
    "斯琴",
    "琪琪格",
    "乌云",
    "阿拉坦",
    "格日乐",
    "牡丹",
    "通拉嘎",
    "苏日娜",
    "塔娜",
    "哈斯其木格",
    "娜仁花",
    "敖登",
]
_MONGOL_FIRST = [
    "乌云",
    "斯琴",
    "娜仁",
    "萨仁",
    "阿拉腾",
    "敖其尔",
    "呼和",
    "宝力德",
    "苏布德",
    "孛儿只斤",
    "额日登",
    "达楞",
]

_ETHNIC = {"15": ("蒙古族", 0.07), "45": ("壮族", 0.30), "50": ("土家族", 0.02)}


class Person(NamedTuple):
    relation: str
    sex: str
    age: int


def ethnic_of(rng: random.Random, province: str) -> str:
    """The household's people: mostly Han, with the people of the place."""
    name, share = _ETHNIC.get(province, ("汉族", 0.0))
    return name if rng.random() < share else "汉族"


def surname(rng: random.Random) -> str:
    return _SURNAMES[int(rng.random() * len(_SURNAMES))]


def full_name(rng: random.Random, sex: str, age: int, ethnic: str, family: str) -> str:
    """A name of the person's generation; Mongolian names may carry the dot `·`."""
    male = sex == "MALE"
    if ethnic == "蒙古族":
        own = _pick(rng, _MONGOL_MALE if male else _MONGOL_FEMALE)
        return f"{_pick(rng, _MONGOL_FIRST)}·{own}" if rng.random() < 0.35 else own
    if age >= 50:
        return family + _pick(rng, _OLD_MALE if male else _OLD_FEMALE)
    return family + _pick(rng, _YOUNG_MALE if male else _YOUNG_FEMALE)


def _pick(rng: random.Random, items: list[str]) -> str:
    return items[int(rng.random() * len(items))]


USUAL_PERSONS = 2.48  # what `household_size` gives on average


def household_size(rng: random.Random) -> int:
    """One to six persons, two and a half on average."""
    draw = rng.random()
    for size, limit in enumerate((0.22, 0.60, 0.80, 0.92, 0.98), start=1):
        if draw < limit:
            return size
    return 6


def family_of(rng: random.Random, size: int) -> list[Person]:
    """A head and who lives with them; relations agree with sexes and ages."""
    if size == 1:
        return [Person("HEAD", "MALE" if rng.random() < 0.65 else "FEMALE", rng.randint(44, 88))]
    head_age = rng.randint(48, 80) if size == 2 else rng.randint(34, 66)
    male = rng.random() < 0.82
    people = [Person("HEAD", "MALE" if male else "FEMALE", head_age)]
    if rng.random() < (0.72 if size == 2 else 0.88):
        spouse_age = min(88, max(26, head_age + rng.randint(-6, 3)))
        people.append(Person("SPOUSE", "FEMALE" if male else "MALE", spouse_age))
    while len(people) < size:
        people.append(_next_person(rng, people, head_age, male))
    return people


def _next_person(
    rng: random.Random, people: list[Person], head_age: int, male_head: bool
) -> Person:
    relations = {p.relation for p in people}
    draw = rng.random()
    if head_age < 58 and draw < 0.18 and "MOTHER" not in relations:
        return Person("MOTHER", "FEMALE", min(95, head_age + rng.randint(19, 28)))
    if head_age < 58 and draw < 0.28 and "FATHER" not in relations:
        return Person("FATHER", "MALE", min(95, head_age + rng.randint(20, 30)))
    son = next((p for p in people if p.relation == "SON" and p.age >= 24), None)
    if son and "DAUGHTER_IN_LAW" not in relations and draw < 0.75:
        return Person("DAUGHTER_IN_LAW", "FEMALE", max(22, son.age - rng.randint(0, 4)))
    if son and son.age >= 26:
        boy = rng.random() < 0.52
        age = rng.randint(0, min(18, son.age - 22))
        return Person("GRANDSON" if boy else "GRANDDAUGHTER", "MALE" if boy else "FEMALE", age)
    boy = rng.random() < 0.6
    age = max(0, head_age - rng.randint(22, 36))
    return Person("SON" if boy else "DAUGHTER", "MALE" if boy else "FEMALE", age)
