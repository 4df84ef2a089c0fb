from datetime import timedelta

import pytest

from cabas.kit.ids import new_id, place_of


def test_an_id_carries_its_place(now):
    assert place_of(new_id(now, 1832)) == 1832


def test_a_later_id_sorts_after_an_earlier_one(now):
    assert new_id(now, 9) < new_id(now + timedelta(milliseconds=1), 3)


def test_a_place_beyond_sixteen_bits_is_refused(now):
    with pytest.raises(ValueError, match="place"):
        new_id(now, 65_536)
