"""Plot one figure as SVG, PNG and PDF."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from codepref.cli import run
from codepref.errors import UserError
from codepref.figures import data, implicit_reward
from codepref.figures import data_size as sizes
from codepref.figures.style import save
from codepref.files import read_json, read_records
from codepref.records import BenchmarkVerdicts, RewardRecord, Sample
from codepref.tables.inputs import add_result_options, read_config, results_from
from codepref.workflow import rule_graph


def checkpoint_label(folder: Path, config: Path, with_seed: bool = True) -> str:
    """Return the label of ``.../<model>/<method>/seed<n>``; the seed only if there are several."""
    seed, method, model = folder.name, folder.parent.name, folder.parent.parent.name
    settings = read_config(config)
    try:
        label = f"{settings.models[model].label}, {settings.method_label(method)}"
    except KeyError as error:
        raise UserError(f"{folder}: {error} is not in {config}") from error
    return f"{label}, {seed}" if with_seed and len(settings.training.seeds) > 1 else label


def labelled_statistics(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Return pairs' statistics with the models' labels in the place of their names."""
    models = read_config(arguments.config).models
    found = [read_json(path) for path in arguments.statistics]
    return [{**item, "model": models[item["model"]].label} for item in found]


def pair_yield(arguments: argparse.Namespace) -> None:
    statistics = labelled_statistics(arguments)
    save(lambda: data.pair_yield(statistics), arguments.output)


def verdict_classes(arguments: argparse.Namespace) -> None:
    statistics = labelled_statistics(arguments)
    config = read_config(arguments.config)
    graded = []
    for path in arguments.verdicts:
        benchmark = path.name.removesuffix(".verdicts.json")
        label = config.benchmarks[benchmark].label
        label += " (demo subset)" if config.scale == "demo" and "demo" not in label else ""
        verdicts = BenchmarkVerdicts.model_validate_json(path.read_text(encoding="utf-8"))
        graded.append((label, checkpoint_label(path.parent, arguments.config), verdicts))
    save(lambda: data.verdict_classes(statistics, graded), arguments.output)


def learning_curves(arguments: argparse.Namespace) -> None:
    logs: dict[str, list[data.Log]] = {}
    for folder in arguments.checkpoints:
        lines = (folder / "training_log.jsonl").read_text(encoding="utf-8").splitlines()
        label = checkpoint_label(folder, arguments.config, with_seed=False)
        logs.setdefault(label, []).append([json.loads(line) for line in lines])
    save(lambda: data.learning_curves(logs), arguments.output)


def scores(arguments: argparse.Namespace) -> None:
    results = results_from(arguments)
    points = []
    for experiment in results.config.experiments:
        for method in experiment.methods:
            for benchmark in results.benchmarks:
                cell = results.cell(experiment.model, method, benchmark)
                if cell.run:
                    paper = cell.paper_rate if cell.comparable else None
                    model = results.config.models[cell.model].label
                    variant = results.config.method_label(method)
                    label = results.label(benchmark)
                    points.append((model, variant, label, cell.rate, *cell.interval, paper))
    if not points:
        raise UserError(f"{arguments.benchmarks}: no result to plot")
    save(lambda: data.scores(points), arguments.output)


def data_size(arguments: argparse.Namespace) -> None:
    results = results_from(arguments)
    trained = {}
    for path in arguments.training:
        _, method, model = (parent.name for parent in path.resolve().parents[:3])
        record = read_json(path)
        if "pairs" in record:
            trained[model, method] = record["pairs"]
    for sweep in sizes.sweeps(results.config):
        for method in sweep.methods:
            if (sweep.model, method) not in trained:
                raise UserError(f"--training: no training.json of {sweep.model} {method}")
    save(lambda: sizes.draw(results, trained), arguments.output)


def figure1(arguments: argparse.Namespace) -> None:
    records = list(read_records(arguments.rewards, RewardRecord))
    samples = list(read_records(arguments.samples, Sample))
    title = read_config(arguments.config).models[records[0].model].label if records else ""
    save(lambda: implicit_reward.draw(records, samples, title), arguments.output)


def figure2(arguments: argparse.Namespace) -> None:
    standard_input = arguments.rule_graph == Path("-")
    dot = sys.stdin.read() if standard_input else arguments.rule_graph.read_text(encoding="utf-8")
    save(lambda: rule_graph.draw(dot), arguments.output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True, help="path without suffix")
    kinds = parser.add_subparsers(required=True, metavar="FIGURE")

    kind = kinds.add_parser("figure1", help="implicit reward of wrong answers, one pair and all")
    kind.add_argument("--config", type=Path, required=True, help="the run's config.json")
    kind.add_argument("--rewards", type=Path, required=True, help="of score_rewards.py")
    kind.add_argument("--samples", type=Path, required=True, help="the samples that were scored")
    kind.set_defaults(plot=figure1)

    kind = kinds.add_parser("figure2", help="the pipeline, from the rule graph")
    kind.add_argument(
        "--rule-graph",
        type=Path,
        required=True,
        help="snakemake --rulegraph's DOT; - is standard input",
    )
    kind.set_defaults(plot=figure2)

    kind = kinds.add_parser("learning-curves", help="loss, margins, log-probabilities by step")
    kind.add_argument("--config", type=Path, required=True, help="the run's config.json")
    kind.add_argument("--checkpoints", type=Path, nargs="+", required=True, help="folders")
    kind.set_defaults(plot=learning_curves)

    kind = kinds.add_parser("pair-yield", help="problems by the outcome of their samples")
    kind.add_argument("--config", type=Path, required=True, help="the run's config.json")
    kind.add_argument("--statistics", type=Path, nargs="+", required=True, help="*.stats.json")
    kind.set_defaults(plot=pair_yield)

    kind = kinds.add_parser("verdict-classes", help="before and after training")
    kind.add_argument("--config", type=Path, required=True, help="the run's config.json")
    kind.add_argument("--statistics", type=Path, nargs="+", required=True, help="*.stats.json")
    kind.add_argument("--verdicts", type=Path, nargs="+", required=True, help="*.verdicts.json")
    kind.set_defaults(plot=verdict_classes)

    kind = kinds.add_parser("scores", help="pass@1 with intervals, on- and off-policy")
    add_result_options(kind)
    kind.set_defaults(plot=scores)

    kind = kinds.add_parser("data-size", help="pass@1 against the number of pairs")
    add_result_options(kind)
    kind.add_argument("--training", type=Path, nargs="+", required=True, help="training.json files")
    kind.set_defaults(plot=data_size)

    arguments = parser.parse_args()
    arguments.plot(arguments)


if __name__ == "__main__":
    run(main)
