"""A commented overlay to begin a run of one's own with."""

import os
import shutil
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from codepref.config_names import RESERVED
from codepref.devices import KERNEL_DRIVER
from codepref.errors import UserError
from codepref.files import write_text
from codepref.strict import Name, explain_name

MARK = "FILL IN"
_TAKEN = ("demo", "paper", "preflight", "test")
_TEXT = """\
# yaml-language-server: $schema={schema}
# A run of your own, on top of config.yaml (which explains every setting). Fill in the three lines
# marked {mark}, then:
#   make check-run CONFIG={path}
#   snakemake --cores all --configfile {path}     (a cluster: --profile slurm)
run: "{name}"  # its results: results/{name}/

models:
  own:
    label: My model  # {mark}: how tables name it
    # A folder with config.json, safetensors and a tokenizer with a chat template. Of the hub:
    # source: {{kind: hub, repo: owner/name, revision: <40 hexadecimal digits of a commit>}}
    source: {{kind: folder, path: path/to/model}}  # {mark}

# Rows of the tables. base is the model as it came; config.yaml's 'methods' lists the others.
experiments:
  - model: own
    methods: [base, rft, dpo]

# One problem a line; docs/problems.md has the format. Without problems of your own:
# sources: [templates], or the sources of config.yaml.
problem_sources:
  own: {{kind: jsonl, path: path/to/problems.jsonl}}  # {mark}
problems:
  sources: [own]

# With one seed a training's chance is not told from its effect; make plan prices more.
training:
  seeds: [0]

# HumanEval and MBPP, from EvalPlus. Samples of each task, besides the greedy answer; 0: none.
use_benchmarks: [humaneval, mbpp]
evaluation:
  samples_per_task: 8

# What one job asks for. gpus: 0 is for models of up to about a billion parameters.
compute:
  generate: {generate}
  train: {train}
  execute: {{threads: 8, memory_mb: 12000}}
"""
_GPUS = ("{gpus: 1}", "{gpus: 1, threads: 8, memory_mb: 16000}")
_NO_GPUS = ("{gpus: 0, memory_mb: 6000}", "{gpus: 0, memory_mb: 8000}")


def write_new_run(name: str, folder: Path, gpus: bool | None = None) -> Path:
    """Write the overlay of a new run.

    Args:
        name: of the run, its file and its results.
        folder: of the overlays.
        gpus: whether its jobs have GPUs; None: as this machine (or its batch system) has.

    Returns:
        The file.

    Raises:
        UserError: the name cannot be one, is taken, or the file is there already.
    """
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError:
        raise UserError(f"NAME: {explain_name(name)}") from None
    if name in _TAKEN or name in RESERVED["run"] or name.startswith("release-"):
        raise UserError(
            f"NAME: the name '{name}' is taken by a run of this project; choose another"
        )
    path = folder / f"{name}.yaml"
    if path.exists():
        raise UserError(f"{path}: is there already; edit it, or choose another name")
    if gpus is None:
        gpus = KERNEL_DRIVER.exists() or shutil.which("sbatch") is not None
    generate, train = _GPUS if gpus else _NO_GPUS
    text = _TEXT.format(
        **{"name": name, "path": path, "mark": MARK},
        **{"schema": os.path.relpath("config.schema.json", folder)},
        **{"generate": generate, "train": train},
    )
    write_text(path, text)
    return path
