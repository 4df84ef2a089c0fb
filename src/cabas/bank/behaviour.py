"""How the bank behaves, on command: yes or no to cards, its words late and repeated."""

import msgspec

from cabas.bank.store import Store

TIMES_MAX = 1_000
DELAY_SECONDS_MAX = 3_600


class Behaviour(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """
    ``decline``: every card. ``refuse_capture``: as if holds had grown too old.

    ``webhook_delay``: seconds before each word; ``webhook_times``: how often it is said.
    """

    decline: bool = False
    refuse_capture: bool = False
    webhook_delay: float = 0.0
    webhook_times: int = 1

    def apply(self, other: "Behaviour", store: Store) -> None:
        """From now on. :raises ValueError: later or more often than anybody would."""
        if not (0 <= other.webhook_times <= TIMES_MAX and 0 <= other.webhook_delay <= DELAY_SECONDS_MAX):
            raise ValueError(f"at most {TIMES_MAX} times and {DELAY_SECONDS_MAX} s late")
        for name in self.__struct_fields__:
            setattr(self, name, getattr(other, name))
        store.webhook_delay, store.webhook_times = self.webhook_delay, self.webhook_times
