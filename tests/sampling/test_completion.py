"""Where a response ends: end tokens, the token limit, the close of its first code block."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepref.models import load_tokenizer
from codepref.sampling.completion import CompletionBuilder, TextDecoder, code_block_end, has_sign
from codepref.sampling.engine import Completion, Decoding


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("```python\nx = 1\n```", "```python\nx = 1\n```"),
        ("Sure:\n\n```py\nx = 1\n```\nDone.", "Sure:\n\n```py\nx = 1\n```"),
        ("```\nx = 1\n```\n", "```\nx = 1\n```"),
        ("```python\n```", "```python\n```"),
        ("````\n```\nx\n````\nrest", "````\n```\nx\n````"),
        ("```python\nx = '```'\n```  \nrest", "```python\nx = '```'\n```  "),
        ("```python\nx = 1", None),
        ("```python", None),
        ("use `x` and ```y``` here", None),
        ("", None),
    ],
)
def test_first_block_ends_at_its_closing_fence(text: str, block: str | None) -> None:
    end = code_block_end(text)
    assert (None if end is None else text[:end]) == block


def test_inside_a_block_the_first_bare_fence_closes_it() -> None:
    assert code_block_end("    return 1\n```\nmore", inside_block=True) == len("    return 1\n```")
    assert code_block_end("    return 1\n", inside_block=True) is None


@given(
    st.text(alphabet="ab \t\n'#", max_size=40), st.sampled_from(["", "Here it is:\n", "a `b`\n\n"])
)
def test_what_stands_behind_the_block_never_matters(code: str, before: str) -> None:
    text = f"{before}```python\n{code}\n```"
    assert code_block_end(text) == len(text)
    assert code_block_end(text + "\n\nand ```python\nmore\n```\n") == len(text)


@pytest.fixture(scope="module")
def decoder(smollm_folder: Path) -> TextDecoder:
    tokenizer = load_tokenizer(smollm_folder)
    return TextDecoder(tokenizer, {tokenizer.eos_token_id})


def grow(
    decoder: TextDecoder, tokenizer: Any, text: str, entry_point: str | None = None, **settings: Any
) -> Completion:
    decoding = Decoding(0, 1, **{"max_tokens": 200, **settings})
    row = CompletionBuilder(decoder, tokenizer("prompt:\n")["input_ids"], decoding, entry_point)
    for token in [*tokenizer(text)["input_ids"], tokenizer.eos_token_id]:
        if row.add(token):
            break
    return row.completion()


ANSWER = "Sure:\n```python\nif x:\n\ty = 'ü 漢🙂'\n        # 12 345\n```\nThat is it."


def test_text_is_exact_and_the_end_token_is_no_part_of_it(
    decoder: TextDecoder, smollm_folder: Path
) -> None:
    tokenizer = load_tokenizer(smollm_folder)
    whole = grow(decoder, tokenizer, ANSWER)
    assert whole == Completion(ANSWER, len(tokenizer(ANSWER)["input_ids"]), "stop")


def test_stop_after_code_ends_behind_the_fence(decoder: TextDecoder, smollm_folder: Path) -> None:
    tokenizer = load_tokenizer(smollm_folder)
    short = grow(decoder, tokenizer, ANSWER, stop_after_code=True)
    assert short.text == ANSWER[: ANSWER.index("\nThat")]
    assert short.finish_reason == "stop"
    begun = grow(decoder, tokenizer, "x = 1\n```\nMore", stop_after_code=True, inside_block=True)
    assert begun.text == "x = 1\n```"


SOLUTION = "import math  # ü 漢🙂\n\n\ndef f(x):\n    return math.sqrt(x)\n"


@pytest.mark.parametrize(
    ("behind", "block", "tests"),
    [
        ("```\nIt is short.", "```", "```"),
        ("\n# Test\nprint(f(4))\n```\nMore", "\n# Test\nprint(f(4))\n```", "\n# Test\n"),
        ("\nassert f(4) == 2\n```", "\nassert f(4) == 2\n```", "\n"),
        ('\nif __name__ == "__main__":\n    print(f(4))\n```', "\n", "\n"),
        ("\ng = f\n", None, None),
    ],
)
def test_an_answer_ends_with_its_solution(
    decoder: TextDecoder, smollm_folder: Path, behind: str, block: str | None, tests: str | None
) -> None:
    tokenizer = load_tokenizer(smollm_folder)
    begun: dict[str, Any] = {"inside_block": True}
    for stop_at, end in (("block", block), ("tests", tests), ("end", None)):
        drawn = grow(decoder, tokenizer, SOLUTION + behind, "f", stop_at=stop_at, **begun)
        assert drawn.text == SOLUTION + (behind if end is None else end), stop_at
        assert drawn.finish_reason == ("stop" if end is None else "solution")
    # Nothing is known about the program, or the block is not the prompt's.
    others: list[dict[str, Any]] = [{"entry_point": None, **begun}, {"entry_point": "f"}]
    for other in others:
        whole = grow(decoder, tokenizer, SOLUTION + behind, stop_at="tests", **other)
        assert whole.text == SOLUTION + behind


@pytest.mark.parametrize(
    ("piece", "sign"), [("Ċ", "\n"), ("<0x0A>", "\n"), ("):Ċ", "\n"), ("(", "(")]
)
def test_signs_are_found_in_every_kind_of_vocabulary(piece: str, sign: str) -> None:
    assert has_sign(piece, sign)
    assert not has_sign("Ġx", sign)


def test_token_limit_is_a_cut(decoder: TextDecoder, smollm_folder: Path) -> None:
    cut = grow(decoder, load_tokenizer(smollm_folder), ANSWER, max_tokens=5)
    assert (cut.tokens, cut.finish_reason) == (5, "length")
    assert ANSWER.startswith(cut.text)
