from factories.account import EMAIL, signed_in
from factories.customers import PASSWORD, Authenticator
from factories.no_script_browser import Browser


def _phone() -> Authenticator:
    return Authenticator("cabas.test", "http://cabas.test")


async def _with_passkey(browser: Browser) -> Authenticator:
    phone = _phone()
    await signed_in(browser)
    await browser.open("/compte/cles")
    options = await browser.call("/compte/cles/options")
    added = await browser.call("/compte/cles", phone.create(options.text))
    assert (added.status_code, added.json()) == (200, {"next": "/compte/cles"})
    return phone


async def test_a_passkey_is_added_used_and_removed(browser):
    phone = await _with_passkey(browser)
    await browser.open("/compte")
    await browser.send("/compte/deconnexion")
    await browser.open("/compte/connexion", return_to="/compte/adresses")
    options = await browser.call("/compte/connexion/cle/options")

    entered = await browser.call("/compte/connexion/cle?return_to=/compte/adresses", phone.get(options.text))

    assert entered.json() == {"next": "/compte/adresses"}
    await browser.open("/compte/cles")
    assert "Aucune clé" not in browser.text
    await browser.send(f"/compte/cles/{phone.credential_id.hex()}/suppression")
    await browser.open("/compte/cles")
    assert "Aucune clé" in browser.text


async def test_an_answer_is_good_only_in_the_browser_that_asked(browser):
    phone = await _with_passkey(browser)
    options = await browser.call("/compte/connexion/cle/options")
    browser.client.cookies.delete("cabas_passkey")

    assert (await browser.call("/compte/connexion/cle", phone.get(options.text))).status_code == 422


async def test_garbage_instead_of_a_passkey_is_refused(browser):
    await _with_passkey(browser)
    for path in ("/compte/connexion/cle", "/compte/cles", "/compte/effacement/cle"):
        for answer in ("", "{}", "[1]", '"x"', "\x00", "x" * 30_000, '{"rawId":"é"}'):
            await browser.call("/compte/connexion/cle/options")
            assert (await browser.call(path, answer)).status_code == 422


async def test_a_passkey_stands_for_the_password_when_erasing(browser):
    phone = await _with_passkey(browser)
    await browser.open("/compte/effacement/confirmation")
    options = await browser.call("/compte/connexion/cle/options")
    proved = await browser.call("/compte/effacement/cle", phone.get(options.text))
    assert proved.json() == {"next": "/compte/effacement/confirmation"}

    await browser.open("/compte/effacement/confirmation")
    assert 'name="password"' not in browser.page.text
    answer = await browser.send("/compte/effacement/confirmation", {"sure": "1"})

    assert answer.headers["location"] == "/"


async def test_a_proof_is_not_good_in_another_session(browser):
    phone = await _with_passkey(browser)
    await browser.open("/compte/effacement/confirmation")
    options = await browser.call("/compte/connexion/cle/options")
    await browser.call("/compte/effacement/cle", phone.get(options.text))
    await browser.open("/compte")
    await browser.send("/compte/deconnexion")
    await browser.open("/compte/connexion")
    await browser.send("/compte/connexion", {"email": EMAIL, "password": PASSWORD})

    await browser.open("/compte/effacement/confirmation")

    assert 'name="password"' in browser.page.text
    assert (await browser.send("/compte/effacement/confirmation", {"sure": "1"})).status_code == 422


async def test_a_program_is_told_that_nobody_is_signed_in(browser):
    await browser.open("/compte/connexion")

    assert (await browser.call("/compte/cles/options")).status_code == 403
