"""Where the account is open: devices and programs, each of which can be shut out."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from cabas.domain.customers import operations as customers
from cabas.domain.customers import queries
from cabas.web import dates
from cabas.web.request import ShopRequest
from cabas.web.storefront.account_access import account_page, customer_of, done

SESSIONS = "/compte/appareils"


@get("/appareils", include_in_schema=False)
async def sessions_page(request: ShopRequest) -> Response[str]:
    person = await customer_of(request)
    t = request.site.catalogues[request.language]
    async with request.read() as reader:
        kept = await queries.open_sessions(reader, customer_id=person.customer_id, now=request.now)
    return account_page(
        request,
        "sessions",
        section="sessions",
        sessions=[
            {
                "key": one.key,
                "label": one.label or t(f"account.{one.kind}_unnamed"),
                "token": one.kind == "token",
                "here": one.token_hash == person.token_hash,
                "opened": dates.full(one.created_at, request.language),
                "seen": dates.full(one.last_seen_at, request.language),
            }
            for one in kept
        ],
    )


@post("/appareils/{key:str}/fermeture", include_in_schema=False)
async def end_one(request: ShopRequest, key: FromPath[str]) -> Response[Any]:
    """Ending one that has ended already is as well."""
    person = await customer_of(request)
    async with request.transaction() as tx:
        await customers.revoke_session(tx, customer_id=person.customer_id, key=key, now=request.now)
    return done(request, SESSIONS, "account.session_ended")


@post("/appareils/fermeture", include_in_schema=False)
async def end_others(request: ShopRequest) -> Response[Any]:
    person = await customer_of(request)
    async with request.transaction() as tx:
        count = await customers.revoke_sessions(
            tx, customer_id=person.customer_id, now=request.now, but=person.token_hash
        )
    return done(request, SESSIONS, "account.sessions_ended", n=count)
