"""Rounds, medians and ratios: the arithmetic and the table of every benchmark."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Series:
    """What several rounds of one subject measured: operations per second, latencies in ms, CPU in µs per operation."""

    name: str
    rates: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p95_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    database_cpu_us: list[float] = field(default_factory=list)

    def add(
        self,
        count: int,
        seconds: float,
        latencies: Sequence[float] = (),
        cpu_seconds: float | None = None,
        database_cpu_seconds: float | None = None,
    ) -> None:
        """One round."""
        self.rates.append(count / seconds)
        if latencies:
            ordered = sorted(latencies)
            for share, series in ((0.5, self.p50_ms), (0.95, self.p95_ms), (0.99, self.p99_ms)):
                series.append(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3)
        if cpu_seconds is not None:
            self.cpu_us.append(cpu_seconds / max(count, 1) * 1e6)
        if database_cpu_seconds is not None:
            self.database_cpu_us.append(database_cpu_seconds / max(count, 1) * 1e6)

    def result(self) -> dict[str, Any]:
        """Medians over the rounds; absent what was not measured."""
        medians = {"per_second": self.rates, "p50_ms": self.p50_ms, "p95_ms": self.p95_ms, "p99_ms": self.p99_ms}
        medians |= {"cpu_us": self.cpu_us, "database_cpu_us": self.database_cpu_us}
        return {"name": self.name, "rounds": len(self.rates)} | {k: round(statistics.median(v), 3) for k, v in medians.items() if v}


def compared(title: str, subject: Series, beside: Series, wanted: float | None = None) -> dict[str, Any]:
    """Two series of one run and the ratio of their median rates; `wanted` is the least ratio that was promised."""
    ratio = statistics.median(subject.rates) / statistics.median(beside.rates)
    report: dict[str, Any] = {"title": title, "series": [subject.result(), beside.result()], "ratio": round(ratio, 3)}
    if wanted is not None:
        report |= {"wanted_ratio": wanted, "met": ratio >= wanted}
    return report


def bounded(report: dict[str, Any], subject: Series, most_p95_ms: float) -> dict[str, Any]:
    """The report with the latency that was promised for its subject; the median of the rounds' p95 is held against it."""
    return report | {"wanted_p95_ms": most_p95_ms, "met": statistics.median(subject.p95_ms) <= most_p95_ms}


def paced(report: dict[str, Any], subject: Series, least_per_second: float) -> dict[str, Any]:
    """The report with the rate that was promised for its subject; the median of the rounds is held against it."""
    return report | {"wanted_per_second": least_per_second, "met": statistics.median(subject.rates) >= least_per_second}


def alone(title: str, *series: Series) -> dict[str, Any]:
    """Series without a comparison."""
    return {"title": title, "series": [s.result() for s in series]}


def table(reports: Sequence[dict[str, Any]]) -> str:
    """The reports as text."""
    lines = []
    for report in reports:
        ratio = f"  ratio {report['ratio']:.2f}" if "ratio" in report else ""
        wanted = f" (wanted {_promise(report)}: {'met' if report['met'] else 'MISSED'})" if "met" in report else ""
        lines.append(f"\n{report['title']}{ratio}{wanted}")
        for series in report["series"]:
            cells = [f"{series['per_second']:>12,.0f}/s"]
            cells += [f"{label} {series[key]:,.2f} {unit}" for key, label, unit in _CELLS if key in series]
            lines.append(f"  {series['name']:<44} {'  '.join(cells)}")
    return "\n".join(lines)


def _promise(report: dict[str, Any]) -> str:
    if "wanted_p95_ms" in report:
        return f"p95 within {report['wanted_p95_ms']:g} ms"
    return f"{report['wanted_per_second']:,}/s" if "wanted_per_second" in report else str(report["wanted_ratio"])


_CELLS = (
    ("p50_ms", "p50", "ms"),
    ("p95_ms", "p95", "ms"),
    ("p99_ms", "p99", "ms"),
    ("cpu_us", "cpu", "µs"),
    ("database_cpu_us", "database cpu", "µs"),
)


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def database_cpu_seconds(data_dir: Path) -> float:
    """User and system time of the embedded database of a data directory: of its server, the sessions it has and had."""
    server = int((data_dir / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, _, rest = path.read_text().partition(" ")
        except OSError:
            # It ended meanwhile: its time is among that of the server's ended sessions.
            continue
        fields = rest.rpartition(")")[2].split()
        if int(pid) == server:
            ticks += sum(int(field) for field in fields[11:15])
        elif int(fields[1]) == server:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS


def peak_memory_bytes(pid: int) -> int:
    """The most memory that a process has held at once so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
