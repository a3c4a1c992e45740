"""JSON-LD: schema.org's terms and no others, nodes that find each other, and nothing that acts."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import english_report, german_article, german_report, injected_report, make_claim, person

from summarizer.models import Measure, Report, Speaker, SpeakerKind, Stance
from summarizer.rendering import to_json_ld

_THING = {"name", "description", "identifier", "url"}
_WORK = _THING | {
    *("text", "headline", "inLanguage", "author", "datePublished", "publisher", "about", "keywords", "creditText"),
    *("isBasedOn", "isPartOf", "position", "sdDatePublished"),
}
# The types in use with what schema.org 29 lets them have, own and inherited, as far as it is used here.
SCHEMA_ORG = {
    "NewsArticle": _WORK,
    "CreativeWork": _WORK,
    "Claim": _WORK | {"appearance"},
    "Quotation": _WORK | {"spokenByCharacter"},
    "Person": _THING | {"jobTitle", "affiliation"},
    "Organization": _THING,
    "GovernmentOrganization": _THING,
    "DefinedTerm": _THING | {"inDefinedTermSet"},
    "DefinedTermSet": _WORK,
}
# https://www.w3.org/ns/oa, the vocabulary of the Web Annotation Data Model.
WEB_ANNOTATION = {
    "oa:TextQuoteSelector": {"oa:exact", "oa:prefix", "oa:suffix"},
    "oa:TextPositionSelector": {"oa:start", "oa:end"},
}
OF_ANY_PART = {"oa:hasSource", "oa:hasSelector"}
REPORTS = [german_report(), english_report()]
text = st.text(max_size=40)


def graph(*reports: Report) -> list[dict[str, Any]]:
    document = json.loads(to_json_ld(reports))
    assert set(document) == {"@context", "@graph"}
    assert document["@context"] == ["https://schema.org/", {"oa": "http://www.w3.org/ns/oa#"}]
    found: list[dict[str, Any]] = document["@graph"]
    return found


def nodes(value: Any) -> list[dict[str, Any]]:
    """Every node, at any depth, that says what it is."""
    if isinstance(value, list):
        return [node for part in value for node in nodes(part)]
    if not isinstance(value, dict):
        return []
    return ([value] if "@type" in value else []) + [node for part in value.values() for node in nodes(part)]


def of_type(found: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [node for node in found if node["@type"] == name]


def test_only_terms_that_the_vocabularies_have() -> None:
    found = nodes(graph(*REPORTS, injected_report("x")))
    assert {node["@type"] for node in found} <= set(SCHEMA_ORG) | set(WEB_ANNOTATION)
    for node in found:
        own = SCHEMA_ORG.get(node["@type"], set()) | WEB_ANNOTATION.get(node["@type"], set())
        assert set(node) - {"@type", "@id"} <= own | OF_ANY_PART, node["@type"]


def test_an_article_its_claims_and_the_words() -> None:
    report = german_report()
    found = graph(report)
    (article,) = of_type(found, "NewsArticle")
    assert (article["headline"], article["publisher"]["name"]) == (report.article.title, "nordpress")
    assert (article["datePublished"], article["inLanguage"]) == ("2031-05-07", "de")
    assert article["url"] == "https://nordpress.example/kuestenrat"
    claims = of_type(found, "Claim")
    assert [claim["text"] for claim in claims] == [claim.statement for claim in report.claims]
    assert {claim["appearance"]["@id"] for claim in claims} == {article["@id"]}
    assert [author["@type"] for author in claims[0]["author"]] == ["GovernmentOrganization"] * 2
    assert claims[1]["author"] == [
        {
            "@type": "Person",
            "name": "Alva Stenqvist",
            "jobTitle": "Ministerpräsidentin",
            "affiliation": {"@type": "Organization", "name": "Norvik"},
        }
    ]
    # The day it was said, where that is known.
    assert [claim["datePublished"] for claim in claims[:2]] == ["2031-05-06", "2031-05-07"]
    assert (claims[0]["about"]["name"], claims[0]["keywords"]["name"]) == ("naval", "commits")
    assert "condition: sobald ein Waffenstillstand gilt" in claims[0]["description"]
    assert claims[4]["creditText"] == "laut der Zeitung „Hafenblatt“"
    (quotation,) = of_type(found, "Quotation")
    assert quotation["text"] == "Wir lassen Marvonien nicht allein, auch nicht auf See."
    assert quotation["spokenByCharacter"] == claims[1]["author"]
    assert {"@id": quotation["@id"]} in claims[1]["isBasedOn"]


def test_every_reference_leads_to_a_node_and_every_node_stands_once() -> None:
    found = graph(*REPORTS)
    ids = [node["@id"] for node in found]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", id_) for id_ in ids)
    for node in found:
        for reference in [*node.get("isBasedOn", []), node.get("isPartOf"), node.get("appearance")]:
            assert reference is None or reference["@id"] in ids


def test_selectors_select_the_words() -> None:
    for report in REPORTS:
        words = report.article.text
        for node in of_type(graph(report), "CreativeWork") + of_type(graph(report), "Quotation"):
            quoted, position = node["oa:hasSelector"]
            start, end = position["oa:start"], position["oa:end"]
            assert words[start:end] == quoted["oa:exact"] == node["text"]
            assert words[:start].endswith(quoted["oa:prefix"]) and words[end:].startswith(quoted["oa:suffix"])


def test_claims_that_share_a_sentence_share_its_node() -> None:
    report = german_report()
    again = report.claims[2].model_copy(update={"id": "c9", "statement": "Norvik bleibt an Land fern."})
    found = graph(report.model_copy(update={"claims": [*report.claims, again]}))
    claims = of_type(found, "Claim")
    assert claims[2]["isBasedOn"] == claims[-1]["isBasedOn"] and claims[2]["@id"] != claims[-1]["@id"]
    assert len({node["@id"] for node in found}) == len(found)


def test_numbering_and_corrections_do_not_change_what_a_claim_is_called() -> None:
    report = german_report()
    changed = report.claims[1].model_copy(update={"id": "c7", "stance": Stance.OPEN, "measure": Measure.AIR})
    before = of_type(graph(report), "Claim")[1]
    (after,) = of_type(graph(report.model_copy(update={"claims": [changed]})), "Claim")
    assert (before["@id"], before["identifier"], after["identifier"]) == (after["@id"], "c2", "c7")
    other = report.article.model_copy(update={"text": report.article.text + "."})
    moved = of_type(graph(report.model_copy(update={"article": other})), "Claim")[1]
    assert moved["@id"] != before["@id"]


def test_two_claims_of_the_same_words_are_two() -> None:
    report = german_report()
    twice = report.claims[2].model_copy(update={"id": "c9", "measure": Measure.AIR})
    found = graph(report.model_copy(update={"claims": [report.claims[2], twice]}))
    assert len({claim["@id"] for claim in of_type(found, "Claim")}) == 2


def test_what_is_not_known_is_left_out() -> None:
    found = graph(english_report())
    (article,) = of_type(found, "NewsArticle")
    assert not {"headline", "url", "datePublished"} & set(article)
    assert all("datePublished" not in claim for claim in of_type(found, "Claim"))
    assert all(value not in (None, "", []) for node in nodes(found) for value in node.values())


@pytest.mark.parametrize(
    ("kind", "name", "described"),
    [
        (SpeakerKind.UNNAMED, "Organization", "A source that the article doesn't name"),
        (SpeakerKind.GROUP, "Organization", "A group"),
        (SpeakerKind.ORGANISATION, "Organization", None),
        (SpeakerKind.GOVERNMENT, "GovernmentOrganization", None),
    ],
)
def test_kinds_of_speakers(kind: SpeakerKind, name: str, described: str | None) -> None:
    article = german_article()
    claim = make_claim(article, 1, [Speaker(name="X", kind=kind)], "X.", [(5, "Bodentruppen schloss sie aus.")])
    report = german_report().model_copy(update={"claims": [claim]})
    (author,) = of_type(graph(report), "Claim")[0]["author"]
    assert (author["@type"], author.get("description")) == (name, described)


def test_a_translated_statement_has_its_own_language() -> None:
    report = german_report()
    report = report.model_copy(update={"run": report.run.model_copy(update={"language": "en"})})
    found = graph(report)
    assert {claim["inLanguage"] for claim in of_type(found, "Claim")} == {"en"}
    assert {quote["inLanguage"] for quote in of_type(found, "Quotation")} == {"de"}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a.example/<b>", "https://a.example/\nb", "x"])
def test_only_addresses_of_the_web_are_addresses(url: str) -> None:
    article = german_article().model_copy(update={"url": url})
    assert "url" not in graph(german_report().model_copy(update={"article": article}))[0]


@pytest.mark.parametrize("content", ["</script><script>alert(1)</script>", "<!--", "\x1b[2J\x9b2J\x7f\u202e\u2028"])
def test_nothing_ends_a_script_element_or_acts_on_a_terminal(content: str) -> None:
    written = to_json_ld([injected_report(content)])
    assert not re.search("[<>&\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]", written)
    (claim,) = of_type(json.loads(written)["@graph"], "Claim")
    assert claim["text"] == content


@given(text)
def test_any_text_stays_itself(content: str) -> None:
    found = graph(injected_report(content))
    assert of_type(found, "Quotation")[0]["text"] == content
    assert of_type(found, "Claim")[0].get("text", "") == content


def test_half_a_surrogate_pair_is_no_text() -> None:
    report = german_report()
    claim = report.claims[1].model_copy(update={"statement": "\ud83d", "speakers": [person("\ud83d")]})
    written = to_json_ld([report.model_copy(update={"claims": [claim]})])
    assert of_type(json.loads(written.encode())["@graph"], "Claim")[0]["text"] == "\ufffd"


def test_no_reports_no_nodes() -> None:
    assert graph() == []
    nothing = german_report().model_copy(update={"claims": []})
    assert [node["@type"] for node in graph(nothing)] == ["NewsArticle"]
    assert date.fromisoformat(graph(german_report())[1]["sdDatePublished"]) == german_report().run.started_at.date()
