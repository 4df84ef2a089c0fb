"""`cabas ready`: whether the web process of this container may take traffic, for those who ask by a command."""

import http.client

import click

from cabas import settings as settings_module

ANSWER_SECONDS = 2


@click.command()
def ready() -> None:
    """Ask /readyz on this machine (CABAS_PORT); exit 1 when the answer is no."""
    port = settings_module.load().port
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        asked.request("GET", "/readyz")
        status = asked.getresponse().status
    except OSError as problem:
        raise SystemExit(f"nothing answers on port {port}: {problem}") from problem
    if status != http.client.OK:
        raise SystemExit(f"not ready: {status}")
