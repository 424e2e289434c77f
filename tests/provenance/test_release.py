"""A release holds what a reviewer needs, says so in a manifest, and is checked link by link."""

import csv
import os
import re
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest
from helpers.full_run import RUN
from helpers.places import ROOT, SCRIPTS
from helpers.small_runs import script
from rocrate.rocrate import ROCrate

from codepref.files import read_json, sha256_of, write_json
from codepref.provenance.record import sidecar
from codepref.provenance.release import MANIFEST, write_manifest


def verified(release: Path, *options: object) -> subprocess.CompletedProcess[str]:
    """Check a release with nothing but Python itself: no package, not this project."""
    command = [sys.executable, "-I", "-S", SCRIPTS / "verify_release.py", release, *options]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True)


def faults(release: Path) -> list[str]:
    done = verified(release)
    assert (done.returncode, done.stdout) == (2, "")
    lines = done.stderr.splitlines()
    assert all(line.startswith("error: ") for line in lines)
    return [line.removeprefix("error: ") for line in lines]


@pytest.fixture(scope="module")
def made(tiny_run: Path) -> Path:
    root = tiny_run.parents[1]
    result = script("make_release.py", "--run", RUN, "--output", "release", folder=root)
    assert result.returncode == 0, result.stderr
    assert "make verify RELEASE=release" in result.stdout
    return root / "release"


@pytest.fixture
def packed(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "packed")


@pytest.fixture(scope="module")
def opened(made: Path) -> Path:
    done = verified(made, "--unpack", made.with_name("opened"))
    assert done.returncode == 0, done.stderr
    return made.with_name("opened")


@pytest.fixture
def release(opened: Path, tmp_path: Path) -> Path:
    return shutil.copytree(opened, tmp_path / "release")


def test_packed_it_has_a_file_for_each_folder_and_its_tables_to_read(packed: Path) -> None:
    names = {path.relative_to(packed).as_posix() for path in packed.rglob("*") if path.is_file()}
    read = {name for name in names if not name.endswith(".tar.xz")}
    assert {"samples.tar.xz", "benchmarks.tar.xz", "training.tar.xz", "run.tar.xz"} <= names
    assert {MANIFEST, "claims.md", "tables/table4.tex", "figures/scores.svg"} <= read
    assert not {name for name in read if name.endswith((".png", ".pdf"))}
    assert sum((packed / name).stat().st_size for name in names) < 6e6


def test_it_holds_results_samples_and_records_but_no_models(release: Path) -> None:
    names = {path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()}
    for wanted in (
        "tables/table1.csv",
        "provenance/layout.json",
        "provenance/tables/table1.csv.json",
        "claims.md",
        "report.html",
        "samples/smollm.jsonl",
        "executions/smollm.jsonl",
        "pairs/smollm.jsonl",
        "checkpoints/smollm/dpo/seed0/training.json",
        "provenance/checkpoints/smollm/dpo/seed0.json",
        "provenance/models/smollm.json",
    ):
        assert f"{RUN}/{wanted}" in names
    assert f"{RUN}/models/smollm/config.json" not in names
    assert not [name for name in names if name.endswith(".png")]
    assert {"LICENSE", "paper/claims.yaml", MANIFEST, "ro-crate-metadata.json"} <= names


def test_it_holds_what_a_job_made_together_with_what_is_read(made: Path, tmp_path: Path) -> None:
    """As what a pilot has chosen, beside the chosen problems; what an earlier job made stays."""
    root = shutil.copytree(made.parent / "results", tmp_path / "results").parent
    problems, place = f"{RUN}/problems/all.jsonl", root / RUN / "problems/pilot"
    record = read_json(sidecar(root / problems))
    both = {"made_together_with": [f"{RUN}/problems/pilot/selection.json"]}
    write_json(sidecar(root / problems), record | both)
    place.mkdir()
    paths = {place / "selection.json": [problems], place / "earlier.json": [problems]}
    for path, beside in paths.items():
        write_json(path, {"chosen": 1})
        output = {"path": path.relative_to(root).as_posix(), "sha256": sha256_of(path)}
        output |= {"bytes": path.stat().st_size}
        changed = {"output": record["output"] | output, "made_together_with": beside}
        sidecar(path).parent.mkdir(exist_ok=True)
        write_json(sidecar(path), record | changed)
    done = script("make_release.py", "--run", RUN, "--output", "with_pilot", folder=root)
    assert done.returncode == 0, done.stderr
    assert verified(root / "with_pilot", "--unpack", tmp_path / "opened").returncode == 0
    names = {path.name for path in (tmp_path / "opened" / RUN / "problems/pilot").glob("*")}
    assert names == {"selection.json"}


def test_it_verifies_and_traces_without_the_models(release: Path) -> None:
    done = verified(release)
    assert done.returncode == 0, done.stderr
    files, links = (int(word) for word in done.stdout.split() if word.isdigit())
    assert files > 100 and links > 500
    cell = ("table1", "smollm", "dpo", "mbpp_demo+")
    result = script("trace.py", *cell, "--release", release, folder=release.parent)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("shipped", sorted((ROOT / "releases").iterdir()), ids=lambda r: r.name)
def test_every_number_of_a_shipped_run_is_traced(shipped: Path, tmp_path: Path) -> None:
    """Its data sets and weights are not here: they are named as given."""
    done = script("trace.py", "all", "--release", shipped, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^\d{2,} links hold$", done.stdout, re.M)
    with (shipped / "tables/table1.csv").open(encoding="utf-8", newline="") as stream:
        row = list(csv.DictReader(stream))[-1]
    cell = ("table1", row["model"], row["method"], row["benchmark"])
    done = script("trace.py", *cell, "--release", shipped, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "every link holds" in done.stdout and row["model"] in done.stdout


@pytest.mark.parametrize(
    "name", ["samples/smollm.jsonl", "tables/table2.tex", "problems/all.jsonl", "report.html"]
)
def test_what_is_missing_or_changed_is_named(release: Path, name: str) -> None:
    path = release / RUN / name
    path.write_text(path.read_text() + " ")
    changed = f"{RUN / name} is not what was released: its hash differs from {MANIFEST}"
    assert faults(release) == [changed]
    path.unlink()
    (release / "extra.txt").write_text("x")
    missing = f"{RUN / name} is missing from the release"
    assert faults(release) == [missing, f"extra.txt is in the release but not in {MANIFEST}"]


def test_a_link_is_broken_whatever_the_manifest_says(release: Path) -> None:
    path = release / RUN / "executions/smollm.jsonl"
    path.write_text(path.read_text() + " ")
    (release / RUN / "benchmarks.csv").unlink()
    record = sidecar(release / RUN / "samples/smollm.jsonl")
    text = record.read_text()
    record.write_text(text.replace('"sha256": "', '"sha256": "0000'))
    write_manifest(release)
    found = faults(release)
    for fault in (
        f"{RUN}/executions/smollm.jsonl changed after it was made: its record says ",
        f"{RUN}/benchmarks.csv is missing; its record says that it was made",
        f"{RUN}/samples/smollm.jsonl was made from another {RUN}/problems/all.jsonl: then 0000",
        f"{RUN}/executions/smollm.jsonl was made from another {RUN}/samples/smollm.jsonl: then ",
    ):
        assert [one for one in found if one.startswith(f"broken link: {fault}")], (fault, found)


def test_what_a_record_does_not_vouch_for_is_named(release: Path) -> None:
    samples, table = release / RUN / "samples/smollm.jsonl", release / RUN / "benchmarks.csv"
    record = sidecar(table)
    text = record.read_text()
    table.write_text(table.read_text() + " ")
    record.write_text(text.replace('"files": []', '"files": ["x"]'))
    samples.unlink()
    sidecar(samples).unlink()
    sidecar(release / RUN / "claims.md").unlink()
    sidecar(release / RUN / "claims.html").write_text("{}")
    sidecar(release / RUN / "task_verdicts.csv").write_text(text)
    write_manifest(release)
    found = "\n".join(faults(release))
    for fault in (
        f"{RUN}/benchmarks.csv changed after it was made: its record says ",
        f"{RUN}/executions/smollm.jsonl was made from {RUN}/samples/smollm.jsonl, which is missing",
        f"{RUN}/claims.md: no record says how it was made",
        f"{RUN}/provenance/claims.html.json: not a record of {RUN}/claims.html ('output')",
        f"task_verdicts.csv.json: not a record of {RUN}/task_verdicts.csv (it is of ",
    ):
        assert fault in found


def test_a_malformed_manifest_is_named_by_its_lines_alone(release: Path) -> None:
    lines = (release / MANIFEST).read_text().splitlines()
    (release / MANIFEST).write_text("\n".join([*lines, "nonsense", lines[0]]) + "\n")
    twice = lines[0].partition("  ")[2]
    assert faults(release) == [
        f"{MANIFEST}:{len(lines) + 1}: not a line of sha256sum",
        f"{MANIFEST}:{len(lines) + 2}: {twice} is listed twice",
    ]


def test_links_and_pipes_are_no_part_of_a_release(release: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/secret").write_text("x")
    (release / "extra").symlink_to(tmp_path / "out")
    os.mkfifo(release / "pipe")
    table = release / RUN / "tables/table1.md"
    table.rename(tmp_path / "table1.md")
    table.symlink_to(tmp_path / "table1.md")
    why = "is a link, or no plain file; a release has none"
    assert faults(release) == [
        f"{one} {why}" for one in ("extra", "pipe", f"{RUN}/tables/table1.md")
    ]


def test_only_a_release_is_replaced(tiny_run: Path, packed: Path, tmp_path: Path) -> None:
    root = tiny_run.parents[1]
    before = sorted(root.rglob("*"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("x")
    for run, output, message in (
        (RUN, "results", "holds the run"),
        (RUN, RUN, "holds the run"),
        (RUN, f"{RUN}/release", "or lies in it"),
        (RUN, tmp_path / "full", "is no release; name a new folder"),
        (root / RUN, "release2", "expected a run below this folder"),
        (f"../{root.name}/{RUN}", "release2", "expected a run below this folder"),
    ):
        done = script("make_release.py", "--run", run, "--output", output, "--partial", folder=root)
        assert done.returncode == 2 and message in done.stderr, done.stderr
        assert sorted(root.rglob("*")) == before


def test_a_release_named_by_dots_takes_no_other_folder_along(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "results/again").mkdir(parents=True)
    (tmp_path / "results/paper").write_text("x")
    (packed / "tables/table1.md").write_text("x")  # is refused before anything is made
    done = script("remake_tables.py", "--release", packed / "tables/..", folder=tmp_path)
    assert done.returncode == 2 and (tmp_path / "results/paper").exists()


def test_a_packed_release_that_was_tampered_with_is_refused(packed: Path, tmp_path: Path) -> None:
    table, archive = packed / "tables/table1.md", packed / "samples.tar.xz"
    table.write_text(table.read_text().replace("4", "5"))
    content = archive.read_bytes()
    archive.write_bytes(content[:-100])
    why = f"is not what was released: its hash differs from {MANIFEST}"
    assert faults(packed) == [f"samples.tar.xz {why}", f"tables/table1.md {why}"]
    result = script("remake_tables.py", "--release", packed, folder=tmp_path)
    assert result.returncode == 2 and "tables/table1.md is not what was" in result.stderr
    assert not (tmp_path / "results").exists()
    write_manifest(packed)
    assert "samples.tar.xz: cannot be unpacked" in faults(packed)[0]
    archive.unlink()
    write_manifest(packed)
    assert f"{RUN}/samples/smollm.jsonl is missing from the release" in faults(packed)
    (packed / "run.tar.xz").unlink()
    write_manifest(packed)
    assert "an archive is missing" in faults(packed)[0]
    assert "so it is no release" in faults(tmp_path)[0]


def test_a_run_is_released_as_far_as_it_has_come(tiny_run: Path, tmp_path: Path) -> None:
    """Stage by stage into the same folder; another checkout goes on from there."""
    later = [
        "tables",
        "figures",
        "benchmarks*",
        "task_verdicts*",
        "rewards",
        "*claims.*",
        "report*",
    ]
    shutil.copytree(tiny_run, tmp_path / RUN, ignore=shutil.ignore_patterns(*later))
    (tmp_path / RUN / "samples/begun.jsonl").write_text("a job that has not noted its end\n")
    options = ["--run", RUN, "--output", "partial"]
    result = script("make_release.py", *options, folder=tmp_path)
    assert result.returncode == 2 and "no tables; run the workflow first" in result.stderr
    hashes = []
    for _ in range(2):
        result = script("make_release.py", *options, "--partial", folder=tmp_path)
        assert result.returncode == 0, result.stderr
        hashes.append((tmp_path / "partial" / MANIFEST).read_text())
    assert hashes[0] == hashes[1] and "samples.tar.xz" in hashes[0]
    assert "tables" not in hashes[0] and "benchmarks" not in hashes[0]

    result = script("remake_tables.py", "--release", "partial", folder=tmp_path)
    assert result.returncode == 2 and "had no tables yet" in result.stderr
    new = tmp_path / "elsewhere" / RUN
    shutil.copytree(tiny_run / "models", new / "models")
    options = ["--release", tmp_path / "partial", "--run", new, "--tier"]
    result = script("enter_run.py", *options, "verdicts", folder=tmp_path)
    assert result.returncode == 2 and "does not reach the tier 'verdicts'" in result.stderr
    result = script("enter_run.py", *options, "pairs", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (new / "pairs/smollm.jsonl").read_bytes() == (
        tiny_run / "pairs/smollm.jsonl"
    ).read_bytes()
    assert not (new / "samples/begun.jsonl").exists()


def test_a_release_or_run_of_an_older_version_is_refused(release: Path) -> None:
    """With what to do, by each command that reads one."""
    (release / RUN / "provenance/layout.json").unlink()
    names = (release / MANIFEST).read_text().splitlines(keepends=True)
    kept = [line for line in names if "layout.json" not in line]
    (release / MANIFEST).write_text("".join(kept))
    assert "made by an older version of this project?" in faults(release)[0]
    for command in (
        ("trace.py", "all", "--run", RUN),
        ("make_release.py", "--run", RUN, "--output", "again"),
        ("enter_run.py", "--release", ".", "--tier", "verdicts", "--run", "new/results/new"),
    ):
        result = script(*command, folder=release)
        assert result.returncode == 2 and "older version of this project" in result.stderr, command


def test_a_broken_run_is_not_released(tiny_run: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_run, tmp_path / RUN)
    (tmp_path / RUN / "samples/smollm.jsonl").unlink()
    with chdir(tmp_path):
        result = script("make_release.py", "--run", RUN, "--output", "r", folder=tmp_path)
    assert result.returncode == 2
    assert f"{RUN}/samples/smollm.jsonl is missing" in result.stderr
    assert not (tmp_path / "r").exists()


def test_what_another_configuration_left_in_a_run_stays_behind(
    tiny_run: Path, tmp_path: Path
) -> None:
    """Overlays add to the same run: the tables of the one before are of other rows."""
    shutil.copytree(tiny_run, tmp_path / RUN)
    left = (
        "tables/rounds.md",
        "tables/judge.csv",
        "figures/data_size.svg",
        "figures/data_size.pdf",
        "benchmarks/smollm/dpo/seed0/held_out.visible.jsonl",
    )
    record = read_json(tmp_path / RUN / "provenance/tables/table1.md.json")
    for name in left:
        (tmp_path / RUN / name).write_text("of an earlier configuration\n")
        stale = record["output"] | {"path": f"{RUN}/{name}", "sha256": "0" * 64}
        write_json(tmp_path / RUN / f"provenance/{name}.json", record | {"output": stale})
    traced = script("trace.py", "all", "--run", RUN, folder=tmp_path)
    assert traced.returncode == 0, traced.stderr
    (tmp_path / RUN / "notes.txt").write_text("of nobody\n")
    done = script("make_release.py", "--run", RUN, "--output", "r", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "files stay behind: of another configuration of this run" in done.stdout
    opened = tmp_path / "opened"
    assert verified(tmp_path / "r", "--unpack", opened).returncode == 0
    for name in (*left, "notes.txt"):
        places = (tmp_path / "r" / name, opened / RUN / name)
        assert not any(place.exists() for place in places)
    assert (opened / RUN / "tables/table1.md").exists()


def test_the_crate_tells_how_every_file_was_made(release: Path) -> None:
    crate = ROCrate(release)
    table = crate.get(f"{RUN}/tables/table1.csv")
    makers = [
        action for action in crate.root_dataset["mentions"] if table in action.get("result", [])
    ]
    assert len(makers) == 1
    assert makers[0]["instrument"]["name"].endswith("scripts/render_tables.py")
    assert crate.get(f"{RUN}/benchmarks.csv") in makers[0]["object"]
    assert "w3id.org/ro/wfrun/process" in crate.root_dataset["conformsTo"].id
    assert sidecar(release / RUN / "tables/table1.csv").is_file()
