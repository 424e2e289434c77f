"""The comparison by behaviour at full size: every reference solution on every benchmark task."""

import gzip
from collections import defaultdict

import pytest
from helpers.places import SHARED

from codepref.problems.collect import Account, collect
from codepref.problems.decontamination.behaviour import behavioural_matches
from codepref.problems.decontamination.contamination import read_tasks
from codepref.problems.settings import DataSetSource


@pytest.mark.long
@pytest.mark.shared
def test_leetcode_dataset_has_the_documented_benchmark_tasks(tmp_path):
    paths = []
    for name in ("HumanEvalPlus-v0.1.10", "MbppPlus-v0.2.0"):
        with gzip.open(SHARED / "evalplus" / f"{name}.jsonl.gz") as stream:
            paths.append(tmp_path / f"{name}.jsonl")
            paths[-1].write_bytes(stream.read())
    file = SHARED / "leetcode_dataset" / "LeetCodeDataset-v0.2.0-train.jsonl.gz"
    source = DataSetSource(kind="leetcode_dataset", path=str(file))
    problems = list(collect("lcd", source, Account()))
    found = list(behavioural_matches(problems, read_tasks(paths), 12, defaultdict(list)))
    real = [one for one in found if not one.by_chance]
    as_they_are = [one for one in real if " does (" not in one.evidence]  # no form adapted
    assert (len(as_they_are), len({one.problem for one in as_they_are})) == (37, 32)
    assert len(real) - len(as_they_are) <= 0.01 * len(problems)
