"""The forecast against seasonal naive on public series: orders by store, orders by hour, units by kind."""

import os
from pathlib import Path

from bench import measure
from bench.measure import Figure
from cabas.bench import measured

BELOW_LEAST = 0.15
DAYS = 14
MAIN = "orders_daily_by_store20_train.csv"


def main() -> None:
    run()


def run() -> None:
    """What `bench/results/forecast.json` says is of orders by store and day; each file is in ``files``."""
    folder = Path(os.environ.get("CABAS_SHARED_DATA", "../shared/data")) / "demand"
    files = sorted(folder.glob("*.csv"))
    if not any(file.name == MAIN for file in files):
        print(f"forecast: no series in {folder} (CABAS_SHARED_DATA), left out")
        return
    with measure.step(f"back-testing {len(files)} files of series"):
        found = {file.name: measured(file, DAYS * (24 if "hourly" in file.name else 1)) for file in files}
    measure.keep("forecast", {**found[MAIN], "files": found})
    measure.show(
        f"Forecast, {DAYS} days ahead (WAPE; limit: seasonal naive)",
        [
            Figure(
                name=f"{name.removesuffix('.csv')}, {of['series']} series",
                value=float(of["error"]),
                limit=float(of["error_seasonal_naive"]),
                unit="",
                ratio=float(of["error"]) / float(of["error_seasonal_naive"]),
                wanted=f"≤ {1 - BELOW_LEAST:.2f}",
            )
            for name, of in found.items()
        ],
    )
    above = [name for name, of in found.items() if float(of["below_seasonal_naive"]) < BELOW_LEAST]
    if above:
        raise SystemExit(f"the forecast is not {BELOW_LEAST:.0%} better than seasonal naive: {above}")


if __name__ == "__main__":
    main()
