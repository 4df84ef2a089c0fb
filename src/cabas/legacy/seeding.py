"""What the stand-in holds to begin with: customers with cards and a little on them, and offers for everybody."""

from cabas.legacy.people import People
from cabas.legacy.store import Store

CARD = "29900000{number:05d}"
BALANCE_CENTS = 1_250
_OFFERS = (
    ("O1", "5 % sur les fruits et légumes", 0, 5, ""),
    ("O2", "0,50 € sur les pâtes", 50, 0, "3274080005003"),
)


def seed_once(store: Store, people: People, *, customers: int) -> None:
    """Nothing when there is anybody already. Customer 1 has card 2990000000001 and 12.50 euros on it."""
    if store.rows("CUSTOMERS"):
        return
    for number in range(1, customers + 1):
        person = people.create(
            {
                "email": f"client{number}@legacy.example", "name": f"Client {number}", "phone": f"06000{number:05d}",
                "postcode": "37000", "lang": "fr", "consents": {"newsletter": number % 2 == 0},
            }
        )  # fmt: skip
        card = CARD.format(number=number)
        store.execute("update CARDS set CARD = ? where CUSTOMER_REF = ?", card, person["REF"])
        store.post(card, BALANCE_CENTS, f"OPENING-{number}", order="", store="", reason="OPENING")
    for offer, title, cents, percent, eans in _OFFERS:
        store.execute(
            "insert into OFFERS values (?, ?, ?, ?, ?, null, null)", offer, title, cents, percent, eans
        )
