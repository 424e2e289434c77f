"""Decide a run's claims about its own models: won, lost or undecided."""

import argparse
import json
from pathlib import Path

from codepref.cli import run
from codepref.files import read_text, read_yaml, write_json
from codepref.records import HeldOutAccuracy
from codepref.tables.frames import read_samples
from codepref.tables.inputs import (
    add_config_option,
    add_files,
    read_clusters,
    read_config,
    read_of_run,
)
from codepref.tables.own_claims import OwnClaims, RunSamples, answers, decide, markdown, told
from codepref.tables.registration import add_registration_option, registered
from codepref.tables.setting_tables import TrainingRecord


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_config_option(parser)
    parser.add_argument("--claims", type=Path, required=True, help="configs/demo_claims.yaml")
    add_registration_option(parser)
    parser.add_argument("--sampled", type=Path, required=True, help="benchmarks/samples.csv")
    add_files(parser, "--benchmark-data", "tasks, in the order of the configuration's benchmarks")
    add_files(parser, "--accuracies", "*.held_out.json of score_answers.py")
    add_files(parser, "--training", "training.json files")
    add_files(parser, "--logs", "training_log.jsonl files, in the same order")
    parser.add_argument("--output", type=Path, required=True, help="own_claims.json")
    arguments = parser.parse_args()
    config = read_config(arguments.config)
    claims = read_yaml(arguments.claims, OwnClaims)
    claims.check(config)
    samples = RunSamples(
        read_samples(config, arguments.sampled),
        read_clusters(config, arguments.benchmark_data),
        read_of_run(config, arguments.accuracies, HeldOutAccuracy),
    )
    decided = decide(claims, samples, config)
    trainings = read_of_run(config, arguments.training, TrainingRecord)
    first = config.training.seeds[0]
    logs = {
        training.method: [json.loads(line) for line in read_text(log).splitlines()]
        for training, log in zip(trainings, arguments.logs, strict=True)
        if (training.model, training.seed) == (claims.model, first)
    }
    fixed = registered(arguments.registration, arguments.claims)
    page = answers(claims, decided, told(claims, samples, config, logs), config, fixed)
    write_json(arguments.output, page.model_dump())
    print(markdown(page))


if __name__ == "__main__":
    run(main)
