"""What one network address may ask for, and whose address it is."""


async def test_many_orders_from_one_public_address_are_slowed_and_a_private_one_never(client):
    site = client.app.state.site
    public, private = _scope("81.2.69.160"), _scope("192.168.1.20")

    waits = [site.addresses.wait_seconds(public) for _ in range(61)]

    assert waits[:60] == [0.0] * 60
    assert waits[60] > 0
    assert [site.addresses.wait_seconds(private) for _ in range(100)] == [0.0] * 100
    assert site.addresses.wait_seconds(_scope("81.2.69.161")) == 0.0


async def test_behind_our_proxy_the_address_it_saw_counts_and_not_what_the_client_wrote(client):
    headers = {"x-forwarded-for": "10.9.8.7, 81.2.69.162", "accept": "application/json"}
    answers = [(await client.post("/api/v1/orders", json={}, headers=headers)).status_code for _ in range(61)]

    assert 429 not in answers[:60]
    assert answers[60] == 429


def _scope(address):
    return {"type": "http", "method": "POST", "path": "/commande", "client": (address, 1), "headers": []}
