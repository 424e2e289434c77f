"""Where a response ends: end tokens, the token limit, the close of its first code block."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepref.models import load_tokenizer
from codepref.sampling.completion import CompletionBuilder, TextDecoder, code_block_end
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


def grow(decoder: TextDecoder, tokenizer: Any, text: str, **settings: Any) -> Completion:
    decoding = Decoding(0, 1, **{"max_tokens": 200, **settings})
    row = CompletionBuilder(decoder, tokenizer("prompt:\n")["input_ids"], decoding)
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


def test_token_limit_is_a_cut(decoder: TextDecoder, smollm_folder: Path) -> None:
    cut = grow(decoder, load_tokenizer(smollm_folder), ANSWER, max_tokens=5)
    assert (cut.tokens, cut.finish_reason) == (5, "length")
    assert ANSWER.startswith(cut.text)
