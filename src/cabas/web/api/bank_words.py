"""
The bank's word that something happened to a payment. Its signature is checked, its content is not believed.

All it does is to have a worker ask the bank soon: however often it comes, it has the one effect.
"""

import logging
from typing import Final

from litestar import Response, post

from cabas.connectors.payments_bank import key_told
from cabas.domain.payments import operations as payments
from cabas.web.request import ShopRequest

BODY_BYTES_MAX: Final = 8 * 1024
SIGNATURE: Final = "bank-signature"
_log = logging.getLogger("cabas.payments")


@post(
    "/payments/words",
    status_code=204,
    include_in_schema=False,
    request_max_body_size=BODY_BYTES_MAX,
)
async def hear(request: ShopRequest) -> Response[None]:
    """204 to whatever the bank signed, also about what we don't know (any more): it need not say it again."""
    bank = request.site.settings.bank
    if bank is None:
        return Response(None, status_code=404)
    key = key_told(
        bank.webhook_secret.encode(),
        request.headers.get(SIGNATURE, ""),
        await request.body(),
        now=request.now,
    )
    if key is None:
        _log.warning("a word that the bank did not sign was refused")
        return Response(None, status_code=401)
    async with request.transaction() as tx:
        await payments.wake(tx, key=key, now=request.now)
    return Response(None, status_code=204)


ROUTES = [hear]
