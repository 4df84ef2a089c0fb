"""What is sent away, what still comes in at each level, and how it is told."""

import asyncio
import re
from datetime import timedelta
from itertools import count
from time import monotonic

import pytest

from cabas.domain.ladder import operations
from cabas.domain.ladder.model import Level, Setting
from cabas.web.classes import FREE, P0, P1, P2, P3, P4, P5, class_of
from cabas.web.overload import _Waiter, _withdraw, terms_of
from cabas.web.storefront import search
from factories.browsing import csrf_token, text_of
from factories.shopping_by_hand import ByHand

CATEGORY = "/magasins/tours-nord/rayons/spaghettis"
CRAWLER = {"user-agent": "Mozilla/5.0 (compatible; SomeBot/2.1)"}


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/commande", P0),
        ("POST", "/api/v1/orders", P0),
        ("POST", "/minuit/commande", P0),
        ("POST", "/api/v1/store/12/orders/0193/receipt", P0),
        ("GET", "/preparation", P0),
        ("GET", "/commande", P1),
        ("GET", "/commandes/0193", P1),
        ("POST", "/panier/creneau", P1),
        ("PUT", "/api/v1/carts/0193/slot-hold", P1),
        ("GET", "/console/charge", P1),
        ("POST", "/compte/connexion", P2),
        ("POST", "/panier/lignes/3760000000011", P2),
        ("PUT", "/api/v1/carts/0193/lines/3", P2),
        ("GET", "/", P3),
        ("GET", CATEGORY, P3),
        ("GET", "/creneaux", P1),
        ("GET", "/api/v1/stores", P3),
        ("GET", "/commandes/0a8f/etat", P3),
        ("GET", "/commandes/0a8f/paiement", FREE),
        ("POST", "/commandes/0a8f/paiement", P1),
        ("POST", "/api/v1/payments/words", P2),
        ("GET", "/commande/etat", P1),
        ("GET", "/suggestions", P4),
        ("GET", "/compte/donnees/export", P5),
        ("GET", "/sitemap.xml", P5),
        ("GET", "/static/built/shop.css", FREE),
        ("GET", "/healthz", FREE),
        ("GET", "/salle/serving.json", FREE),
        ("GET", "/api/v1/store/12/orders", FREE),
    ],
)
def test_each_request_has_its_class(method, path, kind):
    assert class_of(method, path) == kind


async def test_who_finds_neither_place_nor_patience_gets_a_small_page_to_come_back_to(client, crowded):
    answer = await client.get(CATEGORY)

    assert answer.status_code == 503
    assert len(answer.content) <= 6 * 1024
    assert 3 <= int(answer.headers["retry-after"]) <= 10
    assert f'content="{answer.headers["retry-after"]}"' in answer.text
    assert "Votre panier est gardé" in text_of(answer.text)
    assert 'lang="fr"' in answer.text


async def test_who_came_to_read_gets_the_page_as_it_last_was(client, request):
    seen = await client.get(CATEGORY)
    request.getfixturevalue("crowded")

    answer = await client.get(CATEGORY)

    assert (seen.status_code, answer.status_code) == (200, 200)
    assert answer.headers["cache-control"] == "no-store"
    assert "Page de" in text_of(answer.text)


async def test_in_english_too_and_a_form_is_not_reloaded_by_itself(client, crowded):
    headers = {"accept-language": "en-GB,en;q=0.9,fr;q=0.5"}

    answer = await client.post("/panier/vidage", headers=headers)

    assert answer.status_code == 503
    assert "Your basket is kept" in text_of(answer.text)
    assert 'http-equiv="refresh"' not in answer.text


async def test_what_was_sent_with_a_refused_request_is_read_before_the_answer(client, crowded):
    told = []

    async def receive():
        told.append("read")
        return {"type": "http.request", "body": b"quantity=1", "more_body": len(told) < 2}

    async def send(message):
        told.append(message["type"])

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/panier/lignes/3760000000011",
        "headers": [],
        "client": None,
        "litestar_app": client.app,
    }
    await client.app.asgi_handler(scope, receive, send)

    assert told == ["read", "read", "http.response.start", "http.response.body"]


async def test_a_program_is_told_by_problem_details(client, crowded):
    answer = await client.get("/api/v1/stores")

    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["code"], told["retry_after_seconds"]) == ("busy", int(answer.headers["retry-after"]))


async def test_who_is_sent_away_together_does_not_come_back_together(client, crowded):
    seconds = {(await client.get(CATEGORY)).headers["retry-after"] for _ in range(40)}

    assert len(seconds) > 1


async def test_health_static_and_room_never_wait(client, crowded):
    paths = ("/healthz", "/metrics", "/static/icons/favicon.svg", "/salle/serving.json")

    assert [(await client.get(path)).status_code for path in paths] == [200] * 4


async def test_a_place_is_given_back_whatever_became_of_the_request(client):
    limiter = client.app.state.site.ladder.limiter

    for path in ("/", "/n-existe-pas", "/rayons/inconnu", "/api/v1/orders/x", "/panier"):
        await client.get(path)
    await client.post("/commande")

    assert (limiter.in_flight, limiter.queued, sum(limiter.answered)) == (0, 0, 6)


async def test_who_goes_in_the_very_moment_of_being_let_in_gives_the_place_to_the_next(client):
    site = client.app.state.site
    limiter = site.ladder.limiter
    places = _fill(limiter, P0)
    gone, next_one = _Waiter(), _Waiter()
    limiter.wait(P0, gone, monotonic())
    limiter.wait(P0, next_one, monotonic())
    gone.settled.cancel()

    limiter.leave(P0, 0.0, monotonic())
    _withdraw(site, P0, gone)

    assert next_one.admitted
    for _ in range(places):
        limiter.leave(P0, 0.0, monotonic())
    assert (limiter.in_flight, limiter.queued) == (0, 0)


def _fill(limiter, kind) -> int:
    """Take every place; returns how many."""
    return next(number for number in count() if not limiter.enter(kind, monotonic()))


async def test_an_order_without_any_token_is_not_of_the_first_class(client):
    client.cookies.clear()

    await client.post("/api/v1/orders", json={})

    limiter = client.app.state.site.ladder.limiter
    assert (limiter.answered[P0], limiter.answered[P2]) == (0, 1)


@pytest.mark.parametrize(("level", "status"), [(0, 200), (1, 503)])
async def test_from_l1_crawlers_and_exports_wait(client, force, level, status):
    await force(level)

    assert (await client.get(CATEGORY, headers=CRAWLER)).status_code == status
    assert (await client.get("/sitemap.xml")).status_code == status
    assert (await client.get(CATEGORY)).status_code == 200


async def test_from_l1_a_search_shows_fewer(client, force, monkeypatch):
    monkeypatch.setattr(search, "RESULTS_LEAN", 1)
    address = "/magasins/tours-nord/recherche?q=spaghetti"
    whole = (await client.get(address)).text.count('class="c-card')

    await force(1)
    lean = (await client.get(address)).text.count('class="c-card')

    assert whole > lean > 0


@pytest.mark.parametrize(("level", "status"), [(1, 200), (2, 503)])
async def test_from_l2_suggestions_wait(client, force, level, status):
    await force(level)

    assert (await client.get("/suggestions?q=pat")).status_code == status
    assert (await client.get("/magasins/tours-nord/recherche?q=spaghetti")).status_code == 200


async def test_on_l3_aisles_are_shown_as_they_were_and_basket_changes_stay_in_the_browser(
    client, shop, force
):
    before = await client.get(CATEGORY)
    token = await csrf_token(client)
    await force(3)

    page = await client.get(CATEGORY)
    answer = await client.post(
        f"/panier/lignes/{shop.pasta[0]}",
        data={"quantity": "1", "_csrf_token": token},
        headers={"accept": "application/json"},
    )

    assert (before.status_code, page.status_code) == (200, 200)
    assert "Page de 10\u00a0h" in page.text
    assert "tels qu’ils étaient il y a un instant" in text_of(page.text)
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")


async def test_on_l3_orders_are_still_taken(client, shop, force):
    by_hand = ByHand(client)
    await by_hand.put(shop.pasta[0], 2)
    await by_hand.hold()
    form = await by_hand.checkout_form()
    await force(3)

    answer = await by_hand.order(form)

    assert answer.status_code == 303


async def test_on_l4_the_shop_reads_and_a_form_is_kept_for_later(client, shop, database, force):
    by_hand = ByHand(client)
    await by_hand.put(shop.pasta[0], 2)
    await by_hand.hold()
    form = await by_hand.checkout_form()
    await force(4)

    answer = await by_hand.order(form)
    page = await client.get(CATEGORY)

    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert page.status_code == 200
    assert "lecture seule" in text_of(page.text)
    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from orders") == 0


async def test_on_l4_a_program_is_told_that_nothing_is_written(client, force):
    await force(4)

    answer = await client.post("/api/v1/carts", json={"store": "tours-nord"})

    assert (answer.status_code, answer.json()["code"]) == (503, "read_only")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("level", [1, 2, 3, 4])
async def test_every_level_says_itself_and_why_on_every_page_in_both_languages(client, force, level):
    await force(level)

    french = text_of((await client.get("/magasins")).text)
    english = text_of((await client.get("/magasins", headers={"accept-language": "en"})).text)

    assert "Décidé par notre équipe." in french
    assert "Decided by our team." in english


async def test_at_l0_no_page_says_anything(client):
    assert "c-banner--warn" not in (await client.get("/")).text


async def test_a_forced_level_ends_by_itself(client, database, clock, force):
    await force(2, lasts=timedelta(minutes=30))
    forced = client.app.state.site.ladder.level

    clock.at += timedelta(minutes=30)
    await settled(client, database, clock)

    assert (forced, client.app.state.site.ladder.level) == (2, 0)


async def test_a_process_tells_of_itself_each_second_in_one_row(client, database, clock):
    ladder = client.app.state.site.ladder
    await client.get("/")

    await ladder.follow(database, clock.now())
    clock.at += timedelta(seconds=1)
    await ladder.follow(database, clock.now())

    async with database.read() as reader:
        rows = await reader.fetch("select process_id, at, limit_now, level, answered from process_pressure")
    [row] = rows
    assert (row["process_id"], row["level"], row["answered"]) == (ladder.process_id, 0, 1)
    assert row["at"] == clock.now()


async def test_the_figures_tell_of_every_process_whichever_answers(client, database, clock):
    ladder = client.app.state.site.ladder
    ladder.limiter.refuse(P5)
    await ladder.follow(database, clock.now())
    async with database.transaction() as tx:
        await tx.execute(
            """
            insert into process_pressure (process_id, at, limit_now, in_flight, goodput_per_s, level, shed)
                 values ('other:1', $1, 12, 3, 40, 2, '{"P4": 7}')""",
            clock.now(),
        )
    await ladder.follow(database, clock.now())

    figures = (await client.get("/metrics")).text

    assert re.search(r'^cabas_level\{process="other:1"\} 2\.0$', figures, re.M)
    assert re.search(r'^cabas_requests_shed_total\{class="P4",process="other:1"\} 7\.0$', figures, re.M)
    own = rf'cabas_requests_shed_total{{class="P5",process="{ladder.process_id}"}} 1.0'
    assert own in figures


@pytest.mark.parametrize(
    ("given", "seconds"), [("500", 0.5), ("1", 0.05), ("999999", 1.6), ("-1", 1.6), ("soon", 1.6), ("", 1.6)]
)
def test_a_deadline_of_the_client_counts_only_when_it_is_sooner(given, seconds):
    headers = [(b"x-request-deadline", given.encode())]

    assert terms_of(headers, P3, 1.6) == (P3, seconds)


async def test_what_outlasts_its_deadline_is_given_up_and_its_last_copy_shown(client, database, shop):
    first = await client.get(CATEGORY)
    async with database.transaction() as tx:
        await tx.execute("lock table offer in access exclusive mode")

        late = await client.get(CATEGORY, headers={"cabas-deadline": "300"})

    assert (first.status_code, late.status_code) == (200, 200)
    assert "Page de 10\u00a0h" in late.text
    assert (await client.get(CATEGORY)).status_code == 200
    assert client.app.state.site.ladder.limiter.in_flight == 0


async def settled(client, database, clock):
    """The process reads its level by itself each second, and may have begun to before that was written."""
    for _ in range(4):
        await client.app.state.site.ladder.follow(database, clock.now())
        await asyncio.sleep(0.15)


@pytest.fixture
def force(client, database, clock):
    async def forced(level, *, lasts=None):
        async with database.transaction() as tx:
            setting = Setting(
                level=Level(level),
                reason="essai",
                actor="test",
                until=clock.now() + lasts if lasts else None,
            )
            await operations.force(tx, setting=setting, now=clock.now())
        await settled(client, database, clock)

    return forced
