"""Plot one figure as SVG, PNG and PDF."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codepref.cli import run
from codepref.config import Config
from codepref.errors import UserError
from codepref.evaluation.sampled_records import Reranked
from codepref.figures import data, implicit_reward, pipeline
from codepref.figures import data_size as sizes
from codepref.figures import differences as all_differences
from codepref.figures import log_probs as both_sides
from codepref.figures import pass_at_k as pass_at_ks
from codepref.figures.style import save
from codepref.files import read_json, read_records, read_text, read_yaml
from codepref.gradings import BenchmarkVerdicts
from codepref.records import Execution, Problem, RewardRecord, Sample
from codepref.tables.frames import read_samples
from codepref.tables.inputs import (
    add_config_option,
    add_files,
    add_result_options,
    read_config,
    read_of_run,
    read_statistics,
    results_from,
)
from codepref.tables.labels import benchmark_label, reference_words
from codepref.tables.paper import PaperTables
from codepref.tables.sampled import SampledResults
from codepref.tables.setting_tables import TrainingRecord
from codepref.training.reward_analysis import RewardAnalysis, alike
from codepref.workflow import rule_graph


def labelled_statistics(arguments: argparse.Namespace, config: Config) -> list[dict[str, Any]]:
    """Return pairs' statistics with the models' labels in the place of their names."""
    found = read_statistics(config, arguments.statistics)
    return [{**item, "model": config.models[item["model"]].label} for item in found]


def pair_yield(arguments: argparse.Namespace) -> None:
    statistics = labelled_statistics(arguments, read_config(arguments.config))
    save(lambda: data.pair_yield(statistics), arguments.output)


def verdict_classes(arguments: argparse.Namespace) -> None:
    config = read_config(arguments.config)
    statistics = labelled_statistics(arguments, config)
    graded, paper = [], read_yaml(arguments.paper, PaperTables)
    for verdicts in read_of_run(config, arguments.verdicts, BenchmarkVerdicts):
        row = config.policy_label(verdicts.model, verdicts.method)
        if len(config.training.seeds) > 1:
            row += f", seed{verdicts.seed}"
        graded.append((benchmark_label(config, paper, verdicts.benchmark), row, verdicts))
    save(lambda: data.verdict_classes(statistics, graded), arguments.output)


def learning_curves(arguments: argparse.Namespace) -> None:
    config = read_config(arguments.config)
    logs = data.read_logs(config, arguments.training, arguments.logs)
    save(lambda: data.learning_curves(logs, reference_words(config)), arguments.output)


def log_probs(arguments: argparse.Namespace) -> None:
    config = read_config(arguments.config)
    found = both_sides.changes(config, arguments.training, arguments.logs)
    save(lambda: both_sides.draw(config, found), arguments.output)


def scores(arguments: argparse.Namespace) -> None:
    results = results_from(arguments)
    save(lambda: data.scores(results), arguments.output)


def differences(arguments: argparse.Namespace) -> None:
    results = results_from(arguments)
    save(lambda: all_differences.draw(results), arguments.output)


def data_size(arguments: argparse.Namespace) -> None:
    results = results_from(arguments)
    records = read_of_run(results.config, arguments.training, TrainingRecord)
    trained = {(r.model, r.method): r.pairs for r in records if r.pairs is not None}
    for sweep in sizes.sweeps(results.config):
        for method in sweep.methods:
            if (sweep.model, method) not in trained:
                raise UserError(f"--training: no training.json of {sweep.model} {method}")
    save(lambda: sizes.draw(results, trained), arguments.output)


def pass_at_k(arguments: argparse.Namespace) -> None:
    config = read_config(arguments.config)
    sampled = SampledResults(
        config, read_yaml(arguments.paper, PaperTables), read_samples(config, arguments.sampled)
    )
    reranked = read_of_run(config, arguments.reranked, Reranked)
    save(lambda: pass_at_ks.draw(sampled, reranked), arguments.output)


def figure1(arguments: argparse.Namespace) -> None:
    config = read_config(arguments.config)
    [analysis] = read_of_run(config, [arguments.analysis], RewardAnalysis)
    records = list(read_records(arguments.rewards, RewardRecord))
    shown = {(r.problem_id, r.index) for pair in alike(records) for r in pair}
    executions = read_records(arguments.executions, Execution)
    programs = implicit_reward.judged_programs(
        {problem.id: problem for problem in read_records(arguments.problems, Problem)},
        read_records(arguments.samples, Sample),
        (e for e in executions if (e.problem_id, e.index) in shown),
    )
    title = config.models[analysis.model].label
    method = config.method_label(analysis.method)
    save(
        lambda: implicit_reward.draw(records, programs, analysis, title, method, config.seed),
        arguments.output,
    )


def figure2(arguments: argparse.Namespace) -> None:
    config = read_config(arguments.config)
    statistics = read_statistics(config, arguments.statistics)
    steps = pipeline.boxes(config, read_json(arguments.problem_report), statistics)
    save(lambda: pipeline.draw(steps), arguments.output)


def workflow(arguments: argparse.Namespace) -> None:
    dot = read_text(arguments.rule_graph)
    save(lambda: rule_graph.draw(dot), arguments.output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True, help="path without suffix")
    kinds = parser.add_subparsers(required=True, metavar="FIGURE")

    def figure(
        plot: Callable[[argparse.Namespace], None], about: str, **files: str
    ) -> argparse.ArgumentParser:
        """Add a figure; ``files``: its options of one file each, and what that is."""
        kind = kinds.add_parser(plot.__name__.replace("_", "-"), help=about)
        kind.set_defaults(plot=plot)
        for name, what in files.items():
            kind.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True, help=what)
        return kind

    kind = figure(
        figure1,
        "implicit reward of wrong answers, one pair and all",
        rewards="of score_rewards.py",
        analysis="*.analysis.json, made with them",
        problems="problems/all.jsonl",
        samples="the samples that were scored",
        executions="their verdicts",
    )
    add_config_option(kind)
    kind = figure(figure2, "from problems to pairs", problem_report="problems/report.json")
    add_config_option(kind)
    add_files(kind, "--statistics", "*.stats.json", required=True)
    figure(workflow, "which rule needs which", rule_graph="snakemake --rulegraph's DOT")
    for plot, about in (
        (learning_curves, "loss, margins, log-probabilities by step"),
        (log_probs, "how far both sides' log-probabilities move, by step"),
    ):
        kind = figure(plot, about)
        add_config_option(kind)
        add_files(kind, "--training", "training.json files", required=True)
        add_files(kind, "--logs", "training_log.jsonl files, in the same order", required=True)
    kind = figure(pair_yield, "problems by the outcome of their samples")
    add_config_option(kind)
    add_files(kind, "--statistics", "*.stats.json", required=True)
    kind = figure(verdict_classes, "before and after training", paper="paper/tables.yaml")
    add_config_option(kind)
    add_files(kind, "--statistics", "*.stats.json; none: nothing was sampled")
    add_files(kind, "--verdicts", "*.verdicts.json", required=True)
    add_result_options(figure(scores, "pass@1 with intervals, on- and off-policy"))
    add_result_options(figure(differences, "every difference to base with its interval"))
    files = {"paper": "paper/tables.yaml", "sampled": "benchmarks/samples.csv"}
    kind = figure(pass_at_k, "pass@k of every policy", **files)
    add_config_option(kind)
    add_files(kind, "--reranked", "*.reranked.json: best of n samples")
    kind = figure(data_size, "pass@1 against the number of pairs")
    add_result_options(kind)
    add_files(kind, "--training", "training.json files", required=True)

    arguments = parser.parse_args()
    arguments.plot(arguments)


if __name__ == "__main__":
    run(main)
