"""The simulated run: dependencies, room, disk; small cases by hand and any case by its rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepref.errors import UserError
from codepref.planning.schedule import Cost, Job, graph_of, simulate


def job(rule: str, gpus: int, *inputs: str, outputs: tuple[str, ...] = (), threads: int = 1) -> Job:
    return Job(rule, gpus, threads, inputs=inputs, outputs=outputs)


def test_jobs_share_the_gpus_and_wait_for_what_they_read() -> None:
    draws = [job("draw", 1, outputs=(f"s{n}",)) for n in range(3)]
    train = job("train", 2, "s0", "s1", "s2", "given")
    costs = [*[Cost(10)] * 3, Cost(5)]
    assert simulate([*draws, train], costs, 2, 8).seconds == 25  # two, one, then the training
    assert simulate([*draws, train], costs, 3, 8).seconds == 15
    assert simulate([*draws, train], costs, 2, 8).starts == (0, 0, 10, 20)


def test_the_longest_chain_goes_first() -> None:
    jobs = [job("short", 1), job("long", 1, outputs=("x",)), job("after", 1, "x")]
    assert simulate(jobs, [Cost(4), Cost(4), Cost(4)], 1, 1).starts == (4, 0, 8)


def test_cores_limit_jobs_without_gpus() -> None:
    jobs = [job("grade", 0, threads=16)] * 4
    assert simulate(jobs, [Cost(10)] * 4, 1, 32).seconds == 20


def test_disk_of_work_and_of_temporary_outputs_goes_again() -> None:
    train = job("train", 1, outputs=("a",))
    use = job("use", 1, "a", outputs=("b",))
    last = job("last", 1, "b")
    costs = [Cost(10, 14, works_gb=87, temporary=True), Cost(10, 1), Cost(10, 50)]
    assert simulate([train, use, last], costs, 1, 1).peak_disk_gb == 101
    kept = [Cost(10, 14), *costs[1:]]
    assert simulate([train, use, last], kept, 1, 1).peak_disk_gb == 65
    gone = [Cost(10, 14, temporary=True), *costs[1:]]
    assert simulate([train, use, last], gone, 1, 1).peak_disk_gb == 51


def test_a_job_that_never_has_room_is_refused() -> None:
    with pytest.raises(UserError, match="train asks for 4 GPUs"):
        simulate([job("train", 4)], [Cost(1)], 1, 8)


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[Job], list[Cost], int]:
    """Any run of at most 12 jobs: each reads outputs of some before it."""
    count = draw(st.integers(1, 12))
    jobs, costs = [], []
    for number in range(count):
        read = draw(st.sets(st.integers(0, number - 1))) if number else set()
        gpus = draw(st.integers(0, 3))
        inputs = tuple(f"o{n}" for n in sorted(read))
        jobs.append(Job(f"r{number}", gpus, 1, inputs=inputs, outputs=(f"o{number}",)))
        costs.append(
            Cost(draw(st.integers(1, 9)), draw(st.integers(0, 5)), temporary=draw(st.booleans()))
        )
    return jobs, costs, draw(st.integers(3, 6))


@given(runs())
def test_no_schedule_breaks_a_rule(run: tuple[list[Job], list[Cost], int]) -> None:
    jobs, costs, gpus = run
    found = simulate(jobs, costs, gpus, 12)
    ends = [start + cost.seconds for start, cost in zip(found.starts, costs, strict=True)]
    assert max(ends) == found.seconds
    for earlier, later in graph_of(jobs).edges:
        assert ends[earlier] <= found.starts[later]
    for moment in found.starts:
        now = [n for n in range(len(jobs)) if found.starts[n] <= moment < ends[n]]
        assert sum(jobs[n].gpus for n in now) <= gpus
    work = sum(job.gpus * cost.seconds for job, cost in zip(jobs, costs, strict=True))
    assert found.seconds >= work / gpus
    assert found.peak_disk_gb <= sum(cost.leaves_gb for cost in costs)
