"""Someone with an account, who browses without JavaScript."""

from factories.customers import PASSWORD, make_customer
from factories.no_script_browser import Browser

EMAIL = "camille@exemple.fr"
SECRET_KEY = "a-secret-of-the-tests-that-is-long-enough"
PAGES = (
    "/compte", "/compte/commandes", "/compte/cagnotte", "/compte/coordonnees", "/compte/e-mail", "/compte/mot-de-passe",
    "/compte/preferences", "/compte/adresses", "/compte/adresses/nouvelle", "/compte/cles", "/compte/appareils",
    "/compte/donnees", "/compte/donnees/export", "/compte/effacement", "/compte/effacement/confirmation",
)  # fmt: skip
ADDRESS = {
    "label": "Maison", "street": "12 rue Colbert", "complement": "", "postcode": "37000", "city": "Tours",
    "instructions": "",
}  # fmt: skip


async def sign_up(browser: Browser, **changed: str):
    await browser.open("/compte/inscription")
    fields = {"name": "Camille Dubois", "email": EMAIL, "phone": "", "password": PASSWORD} | changed
    return await browser.send("/compte/inscription", fields)


async def signed_in(browser: Browser) -> Browser:
    answer = await sign_up(browser)
    assert answer.status_code == 303
    await browser.open("/compte")
    return browser


async def someone_else(browser: Browser, now):
    async with browser.database.transaction() as tx:
        return await make_customer(tx, now=now, email="autre@exemple.fr")
