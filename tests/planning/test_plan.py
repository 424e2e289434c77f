"""The price of a run: arithmetic on the paper's experiment, corrections, and the command."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.places import ROOT
from helpers.snakemake_runs import environment

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.devices import Precision
from codepref.errors import UserError
from codepref.files import read_yaml
from codepref.planning.costs import Costs, Throughputs
from codepref.planning.plan import corrections, estimate, machine_table, memory_table, render
from codepref.planning.power_plan import expected_tasks
from codepref.planning.schedule import Job
from codepref.planning.work import Setting, Work
from codepref.tables.paper import PaperTables
from codepref.workflow.dry_run import configuration
from codepref.workflow.runs import architectures, problems_of

COSTS = read_yaml(ROOT / "envs/costs.yaml", Costs)
PAPER = read_yaml(ROOT / "paper/tables.yaml", PaperTables)
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")


def setting(config: Config | None = None, **changes: object) -> Setting:
    config = config or Config()
    sizes = architectures(config, COSTS)
    made = Setting(config, COSTS, "h100", expected_tasks(config, PAPER), sizes)
    return replace(made, **changes)  # type: ignore[arg-type]


def train(seed: int = 0, model: str = "codeqwen", usage: Path | None = None) -> Job:
    wildcards = {"model": model, "method": "dpo", "seed": str(seed)}
    return Job("policies_train", 4, 16, usage, wildcards=wildcards)


def draw(shards: int) -> Job:
    return Job(
        "samples_draw", 1, 8, wildcards={"model": "codeqwen", "scatteritem": f"1-of-{shards}"}
    )


def test_work_follows_the_configuration() -> None:
    work = Work(setting())
    half = Work(setting(Config.model_validate({"problems": {"limit": 3000}})))
    start = COSTS.sampling.start_seconds
    whole = work.cost(draw(1)).seconds - start
    assert half.cost(draw(1)).seconds - start == pytest.approx(whole / 2)
    assert work.cost(draw(16)).seconds - start == pytest.approx(whole / 16)
    # 3,000 pairs on four GPUs are 750 passes over 2,400 tokens, and the model is read and written
    trained = work.cost(train()).seconds
    assert 750 * 0.4 < trained < 750 * 0.8 + 200
    twice = Config.model_validate({"training": {"dpo": {"epochs": 2.0}}})
    again = Work(setting(twice)).cost(train()).seconds
    assert trained < again < 2 * trained


def test_long_trainings_need_room_for_their_state() -> None:
    quick = Work(setting()).cost(train())
    assert quick.works_gb == 0  # done before the first checkpoint is due
    often = Config.model_validate({"training": {"dpo": {"checkpoint_minutes": 1.0}}})
    slow = Work(setting(often)).cost(train())
    assert slow.works_gb == pytest.approx(87, rel=0.01)
    assert slow.leaves_gb == pytest.approx(14.5, rel=0.01)
    assert not slow.temporary
    deleted = Config.model_validate({"keep_checkpoints": False})
    assert Work(setting(deleted)).cost(train()).temporary


def test_an_unknown_model_is_asked_for() -> None:
    with pytest.raises(UserError, match=r"model 'other' is not known: fetch it first"):
        Work(setting()).cost(train(model="other"))


def test_measured_throughputs_replace_arithmetic() -> None:
    measured = {"sampled_tokens_per_second": 1000.0, "trained_tokens_per_second": 2400.0}
    models = {"codeqwen": measured}
    found = Throughputs.model_validate(
        {"hardware": "NVIDIA X", "start_seconds": 10, "models": models}
    )
    work = Work(setting(throughputs=found))
    assert work.cost(draw(1)).seconds == pytest.approx(10 + 6000 * 8 * 600 / 1000)
    base = Work(setting()).cost(train())
    start = COSTS.training.start_seconds + 4 * base.leaves_gb
    assert work.cost(train()).seconds == pytest.approx(start + 710)
    other = train(model="deepseek")
    assert work.cost(other) == Work(setting()).cost(other)


def test_a_broken_preflight_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "throughput.json"
    for text in ("{", '{"hardware": "x", "models": {"a": {"sampled": 3}}}'):
        file.write_text(text)
        with pytest.raises(UserError, match=r"throughput\.json: .*run make preflight again"):
            Throughputs.read(file)


def usage(path: Path, seconds: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\th:m:s\n{seconds}\t0\n")
    return path


def test_what_ran_stands_beside_the_estimate(tmp_path: Path) -> None:
    ran = train(0, usage=usage(tmp_path / "job.tsv", 5400.0))
    jobs = [ran, train(1, usage=tmp_path / "not-yet.tsv")]
    lines = estimate(jobs, Work(setting()))
    assert (lines[0].measured, lines[0].used_gpu_hours) == ([90.0], 6.0)
    text = render("All", lines)
    assert re.search(r"^policies_train +2 +4 .* 1 +6\.0 +90 min$", text, re.M), text


def test_a_finished_run_corrects_the_prices(tmp_path: Path) -> None:
    run, finished = tmp_path / "planned", tmp_path / "finished"
    work = Work(setting())
    jobs = [replace(train(seed), usage=run / f"usage/t{seed}.tsv") for seed in range(3)]
    jobs += [replace(draw(16), usage=run / "usage/samples/codeqwen/1-of-16.tsv")]
    usage(finished / "usage/t0.tsv", 3 * work.cost(train()).seconds)
    for number in (1, 2):  # the finished run was cut into two shards
        usage(finished / f"usage/samples/codeqwen/{number}-of-2.tsv", work.cost(draw(2)).seconds)
    found = corrections(jobs, run, finished, work)
    assert found["policies_train", "codeqwen"] == pytest.approx(3)
    assert found["samples_draw", "codeqwen"] == pytest.approx(1)
    later = Work(setting(corrections=found))
    assert later.cost(jobs[2]).seconds == pytest.approx(3 * work.cost(train()).seconds)
    deepseek = train(model="deepseek")  # was not run there: corrected as the rule was
    assert later.cost(deepseek).seconds == pytest.approx(3 * work.cost(deepseek).seconds)
    with pytest.raises(UserError, match="no job of this plan was measured"):
        corrections(jobs, run, tmp_path / "empty", work)


def test_a_machine_with_too_few_gpus_says_so() -> None:
    text = machine_table([train(), draw(16)], Work(setting()), (1, 4))
    assert re.search(r"^1 +policies_train takes 4 GPUs", text, re.M)
    assert re.search(r"^4 +\d+ min +\d", text, re.M)


def test_what_does_not_fit_is_said_before_anything_runs() -> None:
    assert re.search(
        r"codeqwen .* fits on 80 GB .* fits in the 240 asked for", memory_table(setting())
    )
    small = memory_table(setting(gpu="a100_40"))
    assert re.search(r"codeqwen .* does not fit on 40 GB +L40S 48 GB", small)
    one = {"compute": {"train": {"gpus": 1}}}
    table = memory_table(setting(Config.model_validate(one)))
    assert re.search(r"codeqwen .* does not fit on 80 GB +H200 141 GB", table)


def plan(checkout: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "scripts/plan.py", *options],
        cwd=checkout,
        env=environment(),
        text=True,
        capture_output=True,
    )


def test_the_plan_of_the_papers_experiment(checkout: Path) -> None:
    done = plan(checkout)
    assert done.returncode == 0, done.stderr
    tables = done.stdout.split("\n\n")
    assert tables[0].startswith("Table 1") and tables[1].startswith("Table 2")
    found = [re.search(r"^policies_train +(\d+) +(\d+) +([\d.]+)", t, re.M) for t in tables[:3]]
    assert [int(match.group(1)) for match in found if match] == [36, 12, 48]
    # Arithmetic gives 20 to 25 hours for three seeds and 16 samples a task; here are 6 and 32.
    total = re.search(r"^total +\d+ +([\d.]+) +([\d.]+)$", tables[2], re.M)
    assert total and 30 < float(total[1]) < 80
    page = (ROOT / "docs/reviewer.md").read_text("utf-8")
    assert f"about {float(total[1]):.0f} GPU hours (six seeds, 32 samples a task)" in page
    machines = re.findall(r"^(\d+) +([\d.]+ h) +([\d.]+) +(\d+)% +(\d+)$", tables[3], re.M)
    assert [row[0] for row in machines] == ["4", "8", "64"]
    hours = [float(row[1].split()[0]) for row in machines]
    assert hours == sorted(hours, reverse=True)
    assert all(600 < float(row[4]) < 1100 for row in machines)  # GB of peak disk
    assert "does not fit" not in tables[4]
    assert not (checkout / "results").exists()


def test_a_run_without_a_gpu_is_priced_in_minutes_of_its_cores(checkout: Path) -> None:
    """The demo's own core-minutes are what the rates come from (README: 51)."""
    done = plan(checkout, "--", "--configfile", "configs/demo.yaml")
    assert done.returncode == 0, done.stderr
    assert "GPU hours" not in done.stdout and "Power" not in done.stdout
    found = re.findall(r"^(\w+) +(\d+) +[\d.]+ \w+ +(\d+)", done.stdout, re.M)
    minutes = {rule: int(all_of_them) for rule, _, all_of_them in found}
    cores = min(16, os.cpu_count() or 1)
    # Samples, trainings and references, answers, scoring: 6.7, 7.4, 24.0 and 10.4 core-minutes.
    assert 4 < cores * minutes["samples_draw"] < 14
    assert 4 < cores * (minutes["policies_train"] + minutes.get("references_score", 0)) < 16
    assert 15 < cores * minutes["benchmarks_generate"] < 36
    assert minutes["benchmarks_generate"] > minutes["samples_draw"]


def test_what_a_finished_run_without_a_gpu_took_corrects_the_plan_of_another(
    checkout: Path,
) -> None:
    demo = ["--", "--configfile", "configs/demo.yaml"]
    finished = checkout / "results/demo"
    finished.mkdir(parents=True)
    (finished / "config.json").write_text(configuration(demo[1:]).model_dump_json())
    usage(finished / "usage/samples/smollm/1-of-1.tsv", 36_000)
    done = plan(checkout, "--from", "results/demo", *demo)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^samples_draw +2 +10.0 h +1200 ", done.stdout, re.M), done.stdout
    assert "section cpu; times that the jobs of results/demo took" in done.stdout
    with_gpus = plan(checkout, "--from", "results/demo")
    assert with_gpus.returncode == 2 and not with_gpus.stdout
    assert "results/demo ran without GPUs" in with_gpus.stderr


def test_a_run_without_a_gpu_is_priced_in_the_number_format_that_it_computes_in() -> None:
    """``auto`` is what the processor has; where the configuration names a format, that one."""
    cpu, size = COSTS.cpu, on_cpu().architectures["codeqwen"].parameters

    def seconds(job: Job, precision: Precision, **values: Any) -> float:
        made = replace(on_cpu(**values), cpu_precision=precision)
        return Work(made).cost(job).seconds - cpu.start_seconds

    job = replace(draw(1), gpus=0)
    assert seconds(job, "fp32") / seconds(job, "bf16") == pytest.approx(
        (cpu.bf16.sampled_tokens * cpu.bf16.parameters)
        / (cpu.fp32.sampled_tokens * cpu.fp32.parameters)
    )
    fixed = {"sampling": {"precision": "fp32"}}
    assert seconds(job, "bf16", **fixed) == pytest.approx(seconds(job, "fp32"))
    updates = {precision: seconds(replace(train(), gpus=0), precision) for precision in PRECISIONS}
    disk = 4 * 2 * size / 1e9 / COSTS.training.disk_gb_per_second
    assert (updates["fp32"] - disk) / (updates["bf16"] - disk) == pytest.approx(
        (cpu.bf16.trained_tokens * cpu.bf16.parameters)
        / (cpu.fp32.trained_tokens * cpu.fp32.parameters)
    )


def on_cpu(**values: Any) -> Setting:
    """The price of the paper's models without GPUs, on two cores."""
    compute = {"generate": {"gpus": 0}, "train": {"gpus": 0}}
    return setting(load_config({**values, "compute": compute}), cores=2)


def test_the_plan_follows_problems_tokens_and_model_size(tmp_path: Path) -> None:
    job = replace(draw(1), gpus=0)
    start = COSTS.cpu.start_seconds

    def seconds(made: Setting, asked: Job = job) -> float:
        return Work(made).cost(asked).seconds - start

    whole = seconds(on_cpu())
    assert seconds(on_cpu(problems={"limit": 600})) == pytest.approx(whole / 10)
    assert seconds(on_cpu(sampling={"max_tokens": 60})) == pytest.approx(whole / 10)
    assert seconds(on_cpu(sampling={"samples_per_problem": 4})) == pytest.approx(whole / 2)
    deepseek = replace(job, wildcards={**job.wildcards, "model": "deepseek"})
    sizes = on_cpu().architectures
    share = sizes["deepseek"].parameters / sizes["codeqwen"].parameters
    assert seconds(on_cpu(), deepseek) == pytest.approx(whole * share)
    # 64 problems from templates; lines of a file of one's own.
    assert Work(on_cpu(problems={"sources": ["templates"]})).problems() == 64
    file = tmp_path / "mine.jsonl"
    file.write_text("{}\n\n{}\n")
    own = {"mine": {"kind": "jsonl", "path": str(file)}}
    values = {"problems": {"sources": ["mine", "templates"]}, "problem_sources": own}
    assert problems_of(load_config(values)) == 66


def test_sizes_are_known_of_packages_and_of_what_is_derived_from_them() -> None:
    values = yaml.safe_load((ROOT / "configs/demo.yaml").read_text("utf-8"))
    sizes = architectures(load_config(values), COSTS)
    assert sorted(sizes) == ["smollm", "tutored"] and sizes["smollm"] == sizes["tutored"]
    assert sizes["smollm"].parameters == pytest.approx(COSTS.cpu.fp32.parameters, rel=0.01)


def test_every_rule_with_a_price_exists() -> None:
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    for name in Work(setting()).priced:
        assert f"rule {name}:" in rules or f" as {name} with:" in rules


def test_a_mistyped_cost_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "costs.yaml"
    text = (ROOT / "envs/costs.yaml").read_text("utf-8")
    file.write_text(text.replace("flops_share", "flop_share"))
    with pytest.raises(UserError, match="flop_share"):
        read_yaml(file, Costs)
    file.write_text(text + "\ngpu: h200\n")
    with pytest.raises(UserError, match="'gpu' occurs a second time"):
        read_yaml(file, Costs)
