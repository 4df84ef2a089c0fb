"""How many products each leaf has at a scale."""

from collections.abc import Sequence


def quotas(
    *, total: int, rooms: Sequence[int], shelves: Sequence[int], leaf_least: int, shelf_least: int
) -> list[int]:
    """
    Shares ``total`` evenly among leaves that have room for so many (``rooms``), after each has had
    ``leaf_least`` and each shelf (``shelves``: the shelf of each leaf) ``shelf_least``.

    :raises ValueError: it can't be done.
    """
    shares = [min(leaf_least, room) for room in rooms]
    for shelf in dict.fromkeys(shelves):
        members = [leaf for leaf, its_shelf in enumerate(shelves) if its_shelf == shelf]
        _deal(shares, members, rooms, shelf_least - sum(shares[leaf] for leaf in members))
    left = total - sum(shares)
    if left < 0 or sum(rooms) < total:
        raise ValueError(f"{total} products do not fit: least {sum(shares)}, room for {sum(rooms)}")
    _deal(shares, range(len(rooms)), rooms, left)
    return shares


def _deal(shares: list[int], leaves: Sequence[int], rooms: Sequence[int], count: int) -> None:
    """One more at a time to the leaf that has least and still has room."""
    while count > 0:
        open_leaves = [leaf for leaf in leaves if shares[leaf] < rooms[leaf]]
        if not open_leaves:
            return
        level = min(shares[leaf] for leaf in open_leaves)
        for leaf in (leaf for leaf in open_leaves if shares[leaf] == level):
            if count == 0:
                return
            shares[leaf] += 1
            count -= 1
