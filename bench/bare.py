"""`cabas web` that tells nothing of its requests: what telemetry is compared with. Takes the same environment."""

import sys

from litestar import Litestar

from cabas import app
from cabas.__main__ import main
from cabas.web.telemetry import Answered

_create = app.create


def create() -> Litestar:
    """The application without the layer that counts, logs and traces."""
    made = _create()
    outermost = made.asgi_handler
    if not isinstance(outermost, Answered):
        raise TypeError("the outermost layer isn't the one that tells")
    made.asgi_handler = outermost._app
    return made


if __name__ == "__main__":
    app.create = create  # inherited by the server's processes, which are forked
    sys.argv[1:] = ["web"]
    main()
