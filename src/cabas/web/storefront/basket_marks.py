"""What the visitor's basket holds, for the marks on product cards."""

from cabas.domain.carts import queries as carts
from cabas.kit.db import Connection
from cabas.web.request import ShopRequest
from cabas.web.storefront.place import Place
from cabas.web.storefront.shopper import shopper_of


async def basket_quantities(reader: Connection, request: ShopRequest, place: Place) -> dict[int, int]:
    """By GTIN, pieces or grams. No statement without a basket, or in a store that isn't theirs."""
    visitor = request.visitor
    if visitor.cart_id is None or not place.own:
        return {}
    shopper = await shopper_of(request, reader)
    return await carts.quantities(reader, cart_id=visitor.cart_id, shopper_id=shopper.shopper_id)
