"""A site is tried before its first run: the table of a preflight on a real SLURM, in containers."""

from pathlib import Path

import pytest
from helpers.cluster import Cluster, login

from codepref.files import read_json, read_record
from codepref.preflight.findings import Found
from codepref.provenance.record import read_provenance

pytestmark = pytest.mark.long

CONFIGS = ["configs/preflight.yaml", "configs/preflight_cpu.yaml", "tests/cluster/preflight.yaml"]
RUN = "results/preflight"


def test_a_preflight_ends_in_its_table(cluster: Cluster, image: Path, tmp_path: Path) -> None:
    """Only the checks: test_pipeline goes through the stages."""
    here = login(tmp_path, CONFIGS)
    code, printed = here.run(*here.literal_command("--", f"{RUN}/preflight/passed.txt"))
    assert code == 0, printed[-6000:]

    table = read_record(here.folder / RUN / "preflight.json", Found).findings
    verdicts = {one.check: one.verdict for one in table}
    done = [
        *("execution jobs: sandbox", "smollm: sampling", "smollm: DPO step, random weights"),
        *(f"smollm: tokenizer and chat template, {kind} jobs" for kind in ("sampling", "training")),
    ]
    assert {name: verdicts[name] for name in done} == dict.fromkeys(done, "ok"), table
    assert verdicts["training jobs: GPUs and driver"] == "not done"
    assert "| smollm: sampling |" in (here.folder / RUN / "preflight.md").read_text()
    assert "checks: 0 failed" in printed
    assert read_json(here.folder / RUN / "throughput.json")["hardware"] == "cpu"

    # In the jobs, partitions and image of a run.
    partitions = {
        job["comment"].split("_wildcards")[0]: job["partition"] for job in cluster.jobs(here)
    }
    assert partitions == {
        "rule_preflight_sample": "gpu",
        "rule_preflight_train": "gpu",
        "rule_preflight_execute": "cpu",
    }
    found = here.folder / RUN / "preflight/train/smollm.json"
    assert read_provenance(found).machine.image

    # SLURM grants a (fake) GPU that the job cannot use: the table says so, then the run fails.
    (here.folder / "gpu.yaml").write_text("compute: {generate: {gpus: 1, memory_mb_per_gpu: 0}}\n")
    again = here.literal_command("gpu.yaml", "--", f"{RUN}/preflight/passed.txt")
    code, printed = here.run(*again)
    assert code != 0, printed[-6000:]
    table = read_record(here.folder / RUN / "preflight.json", Found).findings
    bad = {one.check: one.mend for one in table if one.verdict == "failed"}
    assert bad.keys() == {"sampling jobs: GPUs and driver"}
    assert "this job was given 1 GPU" in bad.popitem()[1]
    assert not (here.folder / RUN / "preflight/sample/smollm.json").exists()
    assert found.exists()
