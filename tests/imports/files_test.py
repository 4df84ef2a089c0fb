"""Rows come whole and in order from any file, and what can't be read is one row's loss."""

import gzip
import json

import pyarrow
import pyarrow.parquet
import pytest

from cabas.imports import files
from cabas.imports.files import Unreadable, fingerprint, opened
from cabas.imports.rejection import Rejected
from cabas.imports.rows import csv_rows, format_of, jsonl_rows, parquet_rows, rows_of


def read(path, format_):
    with opened(path) as source:
        return list(rows_of(source, format_=format_))


def reasons(rows):
    return {row.number: row.values.reason for row in rows if isinstance(row.values, Rejected)}


def test_a_malformed_line_is_one_rows_loss():
    rows = list(jsonl_rows([b'{"a":1}', b"{nonsense", b"", b"[1]", b'{"a":2}']))

    assert [row.number for row in rows] == [1, 2, 4, 5]
    assert reasons(rows) == {2: "malformed_json", 4: "malformed_json"}


def test_a_deep_json_line_is_one_rows_loss():
    assert reasons(jsonl_rows([b'{"a":' + b"[" * 100_000])) == {1: "malformed_json"}


def test_too_long_a_line_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LINE_BYTES_MAX", 100)
    path = tmp_path / "long.jsonl"
    path.write_bytes(b'{"a":1}\n{"a":"' + b"x" * 1000 + b'"}\n{"a":3}\n')

    rows = read(path, "jsonl")

    assert reasons(rows) == {2: "line_too_long"}
    assert rows[2].values == {"a": 3}


def test_a_byte_order_mark_latin_1_and_nul_bytes_are_read(tmp_path):
    path = tmp_path / "mixed.csv"
    path.write_bytes(b"\xef\xbb\xbfcode;nom\r\n1;Cr\xc3\xa8me\r\n2;Cr\xe8me \x80\r\n3;Cr\x00eme\r\n")

    assert [row.values for row in read(path, "csv")] == [
        {"code": "1", "nom": "Crème"},
        {"code": "2", "nom": "Crème €"},
        {"code": "3", "nom": "Creme"},
    ]


def test_utf_16_is_refused_by_its_name(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_bytes("code;nom\n1;x".encode("utf-16"))

    with pytest.raises(Unreadable, match="UTF-16"):
        read(path, "csv")


@pytest.mark.parametrize("delimiter", ["\t", ";", ","])
def test_a_csv_has_tabs_semicolons_or_commas(delimiter):
    lines = [delimiter.join(cells).encode() for cells in (["code", "name"], ["1", '"say ""x"""'])]

    assert [row.values for row in csv_rows(lines)] == [{"code": "1", "name": 'say "x"'}]


def test_a_quoted_value_may_hold_line_ends_and_rows_count_as_in_a_spreadsheet():
    rows = list(csv_rows([b"code,name", b'1,"two', b'lines"', b"2,b"]))

    assert [(row.number, row.values["name"]) for row in rows] == [(2, "two\nlines"), (3, "b")]


def test_a_quote_that_is_never_closed_costs_its_own_row_only():
    rows = list(csv_rows([b"code,name", b'1,"lost', b"2,b", b"3,c"]))

    assert reasons(rows) == {2: "unclosed_quote"}
    assert [row.values["code"] for row in rows[1:]] == ["2", "3"]


def test_a_row_with_more_values_than_columns_is_refused():
    rows = list(csv_rows([b"code,name", b"1,a,b", b"2", b"3,c,"]))

    assert reasons(rows) == {2: "too_many_values"}
    assert rows[1].values == {"code": "2"}


def test_gzip_is_recognised_and_its_damage_told(tmp_path):
    whole = gzip.compress(b"".join(json.dumps({"a": number}).encode() + b"\n" for number in range(20_000)))
    path, cut = tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"
    path.write_bytes(whole)
    cut.write_bytes(whole[: len(whole) // 2])

    assert len(read(path, "jsonl")) == 20_000
    rows = read(cut, "jsonl")
    assert len(rows) > 1_000
    assert list(reasons(rows).values()) == ["file_cut_short"]


def test_parquet_is_read_by_the_columns_that_are_wanted(tmp_path):
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"Code": ["1", "2"], "other": [1, 2]}), path)

    assert [(row.number, row.values, share) for row, share in parquet_rows(path, wanted={"code"})] == [
        (1, {"code": "1"}, 0.5),
        (2, {"code": "2"}, 1.0),
    ]


def test_what_is_not_parquet_is_said_to_be(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"not at all")

    with pytest.raises(Unreadable, match="Parquet"):
        list(parquet_rows(path, wanted={"code"}))


@pytest.mark.parametrize(
    ("name", "content", "format_"),
    [("a.jsonl.gz", b"", "jsonl"), ("a.TSV", b"", "csv"), ("a.pq", b"", "parquet"), ("export", b'{"a":1}', "jsonl"),
     ("export", b"PAR1", "parquet"), ("export", b"code,name", "csv")],
)  # fmt: skip
def test_a_format_is_known_by_its_name_or_its_beginning(tmp_path, name, content, format_):
    path = tmp_path / name
    path.write_bytes(content)

    assert format_of(path) == format_


def test_a_file_is_known_by_all_its_bytes(tmp_path):
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"x" * 100_000 + b"1")
    other.write_bytes(b"x" * 100_000 + b"2")

    assert fingerprint(path) != fingerprint(other)
    with pytest.raises(Unreadable):
        fingerprint(tmp_path / "absent")
