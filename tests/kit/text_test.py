from cabas.kit.text import clean_line


def test_what_breaks_a_database_or_forges_a_line_is_taken_out():
    assert clean_line("  Anne\x00\r\nSet-Cookie:\x1b x\ud800 ") == "Anne Set-Cookie: x"


def test_marks_that_turn_text_around_are_taken_out_but_right_to_left_letters_stay():
    assert clean_line("\u202eevil\u202c سلمى") == "evil سلمى"


def test_the_same_name_is_the_same_bytes():
    assert clean_line("Ame\u0301lie") == "Amélie"


def test_emoji_and_markup_are_text():
    assert clean_line("👩‍🌾 <b>") == "👩‍🌾 <b>"
