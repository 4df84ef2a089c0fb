"""The kinds of values that shapes share."""

from typing import Annotated

import msgspec

Key = Annotated[str, msgspec.Meta(min_length=8, max_length=128, pattern=r"^[\x21-\x7e]+$")]
Text = Annotated[str, msgspec.Meta(max_length=500)]
CardNumber = Annotated[str, msgspec.Meta(min_length=4, max_length=40, pattern=r"^[0-9A-Za-z-]+$")]
Ref = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
"""A number in the system of record: a customer's, a reservation's."""
Amount = Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]
