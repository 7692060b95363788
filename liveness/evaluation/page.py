"""The evaluation as one self-contained page, headings in Chinese and English."""

from collections.abc import Iterable, Sequence
from html import escape

from liveness.evaluation.attacks import AttackReport
from liveness.evaluation.captures import CaptureReport
from liveness.evaluation.det import svg
from liveness.evaluation.intervals import Rate
from liveness.evaluation.report import Line, Part, Report

_STYLE = """body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}
td,th{border:1px solid #bbb;padding:.25rem .6rem;text-align:left}
caption{text-align:left;font-weight:600;padding:.3rem 0}svg{max-width:40rem}
.warn{border-left:4px solid #c03a2b;padding:.2rem 1rem;background:#fbeeec}"""
_NOT_STOPPED_EN = (
    "Not measured here and not stopped by any of it: frames injected past the camera (virtual "
    "cameras, patched browsers, direct calls), real-time puppets and face swaps, masks, twins, "
    "altered reference portraits, and people under duress. Not evaluated by a laboratory to "
    "ISO/IEC 30107-3 or CEN/TS 18099."
)
_NOT_STOPPED_ZH = (
    "以下情形未经测试，也不能由此阻止：绕过摄像头注入画面（虚拟摄像头、篡改的浏览器、直接调用接口）、"
    "实时换脸与驱动人像、面具、双胞胎、被篡改的底图、受胁迫的本人。未经实验室按 ISO/IEC 30107-3 "
    "或 CEN/TS 18099 评测。"
)


def html(report: Report) -> str:
    curves = [(part.name, part.curve) for part in report.parts]
    model = (
        f"<p>模型 · Model <code>{escape(report.model)}</code>. "
        f"未检出人脸 · Failures to acquire: {report.missed}.</p>"
    )
    body = [
        "<h1>人脸识别误差评测 · Face error rates</h1>",
        model,
        f'<p class="warn" lang="zh">{_NOT_STOPPED_ZH}</p><p class="warn">{_NOT_STOPPED_EN}</p>',
        "<h2>误差权衡曲线 · Detection error trade-off</h2>",
        svg(curves, "DET: FNMR over FMR, picture against picture"),
        *(_part(part) for part in report.parts),
        _accuracy(report),
        _attacks(report.attacks) if report.attacks else "",
        _captures(report.captures) if report.captures else "",
    ]
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Face error rates</title>'
        f"<style>{_STYLE}</style><body>{''.join(body)}</body></html>\n"
    )


def _part(part: Part) -> str:
    tables = [_lines("单张比对 · Picture against picture", part.single)]
    tables += [
        _lines(f"{frames} 帧模板 · Template of {frames} ({part.template_people} people)", lines)
        for frames, lines in part.templates.items()
    ]
    alike = [[escape(one), escape(two), f"{score:.3f}"] for one, two, score in part.like_strangers]
    caption = "最相似的不同人（可能是标注错误） · Most alike strangers, label errors first"
    return (
        f"<h2>{escape(part.name)}: {part.people} 人 people, {part.pictures} 张 pictures</h2>"
        + "".join(tables)
        + _table(caption, ["", "", "cos"], alike)
    )


def _lines(caption: str, lines: Sequence[Line]) -> str:
    rows = [[x.risk, f"{x.threshold:.2f}", rate(x.fmr), rate(x.fnmr)] for x in lines]
    head = ["风险 · risk", "阈值 · threshold", "误识率 · FMR", "拒识率 · FNMR"]
    return _table(caption, head, rows)


def _accuracy(report: Report) -> str:
    if report.accuracy is None:
        return ""
    mean, deviation, pairs = report.accuracy
    return (
        "<h2>指定配对 · Listed pairs</h2><p>"
        f"准确率 · Accuracy {mean:.2%} ± {deviation:.2%} ({pairs} pairs)</p>"
    )


def _attacks(report: AttackReport) -> str:
    models = ", ".join(map(escape, report.models)) or "无 · none (every attack passes this layer)"
    rows = [
        [
            escape(one.name),
            rate(one.apcer),
            str(one.no_response),
            rate(one.iapar),
            f"{report.riapar(one):.3f}",
        ]
        for one in report.species
    ]
    return (
        "<h2>呈现攻击 · Presentation attacks</h2>"
        f"<p>模型 · Models: {models}; ≥ {report.threshold:.2f}. BPCER {rate(report.bpcer)}; "
        f"BPNRR {report.no_response}; FRR {rate(report.frr)}.</p>"
        + _table(
            "按攻击类型 · By species (the worst leads; never pooled)",
            ["类型 · species", "APCER", "APNRR", "IAPAR", "RIAPAR"],
            sorted(rows, key=lambda row: row[1], reverse=True),
        )
    )


def _captures(report: CaptureReport) -> str:
    kinds = [*report.species, *([report.genuine] if report.genuine else [])]
    rows = [
        [
            escape(one.name),
            rate(one.accepted),
            f"{one.chance:.1%}",
            ", ".join(f"{escape(step)} {count}" for step, count in one.steps.items()),
            str(one.claimed),
        ]
        for one in kinds
    ]
    words = (
        "<h2>整个采集过程 · Whole captures</h2><p>"
        "每一帧都可用于任一动作，计数取对攻击者最有利的情形；"
        f"比对阈值 {report.match:.2f}。 Every frame is offered for every movement, the best that "
        "an attacker could reach. Accepted: at least three movements, and the match. Chance: that "
        "the movements drawn are among them. In the last row acceptance is what is wished for.</p>"
    )
    head = ["类型 · species", "IAPAR", "概率 · chance", "动作 · movements", "声称身份 · claims"]
    return words + _table("按攻击类型 · By species", head, rows)


def rate(one: Rate) -> str:
    """Write a rate with its interval and its counts."""
    if one.trials == 0:
        return "—"
    errors = f"{one.errors:,.0f}" if one.errors == int(one.errors) else f"{one.errors:,.1f}"
    return (
        f"{_number(one.rate)} [{_number(one.low)}, {_number(one.high)}] ({errors}/{one.trials:,})"
    )


def _number(value: float) -> str:
    return f"{value:.2%}" if value >= 0.001 or value == 0 else f"{value:.1e}"  # noqa: PLR2004


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = "".join(f"<th>{name}</th>" for name in head)
    lines = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in rows)
    return f"<table><caption>{caption}</caption><tr>{cells}</tr>{lines}</table>" if lines else ""
