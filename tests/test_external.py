"""Scoring on quotations annotated by others."""

import json
from datetime import UTC, datetime

import pytest

from summarizer.errors import InputError
from summarizer.evaluation.external import ExternalArticle, read_external, score_external, total
from summarizer.models import Attribution, Claim, Evidence, Measure, Report, Run, Speaker, SpeakerKind, Stance
from summarizer.sentences import split

TEXT = "Präsidentin Ana Muster sagte, es regne. Er widersprach. Niemand sprach. Bob Beispiel lobte sie."


def external(*quotes):
    return ExternalArticle.model_validate(
        {
            "id": "1",
            "text": TEXT,
            "quotes": [
                {"quote_spans": [[TEXT.index(words), TEXT.index(words) + len(words)]], "speaker_text": speaker, **more}
                for words, speaker, more in quotes
            ],
        }
    )


def report(given, *found):
    sentences = {s.number: s for s in split(TEXT)}
    claims = [
        Claim(
            id=f"c{i}",
            speakers=[Speaker(name=name, kind=SpeakerKind.PERSON)],
            statement="x",
            attribution=Attribution.INDIRECT,
            stance=Stance.ASSERTS,
            measure=Measure.GENERAL,
            evidence=[
                Evidence(
                    sentence=number,
                    start=sentences[number].start,
                    end=sentences[number].end,
                    text=sentences[number].text(TEXT),
                )
            ],
        )
        for i, (number, name) in enumerate(found)
    ]
    run = Run(model="m", prompt="p", profile="s", summarizer_version="0", started_at=datetime.now(UTC), duration_s=0)
    return Report(article=given.article(), claims=claims, run=run)


QUOTE = ("es regne", "Präsidentin Ana Muster", {})


def test_sentence_and_speaker_are_right():
    given = external(QUOTE)
    found = score_external(given, report(given, (1, "Ana Muster")))
    assert (found.sentences.f1, found.speakers.f1) == (1.0, 1.0)


def test_another_speaker_costs_the_speaker_only():
    given = external(QUOTE)
    found = score_external(given, report(given, (1, "Bob Beispiel")))
    assert (found.sentences.f1, found.speakers.f1) == (1.0, 0.0)


def test_a_sentence_without_a_quotation_costs_precision():
    given = external(QUOTE)
    found = score_external(given, report(given, (1, "Muster"), (3, "Muster")))
    assert (found.sentences.precision, found.sentences.recall) == (0.5, 1.0)


def test_pronouns_are_left_out_of_the_speakers():
    given = external(("Er widersprach", "Er", {}))
    found = score_external(given, report(given, (2, "Bob Beispiel")))
    assert (found.sentences.gold, found.speakers.gold, found.speakers.predicted) == (1, 0, 0)


def test_nested_quotations_count_once():
    given = external((*QUOTE[:2], {"nested": True}))
    assert score_external(given, report(given)).sentences.gold == 0


def test_totals_add_up():
    given = external(QUOTE)
    one = score_external(given, report(given, (1, "Ana Muster")))
    both = total([one, score_external(given, report(given))])
    assert (both.sentences.correct, both.sentences.gold) == (1, 2)


@pytest.mark.parametrize("content", ["no json\n", json.dumps({"id": "1"}) + "\n"])
def test_another_format_is_an_error_with_its_line(tmp_path, content):
    file = tmp_path / "data.jsonl"
    file.write_text(content)
    with pytest.raises(InputError, match="line 1"):
        list(read_external(file))


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        list(read_external(tmp_path / "none.jsonl"))
