"""What a program does that uses the library: it meets every failure, and writes down all that there is about it."""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from summarizer import Summarizer
from summarizer.bulk.journal import Journal
from summarizer.errors import SummarizerError
from summarizer.llm.client import OpenAIModel, offered_models
from summarizer.llm.keys import KeyStore
from summarizer.llm.recording import record
from summarizer.llm.selection import choose_model

KEY = os.environ["OPENAI_API_KEY"]
TEXT = "Fall {}\n\nAnna Almgren said that Norway would send 500 soldiers to Ukraine after a ceasefire.\n"


def tell(*things: object) -> None:
    """Write down what a thing shows of itself, and what a pickle of it holds."""
    for thing in things:
        print(repr(thing), str(thing), f"{thing!r:.9000}", getattr(thing, "__dict__", None))
        try:
            print(pickle.dumps(thing))
        except Exception as error:
            print("not pickled:", error)


def tell_error(error: BaseException) -> None:
    """Write down an error with its traceback, causes and local variables."""
    tell(error, error.__cause__, error.__context__)
    traceback.print_exception(error)
    print(*traceback.TracebackException.from_exception(error, capture_locals=True).format())


def once(url: str, **options: Any) -> OpenAIModel:
    """A model that tries nothing twice."""
    return OpenAIModel(
        "openai/stand-in",
        model_id="stand-in",
        api_key=SecretStr(KEY),
        base_url=url,
        **{"max_attempts": 1, "timeout_s": 10.0, "deadline_s": 10.0} | options,
    )


async def ask(url: str, case: int, pooled: bool, **options: Any) -> None:
    """Without waiting: one at a time, or as one of many."""
    with Summarizer(language_model=once(url, **options)) as summarizer:
        try:
            if pooled:
                async for outcome in summarizer.asummarize_many([TEXT.format(case)], max_concurrency=2):
                    tell(outcome, outcome.model_dump_json())
            else:
                tell(await summarizer.asummarize(TEXT.format(case)))
        except SummarizerError as error:
            tell_error(error)


def meet(url: str, case: int, *, at_once: bool = True, **options: Any) -> None:
    """Meet a failure, and keep what a recording of it keeps; `at_once` in the other two ways to ask, too."""
    recording = record(once(url, **options))
    with Summarizer(language_model=recording) as summarizer:
        try:
            tell(summarizer.summarize(TEXT.format(case)))
        except SummarizerError as error:
            tell_error(error)
        tell(summarizer)
    with Path("recorded.jsonl").open("a") as file:
        file.writelines(one.model_dump_json() + "\n" for one in recording.take())
    for pooled in (False, True) if at_once else ():
        asyncio.run(ask(url, case, pooled=pooled, **options))


async def batch(url: str, case: int) -> None:
    """Through the Batch API, with a log that stays as it is when the process is killed."""
    with Journal(Path("batch.journal"), {}) as journal, Summarizer(language_model=once(url), poll_s=0.05) as one:
        try:
            async with one.many(4, batch_log=journal):
                tell(await one.asummarize(TEXT.format(case)))
        except SummarizerError as error:
            tell_error(error)


def main() -> None:
    faulthandler.enable()
    plan = json.loads(sys.argv[1])
    choice = choose_model("stand-in", base_url=plan["url"], env=os.environ)
    tell(choice, KeyStore().find(plan["url"]), Summarizer("stand-in", base_url=plan["url"]))
    tell(once(plan["url"]), record(once(plan["url"])))
    for case in plan["cases"]:
        meet(plan["url"], case, at_once=case in plan["at_once"])
    for url in plan["broken"]:
        meet(url, 0)
        try:
            tell(offered_models(url, SecretStr(KEY)))
        except SummarizerError as error:
            tell_error(error)
    for case in plan["hanging"]:
        meet(plan["url"], case, timeout_s=0.3)
    for case in plan["batched"]:
        asyncio.run(batch(plan["url"], case))
    faulthandler.dump_traceback(all_threads=True)


main()
