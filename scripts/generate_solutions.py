"""Answer the tasks of benchmarks greedily and by samples, in EvalPlus's samples format."""

import argparse
import re
from typing import get_args

from codepref.cli import add_section, run, section_from
from codepref.devices import add_gpus_option, require_gpus
from codepref.errors import UserError
from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.evaluation.settings import EvaluationConfig
from codepref.sampling.placement import add_gpus_per_engine_option, share_gpus
from codepref.sampling.settings import GenerationConfig, PromptStyle

COUNT = r"[0-9]+"
STYLES = "|".join(get_args(PromptStyle))
GIVEN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(:(?P<dataset>[^=:]+))?=(?P<path>.+)", re.ASCII)


def options() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-folder", required=True)
    parser.add_argument("--model", required=True, help="the policy's model; samples depend on it")
    parser.add_argument("--method", default="", help="the policy's method; samples depend on it")
    parser.add_argument("--training-seed", type=int, default=0, help="the same")
    parser.add_argument(
        "--benchmark",
        action="append",
        required=True,
        metavar="NAME[:DATASET]=DATA.jsonl",
        help="a benchmark's name, its data set in the configuration (default: any of code to "
        "complete) and its tasks; may be repeated",
    )
    parser.add_argument(
        "--output-folder",
        required=True,
        help="NAME.samples.jsonl (greedy) and NAME.sampled.jsonl go there",
    )
    parser.add_argument(
        "--samples",
        action="append",
        default=[],
        metavar="NAME=N",
        help="draw N samples of each task of a benchmark; may be repeated",
    )
    parser.add_argument(
        "--not-greedy", nargs="*", default=[], metavar="NAME", help="only samples of these"
    )
    parser.add_argument(
        "--own-prompt-style",
        action="append",
        default=[],
        metavar="NAME=STYLE",
        help="word a benchmark's tasks otherwise than --prompt-style says; may be repeated",
    )
    parser.add_argument("--seed", type=int, default=0, help="samples derive from it")
    add_gpus_option(parser)
    add_gpus_per_engine_option(parser)
    add_section(parser, EvaluationConfig, ("temperature", "top_p"))
    add_section(parser, GenerationConfig)
    return parser


def main() -> None:
    arguments = options().parse_args()
    require_gpus(arguments.gpus)
    config = section_from(arguments, GenerationConfig)
    decoding = section_from(arguments, EvaluationConfig)
    benchmarks, datasets = named_benchmarks(arguments.benchmark)
    counts = named("samples", arguments.samples, COUNT)
    samples = {name: int(count) for name, count in counts.items()}
    styles = named("own-prompt-style", arguments.own_prompt_style, STYLES)
    for name in [*samples, *arguments.not_greedy, *styles]:
        if name not in benchmarks:
            raise UserError(
                f"'{name}' is no benchmark that --benchmark names: {', '.join(benchmarks)}"
            )

    from codepref.evaluation.solutions import Draws, generate_solutions  # loads torch

    draws = Draws(
        samples=samples,
        temperature=decoding.temperature,
        top_p=decoding.top_p,
        seed=arguments.seed,
        policy=(arguments.model, arguments.method, arguments.training_seed),
        not_greedy=arguments.not_greedy,
    )
    generate_solutions(
        *(benchmarks, arguments.model_folder, arguments.model, config, arguments.output_folder),
        *(datasets, draws, styles, share_gpus(arguments.gpus_per_engine)),
    )


def named_benchmarks(options: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the data files and the data sets of ``--benchmark``, by name."""
    benchmarks, datasets = {}, {}
    for given in options:
        found = GIVEN.fullmatch(given)
        if found is None or found["name"] in benchmarks:
            raise UserError(
                "--benchmark: expected NAME=DATA.jsonl or NAME:DATASET=DATA.jsonl, each name once "
                f"and of letters, digits, '_', '.' and '-', not '{given}'"
            )
        benchmarks[found["name"]] = found["path"]
        if found["dataset"]:
            if found["dataset"] not in BENCHMARKS:
                raise UserError(
                    f"--benchmark: '{given}': no such data set; expected {', '.join(BENCHMARKS)}"
                )
            datasets[found["name"]] = found["dataset"]
    return benchmarks, datasets


def named(option: str, options: list[str], expected: str) -> dict[str, str]:
    """Return what an option gives by benchmark; ``expected`` is a pattern."""
    found: dict[str, str] = {}
    for given in options:
        name, _, value = given.rpartition("=")
        if not name or not re.fullmatch(expected, value) or name in found:
            what = "N" if expected == COUNT else f"one of {expected.replace('|', ', ')}"
            raise UserError(f"--{option}: expected NAME={what}, each name once, not '{given}'")
        found[name] = value
    return found


if __name__ == "__main__":
    run(main)
