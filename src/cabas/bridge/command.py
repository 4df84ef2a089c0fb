"""`cabas bridge`: Granian serving the middle layer in one process."""

import os
from pathlib import Path

import click
import msgspec
from granian import Granian
from granian.constants import Interfaces, Loops

from cabas.bridge.app import CONFIG_VARIABLE, create_app
from cabas.bridge.config import Config, make_adapters, read_config
from cabas.kit import logs
from cabas.kit.telemetry import BadTelemetry, telemetry_of


@click.command()
@click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Its one TOML file: docs/how-to/connect-your-systems.md.",
)
@click.option("--check", is_flag=True, help="Read it, make the adapters, and end.")
@click.option("--openapi", is_flag=True, help="Print the API's OpenAPI document, and end.")
def bridge(path: Path, check: bool, openapi: bool) -> None:  # noqa: FBT001 - click hands flags over so
    """
    Join the systems a grocer already has: one uniform API, run beside them.

    Loyalty, the customer registry, prices and stocks in, order statuses out, by adapters for REST, SOAP, SQL tables
    and dropped files. With pull = true it opens all connections itself.
    """
    try:
        logs.begin(telemetry_of(os.environ).log_form, service="cabas-bridge")
    except BadTelemetry as problem:
        raise click.UsageError(str(problem)) from None
    config = read_config(path)
    make_adapters(config, beside=path.parent)
    if openapi:
        document = create_app(config, beside=path.parent).openapi_schema.to_schema()
        click.echo(msgspec.json.encode(document).decode())
    elif check:
        click.echo(f"{path}: {config.site}, {', '.join(config.services) or 'no services'}: fine")
    else:
        serve(config, path)


def serve(config: Config, path: Path) -> None:
    """Blocks until stopped. One process: what it must not forget is in one file."""
    os.environ[CONFIG_VARIABLE] = str(path.absolute())
    tls = config.tls
    Granian(
        "cabas.bridge.app:create",
        factory=True,
        address=config.host,
        port=config.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=1,
        log_access=False,
        log_dictconfig=logs.GRANIAN,
        websockets=False,
        workers_kill_timeout=5,
        ssl_cert=tls.certificate if tls else None,
        ssl_key=tls.private_key if tls else None,
        ssl_ca=tls.client_authority if tls else None,
        ssl_client_verify=bool(tls and tls.client_authority),
    ).serve()
