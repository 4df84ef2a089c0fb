"""Chance that repeats itself: one stream a topic, so that a change in one place moves nothing elsewhere."""

import hashlib
import random
from collections.abc import Sequence

SALT_BITS = 31
"""Salts are small enough for PostgreSQL to multiply them without overflow."""


def stream(seed: int, *topic: object) -> random.Random:
    """The stream of a topic: always the same for the same seed and topic."""
    return random.Random(number(seed, *topic))


def number(seed: int, *topic: object) -> int:
    """A 64-bit number drawn for a topic."""
    name = "/".join(map(str, (seed, *topic)))
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())


def salt(seed: int, *topic: object) -> int:
    """A non-negative number of `SALT_BITS` bits."""
    return number(seed, *topic) >> (64 - SALT_BITS)


def weighted(draw: random.Random, choices: Sequence[tuple[str, float]]) -> str:
    """One of the choices, by weight."""
    return draw.choices([name for name, _ in choices], [weight for _, weight in choices])[0]
