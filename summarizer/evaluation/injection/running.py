"""Makes attacks on articles, asks a model about each or takes recorded replies, and tells what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from summarizer.errors import PASSING_FAILURES, InputError, SummarizerError
from summarizer.evaluation import provenance
from summarizer.evaluation.golden import GoldenArticle, load_golden
from summarizer.evaluation.injection.attacks import Attack, Form, attacks_hash
from summarizer.evaluation.injection.counting import AttackResult, Clean, all_lost, compare
from summarizer.evaluation.injection.files import InjectionHeader, InjectionRun, InjectionWriter
from summarizer.evaluation.injection.origins import Origins, aligned, edited, with_read_line_ends
from summarizer.evaluation.injection.pages import page_of
from summarizer.evaluation.injection.remembering import RememberingModel, remembered, remembering
from summarizer.evaluation.injection.showing import faults
from summarizer.evaluation.runner import SystemDescription
from summarizer.evaluation.runs import golden_hash
from summarizer.llm.base import LanguageModel
from summarizer.llm.recording import NotRecordedError
from summarizer.models import Report
from summarizer.pipeline import CERTAIN, Profile, Settings, Summarizer
from summarizer.reading import read_bytes

_SUFFIXES = {Form.TEXT: ".txt", Form.PAGE: ".html"}
OnResult = Callable[[AttackResult, int, int], None]
"""Called with each result, the number of attacks that are done and that of all."""


def golden_of(attacks: Sequence[Attack], folder: Path) -> dict[str, GoldenArticle]:
    """The golden articles that attacks are on, and no others, by slug.

    Raises:
        InputError: one isn't in the golden set, or its annotation has errors.
    """
    slugs = sorted({attack.article for attack in attacks})
    if missing := [slug for slug in slugs if not (folder / slug).is_dir()]:
        raise InputError(f"The golden set lacks {', '.join(missing)}.", "Give the set that the attacks are on.")
    return {slug: load_golden(folder / slug) for slug in slugs}


def attacked(attack: Attack, golden: GoldenArticle) -> Origins:
    """The source with the attack in it: the text, or its page.

    Raises:
        InputError: an anchor isn't there exactly once, edits overlap, or the payload is in the article anyway.
    """
    source = source_of(attack.reads, golden)
    if said := [words for words in attack.payload if words.casefold() in source.casefold()]:
        raise InputError(f"{attack.name}: {said[0]!r} is in its article.", "Choose another payload.")
    return edited(source, attack.edits, name=attack.name)


def source_of(form: Form, golden: GoldenArticle) -> str:
    """What an attack is put into: the golden text, or its page."""
    return page_of(golden) if form is Form.PAGE else golden.article.text


class Trials:
    """Where attacks are tried: one model, asked once for each reply, and each clean article's report made once."""

    def __init__(self, model: RememberingModel, settings: Settings, golden: Mapping[str, GoldenArticle]) -> None:
        """`golden` are the articles by slug."""
        self._model, self._golden = model, golden
        self._summarizer = Summarizer(
            language_model=model, profile=settings.profile, topic=settings.topic, thorough=settings.thorough
        )
        self._clean: dict[tuple[str, Form], Clean] = {}

    def result(self, attack: Attack) -> AttackResult:
        """What came of an attack.

        Raises:
            InputError: it can't be put into its article, or the clean page can't be read.
            SummarizerError: the model's service failed, so that nothing is known.
        """
        self._model.lacking = 0
        try:
            result = self._result(attack)
        except NotRecordedError:
            result = None
        if result is None or self._model.lacking:
            return AttackResult(attack=attack.name, way=attack.kind, lacking=max(1, self._model.lacking))
        return result

    def _result(self, attack: Attack) -> AttackResult:
        golden = self._golden[attack.article]
        source = attacked(attack, golden)
        clean = self._clean_report(attack.reads, golden)
        try:
            report = self._report(source.text, attack.reads, attack.name)
        except NotRecordedError:
            raise
        except Exception as error:
            if _is_the_services(error):
                raise
            return all_lost(attack, clean, f"{type(error).__name__}: {error}")
        found = compare(attack, clean, report, _origins(attack.reads, source, clean, report))
        return found.model_copy(update={"broken": faults(report)})

    def _clean_report(self, form: Form, golden: GoldenArticle) -> Clean:
        key = golden.slug, form
        if key not in self._clean:
            self._clean[key] = Clean(golden, self._report(source_of(form, golden), form, golden.slug))
        return self._clean[key]

    def _report(self, source: str, form: Form, name: str) -> Report:
        return self._summarizer.summarize(read_bytes(source.encode(), name=name, suffix=_SUFFIXES[form]))


def run(
    attacks: Sequence[Attack],
    golden: Mapping[str, GoldenArticle],
    model: LanguageModel,
    description: SystemDescription,
    path: Path,
    *,
    resume: bool = False,
    on_result: OnResult = lambda result, done, total: None,
) -> list[AttackResult]:
    """Make attacks and record them. `description` tells the model's name, and the settings.

    Raises:
        ConfigurationError: the file can't be used, or scipy is not installed.
        InputError: an attack can't be made, or the file can't be read or written.
        ModelError: the service failed; the recording can be resumed.
    """
    profile: Profile = "sentence" if description.profile == "sentence" else "article"
    settings = Settings(profile, description.topic or "", description.thorough)
    results = []
    with InjectionWriter(path, _header(attacks, golden, description, profile), resume=resume) as writer:
        asked = remembering(description.model, model, writer.replies)
        trials = Trials(asked, settings, golden)
        for done, attack in enumerate(attacks, start=1):
            result = None
            try:
                result = trials.result(attack)
            finally:
                # What was replied is paid for, also where the next request failed.
                fresh, asked.fresh = asked.fresh, []
                writer.append(fresh, result)
            results.append(result)
            on_result(result, done, len(attacks))
    return results


def replay(
    recording: InjectionRun,
    attacks: Sequence[Attack],
    golden: Mapping[str, GoldenArticle],
) -> Iterator[AttackResult]:
    """The recorded attacks made again today, asking nobody: reading, pipeline and counting are those of now.

    Raises:
        InputError: an attack isn't there any more, or can't be made.
        ConfigurationError: scipy is not installed.
    """
    header = recording.header
    by_name = {attack.name: attack for attack in attacks}
    if missing := [name for name in header.attacks if name not in by_name]:
        raise InputError(f"There are no attacks {', '.join(missing)} any more.", "Record the attacks of now.")
    model = remembered(header.model, recording.replies)
    trials = Trials(model, Settings(header.profile, header.topic, header.thorough), golden)
    for name in header.attacks:
        yield trials.result(by_name[name])


def _is_the_services(error: Exception) -> bool:
    """Whether an error says nothing about the attack."""
    if isinstance(error, CERTAIN):
        return True
    return isinstance(error, SummarizerError) and error.type in PASSING_FAILURES


def _origins(form: Form, source: Origins, clean: Clean, report: Report) -> Origins:
    """Where the attacked article as read comes from in the clean one as read."""
    text = report.article.text
    read = with_read_line_ends(source)
    if form is Form.TEXT and read.text == text:
        return read
    return aligned(text, clean.report.article.text)


def _header(
    attacks: Sequence[Attack], golden: Mapping[str, GoldenArticle], description: SystemDescription, profile: Profile
) -> InjectionHeader:
    commit = provenance.commit()
    return InjectionHeader(
        model=description.model,
        profile=profile,
        topic=description.topic or "",
        thorough=description.thorough,
        prompt=description.prompt or "",
        attacks=[attack.name for attack in attacks],
        attacks_sha256=attacks_hash(attacks),
        golden_sha256=golden_hash(golden[slug] for slug in sorted({attack.article for attack in attacks})),
        versions=provenance.versions(),
        git_commit=commit.sha if commit else None,
        git_dirty=commit.dirty if commit else None,
        started_at=datetime.now(UTC),
    )
