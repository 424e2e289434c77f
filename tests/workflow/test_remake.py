"""The tables of a release are made again by the real rules, and compared with the shipped ones."""

import json
import re
import shutil
from pathlib import Path

import pytest
from helpers.full_run import RUN
from helpers.small_runs import script

from codepref.errors import UserError
from codepref.files import read_json, write_json
from codepref.provenance.release import MANIFEST, write_manifest
from codepref.tables.inputs import read_config
from codepref.workflow.regrade import by_answer, gradings_of, regrade
from codepref.workflow.remake import compare, newest, update


def test_the_newest_release_is_the_one_with_the_latest_date(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no release yet; make one of a finished run"):
        newest(tmp_path)
    for name in ("a-2026-11-27", "b-2026-11-26", "z"):
        (tmp_path / name).mkdir()
        (tmp_path / name / MANIFEST).touch()
    (tmp_path / "c-2026-12-01").mkdir()  # nothing in it
    assert newest(tmp_path).name == "a-2026-11-27"


def test_each_file_is_compared_byte_for_byte(tmp_path: Path) -> None:
    texts = {
        "tables/same.md": ("a\n", "a\n"),
        "tables/other.md": ("a\nb\nc\n", "a\nB\nc\n"),
        "tables/gone.csv": ("a", None),
        "figures/new.svg": (None, "a"),
        "claims.md": ("x" * 500, "y" * 500),
    }
    for name, versions in texts.items():
        for folder, text in zip(("shipped", "again"), versions, strict=True):
            if text is not None:
                (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / folder / name).write_text(text)
    found = {one.name: one for one in compare(tmp_path / "shipped", tmp_path / "again")}
    assert {name: one.result for name, one in found.items()} == {
        "tables/same.md": "same",
        "tables/other.md": "differs",
        "tables/gone.csv": "not made again",
        "figures/new.svg": "not shipped",
        "claims.md": "differs",
    }
    assert found["tables/other.md"].diff == "@@ -2 +2 @@\n-b\n+B"
    assert max(map(len, found["claims.md"].diff.splitlines())) == 160


@pytest.mark.long
def test_tables_are_made_again_without_models_and_a_changed_one_is_named(
    tiny_run: Path, tmp_path: Path
) -> None:
    root = tiny_run.parents[1]
    release = tmp_path / "release"
    made = script("make_release.py", "--run", RUN, "--output", release, folder=root)
    assert made.returncode == 0, made.stderr
    packed = {path.name: path.read_bytes() for path in release.glob("*.tar.xz")}
    table = release / "tables/table1.md"
    kept = table.read_bytes()
    table.write_bytes(kept.replace(b"SmolLM2", b"SmolLM3", 1))
    (release / "figures/scores.svg").unlink()
    write_manifest(release)

    options = ["--release", release, "--cores", 2]
    done = script("remake_tables.py", *options, folder=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    results = re.findall(r"^ *(same|differs|not shipped|not made \w+) {2}(\S+)$", done.stdout, re.M)
    other = {name: found for found, name in results if found != "same"}
    # What the fixture makes with fewer options than the rules may differ, too.
    assert other.items() >= {("tables/table1.md", "differs"), ("figures/scores.svg", "not shipped")}
    assert {"tables/table3.md", "tables/table4.md"}.isdisjoint(other)
    assert len(results) > 35
    same = len(results) - len(other)
    assert f"{same} of {len(results)} files have the shipped bytes." in done.stdout
    assert f"{len(other)} do not: {', '.join(other)}." in done.stdout
    assert re.search("^-.*SmolLM3", done.stdout, re.M)
    again = tmp_path / "results/again/release" / RUN
    assert (again / "report.html").stat().st_size > 10**5
    assert not list((again / "models").rglob("*.safetensors"))
    assert b"SmolLM3" in table.read_bytes()

    update(release, again)
    assert all(one.same for one in compare(release, again))
    assert table.read_bytes() == kept
    assert packed == {path.name: path.read_bytes() for path in release.glob("*.tar.xz")}
    checked = script("verify_release.py", release, folder=tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_verdicts_are_of_each_answer_once(tiny_run: Path, tmp_path: Path) -> None:
    run = tmp_path / RUN
    shutil.copytree(tiny_run, run, ignore=shutil.ignore_patterns("tables", "figures"))
    first = gradings_of(read_config(run / "config.json"))[0]
    text = (run / first.output).read_text()
    odd = json.loads(text.splitlines()[0])
    for forged, verdicts in (("no/problem", 9), (odd["problem_id"], 8)):
        line = json.dumps(odd | {"problem_id": forged})
        (run / first.output).write_text(f"{text}{line}\n")
        again = tmp_path / forged.replace("/", "_") / first.output
        again.parent.mkdir(parents=True)
        again.write_text(text)
        if verdicts == 8:
            with pytest.raises(UserError, match=f"two verdicts on {forged} {odd['index']}"):
                by_answer(first, run, None)
        else:
            assert ("no/problem", "0") in by_answer(first, run, None)


@pytest.mark.long
def test_answers_are_graded_again_and_a_changed_verdict_is_named(
    tiny_run: Path, tmp_path: Path
) -> None:
    run = tmp_path / RUN
    shutil.copytree(tiny_run, run, ignore=shutil.ignore_patterns("tables", "figures"))
    config = read_json(run / "config.json")
    config["experiments"] = [{"model": "smollm", "methods": ["base", "dpo"]}]
    config["use_benchmarks"] = ["humaneval_demo"]
    write_json(run / "config.json", config)

    # The fixture's verdicts are invented, so real ones differ.
    first = list(regrade(tmp_path, tmp_path / "first", 2, tasks=3))
    assert [one.name for one in first] == [
        one.output for one in gradings_of(read_config(run / "config.json"))
    ]
    assert [one.verdicts for one in first] == [3 * 8, 3, 3 * 4, 3, 3 * 4]
    assert any(one.differences for one in first)
    for one in first:
        shutil.copy(tmp_path / "first" / one.name, run / one.name)
    path = run / "benchmarks/smollm/dpo/seed0/humaneval_demo.verdicts.json"
    verdicts = read_json(path)
    task = verdicts["tasks"][0]
    real = task["base"]["status"]
    task["base"]["status"] = "timeout"
    for part in ("base", "plus"):
        parts = ("base",) if part == "base" else ("base", "plus")
        verdicts[f"{part}_solved"] = sum(
            all(one[name]["status"] == "pass" for name in parts) for one in verdicts["tasks"]
        )
    write_json(path, verdicts)
    second = list(regrade(tmp_path, tmp_path / "second", 2, tasks=3))
    differences = [text for one in second for text in one.differences]
    assert len(differences) == 1
    assert differences[0].startswith(f"{task['task_id']} greedy: shipped timeout, plus ")
    assert f"now {real}, plus " in differences[0]
