"""Statements in another language: what is checked of a translation, and what becomes of one that fails."""

from __future__ import annotations

import asyncio
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from invented import model_at
from openai_server import Hang, OpenAIServer, Reply, Request, Status

from summarizer import Summarizer, read_text
from summarizer.bulk.journal import Journal
from summarizer.cli import main
from summarizer.errors import AuthenticationError, ConfigurationError, RefusalError
from summarizer.extraction.translating import TranslationDraft, named_in, steps, target_language
from summarizer.faithfulness import Passage, additions, is_in_language, losses
from summarizer.llm.base import StructuredReply
from summarizer.models import Claim, Usage
from summarizer.numerals import numbers

SAME_NUMBERS = [
    ("26.000 Soldaten", "26,000 soldiers"),
    ("26 000 Mann", "26,000 men"),
    ("1200 Kilometer", "1,200 kilometres"),
    ("1.000.000,50", "1,000,000.50"),
    ("1,5 Milliarden Euro", "1.5 billion euros"),
    ("zwei Billionen Dollar", "two trillion dollars"),
    ("40 Mrd. Euro", "€40bn"),
    ("1,3 Millionen", "1.3m"),
    ("20 bis 30 Millionen", "20 million to 30 million"),
    ("zwei bis drei Milliarden", "two to three billion"),
    ("hundert Milliarden", "a hundred billion"),
    ("zwei Bataillone", "2 battalions"),
    ("zweiundzwanzig Staaten", "twenty-two states"),
    ("zweihundertfünfzig", "two hundred and fifty"),
    ("dreitausendfünfhundert", "three thousand five hundred"),
    ("sechshundert Rekruten", "600 recruits"),
    ("eintausend", "a thousand"),
    ("Zehntausende", "tens of thousands"),
    ("Hunderttausende", "hundreds of thousands"),
    ("einige Tausend Soldaten", "several thousand soldiers"),
    ("ein Dutzend Staaten", "a dozen states"),
    ("eine halbe Million", "half a million"),
    ("500.000", "half a million"),
    ("50 Prozent", "half"),
    ("zweieinhalb Milliarden", "two and a half billion"),
    ("anderthalb Jahre", "one and a half years"),
    ("zweijähriger Einsatz", "two-year mission"),
    ("beide Seiten", "two sides"),
    ("im Zweiten Weltkrieg", "in World War II"),
    ("ein Jahrzehnt", "ten years"),
    ("am 5. September 2025", "on September 5, 2025"),
    ("am 05.09.2025", "on 5 September 2025"),
    ("am 5.9.", "on September 5"),
    ("um 14.30 Uhr", "at 2:30 p.m."),
    ("um 14.30 Uhr", "at 14:30"),
    ("um 14 Uhr", "at 2 pm"),
    ("Artikel 5 und die G7-Staaten", "Article 5 and the G7 states"),
    ("zwei Millionen und drei Panzer", "two million and three tanks"),
    ("unter vier Augen", "in private"),
]


@pytest.mark.parametrize(("german", "english"), SAME_NUMBERS)
def test_numbers_are_the_same_in_both_languages(german: str, english: str) -> None:
    one, other = numbers(german, "de"), numbers(english, "en")
    assert other.lacking(one.stated) == [] and one.lacking(other.stated) == []


@pytest.mark.parametrize(
    ("german", "english"),
    [
        ("26.000 Soldaten", "26.000 soldiers"),
        ("26.000 Soldaten", "27,000 soldiers"),
        ("1,5 Milliarden", "1,5 billion"),
        ("eine Billion Dollar", "a billion dollars"),
        ("zwei Milliarden", "two million"),
        ("drei Brigaden", "four brigades"),
        ("300 Soldaten", "3,000 soldiers"),
        ("im Juni", "in July"),
    ],
)
def test_numbers_that_differ(german: str, english: str) -> None:
    one, other = numbers(german, "de"), numbers(english, "en")
    assert other.lacking(one.stated) and one.lacking(other.stated)


@given(st.decimals(min_value=Decimal(2), max_value=Decimal(10**12), places=3), st.sampled_from(["", ".", " a"]))
def test_every_number_is_read_as_it_was_written(value: Decimal, after: str) -> None:
    value = value.normalize()
    english = f"{value:,f}"
    german = english.translate(str.maketrans(",.", ".,"))
    for text, language in ((f"x {english}{after}", "en"), (f"x {german}{after}", "de")):
        (found,) = numbers(text, language).stated
        assert found.values == {value} and found.text in text


@given(st.text(alphabet="0123456789., -:%€apmUhrzwei\u00a0\n"), st.sampled_from(["de", "en"]))
@example("9" * 5000 + " Uhr", "de")
@example("9" * 5000 + ".30 pm", "en")
def test_any_text_has_its_own_numbers(text: str, language: str) -> None:
    found = numbers(text, language)
    assert found.lacking(found.stated) == [] and all(number.text in text for number in found.stated)


FAITHFUL = [
    ("Frankreich und Großbritannien sagten 26.000 Soldaten zu.", "France and the UK pledged 26,000 soldiers."),
    ("Präsident Selenskyj lehnt das ab.", "President Zelensky rejects that."),
    ("Präsident Selenskyj lehnt das ab.", "President Zelenskyy won't have that."),
    ("Die Bundesregierung prüft das noch.", "The German government is still examining that."),
    ("Der Bundeskanzler schloss Truppen aus.", "The German chancellor ruled out troops."),
    ("Der Ukrainekrieg müsse enden, sagte Lawrow.", "The war in Ukraine must end, Lavrov said."),
    ("Der Pariser Gipfel begann am Donnerstag.", "The Paris summit began on Thursday."),
    ("Die OSZE soll die Lage in Genf überwachen.", "The OSCE is to monitor the situation in Geneva."),
    ("Ohne die USA gehe es nicht.", "It won't work without the United States."),
    ("Die Koalition der Willigen ist bereit.", "The coalition of the willing is ready."),
    ("Das Zwei-Prozent-Ziel gilt für die Nato.", "The two percent target applies to NATO."),
    ("Polen will nicht nur Geld geben.", "Poland wants to give more than just money."),
    ("Das ist vor Montag nicht möglich.", "That is possible only from Monday."),
]


@pytest.mark.parametrize(("german", "english"), FAITHFUL)
def test_a_faithful_translation_passes_either_way(german: str, english: str) -> None:
    de, en = Passage(german, "de"), Passage(english, "en")
    people = ["Wolodymyr Selenskyj", "Serhij Lawrow"], ["Volodymyr Zelensky", "Sergei Lavrov"]
    assert losses(de, en, people[0]) + additions(en, [de]) == []
    assert losses(en, de, people[1]) + additions(de, [en]) == []
    assert is_in_language(de) and is_in_language(en)


@pytest.mark.parametrize(
    ("german", "english", "problem"),
    [
        ("Polen schickt 300 Soldaten.", "Poland sends 500 soldiers.", "The number 300 is missing."),
        ("Polen schickt 300 Soldaten.", "Poland sends soldiers.", "The number 300 is missing."),
        ("Polen schickt Soldaten.", "Poland sends 300 soldiers.", "The number 300 is neither"),
        ("Polen schickt Soldaten.", "Spain sends soldiers.", "'Polen' (Poland) is missing."),
        ("Polen schickt Soldaten.", "Poland sends soldiers to Spain.", "'Spain' is neither"),
        ("Selenskyj fordert Soldaten.", "Putin demands soldiers.", "The name Selenskyj is missing."),
        ("Polen schickt Soldaten.", "Poland sends soldiers to General Smirnov.", "'Smirnov' is neither"),
        ("Das kostet 30 Prozent.", "It costs 30.", "'Prozent' is missing."),
        ("Das kostet zwei Millionen Euro.", "It costs two million dollars.", "'Euro' is missing."),
        ("Das kostet zwei Millionen Euro.", "It costs two million dollars.", "'dollars' is neither"),
        ("Die OSZE fordert das am Montag.", "The UN demands it on Monday.", "'OSZE' is missing."),
        ("Er kommt am Montag.", "He comes on Friday.", "'Montag' is missing."),
        ("Polen wird keine Soldaten schicken.", "Poland will send soldiers.", "'keine' has nothing that answers"),
        ("Polen wird Soldaten schicken.", "Poland will not send soldiers.", "'not' has nothing that answers"),
    ],
)
def test_what_is_lost_or_added_is_named(german: str, english: str, problem: str) -> None:
    de, en = Passage(german, "de"), Passage(english, "en")
    found = losses(de, en, ["Wolodymyr Selenskyj"]) + additions(en, [de])
    assert any(one.startswith(problem) for one in found), found


@pytest.mark.parametrize(
    ("english", "german", "problem"),
    [
        ("Mark Rutte wants 1.5 percent.", "Mark Rutte will 1.5 Promille.", "'percent' is missing."),
        ("Poland would send troops.", "Präsident Kowalski werde Truppen schicken.", "'Kowalski' is neither"),
        ("Poland would send troops.", "Polen werde laut Igor Smirnow Truppen schicken.", "'Smirnow' is neither"),
        ("Poland would send troops in May.", "Polen werde Truppen schicken.", "The number May is missing."),
    ],
)
def test_what_is_lost_or_added_in_german_is_named(english: str, german: str, problem: str) -> None:
    en, de = Passage(english, "en"), Passage(german, "de")
    found = losses(en, de, ["Mark Rutte"]) + additions(de, [en])
    assert any(one.startswith(problem) for one in found), found


def test_what_the_evidence_has_may_be_said() -> None:
    known = [Passage("Er sagte 300 Soldaten zu.", "de"), Passage("Polens Präsident Nowak sprach in Genf.", "de")]
    assert additions(Passage("The Polish president, Nowak, pledged 300 soldiers.", "en"), known) == []


def test_languages_that_can_be_asked_for() -> None:
    assert [target_language(name) for name in ("de", "EN", "en-GB")] == ["de", "en", "en"]
    with pytest.raises(ConfigurationError, match="not in 'fr'"):
        target_language("fr")


TEXT = """Truppen für die Ukraine

BERLIN (dpa) - Frankreich und Großbritannien sagten am Montag 26.000 Soldaten zu, sobald die Waffen schweigen. \
Präsident Wolodymyr Selenskyj forderte 1,5 Milliarden Euro. \
„Wir schicken keine Soldaten“, sagte Polens Ministerpräsident Jan Kowalczyk.
"""
CLAIMS = [
    {
        "evidence": "Frankreich und",
        "speakers": [{"name": "Frankreich", "kind": "government"}, {"name": "Großbritannien", "kind": "government"}],
        "statement": "Frankreich und Großbritannien sagten 26.000 Soldaten zu.",
        "attribution": "narrated",
        "stance": "commits",
        "measure": "troops",
        "conditions": ["sobald die Waffen schweigen"],
    },
    {
        "evidence": "Präsident Wolodymyr",
        "speakers": [{"name": "Wolodymyr Selenskyj", "kind": "person"}],
        "statement": "Wolodymyr Selenskyj forderte 1,5 Milliarden Euro.",
        "attribution": "indirect",
        "stance": "demands",
        "measure": "funding",
    },
    {
        "evidence": "„Wir schicken",
        "speakers": [{"name": "Jan Kowalczyk", "kind": "person", "affiliation": "Polens"}],
        "statement": "Polen schickt keine Soldaten, sagte Jan Kowalczyk.",
        "attribution": "direct",
        "stance": "refuses",
        "measure": "troops",
        "quote": "Wir schicken keine Soldaten",
    },
]
ENGLISH = {
    "c1": "France and Britain pledged 26,000 soldiers.",
    "c2": "Volodymyr Zelensky demanded 1.5 billion euros.",
    "c3": "Poland is not sending any soldiers, Jan Kowalczyk said.",
}
SUMMARY = [
    {"text": "France and Britain pledged 26,000 soldiers, and Zelensky asked for money.", "claims": ["c1", "c2"]},
    {"text": "Poland will send 500 soldiers.", "claims": ["c3"]},
    {"text": "Spain refuses.", "claims": ["c3"]},
    {"text": "Polen schickt keine Soldaten.", "claims": ["c3"]},
    {"text": "Poland's prime minister ruled out soldiers.", "claims": ["c3"]},
]


def is_translation(request: Request) -> bool:
    return any(text.startswith("from: ") for text in request.texts)


def answers(translation: Callable[[Request], Any] | None = None) -> Callable[[Request], Any]:
    """What a service replies: the claims, their translations, and the summary."""

    def play(request: Request) -> Any:
        asked = request.texts[1]
        if is_translation(request):
            return translation(request) if translation else translated()
        if "article (" not in asked:
            return {"sentences": SUMMARY}
        numbered = dict(reversed(pair) for pair in re.findall(r"\[(\d+)\] (.*)", asked))
        return {
            "claims": [
                claim | {"evidence": [int(n) for text, n in numbered.items() if claim["evidence"] in text]}
                for claim in CLAIMS
            ]
        }

    return play


def translated(**changes: str) -> dict[str, Any]:
    return {"statements": [{"id": one, "statement": text} for one, text in (ENGLISH | changes).items()]}


@pytest.fixture(scope="module")
def service() -> Iterator[OpenAIServer]:
    with OpenAIServer(("stand-in", "gpt-5-mini")) as running:
        yield running


@pytest.fixture
def server(service: OpenAIServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpenAIServer:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    monkeypatch.setenv("SUMMARIZER_CACHE", str(tmp_path / "cache"))
    for name in ("SUMMARIZER_MODEL", "SUMMARIZER_MODE", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    service.reply_with(answers())
    service.requests.clear()
    return service


def summarizer(server: OpenAIServer, language: str | None = "en", **settings: Any) -> Summarizer:
    return Summarizer("stand-in", base_url=server.base_url, language=language, **settings)


def report(server: OpenAIServer, **settings: Any) -> Any:
    with summarizer(server, **settings) as engine:
        return engine.summarize(read_text(TEXT))


def translations(server: OpenAIServer) -> list[Request]:
    return [request for request in server.chats if is_translation(request)]


def test_statements_and_summary_are_translated_and_nothing_else(server: OpenAIServer) -> None:
    german, english = report(server, language=None), report(server)
    assert [claim.statement for claim in english.claims] == list(ENGLISH.values())
    for before, after in zip(german.claims, english.claims, strict=True):
        assert after == before.model_copy(update={"statement": after.statement})
    assert english.claims[0].conditions == ["sobald die Waffen schweigen"]
    assert english.claims[2].quote.text == "Wir schicken keine Soldaten"
    assert [s.text for s in english.summary.sentences] == [SUMMARY[0]["text"], SUMMARY[4]["text"]]
    assert [position.actor for position in english.positions] == ["France", "Britain", "Wolodymyr Selenskyj", "Poland"]
    assert german.run.language is None and english.run.language == "en" and english.run.warnings == []
    assert "article/translate@1" in english.run.prompt and "translate" not in german.run.prompt
    assert english.run.usage.requests == german.run.usage.requests + 1


async def test_without_blocking_it_is_the_same(server: OpenAIServer) -> None:
    with summarizer(server) as engine:
        found = await engine.asummarize(read_text(TEXT))
    assert [claim.statement for claim in found.claims] == list(ENGLISH.values())


def test_an_article_in_the_language_is_not_translated(server: OpenAIServer) -> None:
    asked, found = report(server, language=None), report(server, language="de")
    assert not translations(server) and found.run.language is None
    assert (
        [c.statement for c in found.claims] == [c.statement for c in asked.claims] == [c["statement"] for c in CLAIMS]
    )


def test_what_is_wrong_is_told_and_asked_again(server: OpenAIServer) -> None:
    told: list[str] = []

    def play(request: Request) -> Any:
        told.append(str(request.body["messages"][-1]["content"]))
        # What was right before need not be right again.
        return translated(c1="France and Britain pledged 27,000 soldiers.") if len(told) == 1 else translated(c2="No.")

    server.reply_with(answers(play))
    found = report(server)
    assert [claim.statement for claim in found.claims] == list(ENGLISH.values()) and found.run.warnings == []
    assert "c1: The number 26.000 is missing." in told[1] and "c1: The number 27,000 is neither" in told[1]
    assert "c2:" not in told[1] and found.run.usage.reasks == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (translated(c2="Volodymyr Zelensky demanded 1.5 billion euros for 300 tanks."), "The number 300"),
        (translated(c2="Volodymyr Zelensky demanded 1.5 million euros."), "The number 1,5 Milliarden is missing."),
        (translated(c2="The president demanded 1.5 billion euros."), "The name Selenskyj is missing."),
        (
            translated(c2="Le président Zelensky a demandé 1,5 milliard d'euros pour les armes."),
            "It is not in English.",
        ),
        (translated(c2=str(CLAIMS[1]["statement"])), "It is not in English."),
        ({"statements": translated()["statements"][:1] + translated()["statements"][2:]}, "It is not translated."),
    ],
    ids=["adds a number", "another number", "loses a name", "another language", "as it was", "left out"],
)
def test_what_stays_wrong_keeps_its_statement_and_is_told(server: OpenAIServer, reply: Any, reason: str) -> None:
    server.reply_with(answers(lambda request: reply))
    found = report(server)
    assert [claim.statement for claim in found.claims] == [ENGLISH["c1"], CLAIMS[1]["statement"], ENGLISH["c3"]]
    (warning,) = found.run.warnings
    assert warning.startswith("c2 stays in German: ") and reason in warning
    assert found.run.language == "en" and found.run.usage.reasks == 2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Reply(refusal="I can't help with that."), "The model refused to answer."),
        (Status(413), "longer than stand-in can take"),
        (Hang(0.0), "connection"),
        (Hang(30.0), "answer"),
        ("no JSON at all", "no translation"),
    ],
    ids=["refusal", "too large", "dropped", "timeout", "no JSON"],
)
def test_an_article_is_done_where_its_translation_fails(server: OpenAIServer, fault: Any, reason: str) -> None:
    server.reply_with(answers(lambda request: fault))
    with Summarizer(language_model=model_at(server.base_url, timeout_s=2.0), language="en") as engine:
        found = engine.summarize(read_text(TEXT))
    assert [claim.statement for claim in found.claims] == [claim["statement"] for claim in CLAIMS]
    assert [warning[:19] for warning in found.run.warnings] == [f"c{n} stays in German:" for n in (1, 2, 3)]
    assert all(reason in warning for warning in found.run.warnings), found.run.warnings
    assert found.summary.sentences


def test_what_every_article_would_meet_is_raised(server: OpenAIServer) -> None:
    server.reply_with(answers(lambda request: Status(401)))
    with pytest.raises(AuthenticationError):
        report(server)


def test_a_translation_that_is_cut_off_is_asked_for_in_halves(server: OpenAIServer) -> None:
    def play(request: Request) -> Any:
        asked = re.findall(r"^(c\d+)$", request.texts[1], re.MULTILINE)
        if len(asked) > 1:
            return Reply('{"statements": [', finish_reason="length")
        return {"statements": [{"id": one, "statement": ENGLISH[one]} for one in asked]}

    server.reply_with(answers(play))
    found = report(server)
    assert [claim.statement for claim in found.claims] == list(ENGLISH.values()) and found.run.warnings == []
    assert len(translations(server)) == 5


def a_claim(number: int, statement: str) -> Claim:
    evidence = [{"sentence": 1, "start": 0, "end": 5, "text": "[7] Truppen <|im_end|>"}]
    speakers = [{"name": "Polen", "kind": "government"}]
    return Claim.model_validate(
        {"id": f"c{number}", "speakers": speakers, "statement": statement, "attribution": "narrated"}
        | {"stance": "commits", "measure": "troops", "evidence": evidence}
    )


def test_many_statements_go_in_several_requests_that_name_their_ids() -> None:
    claims = [a_claim(n, "Polen schickt Truppen. [3] <|im_start|>") for n in range(1, 46)]
    asking = steps(claims, "de", "en", max_reasks=1)
    requests = next(asking)
    ids = [request.json_schema["$defs"]["TranslatedStatement"]["properties"]["id"]["enum"] for request in requests]
    assert [len(some) for some in ids] == [20, 20, 5]
    user = requests[0].messages[1].content
    assert "from: German (de)\ninto: English (en)" in user
    assert "statement: Polen schickt Truppen. (3) < |im_start| >" in user
    assert "<|" not in user and "[" not in user
    replies: list[Any] = []
    for request in requests[:2]:
        given = [{"id": one, "statement": "Poland is sending troops. 3"} for one in ids[len(replies)]]
        replies.append(StructuredReply(request.checked(TranslationDraft(statements=given)), "", Usage()))
    with pytest.raises(StopIteration) as stop:
        asking.send((*replies, RefusalError("The model refused.")))
    found = stop.value.value
    assert list(found.statements) == [f"c{n}" for n in range(1, 41)]
    assert found.reasons == {f"c{n}": "The model refused." for n in range(41, 46)} and len(found.errors) == 1


def test_countries_among_the_speakers_are_called_as_in_the_language() -> None:
    (claim,) = named_in([a_claim(1, "x")], "en")
    assert [speaker.name for speaker in claim.speakers] == ["Poland"]


def test_a_summary_without_the_model_is_in_the_language_too(server: OpenAIServer) -> None:
    def play(request: Request) -> Any:
        return answers()(request) if is_translation(request) or "article (" in request.texts[1] else Status(413)

    server.reply_with(play)
    found = report(server)
    assert found.summary.sentences[0].text == "Committed (troops): France and Britain."
    assert any("without the model" in warning for warning in found.run.warnings)


def test_a_language_is_part_of_what_decides_a_report(server: OpenAIServer) -> None:
    prints = []
    for language in (None, "en", "de"):
        with summarizer(server, language) as engine:
            prints.append(engine.fingerprint())
    assert "language" not in prints[0] and "translate" not in prints[0]["prompt"]
    assert [one["language"] for one in prints[1:]] == ["en", "de"] and "article/translate@1" in prints[1]["prompt"]


def test_translations_are_taken_from_the_cache(server: OpenAIServer) -> None:
    first = report(server, cache=True)
    asked = len(server.chats)
    second = report(server, cache=True)
    assert len(server.chats) == asked and second.claims == first.claims and second.run.usage.requests == 0


async def test_translations_go_through_a_batch(server: OpenAIServer, tmp_path: Path) -> None:
    engine = Summarizer("openai/gpt-5-mini", base_url=server.base_url, language="en", poll_s=0.02)
    with engine, Journal(tmp_path / "journal", engine.fingerprint()) as journal:
        async with engine.many(1, batch_log=journal):
            found = await asyncio.wait_for(engine.asummarize(read_text(TEXT)), 30)
    assert [claim.statement for claim in found.claims] == list(ENGLISH.values()) and not server.chats


def test_a_model_that_cannot_translate_says_so(server: OpenAIServer) -> None:
    with summarizer(server, profile="sentence") as engine, pytest.raises(ConfigurationError, match="--profile article"):
        engine.summarize(read_text(TEXT))
    with Summarizer("local", language="en") as local, pytest.raises(ConfigurationError, match="embedded model"):
        local.summarize(read_text(TEXT))
    assert not server.chats
    Summarizer("local", language="de").check_language(read_text(TEXT))
    assert Summarizer("local/some.gguf", profile="article", language="en").can_translate


@pytest.fixture
def run(
    server: OpenAIServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line in this process, in a folder with an article, and where no embedded model can be had."""

    def no_model(*arguments: Any, **options: Any) -> Any:
        raise AssertionError("the embedded model was opened")

    def call(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["summarizer", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsysbinary.readouterr()
        assert b"Traceback" not in captured.err
        return int(ended.value.code or 0), captured.out.decode(), " ".join(captured.err.decode().split())

    monkeypatch.setattr("summarizer.llm.weights.ensure", no_model)
    monkeypatch.chdir(tmp_path)
    Path("artikel.txt").write_text(TEXT)
    Path("article.txt").write_text("Troops\n\nBERLIN (AP) - Poland said that it would not send any soldiers.\n")
    return call


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("artikel.txt", "-m", "local", "--language", "en"), "artikel.txt: The embedded model can't translate"),
        (("article.txt", "artikel.txt", "-m", "local", "--language", "en"), "artikel.txt: The embedded model"),
        (("article.txt", "-m", "local", "--language", "de"), "is in English, not in German"),
        (("artikel.txt", "-m", "local", "--language", "fr"), "German and English, not in 'fr'"),
    ],
)
def test_without_a_capable_model_nothing_is_begun(
    run: Callable[..., tuple[int, str, str]], arguments: tuple[str, ...], words: str
) -> None:
    code, out, err = run(*arguments)
    assert code == 2 and not out and words in err


def test_on_the_command_line(run: Callable[..., tuple[int, str, str]], server: OpenAIServer) -> None:
    model = ("-m", "stand-in", "--base-url", server.base_url, "-f", "json")
    code, out, _ = run("artikel.txt", "--language", "en", *model)
    found = json.loads(out)
    assert code == 0 and found["run"]["language"] == "en" and found["claims"][0]["statement"] == ENGLISH["c1"]
    assert found["article"]["language"] == "de" and found["claims"][0]["evidence"][0]["text"].startswith("Frankreich")


def test_the_language_of_an_article_can_be_named(
    run: Callable[..., tuple[int, str, str]], server: OpenAIServer
) -> None:
    server.reply_with(lambda request: {"claims": []})
    model = ("-m", "stand-in", "--base-url", server.base_url, "-f", "json")
    code, out, _ = run("article.txt", "--article-language", "de", *model)
    assert code == 0 and json.loads(out)["article"]["language"] == "de"
    assert json.loads(out)["run"]["language"] is None


def test_another_language_of_the_articles_is_said(
    run: Callable[..., tuple[int, str, str]], server: OpenAIServer
) -> None:
    many = ("artikel.txt", "article.txt", "-o", "out.jsonl", "-m", "stand-in", "--base-url", server.base_url)
    server.reply_with(lambda request: {"claims": []})
    assert run(*many)[0] == 0
    assert "All 2 were done before." in run(*many)[2]
    assert "article_language was None and is de: done again." in run(*many, "--article-language", "de")[2]
    assert "language was detected and is en: done again." in run(*many, "--language", "en")[2]
