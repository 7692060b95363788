"""Turns passes into a table for readers and a JSON file for machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median, quantiles

from bench.measure import Pass

HEADING = (
    "| road | {one} req/s (IQR) | {other} req/s (IQR) | ratio (IQR) "
    "| CPU µs/request {one} | {other} | p99 ms {one} | {other} |"
)


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


def _spread(values: Sequence[float], shape: str) -> str:
    low, high = _quartiles(values)
    middle, low_text, high_text = (format(value, shape) for value in (median(values), low, high))
    return f"{middle} ({low_text}–{high_text})"


def _of(passes: Sequence[Pass], road: str, contestant: str) -> list[Pass]:
    found = [p for p in passes if (p.road, p.contestant) == (road, contestant)]
    return sorted(found, key=lambda one: one.turn)


def _row(road: str, mine: list[Pass], theirs: list[Pass]) -> str:
    """Compare pass by pass, so that what slowed the machine in a round slowed both."""
    cells = [road, _spread([p.rate for p in mine], ",.0f")]
    if theirs:
        ratios = [a.rate / b.rate for a, b in zip(mine, theirs, strict=True)]
        cells += [_spread([p.rate for p in theirs], ",.0f"), _spread(ratios, ".2f")]
    else:
        cells += ["–", "–"]
    for value in ("server_cpu_us", "p99_ms"):
        for side in (mine, theirs):
            cells.append(f"{median(getattr(p, value) for p in side):,.0f}" if side else "–")
    return "| " + " | ".join(cells) + " |"


def table(passes: Sequence[Pass], names: Sequence[str]) -> str:
    """Return the comparison of the first of *names* with the second, as Markdown."""
    one, other = names[0], names[1] if len(names) > 1 else "nobody"
    roads = list(dict.fromkeys(p.road for p in passes))
    heading = HEADING.format(one=one, other=other)
    ruler = "|" + "---|" * (heading.count("|") - 1)
    rows = [_row(road, _of(passes, road, one), _of(passes, road, other)) for road in roads]
    return "\n".join([heading, ruler, *rows])


def remarks(passes: Sequence[Pass]) -> list[str]:
    """Return what a reader must know before believing the table."""
    wrong = [
        f"{p.bad} wrong answers: {p.contestant}, {p.road}, round {p.turn + 1}: {p.complaint}"
        for p in passes
        if p.bad
    ]
    busiest = max(passes, key=lambda one: one.load_cpu_share)
    share = f"{busiest.load_cpu_share:.0%} of its core ({busiest.contestant}, {busiest.road})"
    return [*wrong, f"The load generator used at most {share}."]


def write(
    folder: Path, passes: Sequence[Pass], names: Sequence[str], facts: dict[str, object]
) -> str:
    """Write ``latest.md`` and ``latest.json`` into *folder* and return the Markdown."""
    lines = ["# Requests per second of one core", ""]
    lines += [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", table(passes, names), "", *(f"- {line}" for line in remarks(passes)), ""]
    text = "\n".join(lines)
    folder.mkdir(exist_ok=True)
    (folder / "latest.md").write_text(text)
    measured = [{**asdict(one), "rate": one.rate} for one in passes]
    (folder / "latest.json").write_text(
        json.dumps({"facts": facts, "passes": measured}, indent=1, ensure_ascii=False) + "\n"
    )
    return text
