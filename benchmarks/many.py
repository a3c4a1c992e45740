"""Many articles, against a service on loopback that answers at once, late, or not at all.

python benchmarks/many.py resume        2,000 articles, a fifth of the requests failing, killed five times
python benchmarks/many.py throughput    64 requests at a time of 200 ms, five an article; and processor time
python benchmarks/many.py memory        peak memory of 10,000 articles against 1,000
python benchmarks/many.py restart       a finished run of 10,000 articles, started again
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from summarizer import Summarizer

sys.path.insert(0, str(Path(__file__).parent))
from service import Service, invented_article, machine, service, write_articles

# Failures of the service. An answer that is no answer is the model's, and a report may rightly differ after it.
KINDS = "rate_limit,server_error,unavailable,hang,dropped,cut"
CHUNK_CHARS = 750
SENTENCES = 21


def main() -> None:
    """Run one benchmark and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["resume", "throughput", "memory", "restart"])
    parser.add_argument("--articles", type=int, help="instead of the number named above")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SUMMARIZER_CACHE"] = f"{folder}/cache"
        os.environ["OPENAI_API_KEY"] = "none-is-needed"
        {"resume": resume, "throughput": throughput, "memory": memory, "restart": restart}[options.name](
            Path(folder), options.articles
        )


def resume(folder: Path, count: int | None) -> None:
    """Kill a run five times; count what was asked again, and compare with a run that nothing disturbed."""
    count = count or 2000
    write_articles(folder / "articles.jsonl", count)
    with service(folder / "calm") as calm:
        _summarize(calm, folder / "articles.jsonl", folder / "calm.jsonl", "--no-cache")
    finished_at: dict[str, float] = {}
    kills = 0
    faults = ("--faults", "0.2", "--seed", "7", "--kinds", KINDS, "--hang", "2", "--delay", "0.05")
    with service(folder / "rough", *faults) as rough:
        # Without the cache, which would hide that something is asked again.
        command = _command(rough, folder / "articles.jsonl", folder / "rough.jsonl", "--timeout", "1", "--no-cache")
        for goal in range(1, 6):
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            while process.poll() is None and len(_done(folder / "rough.jsonl")) < goal * count / 6:
                time.sleep(0.02)
            kills += process.poll() is None
            process.kill()
            process.wait()
            at = time.time()
            finished_at |= {source: at for source in _journaled(folder / "rough.jsonl") if source not in finished_at}
        runs = kills
        while (code := subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode) == 1 and runs < 10:
            runs += 1
        log = rough.log()
    asked_again = sum(
        any(
            float(str(entry["time"])) > finished_at.get(f"{folder}/articles.jsonl#{marker}", 1e12)
            for marker in _markers(entry)
        )
        for entry in log
    )
    same = _reports(folder / "calm.jsonl") == _reports(folder / "rough.jsonl")
    failing = Counter(str(entry["outcome"]) for entry in log)
    print(f"killed {kills} times, then run {runs - kills + 1} times; exit code {code}")
    print(f"requests {len(log):,}, of which failed {1 - failing['served'] / len(log):.1%}: {dict(failing)}")
    print(f"accounted for {len(_reports(folder / 'rough.jsonl')):,} of {count:,}")
    print(f"requests for articles that were finished before a kill: {asked_again} (goal 0)")
    print(f"result equal to an undisturbed run: {same} (goal True)")


def throughput(folder: Path, count: int | None) -> None:
    """Requests a second against what the service could answer, and processor time an article."""
    count = count or 1500
    write_articles(folder / "articles.jsonl", count, SENTENCES)
    with service(folder / "service", "--delay", "0.2") as server:
        measured = _measured("run", server.base_url, folder, "64")
        server_s = server.cpu_s()
    requests, seconds, cpu_s = measured["requests"], measured["seconds"], measured["cpu_s"]
    print(f"{count:,} articles of {measured['words'] / count:.0f} words, {requests / count:.2f} requests each")
    print(f"{requests / seconds:.0f} requests/s of {64 / 0.2:.0f}: {requests / seconds / 320:.3f} (goal 0.9)")
    print(f"processor time an article of five requests: {5000 * cpu_s / requests:.1f} ms (goal 15), in one process")
    print(f"the service itself took {1000 * server_s / requests:.2f} ms a request")


def memory(folder: Path, count: int | None) -> None:
    """Peak memory of a long run against that of a short one."""
    peaks = []
    most = count or 10_000
    for articles in (most // 10, most):
        part = folder / str(articles)
        part.mkdir()
        write_articles(part / "articles.jsonl", articles)
        with service(part / "service") as server:
            measured = _measured("run", server.base_url, part, "16")
        peaks.append(measured["peak_mib"])
        print(f"{articles:,} articles: peak {measured['peak_mib']:.0f} MiB, {measured['seconds']:.0f} s")
    print(f"ratio {peaks[1] / peaks[0]:.3f} (goal 1.15)")


def restart(folder: Path, count: int | None) -> None:
    """Seconds that a finished run takes when it is started again, and what it asks."""
    count = count or 10_000
    write_articles(folder / "articles.jsonl", count)
    with service(folder / "service") as server:
        _summarize(server, folder / "articles.jsonl", folder / "out.jsonl", "--no-cache", "--concurrency", "64")
        before = len(server.log())
        started = time.monotonic()
        _summarize(server, folder / "articles.jsonl", folder / "out.jsonl", "--no-cache")
        seconds = time.monotonic() - started
        asked = len(server.log()) - before
    print(f"{count:,} articles again: {seconds:.2f} s (goal 3), {asked} requests (goal 0)")


def _command(server: Service, articles: Path, output: Path, *options: str) -> list[str]:
    return [
        *(sys.executable, "-m", "summarizer", str(articles), "-o", str(output), "-m", "stand-in"),
        *("--base-url", server.base_url, "--quiet", *options),
    ]


def _summarize(server: Service, articles: Path, output: Path, *options: str) -> None:
    subprocess.run(_command(server, articles, output, *options), check=True)


def _measured(*arguments: str | Path) -> dict[str, Any]:
    """What a process of its own measured of itself."""
    command = [sys.executable, __file__, "--measured", *map(str, arguments)]
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result


def _run(base_url: str, folder: str, at_a_time: str) -> None:
    """In the process that is measured: the run as the command line makes it, with small chunks."""
    from summarizer import Summarizer
    from summarizer.bulk.journal import Journal
    from summarizer.bulk.running import Run
    from summarizer.bulk.stores import LineStore
    from summarizer.reading import items

    with Summarizer("stand-in", base_url=base_url, chunk_chars=CHUNK_CHARS, cache=True) as summarizer:
        # So that what is measured is the work, and not the loading of libraries and word lists.
        asyncio.run(_warm_up(summarizer))
        store = LineStore(Path(folder) / "out.jsonl")
        with Journal(Path(folder) / "out.jsonl.journal", summarizer.fingerprint()) as journal:
            run = Run(summarizer, journal, store, max_concurrency=int(at_a_time))
            started, cpu = time.monotonic(), time.process_time()
            asyncio.run(run.over(items([f"{folder}/articles.jsonl"])))
            seconds, cpu_s = time.monotonic() - started, time.process_time() - cpu
        store.close()
    words = sum(len(json.loads(line)["text"].split()) for line in (Path(folder) / "articles.jsonl").open())
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if run.tally.failed or run.tally.again or run.stopped:
        sys.exit(f"not all were done: {run.tally} {run.stopped}")
    print(
        json.dumps(
            {
                "requests": run.tally.usage.requests,
                "seconds": seconds,
                "cpu_s": cpu_s,
                "peak_mib": peak_mib,
                "words": words,
            }
        )
    )


async def _warm_up(summarizer: Summarizer) -> None:
    async with summarizer.many(64):
        for number in range(99_900, 99_920):
            await summarizer.asummarize(invented_article(number, sentences=SENTENCES))


def _done(output: Path) -> list[str]:
    try:
        return output.read_bytes().split(b"\n")[:-1]  # type: ignore[return-value]
    except FileNotFoundError:
        return []


def _journaled(output: Path) -> list[str]:
    with closing(sqlite3.connect(f"{output}.journal")) as journal:
        return [source for (source,) in journal.execute("SELECT source FROM articles WHERE status != 'again'")]


def _markers(entry: dict[str, Any]) -> list[str]:
    markers: list[str] = entry["ids"]
    return markers


def _reports(output: Path) -> dict[str, Any]:
    """The reports by article, without what differs from run to run."""
    reports = {}
    for line in output.read_text().splitlines():
        report = json.loads(line)
        for name in ("started_at", "duration_s", "usage"):
            report.get("run", {}).pop(name, None)
        reports[report["article"]["id"]] = report
    return reports


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measured"]:
        _run(*sys.argv[3:])
    else:
        main()
