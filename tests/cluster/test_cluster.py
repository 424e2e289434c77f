"""`snakemake --profile slurm` on a real SLURM, in real containers, with a real model."""

import json
import os
from pathlib import Path

from .conftest import ROOT, Cluster

RUN = "results/cluster-test"


def test_hostile_programs_are_contained_in_container_and_job(cluster: Cluster) -> None:
    """The executor's attack corpus: bubblewrap in Apptainer in SLURM."""
    bind = f"{ROOT}{os.environ.get('CODEPREF_CLUSTER_BIND', '')}"
    inside = ["apptainer", "exec", "--home", ROOT, "--bind", bind, "envs/images/cpu.sif"]
    corpus = "PYTHONPATH=src python tests/sandbox/run_corpus.py escape forging --workers 1"
    job = ["srun", "--account=test", "--partition=cpu", "--mem=3000", "--time=5"]
    done = cluster.run(*job, *inside, "bash", "-c", corpus)
    assert done.returncode == 0, done.stdout
    assert ", 0 wrong verdicts" in done.stdout, done.stdout


def test_samples_become_verdicts(cluster: Cluster) -> None:
    target = f"{RUN}/executions/smollm.jsonl"
    done = cluster.snakemake(target)
    assert done.returncode == 0, done.stdout
    verdicts = [
        json.loads(line)
        for line in (cluster.folder / f"{RUN}/executions/smollm.jsonl").read_text().splitlines()
    ]
    assert len(verdicts) == 4 * 2
    assert all("bubblewrap" in json.dumps(verdict) for verdict in verdicts)
    # In containers: the record beside each output names the image.
    record = json.loads((cluster.folder / f"{RUN}/executions/smollm.jsonl.prov.json").read_text())
    assert record["machine"]["image"], record["machine"]
    # As jobs that ask for what the profile and the configuration say.
    fields = "jobname,account,partition,state,reqmem,timelimitraw"
    listed = cluster.run("sacct", "-X", "-n", "-P", "-o", fields).stdout.splitlines()
    rows = [line.split("|") for line in listed if line.startswith("codepref_")]
    assert {row[1] for row in rows} == {"test"}
    assert {row[2] for row in rows} == {"cpu", "gpu"}
    assert all(row[3] == "COMPLETED" for row in rows), rows
    again = cluster.snakemake(target)
    assert "Nothing to be done" in again.stdout, again.stdout


def test_a_lost_shard_alone_is_made_again(cluster: Cluster) -> None:
    folder = cluster.folder / f"{RUN}/samples/smollm"
    shards = sorted(path for path in folder.glob("*.jsonl"))
    assert len(shards) == 2
    before = {path: path.stat().st_mtime_ns for path in shards}
    content = shards[0].read_bytes()
    Path(shards[0]).unlink()
    done = cluster.snakemake(str(shards[0].relative_to(cluster.folder)))
    assert done.returncode == 0, done.stdout
    assert shards[0].read_bytes() == content  # the seed decides, not the machine
    assert shards[1].stat().st_mtime_ns == before[shards[1]]
