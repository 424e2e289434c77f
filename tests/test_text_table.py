"""Text tables are aligned: words to the left, numbers to the right, names at the bottom."""

from codepref.text_table import text_table


def test_columns_are_aligned_and_groups_are_separated() -> None:
    rows = [[["a", "1"], ["long name", "23"]], [["all", "24"]]]
    text = text_table(["what", "how\nmany"], rows, "Title")
    assert text.splitlines() == [
        "Title",
        "---------------",
        "            how",
        "what       many",
        "---------------",
        "a             1",
        "long name    23",
        "---------------",
        "all          24",
    ]


def test_without_rows_there_is_only_the_header() -> None:
    assert text_table(["a", "b"], [[]]) == "a  b"
