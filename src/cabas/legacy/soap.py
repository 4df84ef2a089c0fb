"""
The SOAP face: document/literal, all values as texts. A reference that was used before is a fault here, ``DUPLICATE``:
whoever lost an answer looks it up by its reference.
"""

import json
from collections.abc import Callable
from typing import Final
from xml.sax.saxutils import escape

from aiohttp import web
from lxml import etree

from cabas.legacy import told
from cabas.legacy.people import People
from cabas.legacy.store import LegacyError, Row, Store, cents_of

NAMESPACE = "urn:legacy:grocer"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_CARD = ("cardNo", "status", "holder", "openedOn", "balance", "held")
_MOVEMENT = ("movementNo", "cardNo", "amount", "balance")
_HOLD = ("holdNo", "cardNo", "amount", "until", "status")
_PERSON = (
    "customerNo",
    "mail",
    "fullName",
    "phone",
    "zip",
    "language",
    "webAccount",
    "cardNo",
    "consents",
    "changedOn",
)
_OFFER = ("offerNo", "title", "amount", "percent", "eans", "from", "to")
OPERATIONS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "GetCard": (("cardNo",), _CARD),
    "PostMovement": (("cardNo", "amount", "reference", "orderNo", "store", "label"), _MOVEMENT),
    "FindMovement": (("reference",), _MOVEMENT),
    "HoldAmount": (("cardNo", "amount", "reference", "seconds", "orderNo"), _HOLD),
    "FindHold": (("reference",), _HOLD),
    "CaptureHold": (("holdNo", "amount", "reference"), _MOVEMENT),
    "CancelHold": (("holdNo",), _HOLD),
    "ListOffers": (("cardNo",), _OFFER),
    "SearchCustomers": (("ref", "email", "phone", "card"), _PERSON),
    "CreateCustomer": (
        ("mail", "fullName", "phone", "zip", "language", "webAccount", "reference", "consents"), _PERSON,
    ),
    "FindCustomer": (("reference",), _PERSON),
    "LinkCustomer": (("customerNo", "webAccount"), _PERSON),
    "SetConsents": (("customerNo", "consents"), _PERSON),
    "MergeCustomers": (("customerNo", "into"), _PERSON),
    "EraseCustomer": (("customerNo",), ("customerNo", "erasedOn", "receipt")),
    "GetDossier": (("customerNo",), ("section", "row")),
    "PutOrderStatus": (("seq", "order", "store", "code", "state", "at"), ("times",)),
}  # fmt: skip
"""Each with what goes in, and the fields of the records that come out."""


def routes(store: Store, people: People) -> list[web.RouteDef]:
    face = _Soap(store, people)
    return [web.get("/soap", face.describe), web.post("/soap", face.answer)]


class _Soap:
    def __init__(self, store: Store, people: People) -> None:
        self._store, self._people = store, people

    async def describe(self, request: web.Request) -> web.Response:
        """The WSDL."""
        return web.Response(text=wsdl(str(request.url.with_query(None))), content_type="text/xml")

    async def answer(self, request: web.Request) -> web.Response:
        try:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            element = etree.fromstring(await request.read(), parser).find(f"{{{_ENVELOPE}}}Body")[0]
            name = etree.QName(element).localname
            asked = {etree.QName(child).localname: child.text or "" for child in element}
            return _xml(_answered(name, self._operation(name)(asked)))
        except LegacyError as refused:
            return _xml(_fault(refused.code), 500)
        except (etree.XMLSyntaxError, IndexError, TypeError, ValueError, KeyError):
            return _xml(_fault("BAD_REQUEST"), 500)

    def _operation(self, name: str) -> Callable[[Row], list[Row]]:
        known: dict[str, Callable[[Row], list[Row]]] = {
            "GetCard": self._card,
            "PostMovement": self._post,
            "FindMovement": lambda asked: [
                told.movement(row) for row in _listed(self._store.movement(asked["reference"]))
            ],
            "HoldAmount": self._hold,
            "FindHold": lambda asked: [
                told.hold(row) for row in _listed(self._store.hold_of(asked["reference"]))
            ],
            "CaptureHold": self._capture,
            "CancelHold": lambda asked: [told.hold(self._store.release(asked["holdNo"]))],
            "ListOffers": lambda _: [_offer(row) for row in self._store.offers()],
            "SearchCustomers": lambda asked: [_person(row) for row in self._people.find(**asked)],
            "CreateCustomer": self._create,
            "FindCustomer": lambda asked: [_person(row) for row in self._people.made(asked["reference"])],
            "LinkCustomer": lambda asked: [
                _person(self._people.link(asked["customerNo"], asked["webAccount"]))
            ],
            "SetConsents": lambda asked: [
                _person(self._people.consent(asked["customerNo"], json.loads(asked["consents"] or "{}")))
            ],
            "MergeCustomers": lambda asked: [_person(self._people.merge(asked["customerNo"], asked["into"]))],
            "EraseCustomer": self._erase,
            "GetDossier": self._dossier,
            "PutOrderStatus": lambda asked: [
                {"times": self._store.order_status({**asked, "seq": int(asked["seq"])})}
            ],
        }
        return known[name]

    def _card(self, asked: Row) -> list[Row]:
        return [told.card(self._store.card(asked["cardNo"]))]

    def _post(self, asked: Row) -> list[Row]:
        row = self._store.post(
            asked["cardNo"], cents_of(asked["amount"]), asked["reference"],
            order=asked.get("orderNo", ""), store=asked.get("store", ""), reason=asked.get("label", ""),
        )  # fmt: skip
        return [told.movement(row)]

    def _hold(self, asked: Row) -> list[Row]:
        row = self._store.hold(
            asked["cardNo"], cents_of(asked["amount"]), asked["reference"],
            seconds=int(asked["seconds"]), order=asked.get("orderNo", ""),
        )  # fmt: skip
        return [told.hold(row)]

    def _capture(self, asked: Row) -> list[Row]:
        return [
            told.movement(self._store.spend(asked["holdNo"], cents_of(asked["amount"]), asked["reference"]))
        ]

    def _create(self, asked: Row) -> list[Row]:
        person = {
            "email": asked["mail"], "name": asked.get("fullName"), "phone": asked.get("phone"),
            "postcode": asked.get("zip"), "lang": asked.get("language"), "web_id": asked.get("webAccount"),
            "reference": asked.get("reference"), "consents": json.loads(asked.get("consents") or "{}"),
        }  # fmt: skip
        return [_person(self._people.create(person))]

    def _erase(self, asked: Row) -> list[Row]:
        return [told.erasure(self._people.erase(asked["customerNo"]))]

    def _dossier(self, asked: Row) -> list[Row]:
        return [
            {"section": section, "row": json.dumps(row)}
            for section, rows in self._people.dossier(asked["customerNo"]).items()
            for row in rows
        ]


def wsdl(address: str) -> str:
    """The service's description, from `OPERATIONS`."""
    types, messages, ports, bindings = [], [], [], []
    for name, (taken, given) in OPERATIONS.items():
        types.append(
            f'<xsd:element name="{name}"><xsd:complexType><xsd:sequence>{_elements(taken)}</xsd:sequence>'
            f'</xsd:complexType></xsd:element><xsd:element name="{name}Response"><xsd:complexType><xsd:sequence>'
            '<xsd:element name="record" minOccurs="0" maxOccurs="unbounded"><xsd:complexType><xsd:sequence>'
            f"{_elements(given)}</xsd:sequence></xsd:complexType></xsd:element>"
            "</xsd:sequence></xsd:complexType></xsd:element>"
        )
        for suffix in ("", "Response"):
            messages.append(
                f'<message name="{name}{suffix}"><part name="parameters" element="tns:{name}{suffix}"/></message>'
            )
        ports.append(
            f'<operation name="{name}"><input message="tns:{name}"/>'
            f'<output message="tns:{name}Response"/></operation>'
        )
        bindings.append(
            f'<operation name="{name}"><soap:operation soapAction="{NAMESPACE}/{name}"/>'
            '<input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>'
        )
    return (
        f'<?xml version="1.0"?><definitions name="Grocer" targetNamespace="{NAMESPACE}" xmlns:tns="{NAMESPACE}"'
        ' xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"><types>'
        f'<xsd:schema targetNamespace="{NAMESPACE}" elementFormDefault="qualified">{"".join(types)}</xsd:schema>'
        f'</types>{"".join(messages)}<portType name="GrocerPort">{"".join(ports)}</portType>'
        '<binding name="GrocerBinding" type="tns:GrocerPort"><soap:binding style="document"'
        f' transport="http://schemas.xmlsoap.org/soap/http"/>{"".join(bindings)}</binding>'
        '<service name="Grocer"><port name="Grocer" binding="tns:GrocerBinding">'
        f'<soap:address location="{escape(address)}"/></port></service></definitions>'
    )


def _elements(names: tuple[str, ...]) -> str:
    return "".join(f'<xsd:element name="{name}" type="xsd:string" minOccurs="0"/>' for name in names)


def _answered(name: str, rows: list[Row]) -> str:
    fields = OPERATIONS[name][1]
    records = "".join(
        "<record>"
        + "".join(
            f"<{field}>{escape(str(row[field]))}</{field}>" for field in fields if row[field] is not None
        )
        + "</record>"
        for row in rows
    )
    return f'<{name}Response xmlns="{NAMESPACE}">{records}</{name}Response>'


def _fault(code: str) -> str:
    return f"<s:Fault><faultcode>s:Client</faultcode><faultstring>{escape(code)}</faultstring></s:Fault>"


def _xml(body: str, status: int = 200) -> web.Response:
    text = f'<?xml version="1.0"?><s:Envelope xmlns:s="{_ENVELOPE}"><s:Body>{body}</s:Body></s:Envelope>'
    return web.Response(text=text, status=status, content_type="text/xml")


def _listed(row: Row | None) -> list[Row]:
    return [] if row is None else [row]


def _offer(row: Row) -> Row:
    return {**told.offer(row), "eans": row["EANS"] or ""}


def _person(row: Row) -> Row:
    return {**told.person(row), "consents": row["CONSENTS"] or "{}"}
