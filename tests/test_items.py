"""Many sources as a stream of items: files, folders, patterns, standard input and JSON Lines."""

from __future__ import annotations

import io
import json
import os
import shutil
import tracemalloc
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.errors import ConfigurationError, InputError
from summarizer.models import Article
from summarizer.reading import MAX_BYTES, Item, count_items, items

GERMAN = "Die Ministerin sagte, über die Zusagen für das Nachbarland werde noch beraten."
ENGLISH = "The minister said that the pledges to the neighbour were still being talked about."


def write(path: Path, text: str | bytes = GERMAN) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def article(item: Item) -> Article:
    found = item.read()
    assert isinstance(found, Article)
    return found


def names(*sources: str, **settings: object) -> list[str]:
    return [item.source for item in items(sources, **settings)]  # type: ignore[arg-type]


def refusal(item: Item) -> str:
    with pytest.raises(InputError) as caught:
        item.read()
    assert caught.value.hint
    return str(caught.value)


def lines(*rows: object) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def test_files_come_in_the_order_given(tmp_path: Path) -> None:
    sources = [write(tmp_path / name, f"{GERMAN} {name}") for name in ("c.txt", "a.md", "b.dat")]
    assert names(*sources) == sources
    assert count_items(sources) == 3
    assert [article(item).text for item in items(sources)] == [f"{GERMAN} {n}" for n in ("c.txt", "a.md", "b.dat")]


def test_a_folder_is_walked_sorted_without_what_is_hidden_or_of_another_kind(tmp_path: Path) -> None:
    wanted = ["a.txt", "b/a.HTML", "b/c/d.jsonl", "b.md", "e.pdf", "f.rss", "z.ndjson"]
    for name in wanted:
        write(tmp_path / name, b"<rss version='2.0'/>" if name == "f.rss" else GERMAN)
    for name in (".hidden.txt", ".git/a.txt", "b/.x/y.txt", "a.py", "data.xml", "b/photo.jpg"):
        write(tmp_path / name, b"<?xml version='1.0'?><note/>")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "b" / "up").symlink_to(tmp_path, target_is_directory=True)
    found = names(str(tmp_path))
    assert [str(Path(name.partition("#")[0]).relative_to(tmp_path)) for name in found] == wanted
    assert count_items([str(tmp_path)]) == len(wanted)


def test_folder_names_are_tidied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "in" / "a.txt")
    monkeypatch.chdir(tmp_path)
    assert names("in/") == names("./in") == names("*") == ["in/a.txt"]
    assert names(".") == ["in/a.txt"]


def test_patterns(tmp_path: Path) -> None:
    for name in ("a1.txt", "a2.txt", "b.dat", "x/a3.txt", "x/y/a4.txt", ".a5.txt", "x/.h/a6.txt", "[1].txt"):
        write(tmp_path / name)

    def found(pattern: str) -> list[str]:
        return [str(Path(name).relative_to(tmp_path)) for name in names(str(tmp_path / pattern))]

    assert found("a?.txt") == ["a1.txt", "a2.txt"]
    assert found("[ab]*") == ["a1.txt", "a2.txt", "b.dat"]
    assert found("*/a*.txt") == ["x/a3.txt"]
    assert found("**/a*.txt") == ["a1.txt", "a2.txt", "x/a3.txt", "x/y/a4.txt"]
    assert found("x*") == ["x/a3.txt", "x/y/a4.txt"]
    assert found(".a*") == [".a5.txt"]
    assert found("[1].txt") == ["[1].txt"]
    assert count_items([str(tmp_path / "**" / "*.txt")]) == 5


def test_what_is_named_twice_is_given_once(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a.txt"), write(tmp_path / "b.txt")
    sources = [two, str(tmp_path), str(tmp_path / "*.txt"), str(tmp_path / "." / "x" / ".." / "a.txt")]
    assert names(*sources) == [two, one]
    assert count_items(sources) == 2
    addresses = ["https://example.org/a", "https://example.org/a#teil", "https://example.org/b"]
    assert names(*addresses) == [addresses[0], addresses[2]]
    assert count_items(addresses) == 2


def test_nothing_to_read_is_said_before_the_first_item(tmp_path: Path) -> None:
    there = write(tmp_path / "a.txt")
    (tmp_path / "empty" / "folder").mkdir(parents=True)
    write(tmp_path / "empty" / "data.xml", "<note/>")
    for source in (str(tmp_path / "empty"), str(tmp_path / "*.docx")):
        for ask in (items, count_items):
            with pytest.raises(ConfigurationError) as caught:
                ask([there, source])
            assert source in str(caught.value) and caught.value.hint
    with pytest.raises(ConfigurationError, match=r"\.atom, \.htm.*\.pdf"):
        items([str(tmp_path / "empty")])


def test_what_cannot_be_read_is_an_item_that_says_so(tmp_path: Path) -> None:
    big = write(tmp_path / "big.txt", b"a" * (MAX_BYTES + 1))
    sources = [str(tmp_path / "missing.txt"), big, "a\0b", "a" * 5000, str(tmp_path / "missing.jsonl"), "ftp://a/b"]
    found = list(items(sources))
    assert [item.source for item in found] == sources
    assert count_items(sources) == len(sources)
    assert {item.digest for item in found} == {None}
    said = [refusal(item) for item in found]
    expected = ["There is no file", "larger than", "can't be read", "can't be read", "There is no file", "ftp://"]
    for words, message in zip(expected, said, strict=True):
        assert words in message
    assert refusal(found[0]) == said[0]


def test_a_folder_that_goes_away_is_an_item(tmp_path: Path) -> None:
    for name in ("a.txt", "b/c.txt", "d.txt"):
        write(tmp_path / name)
    stream = items([str(tmp_path)])
    assert article(next(stream)).text == GERMAN
    shutil.rmtree(tmp_path / "b")
    gone, last = stream
    assert gone.source == str(tmp_path / "b") and gone.digest is None
    assert str(tmp_path / "b") in refusal(gone)
    assert article(last).text == GERMAN


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_is_an_item(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    (tmp_path / "b").mkdir(mode=0)
    _, closed = items([str(tmp_path)])
    assert "permissions" in refusal(closed)


def test_a_file_is_read_once_when_its_turn_comes(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a.txt"), write(tmp_path / "b.txt")
    stream = items([one, two])
    first = next(stream)
    write(tmp_path / "a.txt", "Etwas anderes.")
    write(tmp_path / "b.txt", ENGLISH)
    assert article(first).text == article(first).text == GERMAN
    assert article(next(stream)).text == ENGLISH


def test_digests_are_of_content_and_of_how_it_is_read(tmp_path: Path) -> None:
    paths = [write(tmp_path / name) for name in ("a.txt", "b.txt", "a.html")] + [write(tmp_path / "c.txt", ENGLISH)]
    a, b, page, other = (item.digest for item in items(paths))
    assert a == b and len({a, page, other}) == 3
    assert a is not None and len(a) == 64
    assert next(items(paths)).digest == a
    assert next(items(paths, language="de")).digest != a


def test_addresses_have_no_digest_and_are_not_fetched_offline() -> None:
    (item,) = items(["https://eva:geheim@example.org/a"], offline=True)
    assert (item.source, item.digest) == ("https://example.org/a", None)
    with pytest.raises(ConfigurationError, match=r"example\.org/a can't be fetched with --offline"):
        item.read()


def test_standard_input_as_a_text() -> None:
    for data in (GERMAN.encode("cp1252"), b"\n \n" + GERMAN.encode(), b'{"text": 1}\n' + GERMAN.encode(), b"{\n}\n"):
        (item,) = items(["-"], stdin=io.BytesIO(data))
        assert item.source == "-" and item.digest
        assert article(item).text == data.decode("cp1252" if data[:1] == b"D" else "utf-8")
    (item,) = items(["-"], stdin=io.BytesIO(b""))
    assert "empty" in refusal(item)
    for big in (b"a" * (MAX_BYTES + 1), b"\n" * (MAX_BYTES + 1)):
        (item,) = items(["-"], stdin=io.BytesIO(big))
        assert "standard input is larger than" in refusal(item)
    assert count_items(["-"]) is None


def test_standard_input_as_json_lines(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf\n\n" + lines({"text": GERMAN, "id": "a"}, {"text": ENGLISH})
    other = write(tmp_path / "a.txt")
    found = list(items([other, "-", "-"], stdin=io.BytesIO(data)))
    assert [item.source for item in found] == [other, "-#a", "-#4"]
    assert [article(item).text for item in found] == [GERMAN, GERMAN, ENGLISH]


def test_a_line_gives_all_there_is_to_say(tmp_path: Path) -> None:
    row = {
        "text": "Merz: Keine Zusage\r\n\r\n" + GERMAN,
        "id": "hell-17",
        "title": "Keine Zusage",
        "url": "https://example.org/17",
        "source": "Hellstädter Bote",
        "published": "2031-05-07T23:30:00-05:00",
        "language": "de-AT",
        "unknown": {"key": [1]},
    }
    path = write(tmp_path / "a.jsonl", lines(row))
    (item,) = items([path], language="en")
    found = article(item)
    assert item.source == f"{path}#hell-17"
    assert found == Article(
        id="hell-17",
        title="Keine Zusage",
        text="Merz: Keine Zusage\n\n" + GERMAN,
        language="de",
        source="Hellstädter Bote",
        published=date(2031, 5, 7),
        url="https://example.org/17",
    )


def test_what_a_line_leaves_out_is_found_as_in_a_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", lines({"text": GERMAN, "id": None, "title": "", "url": None}))
    found = article(next(items([path])))
    assert found == Article.from_text(GERMAN, language="de")
    assert article(next(items([path], language="en"))).language == "en"


def test_names_of_lines_are_their_own(tmp_path: Path) -> None:
    ids = ["x", "x", None, "3", 8, None, "x", None, "x (line 7)"]
    rows = [{"text": GERMAN} | ({"id": id} if id else {}) for id in ids]
    path = write(tmp_path / "a.jsonl", lines(*rows))
    found = [item.source.removeprefix(path + "#") for item in items([path])]
    assert found == ["x", "x (line 2)", "3", "3 (line 4)", "8", "6", "x (line 7)", "8 (line 8)", "x (line 7) (line 9)"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"Der Minister", "not JSON"),
        (b'{"text": "abc', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"text": ' + b"1" * 5000 + b"}", "not JSON"),
        (b'{"text": "\xfc"}', "not UTF-8 (byte 10"),
        (b"[1]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        ({"title": "T"}, "has no text"),
        ({"text": None}, "null, not a string"),
        ({"text": ["a"]}, "a list, not a string"),
        ({"text": ""}, "empty"),
        ({"text": "a\ud800"}, "surrogate"),
        ({"text": "Le ministre a dit que les garanties pour la paix ne sont pas dans le plan, et que."}, "language"),
        ({"text": GERMAN, "title": 3}, "title that is a number"),
        ({"text": GERMAN, "id": True}, "id that is true or false"),
        ({"text": GERMAN, "id": "a\nb"}, "control characters"),
        ({"text": GERMAN, "id": "a" * 201}, "longer than"),
        ({"text": GERMAN, "id": "\ud800"}, "surrogate"),
        ({"text": GERMAN, "source": {}}, "source that is an object"),
        ({"text": GERMAN, "published": "gestern"}, "no ISO date"),
        ({"text": GERMAN, "published": "2031-02-30"}, "no ISO date"),
        ({"text": GERMAN, "published": 20310507}, "published that is a number"),
        ({"text": GERMAN, "language": "fr"}, "'fr' isn't supported"),
        ({"text": GERMAN, "url": "javascript:alert(1)"}, "no http or https address"),
        ({"schema_version": 1, "article": {"text": GERMAN}, "claims": []}, "a report that summarizer wrote"),
        ({"article": {"source": "a.txt"}, "error": {"type": "input"}}, "a report that summarizer wrote"),
    ],
)
def test_a_bad_line_spoils_only_itself(tmp_path: Path, line: object, words: str) -> None:
    good = {"text": GERMAN}
    path = write(tmp_path / "a.jsonl", lines(good, b"", line, good))
    first, bad, last = items([path])
    assert count_items([path]) == 3
    message = refusal(bad)
    assert words in message and "line 3" in message and "a.jsonl" in message
    assert article(first).text == article(last).text == GERMAN


def test_reports_on_standard_input_are_told_apart_from_a_text() -> None:
    (item,) = items(["-"], stdin=io.BytesIO(lines({"schema_version": 1, "article": {"text": GERMAN}})))
    assert item.source == "-#1"
    assert "report that summarizer wrote" in refusal(item)


def test_an_over_long_line_is_skipped(tmp_path: Path) -> None:
    long = b'{"text": "' + b"a" * MAX_BYTES + b'"}'
    path = write(tmp_path / "a.jsonl", lines({"text": GERMAN}, long, {"text": ENGLISH}) + long)
    first, bad, last, end = items([path])
    assert bad.source == f"{path}#2" and bad.digest is None
    assert "line 2: The line is longer than" in refusal(bad) and "line 4" in refusal(end)
    assert [article(item).text for item in (first, last)] == [GERMAN, ENGLISH]
    assert count_items([path]) == 4


def test_a_file_of_no_lines_is_an_item_that_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b"\xef\xbb\xbf\n \n")
    (item,) = items([path])
    assert item.source == path and "no article" in refusal(item)
    assert count_items([path]) == 1


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@given(
    rows=st.lists(st.tuples(TEXTS, st.none() | st.text("ab12#()ü ", min_size=1, max_size=4)), min_size=1, max_size=8),
    escaped=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n", "\n\n", "\n \n"]),
    bom=st.booleans(),
    closed=st.booleans(),
)
def test_lines_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str | None]],
    escaped: bool,
    newline: str,
    bom: bool,
    closed: bool,
) -> None:
    written = [json.dumps({"text": text, "id": id, "language": "de"}, ensure_ascii=escaped) for text, id in rows]
    data = ("\ufeff" if bom else "") + newline.join(written) + (newline if closed else "")
    path = write(tmp_path_factory.mktemp("lines") / "a.jsonl", data)
    found = list(items([path]))
    assert len(found) == count_items([path]) == len(rows)
    assert len({item.source for item in found}) == len(rows)
    for item, (text, id) in zip(found, rows, strict=True):
        read = article(item)
        assert read.text == text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        assert id is None or read.id == id
    assert [item.source for item in items(["-"], stdin=io.BytesIO(data.encode()))] == [
        item.source.replace(path, "-", 1) for item in found
    ]


@given(st.binary(max_size=300))
def test_any_bytes_as_lines_are_articles_or_input_errors(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = write(tmp_path_factory.mktemp("lines") / "a.jsonl", data)
    found = list(items([path]))
    assert len(found) == count_items([path])
    for item in found:
        try:
            item.read()
        except InputError as error:
            assert "line" in str(error)


def test_a_large_file_of_lines_is_never_held(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    row = lines({"text": GERMAN * 60, "unknown": "x" * 500})
    amount = 50_000_000 // len(row)
    with path.open("wb") as file:
        for _ in range(amount):
            file.write(row)
    tracemalloc.start()
    try:
        number = sum(1 for item in items([str(path)]) if item.digest)
        counted = count_items([str(path)])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert number == counted == amount
    assert peak < 5_000_000
    path.unlink()


def test_many_files_are_never_held(tmp_path: Path) -> None:
    for number in range(60):
        write(tmp_path / f"{number % 6}" / f"{number}.txt", GERMAN + " " * 500_000)
    tracemalloc.start()
    try:
        assert sum(1 for item in items([str(tmp_path)]) if item.digest) == 60
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Room for the largest file, of thirty megabytes in all.
    assert peak < 1.5 * MAX_BYTES
