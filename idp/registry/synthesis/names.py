"""Invented names: frequent surnames as frequent as they are, and now and then an awkward one."""

from random import Random

# The most frequent surnames, each with its share in per mille, rounded; the tail shares a rest.
_SHARES = (
    "王72 李71 张67 刘54 陈45 杨31 黄22 赵22 吴20 周20 徐17 孙15 马13 朱12 胡12 郭11 何11 林11 "
    "高10 罗10 郑9 梁8 谢7 宋6 唐6 许6 韩6 邓6 冯6 曹5 彭5 曾5 肖5 田4 董4 潘4 袁4 蔡4 蒋4 余4 "
    "于4 杜4 叶4 程4 魏4 苏4 吕4 丁4 任4 卢3 姚3 沈3 钟3 姜3 崔3 谭3 陆3 范3 汪3 廖3 石3 金3 "
    "韦3 贾3 夏3 付2 方2 邹2 熊2 白2 孟2 秦2 邱2 侯2 江2 尹2 薛2 闫2 雷2 段2 龙2 黎2 史2 陶2 "
    "贺2 毛2 郝2 顾2 龚2 邵2 万2 覃2 武2 钱2 戴2 严2 莫2 孔2 向2 常2 欧阳1 上官1 司马1 诸葛1 "
    "皇甫1 尉迟1 令狐1 慕容1 东方1 夏侯1"
)
_BY_SHARE = tuple(
    surname
    for surname in (share.rstrip("0123456789") for share in _SHARES.split())
    for _ in range(int(_SHARES.split(surname, 1)[1].split(" ", 1)[0]))
)

_FEMALE = (
    "婷静敏丽芳娜秀娟英慧巧美玉兰洁梅琳素云莲真环雪荣爱妹霞"
    "香月莺媛艳凡佳嘉琼勤珍莉桂娣叶璧璐娅琦晶雨桐欣怡梓涵诗雅"
)
_MALE = (
    "伟刚勇毅俊峰强军平保东文辉力明永健世广志义兴良海山仁波宁"
    "贵福生龙元全国胜学祥才发武新利清飞彬富顺信子杰涛昌浩宇轩泽"
)
_RARE = "𬱖䶮𫍽𰻝㛃䴖𬭚龘犇淼赟彧妘昶祎"
_PRIVATE = "\ue815\ue85f\ue863\ue1a0"  # no edition of GB 18030 has given these a place
_DOTTED = (
    ("阿依古丽", "买买提"), ("古丽娜尔", "艾合买提"), ("麦麦提", "吐尔逊"),
    ("帕提古丽", "依明"), ("阿卜杜拉", "卡德尔"), ("努尔兰", "别克"),
    ("加娜尔", "巴合提"), ("热依汗古丽", "阿布都热合曼"),
)  # fmt: skip
_LATIN = ("ANNA", "ERIK", "MARIA", "IVAN", "SOFIA", "DAVID", "LENA", "OMAR")
_LATIN_FAMILY = ("LINDQVIST", "PETROV", "GARCIA LOPEZ", "MUELLER", "OKAFOR", "TANAKA", "O'BRIEN")


def surname(random: Random) -> str:
    """Return a surname, each as often as it is borne."""
    return _BY_SHARE[int(random.random() * len(_BY_SHARE))]


def han(random: Random, *, female: bool) -> str:
    """Return a surname and one or two further characters."""
    pool = _FEMALE if female else _MALE
    drawn = random.random()
    given = pool[int(drawn * len(pool))]
    if drawn * 1000 % 1 < 0.8:  # noqa: PLR2004 - four of five given names have two characters
        given += pool[int(random.random() * len(pool))]
    return surname(random) + given


def rare(random: Random) -> str:
    """Return a name with a character that many systems cannot write."""
    return surname(random) + random.choice(_RARE)


def private(random: Random) -> str:
    """Return a name of which the register still holds a private-use character."""
    return surname(random) + random.choice(_PRIVATE)


def dotted(random: Random) -> str:
    """Return a name of two parts with a middle dot, in one of the ways it is typed."""
    first, second = random.choice(_DOTTED)
    return f"{first}{random.choice('···•．')}{second}"


def latin(random: Random) -> str:
    """Return a name as a foreigner's card prints it."""
    return f"{random.choice(_LATIN_FAMILY)} {random.choice(_LATIN)}"
