"""What the demo says on the terminal, in both languages, with columns that stay straight."""

import os
import sys
import unicodedata

from sandbox.addresses import Country
from sandbox.people import PASSWORD, everyone
from sandbox.sites.houses import HOUSES

NARROW = 28
_LENT = "周明远、赵铁柱 (zhoumingyuan, zhaotiezhu)"


def _paint(text: str, code: str) -> str:
    plain = "NO_COLOR" in os.environ or not sys.stdout.isatty()
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"


def width(text: str) -> int:
    """Return the columns that *text* takes: ideographs are two wide, marks none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _pad(text: str, columns: int) -> str:
    return text + " " * max(1, columns - width(text))


def _line(label: str, value: str) -> str:
    return f"  {_pad(label, NARROW)}{_paint(value, '4')}"


def welcome(country: Country) -> str:
    """Return the addresses, the people and what to try."""
    places = [
        _line("沙盒首页 Start here", country.phone),
        _line("短信 SMS inbox", f"{country.phone}/inbox"),
        _line("登记窗口 Registry counter", f"{country.phone}/register"),
        _line("部门核验 Clerk's desk", f"{country.phone}/department"),
        _line("省部与公务员应用 Upstreams", country.hall),
        _line("故障控制 Fault control", f"{country.phone}/control"),
        _line("统一身份 Provider", country.issuer),
        *((_line("江北省身份 Province's node", country.province),) if country.nodes > 1 else ()),
        *(_line(f"{h.short.zh} {h.short.en}", country.site(h.place)) for h in HOUSES),
    ]
    people = [
        f"  {_pad(p.username, 16)}{_pad(p.name, 18)}{_pad(p.phone, 14)}"
        f"{p.remark.zh} · {p.remark.en}"
        for p in everyone()
    ]
    first = everyone()[0].username
    tries = (
        f"1. 打开 {country.site(1)} ，点“用漫游登录”，以 {first} 登录。",
        f"   Open {country.site(1)}, sign in with Manyou as {first}.",
        "2. 再到另外两家网站点登录：不用再输密码。",
        "   Go to the other two sites and sign in: no password this time.",
        "   税务要求实名：途中会请您核对姓名与号码（见上表或登记窗口）。",
        "   The tax service insists on a proven name: you are led through it on the way.",
        f"3. 刷脸：在 {country.phone}/register 领一个号码，留一张自己的照片，再到平台刷脸实名。",
        "   Scan your face: register, leave a portrait of yourself, then prove that name by face.",
        f"   没有摄像头：{_LENT}有公有领域照片，可用视频文件代替摄像头。",
        f"   No camera: {_LENT} have public-domain portraits; a video file can be the camera.",
        "4. 用微信、支付宝或电子社保卡登录：第一次关联账号，第二次直接进入。",
        "   Sign in by WeChat, Alipay or the social-security card: link once, then straight in.",
        "5. 在任何一处退出，其他网站几秒内随之退出。",
        "   Sign out anywhere: the other sites notice within seconds.",
    )
    head = _paint("漫游 Manyou · 一次登录，全国漫游 · Sign in once, roam nationwide", "1;35")
    password = f"  {_pad('密码 Password', NARROW)}{_paint(PASSWORD, '1')}"
    return "\n".join(
        (
            "",
            head,
            "",
            *places,
            "",
            _paint("居民 People（虚构 invented）", "1"),
            password,
            *people,
            "",
            _paint("试一试 Try this", "1"),
            *(f"  {line}" for line in tries),
            "",
            f"  日志 Logs: {country.state}/*.log    停止 Stop: Ctrl-C",
            "",
        )
    )


def busy(ports: list[int], offset: int) -> str:
    """Return what to do when *ports* are taken."""
    listed = ", ".join(map(str, ports))
    further = offset + 1000
    return (
        f"端口被占用：{listed}。可能已有演示在运行；也可以换一组端口：\n"
        f"Ports already in use: {listed}. A demo may be running already; or move to other ports:\n"
        f'  make demo DEMO_FLAGS="--port-offset {further}"'
    )
