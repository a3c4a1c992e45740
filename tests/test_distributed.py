"""Summarizing on a real Ray cluster, against a real HTTP server."""

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray
from openai_server import OpenAIServer, Status

from summarizer import Summarizer
from summarizer.distributed import Counts, summarize_dataset
from summarizer.distributed.rows import read_row
from summarizer.distributed.sources import from_parquet
from summarizer.distributed.worker import Worker
from summarizer.errors import AuthenticationError, ConfigurationError, InputError
from summarizer.models import FailedArticle, Report

KEY = "sk-planted-0123456789"
NAMES = ["Anna Muster", "Bernd Beispiel", "Clara Probe", "Dieter Exempel"]


@pytest.fixture(scope="module", autouse=True)
def cluster():
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(("OPENAI", "SUMMARIZER", "RAY_"))]:
            patch.delenv(name)
        patch.setenv("OPENAI_API_KEY", KEY)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(
            address="local", num_cpus=2, include_dashboard=False, object_store_memory=100 * 2**20, log_to_driver=False
        )
        yield
        ray.shutdown()


@pytest.fixture
def server():
    with OpenAIServer() as running:
        running.reply_with(lambda request: json.dumps({"claims": []}))
        yield running


def text_about(name):
    return f"Berlin (dpa) - {name} sagte am Freitag, Deutschland werde Soldaten in die Ukraine entsenden."


def run(server, source, output, **settings):
    settings = {"model": "stand-in", "base_url": server.base_url, "batch_size": 2, **settings}
    return summarize_dataset(source, output, **settings)


def rows_of(folder):
    return sorted(pq.read_table(folder).to_pylist(), key=lambda row: row["source"])


def as_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_every_file_of_a_folder_is_a_row(server, tmp_path):
    articles = tmp_path / "ä b%20#?"
    (articles / "inner").mkdir(parents=True)
    (articles / "one.txt").write_text(text_about("Anna Muster"), encoding="utf-8")
    (articles / "inner" / "two.md").write_text(text_about("Bernd Beispiel"), encoding="utf-8")
    page = f"<!doctype html><html><head><meta charset='iso-8859-1'></head><body><article><p>{text_about('Änne')}</p>"
    (articles / "three.html").write_bytes(page.encode("latin-1"))
    (articles / "four.txt").write_bytes(b"%PDF-1.7 is no text")
    (articles / "left.bin").write_bytes(b"no article")
    (articles / ".hidden.txt").write_text("no article", encoding="utf-8")

    assert run(server, articles, tmp_path / "out") == Counts(done=3, failed=1)

    rows = {Path(row["source"]).name: row for row in rows_of(tmp_path / "out")}
    assert rows.keys() == {"one.txt", "two.md", "three.html", "four.txt"}
    one, bad = rows["one.txt"], rows["four.txt"]
    assert one["source"] == str(articles / "one.txt")
    report = Report.model_validate_json(one["report"])
    assert (one["article_id"], one["status"], one["claims"]) == (report.article.id, "done", 0)
    assert (one["requests"], one["input_tokens"], one["output_tokens"]) == (1, 100, 20)
    assert one["error_type"] is one["error_message"] is one["cost_usd"] is None
    assert "Änne" in rows["three.html"]["report"]
    failure = FailedArticle.model_validate_json(bad["report"])
    assert (bad["status"], bad["error_type"], bad["claims"]) == ("failed", "input", None)
    assert failure.error.message == bad["error_message"] and failure.article.source == bad["source"]
    assert [p.name for p in tmp_path.iterdir() if p != articles] == ["out"]
    assert KEY.encode() not in b"".join(p.read_bytes() for p in (tmp_path / "out").iterdir())


def test_a_bad_line_fails_alone(server, tmp_path):
    server.reply_with(lambda request: Status(400) if "Clara Probe" in str(request.texts) else '{"claims": []}')
    file = as_lines(
        tmp_path / "articles.jsonl",
        [
            {"text": text_about("Anna Muster"), "id": 7, "published": "2025-09-05T23:00:00+02:00", "extra": [1]},
            {"text": text_about("Bernd Beispiel") + "\u2028Ende.", "id": "b", "title": "Titel", "source": "dpa"},
            {"text": text_about("Clara Probe")},
            {"text": ""},
            {"title": "without text"},
            {"text": 5, "id": "number"},
            {"text": text_about("Dieter Exempel"), "published": "gestern"},
            {"text": "long " * 100_000},
            {"text": "half a pair: \ud800", "id": "\ud800", "title": "\ud800"},
            {"text": text_about("Dieter Exempel"), "id": None, "language": "de", "url": "https://example.org/1"},
        ],
    )
    with file.open("ab") as lines:
        lines.write(b'\n{"text": "cut off\n[1]\n\xff\xfe\n')

    assert run(server, str(file), tmp_path / "out", workers=2) == Counts(done=3, failed=10)

    rows = {row["source"].removeprefix(str(file)): row for row in rows_of(tmp_path / "out")}
    failing = {name: row["error_type"] for name, row in rows.items() if row["status"] == "failed"}
    assert failing == dict.fromkeys([":4", ":5", "#number", ":7", ":8", "#?", ":12", ":13", ":14"], "input") | {
        ":3": "model"
    }
    first = json.loads(rows["#7"]["report"])["article"]
    assert first["published"] == "2025-09-05"
    second = json.loads(rows["#b"]["report"])["article"]
    assert (second["title"], second["source"]) == ("Titel", "dpa") and second["text"].endswith("\u2028Ende.")
    assert json.loads(rows[":10"]["report"])["article"]["url"] == "https://example.org/1"
    assert not any("\n" in row["report"] for row in rows.values())


def test_sources_of_all_kinds_make_one_output(server, tmp_path):
    (tmp_path / "one.txt").write_text(text_about("Anna Muster"), encoding="utf-8")
    lines = as_lines(tmp_path / "two.ndjson", [{"text": text_about("Bernd Beispiel")}])
    table = pa.table(
        {
            "id": [1.0, None, float("nan")],
            "text": [text_about("Clara Probe"), text_about("Dieter Exempel"), None],
            "published": [date(2025, 9, 5), None, None],
            "path": ["data", "of the", "user"],
        }
    )
    pq.write_table(table, tmp_path / "three.parquet")
    sources = [tmp_path / "one.txt", lines, tmp_path / "three.parquet"]

    assert run(server, sources, tmp_path / "out") == Counts(done=4, failed=1)

    rows = rows_of(tmp_path / "out")
    assert [Path(row["source"]).name for row in rows] == [
        "one.txt", "three.parquet", "three.parquet", "three.parquet#1.0", "two.ndjson:1",
    ]  # fmt: skip
    assert json.loads(rows[3]["report"])["article"]["published"] == "2025-09-05"


@pytest.mark.parametrize(
    "day",
    [
        pa.array([date(2025, 9, 5)]),
        pa.array([date(2025, 9, 5)], pa.date64()),
        pa.array([datetime(2025, 9, 5, 12, tzinfo=UTC)]),
        pa.array([1757073600123456789], pa.timestamp("ns")),
        pa.array(["2025-09-05T23:00:00Z"], pa.large_string()),
        pa.array([b"2025-09-05"]),
        pa.array(["2025-09-05"]).dictionary_encode(),
    ],
    ids=lambda array: str(array.type),
)
def test_a_day_may_be_of_many_types(day):
    columns = {"text": [text_about("Anna Muster").encode()], "published": day, "path": ["a.parquet"]}
    row = from_parquet(pa.table(columns), prefix="s3://").to_pylist()[0]
    source, article = read_row(row)
    assert (source, article.published) == ("s3://a.parquet", date(2025, 9, 5))


def test_no_rows_are_a_table_with_columns(server, tmp_path):
    (tmp_path / "empty.jsonl").touch()
    assert run(server, tmp_path / "empty.jsonl", tmp_path / "out") == Counts()
    assert "report" in pq.read_table(tmp_path / "out").column_names


def workers_alive():
    import psutil  # Ray brings its own, which is there once Ray is imported.

    return [p for p in psutil.Process().children(recursive=True) if "MapWorker" in " ".join(p.cmdline())]


def test_a_killed_worker_loses_and_doubles_nothing(server, tmp_path):
    first_is_here, worker_is_dead = threading.Event(), threading.Event()

    def play(request):
        first_is_here.set()
        worker_is_dead.wait(60)
        return '{"claims": []}'

    server.reply_with(play)
    names = [f"Zeuge {number}" for number in range(12)]
    lines = as_lines(tmp_path / "many.jsonl", [{"text": text_about(name), "id": name} for name in names])
    counts = []
    thread = threading.Thread(target=lambda: counts.append(run(server, lines, tmp_path / "out", workers=1)))
    thread.start()
    assert first_is_here.wait(60)
    victims = workers_alive()
    for victim in victims:
        os.kill(victim.pid, signal.SIGKILL)
    worker_is_dead.set()
    thread.join()

    assert victims and counts == [Counts(done=12, failed=0)]
    rows = rows_of(tmp_path / "out")
    assert sorted(row["source"].partition("#")[2] for row in rows) == sorted(names)
    assert all(row["source"].partition("#")[2] in row["report"] for row in rows)
    assert len(server.chats) > len(names)


def test_a_refused_key_stops_the_run_and_leaves_nothing(server, tmp_path):
    server.key = "another"
    lines = as_lines(tmp_path / "some.jsonl", [{"text": text_about(name)} for name in NAMES])
    with pytest.raises(AuthenticationError) as caught:
        run(server, lines, tmp_path / "out")
    assert "refused the key" in str(caught.value) and KEY not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["some.jsonl"]


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ({"model": "nowhere/model", "base_url": None}, "no provider"),
        ({"topic": "absent"}, "absent"),
        ({"source": "missing"}, "no file or folder"),
        ({"source": "nothing"}, "Nothing in"),
        ({"source": "wrong.parquet"}, "no column `text`"),
        ({"source": "broken.parquet"}, "as Parquet"),
        ({"source": "nowhere://at/all"}, "nowhere://"),
        ({"output": "taken"}, "there already"),
        ({"workers": 0}, "1 at least"),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, dict) else "",
)
def test_a_run_that_cannot_be_is_refused(server, tmp_path, monkeypatch, settings, cause):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nothing").mkdir()
    (tmp_path / "taken").mkdir()
    pq.write_table(pa.table({"body": ["no text"]}), tmp_path / "wrong.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"no Parquet")
    before = sorted(tmp_path.iterdir())
    source = settings.pop("source", as_lines(tmp_path / "some.jsonl", [{"text": "Text."}]))
    with pytest.raises(ConfigurationError, match=cause):
        run(server, source, settings.pop("output", "out"), **settings)
    assert {*tmp_path.iterdir()} - {*before} <= {tmp_path / "some.jsonl"}
    assert not server.chats


@pytest.mark.parametrize("missing", ["ray", "ray.data", "pyarrow"])
def test_what_is_missing_is_named(monkeypatch, tmp_path, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ConfigurationError, match=r"pip install 'summarizer\[ray\]'"):
        summarize_dataset(tmp_path, tmp_path / "out", model="stand-in")


def test_a_file_that_is_too_large_is_an_error_of_its_own():
    source, error = read_row({"path": "a.txt", "line": None, "is_file": True, "data": b"a" * 10_000_001})
    assert source == "a.txt" and isinstance(error, InputError) and "10,000,000" in str(error)


COMMAND = """
import typer
from summarizer.cli import distributing, main, app
app.command("distribute")(distributing.distribute)
app()
"""


def test_the_command_starts_a_cluster_of_its_own(server, tmp_path):
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "one.txt").write_text(text_about("Anna Muster"), encoding="utf-8")
    (tmp_path / "articles" / "two.txt").write_text(" ", encoding="utf-8")
    arguments = ["articles", "-o", "out", "-m", "stand-in", "--base-url", server.base_url, "--workers", "1"]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "distribute", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == "1 done, 1 failed: out"
    assert "Traceback" not in done.stderr and KEY not in done.stderr
    assert [row["status"] for row in rows_of(tmp_path / "out")] == ["done", "failed"]
    assert server.chats[0].key == KEY


def test_a_fault_that_one_article_brings_out_is_its_own(server, monkeypatch):
    monkeypatch.setattr(Summarizer, "asummarize", lambda self, article: int("no number"))
    worker = Worker({"model": "stand-in", "base_url": server.base_url}, 2)
    rows = [{"path": "a.jsonl", "line": 1, "is_file": False, "data": json.dumps({"id": "X1", "text": "Ein Text."})}]
    rows[0]["data"] = rows[0]["data"].encode()
    [outcome] = worker(pa.Table.from_pylist(rows)).to_pylist()
    assert (outcome["status"], outcome["source"], outcome["article_id"]) == ("failed", "a.jsonl#X1", "X1")
    assert "ValueError" in outcome["error_message"]


def test_nothing_that_ray_writes_has_the_key(server, tmp_path):
    (tmp_path / "a.txt").write_text(text_about("Anna Muster"), encoding="utf-8")
    assert run(server, tmp_path / "a.txt", tmp_path / "out") == Counts(done=1, failed=0)
    server.reply_with(lambda request: Status(401, echo_key=True))
    with pytest.raises(AuthenticationError):
        run(server, tmp_path / "a.txt", tmp_path / "refused", cache=False)
    assert {request.key for request in server.chats} == {KEY}
    session = Path(ray._private.worker._global_node.get_session_dir_path())
    files = [path for folder in (session, tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if KEY[3:].encode() in path.read_bytes()]
