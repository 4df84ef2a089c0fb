"""A store: where it is, when it opens, what it offers."""

import msgspec


class StoreSummary(msgspec.Struct, frozen=True, kw_only=True):
    store_id: int
    slug: str
    name: str
    format: str
    street: str
    postcode: str
    city: str
    department: str
    region: str
    latitude: float
    longitude: float
    services: tuple[str, ...]
    has_drive: bool
    delivers: bool
    drive_fee_cents: int
    drive_minimum_cents: int
