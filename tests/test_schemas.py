"""The checked-in schemas are what the models give."""

import json

from summarizer import resources
from summarizer.evaluation.annotation import golden_schema
from summarizer.models import Report


def test_report_schema_is_current():
    stored = json.loads((resources.folder("schemas") / "report.json").read_text(encoding="utf-8"))
    assert stored == Report.model_json_schema(mode="serialization")


def test_golden_schema_is_current():
    stored = json.loads((resources.folder("schemas") / "golden.json").read_text(encoding="utf-8"))
    assert stored == golden_schema()
