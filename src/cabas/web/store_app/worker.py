"""The store app's service worker, served within its own part of the site."""

from litestar import Response, get

from cabas.kit.errors import NotFound
from cabas.web.assets import BUILT


class NotBuilt(NotFound):
    """The assets weren't built."""

    code = "not_found"


@get("/sw.js", include_in_schema=False, sync_to_thread=True)
def service_worker() -> Response[bytes]:
    file = BUILT / "store-sw.js"
    if not file.is_file():
        raise NotBuilt
    return Response(
        file.read_bytes(),
        media_type="text/javascript; charset=utf-8",
        headers={"cache-control": "no-cache", "service-worker-allowed": "/preparation"},
    )
