"""Measures how a scan's time and memory grow with files and with workloads, and writes a table and a plot.

    python bench/growth.py [--runs 3] [--files 500,5000,50000] [--workloads 10,100,1000,5000] [--plot FILE.svg]

The trees are generated. With workloads, every ten share one image. Times are processor time of whole processes, the
least of the runs, less that of a scan of one file: what is left is what grows. Linear means that the time for each file
or workload, between the two largest trees, does not grow by more than 20 %.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import generate

_WIDTH, _HEIGHT, _MARGIN = 640, 360, 56


@dataclass(frozen=True)
class Point:
    """``seconds`` are processor time beyond that of a scan of one file, ``mib`` the peak of the process."""

    size: int
    seconds: float
    mib: float


def scan(folder: str, runs: int) -> tuple[float, float]:
    """Processor seconds, the least of ``runs``, and peak memory in MiB of a scan of ``folder``."""
    command = [
        sys.executable,
        "-m",
        "k8slint",
        "scan",
        folder,
        "--fail-on",
        "never",
        "--quiet",
        "--no-cache",
        "--jobs",
        "1",
    ]
    seconds, peak = float("inf"), 0.0
    for _ in range(runs):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
        seconds = min(seconds, usage.ru_utime + usage.ru_stime)
        peak = max(peak, usage.ru_maxrss / 1024)
    return seconds, peak


def grow(kind: str, sizes: Sequence[int], runs: int, scratch: str, start: float) -> list[Point]:
    points = []
    for size in sizes:
        folder = os.path.join(scratch, f"{kind}{size}")
        if kind == "files":
            generate.generate(folder, files=size)
        else:
            generate.generate(folder, workloads=size, images=max(1, size // 10))
        seconds, mib = scan(folder, runs)
        points.append(Point(size, max(seconds - start, 0.0), mib))
        print(f"{kind} {size}: {seconds:.2f} s, {mib:.0f} MiB", file=sys.stderr, flush=True)
    return points


def table(kind: str, points: Sequence[Point]) -> str:
    rows = [f"| {kind} | seconds beyond the start | ms for each | MiB |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {one.size:,} | {one.seconds:.2f} | {1000 * one.seconds / one.size:.2f} | {one.mib:.0f} |" for one in points
    ]
    before, last = points[-2:]
    growth = (last.seconds / last.size) / (before.seconds / before.size)
    rows.append(f"\nFrom {before.size:,} to {last.size:,} {kind}, each takes {growth:.2f} times as long.\n")
    return "\n".join(rows)


def plot(curves: Sequence[tuple[str, str, Sequence[Point]]]) -> str:
    """An SVG of time against size, both as shares of the largest: straight lines to the corner are linear growth."""
    inner, high = _WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN
    base = _HEIGHT - _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<path d="M{_MARGIN} {_MARGIN}V{base}H{_WIDTH - _MARGIN}" fill="none" stroke="#444"/>',
        f'<path d="M{_MARGIN} {base}L{_WIDTH - _MARGIN} {_MARGIN}" stroke="#bbb" stroke-dasharray="4 4"/>',
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 16}" text-anchor="middle">size, as a share of the largest tree</text>',
        f'<text x="18" y="{_HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 18 {_HEIGHT / 2})">'
        "processor time, as a share</text>",
    ]
    for at, (name, colour, points) in enumerate(curves):
        last = points[-1]
        places = [(_MARGIN + inner * one.size / last.size, base - high * one.seconds / last.seconds) for one in points]
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in [(float(_MARGIN), float(base)), *places])
        parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in places]
        label = f"{name}: {last.size:,} in {last.seconds:.1f} s"
        parts.append(f'<text x="{_MARGIN + 16}" y="{_MARGIN + 18 * at}" fill="{colour}">{label}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _sizes(written: str) -> list[int]:
    return [int(one) for one in written.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--files", type=_sizes, default=[500, 5000, 50000])
    parser.add_argument("--workloads", type=_sizes, default=[10, 100, 1000, 5000])
    parser.add_argument("--plot", help="write the plot to this file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        single = os.path.join(scratch, "one")
        os.mkdir(single)
        with open(os.path.join(single, "one.py"), "w", encoding="utf-8") as stream:
            stream.write("x = 1\n")
        start, _ = scan(single, given.runs)
        files = grow("files", given.files, given.runs, scratch, start)
        workloads = grow("workloads", given.workloads, given.runs, scratch, start)
    print(table("files", files))
    print(table("workloads", workloads))
    if given.plot:
        with open(given.plot, "w", encoding="utf-8") as stream:
            stream.write(plot((("files", "#1f6fb2", files), ("workloads", "#c2571a", workloads))))


if __name__ == "__main__":
    main()
