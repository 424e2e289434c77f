"""The job graph of every configuration, without a network or a GPU."""

import re
from collections import Counter
from pathlib import Path

import networkx as nx
import pytest
from helpers.places import ROOT, overlays
from helpers.plans import Planned, plan
from helpers.snakemake_runs import Snakemake, jobs

from codepref.config import Config
from codepref.provenance.release import COMPARED
from codepref.workflow.dry_run import configuration
from codepref.workflow.job_graph import JobGraph
from codepref.workflow.leftovers import table_names
from codepref.workflow.regrade import gradings_of
from codepref.workflow.remake import rules_of
from codepref.workflow.rule_graph import rounds

ABLATIONS = {
    # One model on its own pairs and on those of a second one; PPO; the second model's rows.
    "demo": {
        **{"models_fetch": 2, "references_score": 2, "policies_train": 4},
        "benchmarks_generate": 5,
    },
    "demo/ppo": {"policies_train": 4, "policies_train_online": 1, "benchmarks_generate": 6},
    "demo/all": {"policies_train": 8, "policies_train_online": 1, "benchmarks_generate": 11},
    # Four parts of the pairs, and all of them; three seeds.
    "data_size": {
        "pairs_build": 1,
        "pairs_filter": 4,
        "policies_train": 15,
        "figures_draw_data_size": 1,
    },
    # 20,000 problems to write and 500 controls, in 14 parts of four stages; a sweep of each kind.
    "synthesised": {
        **{"synthesis_seed": 1, "synthesis_write": 4 * 14, "synthesis_try": 14},
        **{"problems_synthesise": 1, "problems_collect": 5, "models_fetch": 1},
        **{"pairs_filter": 4, "policies_train": 15, "figures_draw_data_size": 1},
    },
    # Three values of beta on the same pairs; three seeds.
    "beta": {"pairs_build": 1, "references_score": 1, "policies_train": 9, "rewards_score": 3},
    # Fifteen losses on the same pairs; two compare pairs, so they make their own references.
    "losses": {"pairs_build": 1, "references_score": 1, "policies_train": 15 * 3},
    "demo/losses": {"policies_train": 7, "references_score": 2, "figures_draw_log_probs": 1},
    # Best of n of every policy's samples; the reward is that of DPO's policies.
    "rerank": {
        **{"reranking_run_visible": 2 * (1 + 9), "reranking_score": 2 * 6},
        **{"reranking_choose": 2 * (1 + 9), "benchmarks_generate": 1 + 9},
    },
    "demo/rerank": {"reranking_run_visible": 5, "reranking_score": 3, "benchmarks_generate": 5},
    # Three rounds, and two that keep the reference of the first; one on three times the steps.
    "rounds": {
        **{"models_fetch": 1, "samples_draw": 4 * 4, "pairs_build": 4, "references_score": 5},
        **{"policies_train": 6 * 3, "benchmarks_generate": 1 + 6 * 3, "pairs_compare_rounds": 1},
    },
    "demo/rounds": {
        **{"models_fetch": 2, "samples_draw": 4, "pairs_build": 4, "references_score": 5},
        **{"policies_train": 7, "benchmarks_generate": 8, "pairs_compare_rounds": 1},
    },
    # Two trainers, and one with another loss; three seeds; a small model.
    "one_gpu": {"models_fetch": 1, "references_score": 1, "policies_train": 9},
    # A pilot, three trainings with LoRA (which score their references themselves), a small model.
    "evening": {
        **{"models_fetch": 1, "pilot_draw": 1, "pilot_execute": 1, "pilot_select": 1},
        **{"samples_draw": 1, "policies_train": 3, "benchmarks_generate": 4},
    },
    # One choice at a time: two temperatures (samples of their own), two draws, two parts of the
    # problems; three seeds; the base model and its seven variants answer four benchmarks at once.
    "sensitivity": {
        **{"models_fetch": 1, "samples_draw": 3 * 4, "pairs_build": 3, "pairs_redraw": 2},
        **{"pairs_filter": 2, "policies_train": 7 * 3, "benchmarks_generate": 1 + 7 * 3},
        **{"benchmarks_fetch": 4, "figures_draw_differences": 1},
    },
    # One data set of ratings, of which both models take as many pairs as of the paper; six seeds.
    "judge": {
        **{"rated_import": 1, "rated_execute": 1, "rated_compare": 1, "pairs_build": 2},
        **{"pairs_filter": 2, "policies_train": 2 * 3 * 6},
    },
    # A window for each model.
    "livecodebench": {"benchmarks_fetch": 3, "benchmarks_window": 3},
    # Three by three models, and two controls on both sides of the paper's exchange.
    "off_policy": {"pairs_build": 3, "pairs_filter": 8, "policies_train": 3 * (9 + 8)},
}


def planned(folder: Path, *options: str) -> Counter[str]:
    """How many jobs of each rule a dry run names."""
    return Counter(job.rule for job in plan(folder, *options))


def test_the_papers_experiment_has_every_row_of_tables_1_and_2(snakemake: Snakemake) -> None:
    done = snakemake("-n", "--cores", "all", "--quiet", "rules")
    assert done.returncode == 0, done.stdout
    found = jobs(done.stdout)
    config = Config()
    seeds, shards = len(config.training.seeds), config.shards
    trained = sum(
        seeds
        for experiment in config.experiments
        for method in experiment.methods
        if config.methods[method].trainer in ("dpo", "rft")
    )
    assert trained == 8 * 6  # RFT and DPO of three models, two of them off-policy, six seeds
    assert found["policies_train"] == trained
    assert found["models_fetch"] == 3
    assert found["samples_draw"] == found["executions_run"] == 3 * shards
    assert found["pairs_build"] == 3
    policies = found["benchmarks_generate"]
    assert policies >= trained + 3
    assert found["benchmarks_grade"] == found["benchmarks_grade_sampled"] == 2 * policies


def test_without_samples_the_graph_is_that_of_the_greedy_answers(
    snakemake: Snakemake, checkout: Path
) -> None:
    (checkout / "plain.yaml").write_text("run: plain\nevaluation: {samples_per_task: 0}\n")
    done = snakemake("-n", "--cores", "1", "--configfile", "plain.yaml", "--quiet", "rules")
    assert done.returncode == 0, done.stdout
    found = jobs(done.stdout)
    assert found["benchmarks_generate"] and "benchmarks_grade_sampled" not in found
    assert "sampled" not in done.stdout and "pass_at_k" not in done.stdout


@pytest.mark.parametrize(("name", "files"), overlays().items(), ids=overlays())
def test_every_overlay_has_a_complete_graph(checkout: Path, name: str, files: list[Path]) -> None:
    given = [str(file.relative_to(ROOT)) for file in files]
    planned = plan(checkout, "--configfile", *given)
    found = Counter(job.rule for job in planned)
    assert found["tables_render"] == found["pairs_label_noise"] == 1
    expected = ABLATIONS.get(name, {})
    assert {rule: found[rule] for rule in expected} == expected
    rules = nx.DiGraph()
    makers = {path: job.rule for job in planned for path in job.outputs}
    for job in planned:
        before = {makers[path] for path in job.inputs if path in makers} - {job.rule}
        rules.add_edges_from((rule, job.rule) for rule in before)
    rules.remove_edges_from(rounds(rules))
    assert nx.is_directed_acyclic_graph(rules)  # else it could not be drawn
    _a_release_can_be_read_and_graded_again(
        configuration(["--configfile", *map(str, files)]), planned
    )


def _a_release_can_be_read_and_graded_again(config: Config, planned: list[Planned]) -> None:
    """Its tables come from the rules that ``make tables`` allows, its verdicts are all graded."""
    run = Path("results") / config.run
    made = {job.rule: [Path(path).relative_to(run) for path in job.outputs] for job in planned}
    allowed = rules_of(config)
    assert set(allowed) <= made.keys()
    for rule, outputs in made.items():
        if any(path.match(pattern) for path in outputs for pattern in COMPARED):
            assert rule in allowed, rule

    products = {path for outputs in made.values() for path in outputs}
    for folder, names in (
        ("tables", table_names(config)),
        ("figures", {*JobGraph(config).figures}),
    ):
        found = {path.stem for path in products if path.parent == Path(folder)}
        assert found - {"rule_graph"} == names

    judged = {
        job.outputs[0]: job.inputs
        for job in planned
        if job.rule in ("rated_execute", "benchmarks_grade", "benchmarks_grade_sampled")
    }
    gradings = {
        f"{run}/{one.output}": {f"{run}/{one.tasks}", f"{run}/{one.answers}"}
        for one in gradings_of(config)
        if not one.answers.startswith("samples/")  # whose jobs take them in parts
    }
    assert gradings == judged


def test_every_rule_states_its_files_log_and_purpose() -> None:
    rules = re.split(
        r"^(?= *rule\b)",
        "".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk"))),
        flags=re.M,
    )[1:]
    assert len(rules) > 10
    for rule in rules:
        name = rule.split(":")[0].strip()
        assert '    """' in rule.splitlines()[1], f"{name}: no docstring"
        if "shell:" in rule:
            assert "log:" in rule, f"{name}: no log"
            assert rule.count("{params.script}") == 1, f"{name}: more than one script"


def test_the_report_comes_after_every_job_whose_cost_it_counts(snakemake: Snakemake) -> None:
    text = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    parts = re.split(r"^(?:use )?rule (?:\w+ as )?(\w+)", text, flags=re.M)
    measured = {n for n, body in zip(parts[1::2], parts[2::2], strict=True) if "benchmark:" in body}
    assert "benchmarks_compare_judges" in measured
    every, report = (
        jobs(snakemake("-n", "--configfile", "configs/demo.yaml", "--quiet", "rules", *to).stdout)
        for to in (["--cores", "1"], ["--cores", "1", "results/demo/report.html"])
    )
    assert every["benchmarks_compare_judges"]
    assert {r: every.get(r) for r in measured} == {r: report.get(r) for r in measured}


def test_a_shard_count_can_be_overridden(snakemake: Snakemake) -> None:
    done = snakemake("-n", "--cores", "1", "--set-scatter", "shards=3", "--quiet", "rules")
    assert jobs(done.stdout)["samples_draw"] == 9, done.stdout


@pytest.mark.parametrize("methods", ["[base]", "[base, rft]", "[base, ppo]"])
def test_methods_can_be_left_out(checkout: Path, methods: str) -> None:
    (checkout / "mine.yaml").write_text(
        f"run: mine\nexperiments: [{{model: codeqwen, methods: {methods}}}]\n"
    )
    found = planned(checkout, "--configfile", "mine.yaml")
    assert "rewards_score" not in found
    sampling = {"samples_draw", "executions_run", "pairs_build", "figures_draw_pair_yield"}
    assert sampling & found.keys() == (sampling if "rft" in methods else set())
