"""The checked-in schemas are what the models give."""

import json

from summarizer import resources
from summarizer.corrections import corrections_schema
from summarizer.digest import Digest
from summarizer.evaluation.annotation import golden_schema
from summarizer.models import Report


def test_report_schema_is_current():
    stored = json.loads((resources.folder("schemas") / "report.json").read_text(encoding="utf-8"))
    assert stored == Report.model_json_schema(mode="serialization")


def test_golden_schema_is_current():
    stored = json.loads((resources.folder("schemas") / "golden.json").read_text(encoding="utf-8"))
    assert stored == golden_schema()


def test_corrections_schema_is_current():
    stored = json.loads((resources.folder("schemas") / "corrections.json").read_text(encoding="utf-8"))
    assert stored == corrections_schema()


def test_digest_schema_is_current():
    stored = json.loads((resources.folder("schemas") / "digest.json").read_text(encoding="utf-8"))
    assert stored == Digest.model_json_schema(mode="serialization")
