"""What all handlers share, made once at start by the composition root and held in ``app.state.site``."""

import msgspec

from cabas.connectors.bridge_loyalty import BridgedLoyalty
from cabas.domain.capacity.scaling import Scaler
from cabas.domain.payments.ports import CardBank
from cabas.domain.search.engine import SearchEngine
from cabas.kit.board import Board
from cabas.kit.clock import Clock
from cabas.kit.db import Database
from cabas.kit.draining import Draining
from cabas.kit.html import Renderer
from cabas.kit.messages import Catalogue
from cabas.settings import Settings
from cabas.web.addresses import AddressLimits
from cabas.web.busy_page import BusyPage
from cabas.web.directory import Directory
from cabas.web.kept import KeptPages
from cabas.web.ladder import SiteLadder
from cabas.web.room import Room
from cabas.web.slot_lists import SlotLists
from cabas.web.visitor import VisitorCookie


class Site(msgspec.Struct, kw_only=True):
    settings: Settings
    database: Database
    clock: Clock
    renderer: Renderer
    catalogues: dict[str, Catalogue]
    visitor_cookie: VisitorCookie
    directory: Directory
    search: SearchEngine
    room: Room
    ladder: SiteLadder
    board: Board
    loyalty: BridgedLoyalty | None
    """The grocer's own system; None: the ledger in `cabas.domain.loyalty` is the one of record."""
    bank: CardBank | None
    """Who takes cards; None: orders are paid at the store."""
    kept: KeptPages
    addresses: AddressLimits
    busy_page: BusyPage
    slot_lists: SlotLists
    draining: Draining
    scaler: Scaler
    push_key: str = ""
    """What a browser subscribes to notifications with; "": there are none."""
