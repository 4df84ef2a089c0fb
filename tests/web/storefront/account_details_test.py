import re

from cabas.domain.customers import operations as customers
from cabas.domain.customers.model import check_address
from factories.account import ADDRESS, EMAIL, signed_in, someone_else
from factories.customers import PASSWORD


async def test_details_are_changed_and_shown(browser):
    await signed_in(browser)
    await browser.open("/compte/coordonnees")

    await browser.send("/compte/coordonnees", {"name": "Camille Martin", "phone": "06 11 22 33 44"})

    await browser.open("/compte/coordonnees")
    assert 'value="Camille Martin"' in browser.page.text
    assert "0611223344" in browser.page.text
    assert "à jour" in browser.text


async def test_a_new_password_keeps_this_device_and_ends_the_others(browser):
    await signed_in(browser)
    there = dict(browser.client.cookies)
    await browser.open("/compte/connexion")
    browser.client.cookies.clear()
    await browser.open("/compte/connexion")
    await browser.send("/compte/connexion", {"email": EMAIL, "password": PASSWORD})
    await browser.open("/compte/mot-de-passe")

    answer = await browser.send(
        "/compte/mot-de-passe", {"password": PASSWORD, "new_password": "trois prunes jaunes"}
    )

    assert answer.headers["location"] == "/compte/coordonnees"
    assert "Bonjour Camille" in (await browser.open("/compte")).text
    browser.client.cookies.clear()
    browser.client.cookies.update(there)
    assert "/compte/connexion" in str((await browser.open("/compte")).url)


async def test_an_e_mail_that_is_taken_is_refused(browser, now):
    await someone_else(browser, now)
    await signed_in(browser)
    await browser.open("/compte/e-mail")

    answer = await browser.send("/compte/e-mail", {"email": "autre@exemple.fr", "password": PASSWORD})

    assert answer.status_code == 422
    assert 'id="f-email-error"' in browser.page.text


async def test_nothing_is_agreed_to_beforehand_and_consents_are_kept(browser):
    await signed_in(browser)
    await browser.open("/compte/preferences")
    assert 'name="consent_email" value="1" checked' not in browser.page.text

    await browser.send("/compte/preferences", {"substitution": "never", "consent_email": "1"})

    await browser.open("/compte/preferences")
    assert 'name="consent_email" value="1" checked' in browser.page.text
    assert 'name="consent_sms" value="1" checked' not in browser.page.text
    assert 'value="never" checked' in browser.page.text


async def test_an_address_is_added_changed_and_removed(browser):
    await signed_in(browser)
    await browser.open("/compte/adresses/nouvelle")
    assert browser.forms == ["/compte/adresses/nouvelle"]
    await browser.send("/compte/adresses/nouvelle", ADDRESS)
    await browser.open("/compte/adresses")
    [href] = re.findall(r'href="/compte/adresses/([0-9a-f-]{36})"', browser.text)
    assert "12 rue Colbert" in browser.text

    await browser.open(f"/compte/adresses/{href}")
    assert browser.forms == [f"/compte/adresses/{href}"]
    await browser.send(f"/compte/adresses/{href}", {**ADDRESS, "city": "Joué-lès-Tours"})
    assert "Joué-lès-Tours" in (await browser.open("/compte/adresses")).text
    await browser.send(f"/compte/adresses/{href}/suppression")

    assert "12 rue Colbert" not in (await browser.open("/compte/adresses")).text


async def test_a_refused_address_keeps_what_was_typed(browser):
    await signed_in(browser)
    await browser.open("/compte/adresses/nouvelle")

    answer = await browser.send("/compte/adresses/nouvelle", {**ADDRESS, "postcode": "3700"})

    assert answer.status_code == 422
    assert "cinq chiffres" in browser.text
    assert 'value="12 rue Colbert"' in browser.page.text


async def test_what_is_somebody_elses_is_not_found(browser, now):
    other = await someone_else(browser, now)
    async with browser.database.transaction() as tx:
        address = await customers.add_address(
            tx, customer_id=other, address=check_address(**ADDRESS), now=now
        )
        token = await customers.issue_token(tx, customer_id=other, label="app", now=now)
    await signed_in(browser)

    assert (await browser.open(f"/compte/adresses/{address}")).status_code == 404
    await browser.open("/compte")
    assert (await browser.send(f"/compte/adresses/{address}", ADDRESS)).status_code == 404
    await browser.open("/compte")
    assert (await browser.send(f"/compte/adresses/{address}/suppression")).status_code == 404
    await browser.open("/compte")
    assert (await browser.send("/compte/cles/abcd/suppression")).status_code == 404
    await browser.open("/compte")
    await browser.send(f"/compte/appareils/{token.token_hash.hex()}/fermeture")
    async with browser.database.read() as reader:
        revoked = await reader.fetchval(
            "select revoked_at from session where token_hash = $1", token.token_hash
        )
    assert revoked is None


async def test_another_device_can_be_shut_out(browser, now):
    await signed_in(browser)
    async with browser.database.transaction() as tx:
        owner = await tx.fetchval("select customer_id from customer")
        token = await customers.issue_token(tx, customer_id=owner, label="Mon agenda", now=now)
    await browser.open("/compte/appareils")
    assert "Mon agenda" in browser.text
    assert "Cet appareil" in browser.text

    await browser.send(f"/compte/appareils/{token.token_hash.hex()}/fermeture")

    await browser.open("/compte/appareils")
    assert "Mon agenda" not in browser.text
