"""Tables 1 to 4 of the paper and those of sampled answers, from the files that are named."""

import argparse
from dataclasses import replace
from pathlib import Path

from codepref.evaluation.sampled_records import Reranked
from codepref.files import read_yaml
from codepref.gradings import BenchmarkVerdicts
from codepref.tables.beside_tables import with_companions
from codepref.tables.deviation_table import deviation_table
from codepref.tables.inputs import add_files, read_of_run
from codepref.tables.layout import RenderedTable
from codepref.tables.published import PublishedScores, published_table
from codepref.tables.reranked_table import reranked_table
from codepref.tables.results import Results
from codepref.tables.sampled_tables import sampled_tables
from codepref.tables.score_tables import score_table
from codepref.tables.setting_tables import TrainingRecord, setting_tables


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--published --training --verdicts --reranked``."""
    parser.add_argument(
        "--published", type=Path, help="paper/published_scores.yaml; default: no comparison with it"
    )
    add_files(parser, "--training", "training.json: the hyperparameters really used")
    add_files(parser, "--verdicts", "*.verdicts.json: where the judges differ")
    add_files(parser, "--reranked", "*.reranked.json: best of n samples")


def paper_tables(arguments: argparse.Namespace, results: Results) -> list[RenderedTable]:
    """Lay out all tables from the results and what ``add_table_options`` names."""
    trainings = read_of_run(results.config, arguments.training, TrainingRecord)
    verdicts = read_of_run(results.config, arguments.verdicts, BenchmarkVerdicts)
    reranked = reranked_table(results, read_of_run(results.config, arguments.reranked, Reranked))
    table1 = with_companions(score_table(results, "table1"), results, verdicts, trainings)
    if arguments.published:
        known = published_table("table1", results, read_yaml(arguments.published, PublishedScores))
        table1 = replace(table1, more=[*table1.more, *([known] if known else [])])
    return [
        table1,
        with_companions(score_table(results, "table2"), results, verdicts, trainings),
        *setting_tables(results, trainings),
        *sampled_tables(results),
        *([reranked] if reranked else []),
        deviation_table(results),
    ]
