"""Products go in from every format, what is refused is told, and a second run changes nothing."""

import gzip

import pyarrow
import pyarrow.parquet

from cabas.imports.products import reading
from factories.imports import GOOD, GTINS, write_jsonl

PARTICULARS = """
    select p.*, d.* from product p join product_particulars d using (gtin) order by p.gtin"""


async def test_a_complete_product_goes_on_sale_with_its_particulars(import_in_thread, select, tmp_path):
    answer = await import_in_thread("products", write_jsonl(tmp_path / "p.jsonl", [GOOD]))

    (product,) = await select(
        "select p.*, c.slug, d.* from product p join category c using (category_id)"
        " join product_particulars d using (gtin)"
    )
    assert answer.exit_code == 0, answer.output
    assert answer.told["not_sellable"] == 0, answer.notes
    assert product["sellable"]
    assert (product["name"], product["brand"], product["slug"]) == (
        "Crème dessert vanille", "La Laiterie du Val", "cremes-dessert-et-flans",
    )  # fmt: skip
    assert (product["net_quantity"], product["net_unit"], product["unit_basis"]) == (500, "g", "kg")
    assert (product["zone"], product["vat_basis_points"], product["nutri_score"]) == ("chilled", 550, "C")
    assert (product["labels"], product["retractable"]) == (["organic"], False)
    assert product["ingredients"] == "**Lait** entier, sucre, arôme vanille"
    assert (product["allergens"], product["traces"]) == (["milk"], ["eggs", "nuts"])
    assert (product["operator_name"], product["operator_address"]) == (
        "Laiterie du Val", "3 rue du Lavoir, 37000 Tours",
    )  # fmt: skip
    assert '"fat_mg": 3400' in product["nutrition"]
    assert product["picture"]


async def test_the_same_file_again_changes_nothing_and_says_so(
    run_import, import_in_thread, select, tmp_path
):
    rows = [GOOD, *({**GOOD, "code": gtin, "product_name_fr": f"Produit {gtin}"} for gtin in GTINS)]
    path = write_jsonl(tmp_path / "p.jsonl", rows)
    first = await import_in_thread("products", path)
    before = await select(PARTICULARS)

    again = await import_in_thread("products", path)

    assert (first.told["created"], first.told["unchanged"]) == (7, 0)
    assert (again.told["accepted"], again.told["unchanged"], again.told["changed"]) == (7, 7, 0)
    assert await select(PARTICULARS) == before
    assert again.exit_code == 0


async def test_csv_and_parquet_give_the_same_product_as_jsonl(import_in_thread, select, tmp_path):
    await import_in_thread("products", write_jsonl(tmp_path / "p.jsonl", [GOOD]))
    before = await select(PARTICULARS)
    flat = {name: value for name, value in GOOD.items() if name != "nutriments"} | GOOD["nutriments"]
    cells = {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in flat.items()}
    tsv = tmp_path / "p.tsv.gz"
    tsv.write_bytes(gzip.compress(f"{chr(9).join(cells)}\n{chr(9).join(cells.values())}\n".encode()))
    table = {name: [value] for name, value in GOOD.items() if name != "nutriments"}
    table["product_name_fr"] = [None]
    table["product_name"] = [
        [{"lang": "en", "text": "Custard"}, {"lang": "fr", "text": "Crème dessert vanille"}]
    ]
    table["nutriments"] = [
        [
            {"name": name.removesuffix("_100g"), "100g": float(value)}
            for name, value in GOOD["nutriments"].items()
        ]
    ]
    parquet = tmp_path / "p.parquet"
    pyarrow.parquet.write_table(pyarrow.table(table), parquet)

    for path in (tsv, parquet):
        answer = await import_in_thread("products", path)
        assert (answer.exit_code, answer.told["unchanged"]) == (0, 1), (path, answer.output, answer.told)
    assert await select(PARTICULARS) == before


async def test_what_is_missing_keeps_a_product_from_sale_until_a_file_tells_it(
    import_in_thread, select, tmp_path
):
    lean = {name: GOOD[name] for name in ("code", "product_name_fr", "categories_tags")}

    first = await import_in_thread("products", write_jsonl(tmp_path / "lean.jsonl", [lean]))
    assert set(first.told["not_sellable_by_reason"]) == {
        "missing_net_quantity", "missing_ingredients", "missing_nutrition", "missing_storage",
        "missing_operator_name", "missing_operator_address",
    }  # fmt: skip
    assert first.exit_code == 0
    assert first.notes[0].startswith("1,not_sellable,")
    assert [row["sellable"] for row in await select("select sellable from product")] == [False]

    rest = {name: value for name, value in GOOD.items() if name not in ("product_name_fr", "categories_tags")}
    second = await import_in_thread("products", write_jsonl(tmp_path / "rest.jsonl", [rest]))
    assert (second.told["changed"], second.told["not_sellable"]) == (1, 0)
    (product,) = await select("select sellable, name from product")
    assert product == {"sellable": True, "name": "Crème dessert vanille"}


async def test_the_law_asks_other_things_of_other_goods(import_in_thread, tmp_path):
    bare = {"operator_name": "X", "operator_address": "1 rue Y, 37000 Tours", "quantity": "1 kg"}
    rows = [
        {**bare, "code": GTINS[0], "name": "Pommes", "categories_tags": ["en:apples"]},
        {**bare, "code": GTINS[1], "name": "Vin rouge", "categories_tags": ["en:red-wines"]},
        {**bare, "code": GTINS[2], "name": "Lessive"},
        {**bare, "code": GTINS[3], "name": "Zorglub"},
        {**bare, "code": GTINS[4], "categories_tags": ["en:waters"]},
        {**bare, "code": GTINS[5], "name": "Miel", "origins": "France"},
    ]

    answer = await import_in_thread("products", write_jsonl(tmp_path / "p.jsonl", rows))

    assert [note.split(",")[2] for note in answer.notes] == [
        "missing_origin", "missing_alcohol", "missing_category missing_ingredients missing_nutrition", "missing_name",
    ]  # fmt: skip
    assert answer.told["accepted"] == 6


async def test_each_bad_row_is_told_with_its_reason_and_the_good_go_in(import_in_thread, tmp_path):
    path = tmp_path / "p.jsonl"
    write_jsonl(path, [
        GOOD, {"code": ""}, {"code": "12AB"}, {"code": "123"}, {"code": "3179142054696"}, GOOD,
    ])  # fmt: skip
    with path.open("ab") as file:
        file.write(b"{broken\n" + b'{"a":"' + b"x" * 1_100_000 + b'"}\n' + b'{"code": 96385074}\n')

    answer = await import_in_thread("products", path)

    assert answer.told["rejected_by_reason"] == {
        "gtin_missing": 1, "gtin_not_digits": 1, "gtin_length": 1, "gtin_check_digit": 1, "duplicate_in_file": 1,
        "malformed_json": 1, "line_too_long": 1,
    }  # fmt: skip
    assert answer.told["accepted"] == 2
    assert [int(note.split(",")[0]) for note in answer.notes] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert answer.exit_code == 0


async def test_a_value_the_database_refuses_costs_its_own_row_only(
    import_in_thread, select, tmp_path, monkeypatch
):
    monkeypatch.setitem(reading._VAT, 850, 850)  # a rate of Martinique, which the table doesn't take
    rows = [{"code": GTINS[0], "vat_rate": "8.5"}, {"code": GTINS[1], "vat_rate": "5.5"}]

    answer = await import_in_thread("products", write_jsonl(tmp_path / "p.jsonl", rows))

    assert answer.told["rejected_by_reason"] == {"refused_value": 1}, answer.notes
    assert [row["gtin"] for row in await select("select gtin from product")] == [int(GTINS[1])]


async def test_offers_follow_their_product(import_in_thread, select, tmp_path):
    lean = {name: value for name, value in GOOD.items() if name not in ("quantity", "categories_tags")}
    await import_in_thread("products", write_jsonl(tmp_path / "a.jsonl", [lean]))
    stores, offers = tmp_path / "s.csv", tmp_path / "o.csv"
    stores.write_text("code,name,city,postcode,lat,lon\nS1,Tours,Tours,37000,47.39,0.68\n")
    offers.write_text(f"store;gtin;price\nS1;{GOOD['code']};2,49\n")
    await import_in_thread("stores", stores)
    await import_in_thread("offers", offers)

    await import_in_thread("products", write_jsonl(tmp_path / "b.jsonl", [GOOD]))

    (offer,) = await select("select o.*, p.category_id as leaf from offer o join product p using (gtin)")
    assert (offer["price_cents"], offer["unit_price_cents"]) == (249, 498)
    assert (offer["category_id"], offer["shelf_id"]) == (offer["leaf"], offer["leaf"] // 100)


def test_nothing_readable_is_one_line_and_exit_one(run_import, tmp_path):
    empty, rubbish = tmp_path / "empty.jsonl", tmp_path / "rubbish.jsonl"
    empty.write_bytes(b"")
    rubbish.write_bytes(b"\x00\x01\x02\nnothing\n")

    for path in (tmp_path / "absent.jsonl", empty, rubbish, tmp_path):
        answer = run_import("products", path)
        assert answer.exit_code == 1
        assert "Traceback" not in answer.output


def test_somebody_elses_file_is_never_taken_for_the_list_of_rejects(run_import, tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text("precious,data\n")

    answer = run_import("products", write_jsonl(tmp_path / "p.jsonl", [GOOD]), "--rejects", str(mine))

    assert answer.exit_code == 1
    assert mine.read_text() == "precious,data\n"
