"""The budget: what a shopper wants to spend. It is told, it warns, it never stands in the way."""

from typing import Any

from cabas.kit.money import format_cents, round_half_up
from cabas.web.request import ShopRequest
from cabas.web.storefront.shopper import Shopper

NEAR_PERCENT = 90


def budget_of(request: ShopRequest, shopper: Shopper) -> int:
    """In cents; 0 when none is set. A customer's is kept with the account, a guest's on the device."""
    if shopper.customer is None:
        return request.visitor.budget_cents
    return shopper.customer.preferences.budget_cents or 0


def budget_bar(request: ShopRequest, shopper: Shopper, spent_cents: int) -> dict[str, Any] | None:
    """For the macro `budget`; None when no budget is set."""
    limit = budget_of(request, shopper)
    if not limit:
        return None
    t, language = request.site.catalogues[request.language], request.language
    percent = round_half_up(spent_cents * 100, limit)
    over = spent_cents > limit
    left = format_cents(abs(limit - spent_cents), language)
    return {
        "spent": format_cents(spent_cents, language),
        "limit": format_cents(limit, language),
        "left_label": t("basket.budget_over", amount=left) if over else t("basket.budget_left", amount=left),
        "percent": percent,
        "state": "over" if over else "near" if percent >= NEAR_PERCENT else "",
    }
