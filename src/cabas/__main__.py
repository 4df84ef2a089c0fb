"""
The command line: one package, the role is the command.

Commands are imported when they are asked for, so that each starts fast and alone.
"""

import importlib

import click

COMMANDS = {
    "web": ("cabas.server", "web", "Serve the storefront, the store app, the console and the API."),
    "worker": ("cabas.worker", "worker", "Dispatch orders to their stores and run recurring jobs."),
    "bridge": ("cabas.bridge.command", "bridge", "Join the systems a grocer already has: run beside them."),
    "legacy": (
        "cabas.legacy.command",
        "legacy",
        "A stand-in for such systems, with faults on command: demo, tests.",
    ),
    "bank": ("cabas.bank.command", "bank", "A stand-in for a bank that takes cards: demo, tests."),
    "demo": ("cabas.demo", "demo", "Run the whole product on this machine, seeded."),
    "migrate": ("cabas.maintenance", "migrate", "Bring the database's schema up to date."),
    "seed": ("cabas.seed.command", "seed", "Fill an empty database with a demo network."),
    "import": ("cabas.imports.command", "import_", "Import products, stores or offers from files."),
    "export": ("cabas.export", "export", "Write facts for the warehouse as Parquet files."),
    "forecast": ("cabas.forecast", "forecast", "Orders by store and slot for the days ahead."),
    "bench": ("cabas.bench", "bench", "Measure on files of one's own: the forecast."),
    "profile": ("cabas.maintenance", "profile", "See what a web process spends its time on."),
    "ready": ("cabas.ready", "ready", "Ask whether the web process here may take traffic."),
    "check": ("cabas.check", "check", "Audit the database for every invariant."),
    "room": ("cabas.room", "room", "Force the waiting room on or off, see how it stands."),
    "ladder": ("cabas.ladder", "ladder", "Where the site stands under load, and a level forced by hand."),
    "capacity": ("cabas.capacity", "capacity", "Give many stores more places at once, and take them back."),
    "routes": ("cabas.routes", "routes", "Every address, and who may go there."),
    "openapi": ("cabas.maintenance", "openapi", "Print the API's OpenAPI document."),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cabas")
def main() -> None:
    """Cabas: the online shop of a grocery group."""


if __name__ == "__main__":
    main()
