"""The reader of training articles."""

import sys
from pathlib import Path

import pytest

from summarizer.models import Attribution, Measure, Stance

sys.path.append(str(Path(__file__).parent.parent / "evals" / "training"))

import annotated
from annotated import AnnotationError, Said, all_articles, read

GOOD = """= de agency 2026-03-04 Truppen für den Frieden

NIVE (dpa) - Ministerin Anna Muster lehnt Truppen ab.
> Anna Muster | refuses | troops | indirect
Das Risiko sei zu groß, sagte sie.
> Anna Muster [sie] | refuses | troops | indirect | +1
Auch gebe es keine Schiffe.
> Anna Muster [-] | refuses | naval | indirect

## Zusagen

Norwegen und Island schicken Schiffe.
> Norwegen; Island | commits | naval | narrated
~ Anna Muster [-]
= en interview 2026-03-05 A talk

Will you send troops?
"""
HEAD = "= de agency 2026-03-04 Titel\n\nAnna Muster sagte Nein.\n"


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "de-x.txt"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_articles_of_a_file(file):
    first, second = read(file(GOOD))
    assert (first.source, first.language, first.genre, first.published) == ("de-x.txt:1", "de", "agency", "2026-03-04")
    assert (second.source, second.language, second.title) == ("de-x.txt:15", "en", "A talk")
    assert [line.text for line in second.lines] == ["Will you send troops?"]
    assert not second.lines[0].said


def test_the_text_is_what_readers_get(file):
    assert next(read(file(GOOD))).text == (
        "Truppen für den Frieden\n\n"
        "NIVE (dpa) - Ministerin Anna Muster lehnt Truppen ab. Das Risiko sei zu groß, sagte sie. "
        "Auch gebe es keine Schiffe.\n\n"
        "Zusagen\n\n"
        "Norwegen und Island schicken Schiffe.\n"
    )


def test_whose_words_a_sentence_has(file):
    lines = next(read(file(GOOD))).lines
    assert [line.heading for line in lines] == [False, False, False, True, False]
    refuses, indirect = Stance.REFUSES, Attribution.INDIRECT
    assert lines[0].said == [Said(["Anna Muster"], ["Anna Muster"], refuses, Measure.TROOPS, indirect)]
    assert lines[1].said == [Said(["Anna Muster"], ["sie"], refuses, Measure.TROOPS, indirect, earlier=1)]
    assert lines[2].said == [Said(["Anna Muster"], [None], refuses, Measure.NAVAL, indirect)]
    joint, other = lines[4].said
    assert joint.speakers == joint.mentions == ["Norwegen", "Island"]
    assert other == Said(["Anna Muster"], [None]) and lines[4].claims == [joint]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("Ein Satz.\n" + HEAD, 1, "before the first article"),
        ("\n= fr agency 2026-03-04 Titre\n", 2, "expected '= de|en"),
        ("= de poem 2026-03-04 Titel\n", 1, "expected '= de|en"),
        ("= de agency 2026-03-04\n", 1, "expected '= de|en"),
        ("= de agency 2026-03-04 Titel\n> Anna Muster | refuses | troops | direct\n", 2, "without a sentence"),
        (HEAD + "\n## Titel\n~ Anna Muster\n", 6, "without a sentence"),
        (HEAD + "> Anna Muster [die Ministerin] | refuses | troops | direct\n", 4, "'die Ministerin' is not in"),
        (HEAD + "> Jan Holm | refuses | troops | direct\n", 4, "'Jan Holm' is not in"),
        (HEAD + "> [sie] | refuses | troops | direct\n", 4, "no speaker in"),
        (HEAD + "> Anna Muster; | refuses | troops | direct\n", 4, "no speaker in"),
        (HEAD + "> Anna Muster [] | refuses | troops | direct\n", 4, "no speaker in"),
        (HEAD + "~ Anna Muster | refuses\n", 4, "takes a name only"),
        (HEAD + "> Anna Muster | refuses | troops\n", 4, "expected '> speakers"),
        (HEAD + "> Anna Muster | refuses | troops | direct | +1 | +2\n", 4, "expected '> speakers"),
        (HEAD + "> Anna Muster | sulks | troops | direct\n", 4, "sulks"),
        (HEAD + "> Anna Muster | refuses | horses | direct\n", 4, "horses"),
        (HEAD + "> Anna Muster | refuses | troops | sung\n", 4, "sung"),
        (HEAD + "> Anna Muster | refuses | troops | direct | one\n", 4, "one"),
    ],
)
def test_a_wrong_line_is_named_with_the_reason(file, text, line, reason):
    with pytest.raises(AnnotationError) as caught:
        list(read(file(text)))
    assert str(caught.value).startswith(f"de-x.txt:{line}: ") and reason in str(caught.value)


def test_a_folder_is_read_by_file_name(tmp_path):
    for name in ("b.txt", "a.txt", "c.md"):
        (tmp_path / name).write_text(HEAD.replace("Titel", name), encoding="utf-8")
    assert [a.title for a in all_articles(tmp_path)] == ["a.txt", "b.txt"]
    assert all_articles(tmp_path / "absent") == []


def test_the_check_counts(file, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["annotated.py", str(file(GOOD))])
    assert annotated.main() == 0
    out = capsys.readouterr().out
    assert out.startswith("2 articles, 30 words, 5 sentences\n4 claims, 5 pairs\nother speech: 1\n")
    assert "refuses 3, commits 1" in out


def test_the_training_articles_can_be_read():
    articles = all_articles()
    assert {a.language for a in articles} == {"de", "en"}
    assert all(a.lines for a in articles)
