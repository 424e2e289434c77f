"""Results that the README, docs/evening.md and the tutorial tell are those of the shipped runs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.small_runs import script

README = (ROOT / "README.md").read_text("utf-8")
TUTORIAL = (ROOT / "docs/dpo-on-code.md").read_text("utf-8")
EVENING = (ROOT / "docs/evening.md").read_text("utf-8")
Row = dict[str, str]


def tables(markdown: str) -> Iterator[list[Row]]:
    """Yield each table as its rows, by the names of columns."""
    for block in re.findall(r"(?:^\|.*\n?)+", markdown, re.M):
        heads, _, *rows = [
            [cell.strip(" *") for cell in line.strip().strip("|").split("|")]
            for line in block.splitlines()
        ]
        yield [dict(zip(heads, row, strict=True)) for row in rows]


def table_with(markdown: str, column: str) -> list[Row]:
    return next(rows for rows in tables(markdown) if any(column in head for head in rows[0]))


def numbers(cell: str) -> list[str]:
    return re.findall(r"[−+]?\d+(?:\.\d+)?", cell)


def release(document: str, run: str) -> Path:
    """Return the release of a run that a document names."""
    names = set(re.findall(rf"releases/{run}-\d{{4}}-\d\d-\d\d", document))
    assert len(names) == 1, names
    return ROOT / names.pop()


def test_numbers_are_found_in_cells() -> None:
    assert numbers("−2.1 [−7.9, +3.3], p = 0.53") == ["−2.1", "−7.9", "+3.3", "0.53"]


@pytest.mark.parametrize("document", [README, EVENING], ids=["README.md", "docs/evening.md"])
def test_scores_of_the_evening_study_are_its_table_1(document: str) -> None:
    text = (release(EVENING, "evening") / "tables/table1.md").read_text("utf-8")
    found = {row["Variant"].split(",")[0].split(" (")[0]: row for row in table_with(text, "MBPP+,")}
    published = {row["Benchmark"]: row for row in table_with(text, "Published")}
    told = {
        next(iter(row.values())).split(",")[0]: row for row in table_with(document, "HumanEval+")
    }
    assert told.keys() >= {"published", "base", "RFT", "DPO"}
    for name, row in told.items():
        for benchmark in ("MBPP", "MBPP+", "HumanEval", "HumanEval+"):
            if name == "published":
                cell = published[benchmark]["Published"]
            else:
                cell = next(
                    cell for head, cell in found[name].items() if head.startswith(f"{benchmark},")
                )
            assert numbers(row[benchmark]), (name, benchmark)
            assert set(numbers(row[benchmark])) <= set(numbers(cell)), (name, benchmark)


def test_the_readme_counts_what_the_evening_study_solved() -> None:
    text = (release(EVENING, "evening") / "tables/table1.md").read_text("utf-8")
    solved = {"base": [0, 0], "RFT": [0, 0], "DPO": [0, 0]}
    for row in table_with(text, "Solved"):
        name = row["Variant"].split(",")[0]
        if name in solved and row["Benchmark"] in ("MBPP", "HumanEval"):
            for at, number in enumerate(row["Solved"].split("/")):
                solved[name][at] += int(number)
    told = re.search(
        r"DPO solves (\d+) of the (\d+) tasks of MBPP and HumanEval, base (\d+), RFT (\d+)", README
    )
    assert told is not None
    dpo, tasks, base, rft = map(int, told.groups())
    assert solved == {"base": [base, tasks], "RFT": [rft, tasks], "DPO": [dpo, tasks]}


def test_scores_of_the_demo_are_its_samples_on_unseen_families() -> None:
    folder = release(README, "demo") / "tables"
    of_benchmark = "Held-out families+ (own tasks)"
    sampled, failures = (
        {
            row["Variant"]: row
            for row in table_with((folder / name).read_text("utf-8"), "Samples")
            if row["Benchmark"] == of_benchmark
        }
        for name in ("sampled.md", "failures.md")
    )
    names = {
        "DPO + NLL (not in the paper)": "DPO + NLL",
        "DPO, off-policy pairs": "DPO (off-policy)",
    }
    told = table_with(README, "Mean pass rate %")
    assert len(told) == len(sampled)
    for row in told:
        name = row["SmolLM2 135M"]
        name = names.get(name, name)
        found, failed = sampled[name], failures[name]
        assert row["Mean pass rate %"] == found["Mean %"]
        assert row["To base, points [95% interval]"] == found["To base, points"]
        assert row["Pass@8 %"] == found["Pass@8 %"]
        if name != "base":
            assert float(row["p"]) == pytest.approx(float(found["p"]), abs=0.005)
        parts = sum(
            float(failed[f"{kind} %"]) for kind in ("Runtime error", "Compile error", "No code")
        )
        share = float(row["Runtime, compile errors, no code %"])
        assert share == pytest.approx(parts, abs=0.15)  # three rounded numbers


def test_claims_that_the_readme_tells_are_the_demos() -> None:
    lines = (release(README, "demo") / "own_claims.md").read_text("utf-8").splitlines()
    told = table_with(README, "claim, fixed before the run")
    assert len(told) == 4
    for row in told:
        name, verdict, found = row["claim, fixed before the run"].split()[0], row[""], row["found"]
        line = next(line for line in lines if line.startswith(f"- **{name} "))
        assert line.startswith(f"- **{name} {verdict}.**")
        assert set(numbers(found)) <= {*numbers(line), "95"}


def test_the_tutorial_shows_what_its_first_command_prints() -> None:
    command = re.search(r"^python scripts/(trace\.py) (pair .*)$", TUTORIAL, re.M)
    shown = re.search(r"ends with\n\n```\n(.*?)```", TUTORIAL, re.S)
    assert command is not None and shown is not None
    done = script(command[1], *command[2].split())
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(shown[1])
    told = [row["verdict"].split(",")[0] for row in table_with(TUTORIAL, "verdict")]
    found = re.findall(r"^ *sample \d: (\w+), \d+/15 tests", done.stdout, re.M)
    assert told == [verdict.replace("_", " ") for verdict in found] and len(found) == 8
