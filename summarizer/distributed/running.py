"""A run: from sources to the output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from summarizer.distributed.cluster import (
    clear_errors,
    cluster,
    cpus_per_worker,
    default_workers,
    import_ray,
    quiet_data,
)
from summarizer.distributed.output import Counts, Folder
from summarizer.distributed.sources import found, read
from summarizer.distributed.worker import Worker, check_going_on
from summarizer.errors import ConfigurationError
from summarizer.pipeline import Profile, Summarizer


def summarize_dataset(
    source: str | Path | Sequence[str | Path],
    output: str | Path,
    *,
    model: str | None = None,
    base_url: str | None = None,
    profile: Profile | None = None,
    topic: str = "security-guarantees",
    language: str | None = None,
    thorough: bool = False,
    timeout_s: float = 120.0,
    cache: bool = True,
    workers: int | None = None,
    concurrency_per_worker: int = 16,
    batch_size: int = 32,
    show_progress: bool = False,
) -> Counts:
    """Summarize a dataset on a Ray cluster, and write one row for every article into a new folder.

    The cluster is the one that Ray is connected to, else the one that RAY_ADDRESS names, else one that is started
    on this machine for the run. Workers take keys, SUMMARIZER_MODE and OLLAMA_HOST from their own environment,
    which a cluster that is started here inherits; no key is sent to them.

    A row has `source`, `article_id`, `status` (`done` or `failed`), `error_type`, `error_message`, `claims` (how
    many), `report` (the report, or the failure, as a line of JSON Lines), `input_tokens`, `output_tokens`,
    `requests` and `cost_usd`; what isn't known is null. `source` is the path, with `:LINE` of JSON Lines, or
    with `#ID` of a row that has an id. Rows are in no order.

    Every row of the input is one row of the output. A worker that dies is started again, and the batches that it
    had not handed over are summarized anew, on the same machine mostly from the cache: requests may be made, and
    paid, twice, rows are not written twice. `output` appears only when it is whole, by a rename; on object
    storage it is whole when it has a file `_SUCCESS`. The rows of a run that fails are not kept.

    Args:
        source: files or folders, local or on a filesystem that Arrow or fsspec knows (`s3://…`): articles (text,
            Markdown, HTML, PDF), or JSON Lines and Parquet with the columns `text` and, optionally, `id`, `title`,
            `url`, `source`, `published` and `language`. Names in folders that begin with `.` or `_` are left out.
        output: a folder that isn't there yet.
        workers: how many processes; by default one for two CPUs of the cluster, or one for each machine where
            the model is the embedded one, which takes all CPUs.
        concurrency_per_worker: articles that a worker has under way at a time.
        batch_size: articles that a worker is given at a time, and that are done again when it dies.
        show_progress: let Ray show its progress on stderr.

    The other arguments are those of `Summarizer`.

    Raises:
        ConfigurationError: a setting isn't possible, there is nothing to read, `output` exists, or Ray is missing.
        ModelError: the service refuses the key or the model, or the embedded model can't be had.
        SummarizerError: Ray gave up.
    """
    ray = import_ray()
    if min(concurrency_per_worker, batch_size, 1 if workers is None else workers) < 1:
        raise ConfigurationError("workers, concurrency and batch size have to be 1 at least.", "Give larger numbers.")
    with Summarizer(
        model,
        base_url=base_url,
        profile=profile,
        topic=topic,
        language=language,
        thorough=thorough,
        timeout_s=timeout_s,
    ) as summarizer:
        choice = summarizer.choice
        assert choice is not None
        if choice.kind == "openai":
            summarizer.open()
    settings = {
        "model": choice.name,
        # An address that was found in this environment has to hold for the workers, too.
        "base_url": base_url or (choice.base_url if choice.provider == "openai" else None),
        "profile": profile,
        "topic": topic,
        "language": language,
        "thorough": thorough,
        "timeout_s": timeout_s,
        "cache": cache,
    }
    folder = Folder.new(output)
    groups = found([source] if isinstance(source, str | Path) else source)
    with cluster(ray), quiet_data(ray, show_progress), folder:
        count = workers or default_workers(ray, local=choice.kind == "local")
        with clear_errors(ray):
            first, *others = [read(ray, group) for group in groups]
            rows = first.union(*others) if others else first
            outcomes = rows.repartition(target_num_rows_per_block=batch_size).map_batches(
                Worker,
                fn_constructor_args=(settings, concurrency_per_worker),
                batch_size=batch_size,
                batch_format="pyarrow",
                compute=ray.data.ActorPoolStrategy(size=count),
                num_cpus=cpus_per_worker(ray, count),
                # Ray Data restarts actors and repeats their tasks without end; to ask for it is deprecated.
            )
            for table in outcomes.iter_batches(batch_size=None, batch_format="pyarrow"):
                if table.num_rows:
                    check_going_on(table)
                    folder.add(table)
        folder.finish()
    return folder.counts
