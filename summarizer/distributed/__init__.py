"""Summarizing past one machine, with Ray Data: articles in, a folder of Parquet files out.

Workers are Ray actors; each has a `Summarizer` of its own and does what one process would do. The process that
starts the run only collects rows and writes them, so that the output needs no disk that all machines share.
The sources do, unless they are on object storage. summarizer has to be installed on every machine.
"""

from summarizer.distributed.output import Counts
from summarizer.distributed.running import summarize_dataset

__all__ = ["Counts", "summarize_dataset"]
