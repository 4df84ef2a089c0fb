"""
What all pages of the account share: the customer or the way to sign in, the menu, and how a
domain's refusal of a field is said beside the field.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Response
from litestar.datastructures import Cookie

from cabas.domain.customers.model import BadDetails
from cabas.domain.customers.queries import SignedIn
from cabas.kit.errors import Denied, TooMany
from cabas.web import pages
from cabas.web.addresses import client_address
from cabas.web.forms import Form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest

MENU = (
    ("overview", "/compte", "account"),
    ("orders", "/compte/commandes", "history"),
    ("loyalty", "/compte/cagnotte", "gift"),
    ("details", "/compte/coordonnees", "edit"),
    ("addresses", "/compte/adresses", "pin"),
    ("preferences", "/compte/preferences", "settings"),
    ("passkeys", "/compte/cles", "key"),
    ("sessions", "/compte/appareils", "phone"),
    ("data", "/compte/donnees", "lock"),
)
UNKNOWN_ADDRESS = "unknown"


class AccountSignInNeeded(Denied):
    """The account's pages are for who is signed in."""

    code = "account_sign_in_needed"


async def customer_of(request: ShopRequest) -> SignedIn:
    """
    Who is signed in.

    :raises AccountSignInNeeded: nobody.
    """
    async with request.read() as reader:
        person = await request.signed_in(reader)
    if person is None:
        raise AccountSignInNeeded
    return person


def to_sign_in(request: Any, _: AccountSignInNeeded) -> Response[Any]:
    """A page sends to the sign-in page and back again; a program is told."""
    if "application/json" in request.headers.get("accept", ""):
        return Response({"code": AccountSignInNeeded.code}, status_code=403)
    shop_request = request.app.request_class(request.scope, request.receive)
    back = request.url.path if request.method == "GET" else "/compte"
    return see_other(shop_request, f"/compte/connexion?return_to={back}")


def account_page(
    request: ShopRequest,
    name: str,
    /,
    *,
    section: str,
    form: Form | None = None,
    status: int | None = None,
    titles: Mapping[str, str] | None = None,
    **values: object,
) -> Response[str]:
    """
    ``storefront/account/<name>.html`` with the account's menu. A form with errors makes it 422.

    :param titles: arguments of the title's message.
    """
    t = request.site.catalogues[request.language]
    errors = form.errors if form else {}
    default_status = 422 if errors else 200
    shown: dict[str, Any] = dict(values)
    return pages.page(
        request,
        f"storefront/account/{name}.html",
        Frame(title=t(f"account.{name}_title", **(titles or {})), nav="account"),
        status=status or default_status,
        headers={"cache-control": "no-store"},
        menu=[
            {"label": t(f"account.menu_{key}"), "href": href, "icon": icon, "current": key == section}
            for key, href, icon in MENU
        ],
        values=form.values if form else {},
        errors=errors,
        error_list=[{"field": field, "text": text} for field, text in errors.items()],
        **shown,
    )


def tell_faults(form: Form, refused: BadDetails) -> None:
    """Each refused field's reason, beside it."""
    for field, reason in refused.fields.items():
        form.fail(field, f"account.fault_{reason}")


def tell_wait(form: Form, field: str, refused: TooMany) -> None:
    """Too many attempts: until when."""
    seconds = int(str(refused.detail.get("retry_after_seconds", 60)))
    form.fail(field, "account.too_many", minutes=max(1, -(-seconds // 60)))


def done(request: ShopRequest, path: str, key: str, /, **arguments: int | str) -> Response[Any]:
    """Back to a page, with a word of success."""
    t = request.site.catalogues[request.language]
    return see_other(request, path, notice=Notice("ok", t(key, **arguments)))


def address_of(request: ShopRequest) -> str:
    """The network address of who asks, for limits on attempts."""
    return client_address(request.scope) or UNKNOWN_ADDRESS


def passing_cookie(request: ShopRequest, name: str, value: str, *, path: str, max_age: int) -> Cookie:
    """A short-lived HttpOnly cookie that only the account's pages get."""
    return Cookie(
        key=name,
        value=value,
        max_age=max_age,
        path=path,
        httponly=True,
        secure=request.site.settings.secure,
        samesite="strict",
    )
