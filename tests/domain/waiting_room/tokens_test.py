"""What a waiting person holds can't be made, lent, kept or carried elsewhere."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from cabas.domain.waiting_room.model import Place
from cabas.domain.waiting_room.tokens import (
    ADMISSION_LIFETIME,
    ORDER_GRACE,
    Admission,
    AdmissionTokens,
    PlaceTokens,
    session_digest,
)
from cabas.kit.signing import Signer

NOW = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)
OLD, NEW = b"the-key-of-last-month-0123456789", b"the-key-of-this-month-0123456789"
ANNA, BEN = uuid4(), uuid4()
PLACE = Place(4, ANNA, 12)
HERS, HIS = session_digest("visitor-anna", "session-anna"), session_digest("visitor-ben", "")
ADMISSION = Admission(event_id=4, shopper_id=ANNA, session=HERS, expires_at=NOW + ADMISSION_LIFETIME)


def test_a_place_is_read_back_by_its_owner() -> None:
    tokens = PlaceTokens((NEW,))

    assert tokens.read(tokens.write(PLACE), event_id=4, owners=(BEN, ANNA)) == PLACE


def test_a_place_is_nobody_elses_and_of_no_other_event() -> None:
    tokens = PlaceTokens((NEW,))
    written = tokens.write(PLACE)

    assert tokens.read(written, event_id=4, owners=(BEN,)) is None
    assert tokens.read(written, event_id=5, owners=(ANNA,)) is None


@pytest.mark.parametrize("forged", ["", "x", "a.b", ".", "é.é", "0" * 500, "ab12cd." + "A" * 90])
def test_what_we_did_not_sign_is_no_place_and_no_admission(forged: str) -> None:
    assert PlaceTokens((NEW,)).read(forged, event_id=4, owners=(ANNA,)) is None
    assert AdmissionTokens((NEW,)).read(forged, event_id=4, session=HERS, now=NOW) is None


def test_a_place_with_a_better_bucket_is_forged() -> None:
    tokens = PlaceTokens((NEW,))
    key_id, _, signed = tokens.write(PLACE).partition(".")
    for at in range(len(signed)):
        changed = signed[:at] + ("A" if signed[at] != "A" else "B") + signed[at + 1 :]
        found = tokens.read(f"{key_id}.{changed}", event_id=4, owners=(ANNA,))
        # The last letter carries bits that belong to no byte.
        assert found is None or (at == len(signed) - 1 and found == PLACE)


def test_another_purpose_s_signature_opens_nothing() -> None:
    tokens = PlaceTokens((NEW,))
    key_id = tokens.write(PLACE).partition(".")[0]
    elsewhere = Signer((NEW,), "visitor").sign(b"\x94\x04")

    assert tokens.read(f"{key_id}.{elsewhere}", event_id=4, owners=(ANNA,)) is None
    assert AdmissionTokens((NEW,)).read(tokens.write(PLACE), event_id=4, session=HERS, now=NOW) is None


def test_two_keys_live_while_one_replaces_the_other() -> None:
    written_before = PlaceTokens((OLD,)).write(PLACE)

    assert PlaceTokens((NEW, OLD)).read(written_before, event_id=4, owners=(ANNA,)) == PLACE
    assert PlaceTokens((NEW, OLD)).write(PLACE).partition(".")[0] != written_before.partition(".")[0]


def test_a_retired_key_opens_nothing() -> None:
    written_before = PlaceTokens((OLD,)).write(PLACE)
    admitted_before = AdmissionTokens((OLD,)).write(ADMISSION)

    assert PlaceTokens((NEW,)).read(written_before, event_id=4, owners=(ANNA,)) is None
    assert AdmissionTokens((NEW,)).read(admitted_before, event_id=4, session=HERS, now=NOW) is None


def test_an_admission_holds_for_its_session_and_event_alone() -> None:
    tokens = AdmissionTokens((NEW,))
    written = tokens.write(ADMISSION)

    assert tokens.read(written, event_id=4, session=HERS, now=NOW) == ADMISSION
    assert tokens.read(written, event_id=4, session=HIS, now=NOW) is None
    assert tokens.read(written, event_id=5, session=HERS, now=NOW) is None


def test_an_admission_runs_out_but_a_form_under_way_is_still_taken() -> None:
    tokens = AdmissionTokens((NEW,))
    written = tokens.write(ADMISSION)
    late = NOW + ADMISSION_LIFETIME

    assert tokens.read(written, event_id=4, session=HERS, now=late - timedelta(seconds=1)) == ADMISSION
    assert tokens.read(written, event_id=4, session=HERS, now=late) is None
    assert tokens.read(written, event_id=4, session=HERS, now=late, grace=ORDER_GRACE) == ADMISSION
    assert tokens.read(written, event_id=4, session=HERS, now=late + ORDER_GRACE, grace=ORDER_GRACE) is None


def test_servers_whose_clocks_differ_by_seconds_agree() -> None:
    tokens = AdmissionTokens((NEW,))
    written = tokens.write(ADMISSION)

    assert tokens.read(written, event_id=4, session=HERS, now=NOW - timedelta(seconds=5)) == ADMISSION
    assert tokens.read(written, event_id=4, session=HERS, now=NOW - timedelta(minutes=1)) is None
