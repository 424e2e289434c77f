"""One training in two processes, started in the image by ``accelerate launch``, as a SLURM job."""

import json
import shlex
from pathlib import Path
from types import SimpleNamespace

from helpers.cluster import PROJECT, Cluster, Login, login
from helpers.places import ROOT
from helpers.records import make_pair

from codepref.config import Config
from codepref.files import write_records
from codepref.workflow.job_graph import JobGraph


def command(here: Login, model: Path, pairs: Path) -> str:
    """What the rule would run on a node with two GPUs; --gpus 0: here they are processor cores."""
    two = Config.model_validate({"compute": {"train": {"gpus": 2}}, "training": {"launch": "ddp"}})
    dpo = SimpleNamespace(model="codeqwen", method="dpo", seed=0)
    launch = JobGraph(two).launch(dpo, str(ROOT / "envs/accelerate"))
    given = {"model-folder": model, "pairs": pairs, "output": here.folder / "policy"}
    given |= {"work": here.folder / "work", "records": here.folder / "records"}
    options = " ".join(f"--{name} {shlex.quote(str(path))}" for name, path in given.items())
    options += " --gpus 0 --seed 0 --batch-size 10 --max-length 512 --epochs 2"
    return f"{launch} {ROOT}/scripts/train_policy.py dpo {options}"


def test_two_processes_share_a_training(
    cluster: Cluster, image: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    (folder := tmp_path / "login").mkdir()
    here = login(folder, [])
    pairs = folder / "pairs.jsonl"
    write_records(pairs, [make_pair(number) for number in range(10)])
    # As Snakemake starts a container: its home is the working directory.
    inside = ["apptainer", "exec", "--home", str(folder), "--bind", f"{ROOT},{PROJECT},/tmp", image]
    job = shlex.join(map(str, inside)) + " " + command(here, tiny_model_folder, pairs)
    submit = ["sbatch", "--wait", "--account=test", "--partition=cpu", "--cpus-per-task=2"]
    submit += ["--mem=4000", "--time=10", f"--output={folder}/job.txt", f"--wrap={job}"]
    code, printed = here.run(*submit)
    told = (folder / "job.txt").read_text() if (folder / "job.txt").exists() else printed
    assert code == 0, told[-4000:]
    facts = json.loads((folder / "records/training.json").read_text())
    assert (facts["devices"], facts["accumulation"], facts["steps"]) == (2, 5, 2)
    assert facts["distributed"] == "multi_cpu"
    assert (folder / "policy/model.safetensors").exists()
