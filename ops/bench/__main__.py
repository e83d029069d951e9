"""`python -m ops.bench [NAME …]`: runs them, prints a table, writes JSON if asked."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from ops.bench.measure import table

NAMES = ("append", "http", "lists", "users", "fanout", "watchers", "rebuild", "builds", "audit", "past", "replay")


async def _run(name: str, rounds: int, seconds: float) -> list[dict[str, Any]]:
    from ops.bench import append, audit, builds, fanout, http, lists, past, rebuild, replay, users, watchers

    with tempfile.TemporaryDirectory(prefix="ledger-bench-") as directory:
        match name:
            case "append":
                return await append.bench(rounds, seconds, Path(directory))
            case "http":
                return await http.bench(rounds, seconds)
            case "lists":
                return await lists.bench(rounds, seconds, Path(directory))
            case "users":
                return await users.bench(rounds, seconds, Path(directory))
            case "watchers":
                return await watchers.bench(seconds)
            case "fanout":
                return await fanout.bench(rounds)
            case "builds":
                return await builds.bench()
            case "audit":
                return await audit.bench(rounds, seconds, Path(directory))
            case "past":
                return await past.bench(rounds, seconds, Path(directory))
            case "replay":
                return await replay.bench(Path(directory))
            case _:
                return await rebuild.bench(Path(directory))


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m ops.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; all by default")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each, taken in turns (default 5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a round (default 2)")
    parser.add_argument("--json", type=Path, help="write the results to this file too")
    args = parser.parse_args()
    unknown = set(args.names) - set(NAMES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    reports: list[dict[str, Any]] = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for name in args.names or NAMES:
            found = runner.run(_run(name, args.rounds, args.seconds))
            print(table(found), flush=True)
            reports += found
    if args.json:
        args.json.write_text(json.dumps(reports, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
