"""Shards: every problem in exactly one, and back together in order, each sample once."""

from pathlib import Path

import pytest
from helpers.records import make_problem, make_sample
from hypothesis import given
from hypothesis import strategies as st

from codepref.errors import UserError
from codepref.files import read_records, write_records
from codepref.records import Sample, read_problems
from codepref.sampling.shards import gather, split, split_problems


@given(st.lists(st.integers()), st.integers(1, 20))
def test_shards_in_order_are_the_whole(items: list[int], count: int) -> None:
    shards = split(items, count)
    assert len(shards) == count
    assert [item for shard in shards for item in shard] == items
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def test_problems_come_in_their_order_and_each_once(tmp_path: Path) -> None:
    problems = [make_problem(name) for name in ("b/b", "a/a", "b/c")]
    path = tmp_path / "p.jsonl"
    write_records(path, problems)
    assert list(read_problems(path).values()) == problems
    write_records(path, [*problems, make_problem("a/a", statement="Another.")])
    with pytest.raises(UserError, match=r"p\.jsonl:4: .* id a/a is already on line 2"):
        read_problems(path)


def test_shard_files_hold_the_problems_in_order(tmp_path: Path) -> None:
    problems = [make_problem(f"a/{number}") for number in range(5)]
    write_records(tmp_path / "all.jsonl", problems)
    shards = [tmp_path / f"{number}.jsonl" for number in range(3)]
    assert split_problems(tmp_path / "all.jsonl", shards, 2) == [1, 2, 2]
    assert [len(read_problems(shard)) for shard in shards] == [1, 2, 2]
    together = b"".join(shard.read_bytes() for shard in shards)
    assert together == (tmp_path / "all.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("per_shard", "sizes"),
    [
        (1, [1, 2, 2]),  # more problems than expected
        (3, [2, 3, 0]),  # fewer: no engine is started for the last shard
        (5, [5, 0, 0]),
        (9, [5, 0, 0]),
    ],
)
def test_fewer_problems_than_expected_fill_the_first_shards(
    tmp_path: Path, per_shard: int, sizes: list[int]
) -> None:
    write_records(tmp_path / "all.jsonl", [make_problem(f"a/{number}") for number in range(5)])
    shards = [tmp_path / f"{number}.jsonl" for number in range(3)]
    assert split_problems(tmp_path / "all.jsonl", shards, per_shard) == sizes
    together = b"".join(shard.read_bytes() for shard in shards)
    assert together == (tmp_path / "all.jsonl").read_bytes()


def sample(problem: str, index: int) -> Sample:
    return make_sample(make_problem(problem), index, "x\ty\n")


def test_merged_in_the_order_given(tmp_path: Path) -> None:
    parts = [[sample("b/b", 0), sample("b/b", 1)], [], [sample("a/a", 0)]]
    paths = [tmp_path / f"{number}.jsonl" for number in range(3)]
    for path, part in zip(paths, parts, strict=True):
        write_records(path, part)
    assert gather(Sample, paths, tmp_path / "all.jsonl") == 3
    assert list(read_records(tmp_path / "all.jsonl", Sample)) == [s for part in parts for s in part]


def test_a_sample_twice_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    write_records(tmp_path / "1.jsonl", [sample("a/a", 0)])
    write_records(tmp_path / "2.jsonl", [sample("a/b", 0), sample("a/a", 0)])
    with pytest.raises(UserError, match=r"2\.jsonl.*a/a.*1\.jsonl"):
        gather(Sample, [tmp_path / "1.jsonl", tmp_path / "2.jsonl"], tmp_path / "all.jsonl")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.jsonl", "2.jsonl"]


def test_a_torn_shard_is_refused_with_its_line(tmp_path: Path) -> None:
    write_records(tmp_path / "1.jsonl", [sample("a/a", 0), sample("a/a", 1)])
    whole = (tmp_path / "1.jsonl").read_text()
    (tmp_path / "1.jsonl").write_text(whole[:-20])
    with pytest.raises(UserError, match=r"1\.jsonl:2"):
        gather(Sample, [tmp_path / "1.jsonl"], tmp_path / "all.jsonl")
    assert not (tmp_path / "all.jsonl").exists()
