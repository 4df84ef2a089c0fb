"""
What a handler of the sites receives: the time read once, the person, the database.

Authorisation lives in the queries (``where customer_id = …``); a request only says who asks.
"""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import cached_property
from typing import Any

from litestar import Request
from litestar.datastructures import State

from cabas.domain.customers import queries as customers
from cabas.domain.staff import queries as staff
from cabas.kit.db import Connection, DatabaseAway, Transaction
from cabas.kit.signing import fingerprint
from cabas.web import presence
from cabas.web import visitor as visitors
from cabas.web.classes import is_for_staff
from cabas.web.site import Site
from cabas.web.visitor import Visitor

SESSION_COOKIE = "cabas_session"
STAFF_COOKIE = "cabas_staff"
DEVICE_COOKIE = "cabas_device"


class ReadOnly(DatabaseAway):
    """The shop reads on, and takes no change for the moment: keep it and send it again (L4)."""


class ShopRequest(Request[Any, Any, State]):
    """A request to one of our sites."""

    @cached_property
    def site(self) -> Site:
        site: Site = self.app.state.site
        return site

    @cached_property
    def now(self) -> datetime:
        """The instant of this request, read once, kept over the request's several objects."""
        state: dict[str, Any] = self.scope["state"]
        if "now" not in state:
            state["now"] = self.site.clock.now()
        moment: datetime = state["now"]
        return moment

    @property
    def visitor(self) -> Visitor:
        """Who browses; made up for a first visit and then kept by cookie (see `pages.respond`)."""
        state: dict[str, Any] = self.scope["state"]
        if "visitor" not in state:
            known = self.site.visitor_cookie.read(self.cookies.get(visitors.COOKIE))
            state["visitor"] = known or visitors.fresh(self.now)
            state["visitor_changed"] = known is None
        visitor: Visitor = state["visitor"]
        return visitor

    def remember(self, visitor: Visitor) -> None:
        """Keep a changed visitor: the answer will carry the cookie."""
        state: dict[str, Any] = self.scope["state"]
        if visitor != self.visitor:
            state["visitor"] = visitor
            state["visitor_changed"] = True

    @property
    def csrf_token(self) -> str:
        session = self.cookies.get(SESSION_COOKIE) or self.cookies.get(STAFF_COOKIE) or ""
        return self.site.visitor_cookie.csrf_token(self.visitor, session)

    @property
    def language(self) -> str:
        """The language chosen, else the browser's first that we speak, else French."""
        chosen = self.visitor.language
        if chosen in self.site.catalogues:
            return chosen
        for part in self.headers.get("accept-language", "").split(","):
            code = part.strip()[:2].lower()
            if code in self.site.catalogues:
                return code
        return "fr"

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """:raises ReadOnly: the database is known to be away."""
        if not self.site.ladder.answers_reads:
            raise ReadOnly
        return self.site.database.read()

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """:raises ReadOnly: nothing is written now."""
        self._require_writes()
        return self.site.database.transaction()

    def one_statement(self) -> AbstractAsyncContextManager[Transaction]:
        """
        A connection in autocommit, for an operation that writes by one statement.

        :raises ReadOnly: nothing is written now.
        """
        self._require_writes()
        return self.site.database.one_statement()

    def _require_writes(self) -> None:
        """The stores and head office go on writing while a level is only forced."""
        ladder = self.site.ladder
        staff_only = ladder.answers_reads and is_for_staff(self.scope["path"])
        if not ladder.takes_writes and not staff_only:
            raise ReadOnly

    async def signed_in(self, reader: Connection) -> customers.SignedIn | None:
        """The customer of the session cookie, or None. Asked once a request."""
        state: dict[str, Any] = self.scope["state"]
        if "signed_in" not in state:
            secret = self.cookies.get(SESSION_COOKIE)
            state["signed_in"] = (
                await customers.customer_by_session(reader, token_hash=fingerprint(secret), now=self.now)
                if secret
                else None
            )
        person: customers.SignedIn | None = state["signed_in"]
        if person is not None and person.unseen(self.now):
            state[presence.STATE] = ("customer", person.token_hash)
        return person

    async def staff_actor(self, reader: Connection) -> staff.StaffActor | None:
        """The member of staff of the staff cookie, or None. Asked once a request."""
        state: dict[str, Any] = self.scope["state"]
        if "staff_actor" not in state:
            secret = self.cookies.get(STAFF_COOKIE)
            state["staff_actor"] = (
                await staff.staff_by_session(reader, token_hash=fingerprint(secret), now=self.now)
                if secret
                else None
            )
        actor: staff.StaffActor | None = state["staff_actor"]
        if actor is not None and actor.unseen(self.now):
            state[presence.STATE] = ("staff", actor.token_hash)
        return actor
