"""Rows of the storage as both network faces name them."""

from cabas.legacy.store import Row, consents_of, euros


def card(row: Row) -> Row:
    return {
        "cardNo": row["CARD"], "status": row["STATE"], "holder": row["CUSTOMER_REF"], "openedOn": row["SINCE"],
        "balance": euros(row["BALANCE"]), "held": euros(row["HELD"]),
    }  # fmt: skip


def movement(row: Row) -> Row:
    return {
        "movementNo": str(row["NUM"]), "cardNo": row["CARD"], "amount": euros(row["CENTS"]),
        "balance": euros(row["BALANCE_AFTER"]),
    }  # fmt: skip


def hold(row: Row) -> Row:
    return {
        "holdNo": row["REF"], "cardNo": row["CARD"], "amount": euros(row["CENTS"]), "until": row["EXPIRES_AT"],
        "status": row["STATE"],
    }  # fmt: skip


def offer(row: Row) -> Row:
    return {
        "offerNo": row["OFFER"], "title": row["TITLE"], "amount": euros(row["CENTS"] or 0),
        "percent": row["PERCENT"] or 0, "eans": (row["EANS"] or "").split(), "from": row["STARTS"],
        "to": row["ENDS"],
    }  # fmt: skip


def person(row: Row) -> Row:
    return {
        "customerNo": row["REF"], "mail": row["EMAIL"], "fullName": row["NAME"], "phone": row["PHONE"],
        "zip": row["POSTCODE"], "language": row["LANG"], "webAccount": row["WEB_ID"] or None,
        "cardNo": row["CARD"], "consents": consents_of(row), "changedOn": row["UPDATED"],
    }  # fmt: skip


def erasure(row: Row) -> Row:
    return {"customerNo": row["REF"], "erasedOn": row["ERASED"], "receipt": row["PROOF"]}
