"""The command of docs/cluster.md for one training over several nodes: a dry run.

Both nodes are this machine and the script only says what it was given: the processes really meet,
and nothing is trained.
"""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.snakemake_runs import environment

TOLD = """
import os
print("rank", os.environ["RANK"])
if os.environ["LOCAL_RANK"] == "0":
    from codepref.training.arguments import plan_batches, world_size
    plan = plan_batches(16, 1, world_size())
    print(f"{plan.devices} processes x {plan.accumulation} accumulated = {plan.global_batch}")
"""


def documented() -> str:
    """The command line for each node."""
    blocks = re.findall(r"^```\n(.*?)^```$", (ROOT / "docs/cluster.md").read_text(), re.M | re.S)
    (command,) = [block for block in blocks if "--num_machines" in block]
    return command.replace("\\\n", " ").strip()


@pytest.mark.slow
def test_processes_of_two_nodes_meet_and_keep_the_global_batch(tmp_path: Path) -> None:
    script = tmp_path / "told.py"
    script.write_text(TOLD)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = re.sub(r"scripts/train_policy\.py dpo \.\.\.$", str(script), documented())
    command = command.replace("$(scontrol show hostnames | head -1)", "127.0.0.1")
    command = re.sub(r"(--main_process_port) \d+", rf"\1 {port}", command)
    assert "scontrol" not in command and str(script) in command
    nodes = []
    for number in range(2):
        env = {**environment(), "SLURM_NODEID": str(number), "OMP_NUM_THREADS": "1"}
        env["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        output = (tmp_path / f"node{number}.txt").open("w")
        nodes.append(
            subprocess.Popen(
                command, shell=True, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT
            )
        )
    for node in nodes:
        node.wait(300)
    printed = [(tmp_path / f"node{number}.txt").read_text() for number in range(2)]
    assert [node.returncode for node in nodes] == [0, 0], printed
    ranks = [re.findall(r"^rank (\d)$", text, re.M) for text in printed]
    assert [sorted(of_node) for of_node in ranks] == [list("0123"), list("4567")], printed
    for text in printed:
        assert "8 processes x 2 accumulated = 16" in text  # the paper's batch
