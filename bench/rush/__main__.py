"""
`make rush`: the midnight rehearsal, on this machine, everything on the same cores (docs/explanation/rush.md).

Three phases, each on a fresh copy of one seeded ground: the stroke of midnight, orders in advance by
themselves, and ten minutes of orders at one rate. Then one page, and ``bench/results/rush.json``.
"""

import argparse
from typing import Any

from bench.rush import advance, page, stroke, sustained
from bench.rush.fault import FAULTS
from bench.rush.ground import staged

PHASES = ("stroke", "advance", "sustained")


def main() -> None:
    given = _arguments().parse_args()
    told: dict[str, Any] = {"scale": given.scale}
    for name in given.phase or PHASES:
        with staged(given.scale) as stage:
            told |= {"stroke": _stroke, "advance": _advance, "sustained": _sustained}[name](stage, given)
    page.show(told)
    raise SystemExit(0 if page.sound(told) else 1)


def _stroke(stage: Any, given: argparse.Namespace) -> dict[str, Any]:
    asked = stroke.Asked(
        orders=given.stroke,
        advance=given.mixed_advance,
        checkout=given.checkout,
        usual=given.usual,
        times=given.times,
        lead_seconds=given.lead_seconds,
        after_seconds=given.after_seconds,
        fault=given.fault,
        processes=given.processes,
    )
    return {"the_stroke": stroke.rehearse(stage, asked)}


def _advance(stage: Any, given: argparse.Namespace) -> dict[str, Any]:
    return {"the_advance": advance.rehearse(stage, orders=given.advance, processes=given.processes)}


def _sustained(stage: Any, given: argparse.Namespace) -> dict[str, Any]:
    return {
        "the_sustained": sustained.rehearse(
            stage,
            rate=given.sustained_rate,
            seconds=given.sustained_seconds,
            limit_orders=given.limit_orders,
            processes=given.processes,
        )
    }


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make rush RUSH=…", description=__doc__)
    parser.add_argument("--scale", choices=("demo", "nation"), default="nation")
    parser.add_argument("--phase", choices=PHASES, action="append", help="only this one (repeat for more)")
    parser.add_argument("--stroke", type=int, default=3000, help="shoppers who order at the stroke")
    parser.add_argument(
        "--checkout", type=float, default=0.0, help="share of them by slots, waiting room and checkout page"
    )
    parser.add_argument("--usual", type=int, default=stroke.USUAL, help="pages a second before")
    parser.add_argument(
        "--times", type=int, default=stroke.TIMES, help="how many times the usual from midnight on"
    )
    parser.add_argument("--lead-seconds", type=int, default=30, help="of the usual, before midnight")
    parser.add_argument("--after-seconds", type=int, default=45, help="of the rush, after it")
    parser.add_argument(
        "--mixed-advance", type=int, default=3000, help="orders in advance in the same midnight"
    )
    parser.add_argument("--fault", choices=FAULTS, default="none", help="two seconds after the stroke")
    parser.add_argument("--advance", type=int, default=60_000, help="orders in advance, by themselves")
    parser.add_argument("--sustained-rate", type=int, default=300, help="orders a second")
    parser.add_argument("--sustained-seconds", type=int, default=600)
    parser.add_argument("--limit-orders", type=int, default=6000, help="of one pgbench run (the limit)")
    parser.add_argument("--processes", type=int, default=2, help="web processes")
    return parser


if __name__ == "__main__":
    main()
