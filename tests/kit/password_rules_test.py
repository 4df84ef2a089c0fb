import pytest

from cabas.kit.password_rules import Weakness, weakness


@pytest.mark.parametrize(
    "password",
    [
        "password", "Password1!", "P@ssw0rd2026", "motdepasse", "azertyuiop", "qwertyui",
        "12345678", "87654321", "abcdefgh", "aaaaaaaa", "20262026", "abcabcabc",
        "soleil2026!", "Bonjour123", "doudou2019",
        "1q2w3e4r", "minuitminuit", "Marseille13",
    ],
)  # fmt: skip
def test_a_password_that_anyone_would_try_is_common(password):
    assert weakness(password) is Weakness.COMMON


@pytest.mark.parametrize("password", ["camille.dubois", "Dubois2026", "camilledubois", "CAMILLE1987"])
def test_ones_own_name_or_e_mail_is_no_password(password):
    assert weakness(password, personal=("camille.dubois@exemple.fr", "Camille Dubois")) is Weakness.PERSONAL


@pytest.mark.parametrize(
    "password",
    [
        "quatre-figues-mauves",
        "soleil couchant",
        "Xk7#pQ2m",
        "пароль-длинный",
        "🍐🍐🍎🍋🥕🥬🧅🫑",
        "dubois aime les figues",
    ],
)
def test_a_password_of_ones_own_is_accepted(password):
    assert weakness(password, personal=("camille.dubois@exemple.fr", "Camille Dubois")) is None


def test_eight_characters_are_needed_and_128_are_enough():
    assert weakness("Xk7#pQ2") is Weakness.TOO_SHORT
    assert weakness("Xk7#pQ2m" * 16) is None
    assert weakness("Xk7#pQ2m" * 16 + "x") is Weakness.TOO_LONG
