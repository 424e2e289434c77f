"""Which files the jobs read that write problems with a model."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.workflow.given_files import check_given
from codepref.workflow.job_graph import JobGraph
from codepref.workflow.synthesis import SynthesisGraph


def settings(**source: Any) -> dict[str, Any]:
    written = {"kind": "synthesised", "model": "codellama", "problems": 25, "controls": 5, **source}
    return {
        "run": "r",
        "experiments": [{"model": "codeqwen", "methods": ["base", "dpo"]}],
        "problems": {"sources": ["leetcode", "mine"]},
        "problem_sources": {"mine": written},
        "problems_per_shard": 10,
    }


def of(**wildcards: str) -> Any:
    return SimpleNamespace(source="mine", **wildcards)


def test_stages_follow_each_other_part_by_part() -> None:
    config = load_config(settings(seeds_from="apps", solutions=6, agree=4))
    graph = SynthesisGraph(config, "results/r")
    assert graph.sources == "mine" and "leetcode" in graph.others.split("|")
    folder = "results/r/synthesis/mine"
    assert graph.tried(of()) == [f"{folder}/tried/{n}-of-3.jsonl" for n in (1, 2, 3)]
    assert graph.before(of(stage="concept", part="1-of-3")) == []
    for stage, before in (("statement", "concept"), ("solution", "statement"), ("inputs",) * 2):
        before = "statement" if before == "inputs" else before
        found = graph.before(of(stage=stage, part="2-of-3"))
        assert found == [f"{folder}/{before}/2-of-3.jsonl"]
    counts = {s: graph.sampling(of(stage=s)).samples_per_problem for s in ("inputs", "solution")}
    assert counts == {"inputs": 1, "solution": 6}
    assert graph.seeds(of()) == {"collected": "results/r/problems/apps.jsonl"}
    # Seeds may be of a source that is not trained on; none may be copied all the same.
    names = ("leetcode", "apps")
    assert graph.not_to_copy(of()) == [f"results/r/problems/{name}.jsonl" for name in names]
    assert JobGraph(config).weights == ["codellama", "codeqwen"]  # the writer is fetched, too
    assert config.shards == 600  # the site does not say how many: the limit counts


def test_pieces_of_code_are_a_given_file(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_config(settings(path="code.jsonl"))
    graph = SynthesisGraph(config, "results/r")
    assert graph.seeds(of()) == {"given": ["code.jsonl"]}
    assert graph.tried(of())[-1].endswith("3-of-3.jsonl")  # without controls
    with pytest.raises(UserError, match=r"problem_sources.mine.path: no such file .* code.jsonl"):
        check_given(config, "results/r", tmp_path)


def test_what_lies_in_the_writers_folder_decides(tmp_path: Path) -> None:
    local = {"label": "Mine", "source": {"kind": "folder", "path": str(tmp_path)}}
    config = load_config({**settings(seeds_from="apps", model="mine"), "models": {"mine": local}})
    graph = SynthesisGraph(config, "results/r")
    assert graph.model_given(of()) == [str(tmp_path)]
    assert str(tmp_path) not in graph.model_source(of())  # the same model elsewhere is the same
    config = load_config(settings(seeds_from="apps"))
    assert SynthesisGraph(config, "results/r").model_given(of()) == []
