"""Sample values for every shared component: the shapes are those of docs/reference/design-system.md."""

from typing import Any

PAGE: dict[str, Any] = {
    "lang": "fr", "theme": "auto", "path": "/composants", "title": "Composants", "description": "", "canonical": "",
    "csrf": "sample", "status_message": "", "user": {"signed_in": True, "first_name": "Camille"},
    "store": {"name": "Drive Tours-Nord", "slug": "tours-nord", "next_slot": "18 h 30", "href": "/magasins/tours-nord"},
    "basket": {"count": 12, "total": "34,20 €", "href": "/panier"}, "alcohol_banner": True, "nav": "aisles",
    "notices": [{"kind": "ok", "text": "Votre créneau du mercredi 25 novembre est réservé."}], "banner": None,
}  # fmt: skip


def card(gtin: int, name: str, picture: str, price: str, unit: str, **more: Any) -> dict[str, Any]:
    return {
        "gtin": f"{gtin:013d}", "name": name, "brand": "Val Clair", "net": "1 L", "href": f"/produits/{gtin}",
        "picture": picture, "price": price, "unit_price": unit, "was_price": "", "promo": "", "prior_price_note": "",
        "nutri": "", "zone": "ambient", "zone_label": "Ambiant", "origin": "", "quantity": 0, "quantity_label": "",
        "step": 1, "max": 12, "by_weight": False, "available": True, "unavailable_label": "", "minimum_age": 0,
        "badges": [], **more,
    }  # fmt: skip


CARDS = [
    card(1, "Lait demi-écrémé bio", "glass-of-milk", "1,23 €", "1,23 €/L", zone="chilled", zone_label="Frais",
         nutri="B", quantity=2, quantity_label="2", origin="Lait de France"),
    card(2, "Bananes Cavendish, main de cinq à six fruits bien mûrs", "banana", "1,86 €", "1,99 €/kg", brand="",
         net="≈ 620 g", by_weight=True, step=100, max=3000, quantity=620, quantity_label="620 g", nutri="A",
         origin="Martinique"),
    card(3, "Spaghetti n° 5", "spaghetti", "0,99 €", "1,98 €/kg", net="500 g", was_price="1,29 €", nutri="A",
         promo="−23 % jusqu’au 30 novembre", prior_price_note="Prix le plus bas sur 30 jours : 1,29 €"),
    card(4, "Petits pois extra-fins", "pea-pod", "2,45 €", "3,50 €/kg", net="700 g", zone="frozen",
         zone_label="Surgelé", nutri="A", promo="2e à −50 % soit 1,84 € l’unité"),
    card(5, "Saint-nectaire fermier AOP", "cheese-wedge", "4,60 €", "23,00 €/kg", net="200 g", zone="chilled",
         zone_label="Frais", nutri="D", badges=["AOP"]),
    card(6, "Bourgueil rouge 2023", "wine-glass", "7,90 €", "10,53 €/L", net="75 cl", minimum_age=18,
         badges=[{"kind": "info", "text": "Loire"}]),
    card(7, "Fraises gariguette", "strawberry", "3,99 €", "15,96 €/kg", net="250 g", available=False,
         unavailable_label="Indisponible", zone="chilled", zone_label="Frais", origin="Loiret"),
    card(8, "Papier toilette, douze rouleaux", "roll-of-paper", "4,15 €", "0,35 €/pièce", net="12 rouleaux",
         brand="Nuage"),
    card(9, "Baguette de tradition", "baguette-bread", "1,10 €", "4,40 €/kg", net="250 g", nutri="C", brand=""),
    card(10, "Avocat Hass", "avocado", "1,29 €", "1,29 €/pièce", net="1 pièce", nutri="A", brand="",
         origin="Espagne", badges=[{"kind": "ok", "text": "Bio"}]),
]  # fmt: skip

SLOTS = [
    {"label": "mercredi 25 novembre", "slots": [
        {"id": "1", "time": "8 h – 8 h 30", "label": "", "fee": "", "free": True, "left": "", "state": "full",
         "state_label": "Complet", "badges": [], "selected": False},
        *[{"id": str(hour), "time": f"{hour} h – {hour} h 30", "free": hour % 2 == 0, "selected": hour == 18,
           "label": f"mercredi 25 novembre, {hour} h à {hour} h 30, offert, plus que 3 places",
           "fee": "Offert" if hour % 2 == 0 else "1,50 €", "left": "plus que 3" if hour == 18 else "",
           "state": "open", "state_label": "", "badges": ["le plus calme"] if hour == 14 else []}
          for hour in (10, 14, 17, 18, 19)],
    ]},
]  # fmt: skip

DAYS = [
    {"name": name, "date": f"{24 + i} nov.", "label": f"{name} {24 + i} novembre", "href": f"?jour={24 + i}",
     "note": "complet" if i == 0 else "dès 9 h", "full": i == 0, "current": i == 1}
    for i, name in enumerate(["mar.", "mer.", "jeu.", "ven.", "sam.", "dim.", "lun."])
]  # fmt: skip

LINES = [
    {**c, "total": "2,46 €", "note": "", "quantity": c["quantity"] or 1, "quantity_label": c["quantity_label"] or "1"}
    for c in CARDS[:4]
]

QR = (
    '<svg viewBox="0 0 21 21" width="210" height="210" shape-rendering="crispEdges">'
    + "".join(
        f'<path d="M{x} {y}h1v1h-1z"/>' for y in range(21) for x in range(21) if (x * y + x * 3 + y * 5) % 7 in (0, 2, 5)
    )
    + "</svg>"
)

SHOP: dict[str, Any] = {
    "cards": CARDS, "days": DAYS, "slots": SLOTS, "lines": LINES, "qr_svg": QR,
    "trail": [{"label": "Accueil", "href": "/"}, {"label": "Crèmerie", "href": "/r"}, {"label": "Laits", "href": ""}],
    "pages": {"current": 2, "total": 9, "previous": "?page=1", "next": "?page=3", "links": [
        {"label": "1", "href": "?page=1", "current": False}, {"label": "2", "href": "?page=2", "current": True},
        {"label": "3", "href": "?page=3", "current": False}, {"label": "…", "href": "", "current": False},
        {"label": "9", "href": "?page=9", "current": False}]},
    "aisles": [
        {"label": "Fruits et légumes", "href": "/a", "picture": "carrot", "zone": ""},
        {"label": "Crèmerie", "href": "/b", "picture": "cheese-wedge", "zone": "chilled"},
        {"label": "Boucherie", "href": "/c", "picture": "cut-of-meat", "zone": "chilled"},
        {"label": "Poissonnerie", "href": "/d", "picture": "fish", "zone": "chilled"},
        {"label": "Surgelés", "href": "/e", "picture": "ice-cream", "zone": "frozen"},
        {"label": "Épicerie", "href": "/f", "picture": "canned-food", "zone": ""},
        {"label": "Boulangerie", "href": "/g", "picture": "croissant", "zone": ""},
        {"label": "Maison", "href": "/h", "picture": "soap", "zone": ""},
    ],
    "steps": [
        {"title": "Commande reçue par le magasin", "note": "", "state": "done", "time": "14 h 02"},
        {"title": "En préparation", "note": "23 articles sur 35", "state": "now", "time": "16 h 40"},
        {"title": "Prête au drive", "note": "", "state": "later", "time": ""},
        {"title": "Remise", "note": "entre 18 h et 18 h 30", "state": "later", "time": ""},
    ],
    "totals": [
        {"label": "Produits (12)", "value": "36,70 €", "kind": ""},
        {"label": "Économies", "value": "−2,50 €", "kind": "saving"},
        {"label": "Préparation", "value": "Offerte", "kind": ""},
        {"label": "Total estimé", "value": "34,20 €", "kind": "total"},
    ],
    "budgets": [
        {"spent": "34,20 €", "limit": "85,00 €", "left_label": "reste 50,80 €", "percent": 40, "state": ""},
        {"spent": "79,10 €", "limit": "85,00 €", "left_label": "reste 5,90 €", "percent": 93, "state": "near"},
        {"spent": "91,00 €", "limit": "85,00 €", "left_label": "6,00 € de trop", "percent": 107, "state": "over"},
    ],
    "held": {"label": "mercredi 25 novembre, 18 h – 18 h 30", "until": "14 h 32",
             "expires_at": "2030-11-25T13:32:00Z", "server_now": "2030-11-25T13:22:30Z", "change_href": "/creneaux",
             "extend_to": "/panier/creneau"},
}  # fmt: skip
STORE: dict[str, Any] = {"lines": LINES}
CONSOLE: dict[str, Any] = {"trail": SHOP["trail"]}
CONSOLE["rows"] = [
    {"time": f"{hour} h", "cells": [
        {"text": f"{(hour * day) % 21}/20", "note": "", "href": "#", "label": f"jour {day}, {hour} h",
         "state": ["", "busy", "full", "closed", ""][(hour + day) % 5]}
        if day != 3 else {"name": f"c-{hour}", "value": "20", "label": f"Capacité, {hour} h"}
        for day in range(1, 8)]}
    for hour in range(9, 15)
]  # fmt: skip
PAGE |= {
    "menu": [
        {"label": "Aujourd’hui", "href": "#", "icon": "clock", "key": "today"},
        {"label": "Commandes", "href": "#", "icon": "list", "key": "aisles", "count": "37"},
        {"label": "Capacité", "href": "#", "icon": "calendar", "key": "capacity", "group": "Magasin"},
        {"label": "Offres", "href": "#", "icon": "tag", "key": "offers"},
        {"label": "Réseau", "href": "#", "icon": "store", "key": "network", "group": "Siège"},
    ],
    "where": "Drive Tours-Nord", "heading": "Commande K7F 2MQ", "waiting": 3, "back": "/preparation",
}  # fmt: skip
