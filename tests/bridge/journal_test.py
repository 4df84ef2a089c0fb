"""What a bridge remembers of a key, and what it forgets of a person."""

from pathlib import Path

from cabas.bridge.journal import Did, Journal


async def test_of_who_is_erased_only_the_keys_are_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bridge.db")
    for key, ref in (("key-of-one", "C1"), ("key-of-other", "C12")):
        await journal.asking("registry/create", key, "print")
        await journal.answered("registry/create", key, f'{{"ref":"{ref}","email":"eve@x.example"}}'.encode())

    await journal.forget_person("C1")

    assert await journal.did("registry/create", "key-of-one") == Did("print", None)
    assert (await journal.did("registry/create", "key-of-other") or Did("", None)).answer is not None
    journal.close()


async def test_a_key_that_was_refused_is_as_new(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bridge.db")
    await journal.asking("loyalty/earn", "key-1234", "print")
    await journal.refused("loyalty/earn", "key-1234")

    assert await journal.did("loyalty/earn", "key-1234") is None
    journal.close()
