"""Every answer of the table gives the program that a person would take."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from codepref.sandbox import extract_code
from codepref.sandbox.source import Reader

ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "extraction_table.yaml").read_text(encoding="utf-8")
)
HELPED = """from typing import Optional


def zero(a):
    return a or 0


def add(a: Optional[int], b: Optional[int]) -> int:
"""
PROBLEMS: dict[str, tuple[str | None, str]] = {
    "add": ("add", ""),
    "body": ("add", 'def add(a: int, b: int) -> int:\n    """Return the sum."""\n'),
    "helped": ("add", HELPED),
    "method": (
        "Solution.add",
        "class Solution:\n    def add(self, a: int, b: int) -> int:\n        ",
    ),
    "change": (
        "Solution.change",
        "class Solution:\n    def change(self, nums: list) -> None:\n        ",
    ),
    "stdio": (None, ""),
}


def taken_from(row: dict[str, Any]) -> str | None:
    problem = PROBLEMS[row.get("problem", "add")]
    return extract_code(row["answer"], *problem, finish_reason=row.get("finish", "stop"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_program(row: dict[str, Any]) -> None:
    found = taken_from(row)
    if row["program"] == "broken":
        assert found is not None
        assert Reader().read(found).tree is None
    else:
        assert found == row["program"]


def test_the_table_is_large_enough() -> None:
    styles = Counter(row["style"] for row in ROWS)
    assert sum(styles.values()) >= 150
    assert all(styles[style] >= 30 for style in ("smollm", "qwen", "deepseek", "codellama"))
    assert len({row["id"] for row in ROWS}) == len(ROWS)
