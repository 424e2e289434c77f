"""What one check finds: on this machine, and on machines that cannot be had here."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.places import ROOT

from codepref.devices import Devices
from codepref.errors import UserError
from codepref.files import read_record, write_json
from codepref.models.settings import DerivedModel, HubModel, PackagedModel
from codepref.preflight import machine, sandbox, tokenizer, width
from codepref.preflight.files import fetch_tokenizer
from codepref.preflight.findings import Found, Verdict
from codepref.preflight.place import Place
from codepref.sampling.settings import SamplingConfig
from codepref.sandbox import isolation
from codepref.sandbox.settings import ExecutionConfig
from codepref.training.trainers import DpoConfig

H100 = ("NVIDIA H100 80GB HBM3", (9, 0))
LINKED = Devices(
    torch="2.13.0", build=(13, 0), kernels=("sm_90",), driver="580.65.06", supported=(13, 0)
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A training job with four GPUs."""
    return Place(
        kind="train",
        gpus=4,
        memory_mb=320_000,
        work=tmp_path,
        model="codeqwen",
        folder=tmp_path,
        sampling=SamplingConfig(),
        training=DpoConfig(),
        execution=ExecutionConfig(),
    )


@pytest.mark.parametrize(
    ("seen", "verdict", "says"),
    [
        (4, "ok", "4 of 4: NVIDIA H100 80GB HBM3; driver 580.65.06"),
        (2, "failed", "2 of 4: NVIDIA H100 80GB HBM3; driver 580.65.06"),
        (0, "failed", "0 of 4: none visible; driver 580.65.06"),
    ],
)
def test_a_job_without_all_its_gpus_fails_with_what_to_do(
    place: Place, seen: int, verdict: Verdict, says: str
) -> None:
    (found,) = machine.gpu_findings(place, replace(LINKED, gpus=(H100,) * seen))
    assert (found.verdict, found.found) == (verdict, says)
    assert ("ask for as many as compute says" in found.mend) == (verdict == "failed")


def test_without_gpus_the_table_says_so(place: Place) -> None:
    found = machine.look(replace(place, gpus=0)).findings
    assert [one.verdict for one in found] == ["not done", "ok", "ok"]
    assert found[0].check == "training jobs: GPUs and driver" and "GPUs" in found[0].mend


@pytest.mark.parametrize(("free", "verdict"), [(79, "ok"), (60, "failed")])
def test_gpus_that_others_use_are_told(place: Place, free: int, verdict: Verdict) -> None:
    sizes = [(79 * 10**9, 80 * 10**9), (free * 10**9, 80 * 10**9)]
    found = machine.gpu_memory(place, sizes)
    assert found.verdict == verdict and f"{free} of 80 GB free" in found.found


@pytest.mark.parametrize(("size", "verdict"), [(64 << 20, "failed"), (8 << 30, "ok")])
def test_a_containers_small_shared_memory_is_told(
    place: Place, size: int, verdict: Verdict
) -> None:
    assert machine.shared_memory(place, size).verdict == verdict


def test_the_network_is_tried() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        assert machine.network(address).startswith("reaches 127.0.0.1")
    assert machine.network(address).startswith("none")


def test_the_tokenizer_of_a_model_without_weights_is_tried(
    place: Place, tiny_model_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    source = HubModel(repo="a/b", revision="0" * 40)
    known = tmp_path / "results/paper/models/tiny"
    known.mkdir(parents=True)
    for file in tiny_model_folder.iterdir():
        (known / file.name).symlink_to(file)
    (known / "source.json").unlink()
    write_json(known / "source.json", {"kind": "hub", "revision": source.revision})
    fetch_tokenizer(source, [known], folder)
    assert not list(folder.glob("*.safetensors"))
    (found,) = tokenizer.look(replace(place, folder=folder)).findings
    assert found.verdict == "ok" and "<|im_start|> once, ends at <|im_end|>" in found.found

    template = folder / "chat_template.jinja"
    template.write_text("{{ bos_token }}{{ bos_token }}" + template.read_text())
    (found,) = tokenizer.look(replace(place, folder=folder)).findings
    assert found.verdict == "failed" and "exactly one BOS" in found.found


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (PackagedModel(kind="package", files=["no-such==1/x"], sha256="0" * 64), "no-such"),
        (DerivedModel(kind="derived", base="codeqwen"), "derived"),
    ],
)
def test_files_that_cannot_be_had_are_told_with_the_reason(
    place: Place, tmp_path: Path, source: Any, why: str
) -> None:
    folder = tmp_path / "files"
    fetch_tokenizer(source, [], folder)
    (found,) = tokenizer.look(replace(place, folder=folder)).findings
    assert found.verdict == "not done" and why in found.found and "make fetch" in found.mend


@pytest.mark.slow
def test_the_sandbox_keeps_a_hostile_program_in(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = sandbox.look(replace(place, kind="execute"))
    assert [one.verdict for one in found.findings] == ["ok"], found

    # Without namespaces it gets out: that this is noticed, and is no failure where it is accepted.
    weaker = isolation.Isolation("none (weaker isolation)", None)
    monkeypatch.setattr("codepref.sandbox.executor.find_isolation", lambda _: weaker)
    (escaped,) = sandbox.look(place).findings
    assert escaped.verdict == "failed" and "sees the run's folder" in escaped.found
    accepted = replace(place, execution=ExecutionConfig(weaker_isolation=True))
    (escaped,) = sandbox.look(accepted).findings
    assert escaped.verdict == "ok" and "keeps none in, as accepted" in escaped.found


TWO_LAYERS = {
    **{"gpu_gb": 20.0, "gpu_total_gb": 85.0, "host_gb": 4.0, "devices": 4.0, "sharded": 1.0},
    **{"seconds": 1.5, "tokens": 16 * 16_000.0},
}


def test_a_layer_more_takes_what_the_second_took(place: Place, tmp_path: Path) -> None:
    write_json(tmp_path / "config.json", {"max_position_embeddings": 65536})
    one = {**TWO_LAYERS, "gpu_gb": 19.0, "seconds": 1.0, "host_gb": 3.0}
    found = width.whole_model(place, one, TWO_LAYERS, layers=32)
    step, memory, host = found.findings
    assert "32 layers: 16 s a step" in step.found  # 1.0 + 31 x 0.5 = 16.5, to even
    assert found.figures["trained_tokens_per_second"] == 16 * 16_000 / 4 / 16.5
    assert memory.verdict == "ok" and memory.found.startswith("50 of 80 GB (pairs of 8192 tokens")
    assert host.verdict == "ok" and host.found.startswith("136 of 336 GB")

    larger = {**TWO_LAYERS, "gpu_gb": 22.0}
    memory = width.whole_model(place, one, larger, layers=32).findings[1]
    assert memory.verdict == "failed" and memory.found.startswith("112 of 80 GB")
    assert "compute.train.gpus" in memory.mend


def test_pairs_are_as_long_as_allowed(tiny_model_folder: Path) -> None:
    from codepref.models import load_tokenizer
    from codepref.training.data import tokenise

    loaded = load_tokenizer(tiny_model_folder)
    pairs = width.longest_pairs(loaded, 2048, 2)
    lengths = {pair.length for pair in tokenise(loaded, pairs, 2048, allow_truncation=False)}
    assert lengths <= set(range(2030, 2049))


@pytest.mark.slow
def test_processes_that_reach_each_other_are_timed(place: Place, tmp_path: Path) -> None:
    """Two processes on the CPU (gloo), started as accelerate starts those of GPUs."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [f"{ROOT}/scripts/check_site.py", "train", "--gpus", "2", "--work", str(tmp_path)]
    command += ["--output", str(tmp_path / "found.json"), "--only", "collective"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*launch, *command], check=True, env=environment)
    found = read_record(tmp_path / "collective.json", Found)
    assert found.findings[0].found.startswith("gloo, 2 processes")
    assert found.figures["reduced_gb_s"] > 0


def test_one_gpu_has_no_other_to_reach(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from codepref.preflight import collective

    monkeypatch.delenv("WORLD_SIZE", raising=False)
    (found,) = collective.look(replace(place, gpus=1)).findings
    assert found.verdict == "not done" and found.found == "a training has one GPU"


def test_wrong_settings_are_refused_by_name() -> None:
    from codepref.config_loading import load_config

    with pytest.raises(
        UserError, match=r"preflight.0: 'codeqwne' is not in 'models'; did you mean"
    ):
        load_config({"preflight": ["codeqwne"]})
