"""What a path with several methods answers to OPTIONS."""

from litestar import Response, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler


def allowing(path: str, *methods: str) -> HTTPRouteHandler:
    """
    Says all methods of a path. To be listed before the path's other handlers: the answer that Litestar
    makes by itself knows only the first of them.
    """
    allow = ", ".join(sorted([*methods, "OPTIONS"]))

    @route(path, http_method=[HttpMethod.OPTIONS], include_in_schema=False, status_code=204)
    async def options() -> Response[None]:
        return Response(None, status_code=204, headers={"allow": allow})

    return options
