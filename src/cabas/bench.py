"""`cabas bench`: measurements that a user can make on data of their own."""

import importlib.util
import json
from pathlib import Path

import click
import msgspec

COUNTRY = "FR"


@click.group()
def bench() -> None:
    """Measure on files of one's own."""


@bench.command("forecast")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--horizon", type=click.IntRange(1, 10_000), default=14, show_default=True,
              help="Rows to forecast: days of a daily file, hours of an hourly one.")  # fmt: skip
@click.option(
    "--country", default=COUNTRY, show_default=True, help="Whose holidays shoppers keep (ISO 3166)."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: {error, error_seasonal_naive, …}.")
def bench_forecast(file: Path, horizon: int, country: str, as_json: bool) -> None:  # noqa: FBT001
    """
    Back-test the forecast on FILE against seasonal naive, over rolling origins of its second half.

    FILE is CSV: a first column of days or hours, then one column of counts a series. `error` is WAPE:
    the sum of |forecast - truth| over the sum of the truth. Kept in bench/results/forecast.json of a clone.
    """
    try:
        figures = measured(file, horizon, country)
    except ModuleNotFoundError as problem:
        raise click.ClickException(
            "forecasts are made with the extra warehouse: cabas[warehouse]"
        ) from problem
    _keep(figures)
    if as_json:
        click.echo(json.dumps(figures))
        return
    click.echo(
        f"{figures['series']} series, {figures['origins']} origins, {horizon} rows ahead:"
        f" error {figures['error']:.2%} (WAPE), seasonal naive {figures['error_seasonal_naive']:.2%},"
        f" {figures['below_seasonal_naive']:.1%} below."
    )


def measured(file: Path, horizon: int, country: str = COUNTRY) -> dict[str, float | int | str]:
    """The figures of `bench/results/forecast.json`, rounded. :raises click.ClickException: a bad file."""
    # The extra may be missing: only this command needs it.
    from cabas.domain.forecast.backtest import backtest  # noqa: PLC0415
    from cabas.domain.forecast.panel import BadPanel, read  # noqa: PLC0415

    try:
        found = backtest(read(file), horizon, country=country)
    except (BadPanel, NotImplementedError) as problem:  # the latter: a country nobody knows
        raise click.ClickException(str(problem)) from problem
    figures = {
        name: round(value, 5) if isinstance(value, float) else value
        for name, value in msgspec.structs.asdict(found).items()
    }
    return {
        **figures,
        "below_seasonal_naive": round(1 - found.ratio, 5),
        "measure": "WAPE",
        "file": file.name,
    }


def _keep(figures: dict[str, float | int | str]) -> None:
    """In a clone, as every other measurement; elsewhere there is nowhere to keep it."""
    path = Path(__file__).parents[2] / "bench" / "measure.py"
    spec = importlib.util.spec_from_file_location("cabas_measure", path) if path.is_file() else None
    if spec is None or spec.loader is None:
        return
    measure = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(measure)
    measure.keep("forecast", figures)
