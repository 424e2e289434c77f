"""Try what a kind of job gets at this site: GPUs, engine, training step, sandbox, network.

Writes what was found (JSON). A check that fails, dies or hangs is a finding, too: this command ends
with exit code 0 all the same, so that the table has every check.
"""

import argparse
import shlex
import sys
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.files import write_json
from codepref.preflight.findings import KINDS
from codepref.preflight.job import STEPS, check_job, take
from codepref.preflight.place import Place
from codepref.sampling.settings import SamplingConfig
from codepref.sandbox.settings import ExecutionConfig
from codepref.training.trainers import DpoConfig


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=KINDS, help="the kind of job")
    parser.add_argument("--gpus", type=int, default=0, help="that the job was given")
    parser.add_argument("--job-memory-mb", type=int, default=0, help="MiB that it was given")
    parser.add_argument("--work", type=Path, required=True, help="folder for this job alone")
    parser.add_argument("--model", default="", help="the model's name in the configuration")
    parser.add_argument(
        "--model-folder", type=Path, default=Path(), help="its configuration and tokenizer"
    )
    parser.add_argument("--launch", default="python", help="what starts trainings")
    parser.add_argument("--output", type=Path, required=True, help="findings (JSON)")
    parser.add_argument("--only", choices=STEPS, help="do one check in this process, write to WORK")
    add_section(parser, SamplingConfig, only=("engine", "temperature", "top_p"))
    add_section(parser, ExecutionConfig, only=("weaker_isolation",))
    add_section(parser, DpoConfig)
    given = parser.parse_args()
    sampled = {name: getattr(given, name) for name in ("engine", "temperature", "top_p")}
    place = Place(
        kind=given.kind,
        gpus=given.gpus,
        memory_mb=given.job_memory_mb,
        work=given.work,
        model=given.model,
        folder=given.model_folder,
        sampling=SamplingConfig(**sampled),
        training=section_from(given, DpoConfig),
        execution=ExecutionConfig(weaker_isolation=given.weaker_isolation),
    )
    if given.only:
        take(given.only, place)
        return
    found = check_job(place, [*sys.argv, "--only"], shlex.split(given.launch))
    write_json(given.output, found.model_dump())


if __name__ == "__main__":
    run(main, keep_record="--only" not in sys.argv)
