"""Chat templates: one token ends a turn for sampling and training, one date, no text lost."""

from pathlib import Path
from typing import Any

import pytest
from helpers.synthetic_tokenizers import codellama, codeqwen, deepseek_coder
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from codepref import chat_template
from codepref.chat_template import chat_text, end_of_turn, template_date, template_sha256
from codepref.errors import UserError
from codepref.models import load_tokenizer
from codepref.prompts import render
from codepref.records import Message
from codepref.sampling.completion import TextDecoder, end_tokens
from codepref.training.data import tokenise_response

ENDS = ["<|im_end|>", "<|endoftext|>", "</s>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|EOT|>"]
ASKED = [Message(role="user", content="Halve x.")]


def make_tokenizer(template: str, eos: str | None, special: bool = True) -> Any:
    """One token per byte, and the tokens that end turns in published models."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={piece: i for i, piece in enumerate(alphabet)}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_tokens([AddedToken(token, special=special, normalized=False) for token in ENDS])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token=eos)
    tokenizer.chat_template = template
    return tokenizer


def turns(before: str, content: str, behind: str, after_all: str = "") -> str:
    """A template: what stands before each message, how its text is put, and what follows it."""
    return (
        f"{{% for m in messages %}}{before}{{{{ {content} }}}}{behind}{{% endfor %}}{after_all}"
        "{% if add_generation_prompt %}assistant:{% endif %}"
    )


PHI_END = "{% if not add_generation_prompt %}{{ eos_token }}{% endif %}"
# How published families write a turn, their end of sequence, and the token that ends a turn.
FAMILIES = {
    "ChatML beside a base model's end": (
        turns("<|im_start|>{{ m.role }}\n", "m.content", "<|im_end|>\n"),
        "<|endoftext|>",
        "<|im_end|>",
    ),
    "Llama 3": (
        turns("[{{ m.role }}]\n\n", "m.content | trim", "<|eot_id|>"),
        "<|endoftext|>",
        "<|eot_id|>",
    ),
    "Gemma": (
        turns("{{ m.role }}\n", "m.content | trim", "<end_of_turn>\n"),
        "</s>",
        "<end_of_turn>",
    ),
    "Phi 3": (
        turns("{{ m.role }}\n", "m.content", "<|end|>\n", PHI_END),
        "<|endoftext|>",
        "<|end|>",
    ),
    "Llama 2": (turns("[INST] ", "m.content.strip()", " {{ eos_token }}"), "</s>", "</s>"),
    "DeepSeek-Coder, header always": (
        turns("### R:\n", "m.content", "\n<|EOT|>\n", "### Response:\n"),
        "</s>",
        "<|EOT|>",
    ),
    "Alpaca, no end written": (turns("### R:\n", "m.content", "\n\n"), "</s>", "</s>"),
}


@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_samples_stop_and_responses_end_where_the_template_ends_a_turn(
    family: str, special: bool
) -> None:
    template, eos, end = FAMILIES[family]
    tokenizer = make_tokenizer(template, eos, special)
    number = end_of_turn(tokenizer)
    assert tokenizer.convert_ids_to_tokens(number) == end
    # Whatever the generation configuration names, or nothing.
    for configured in (None, tokenizer.eos_token_id, [tokenizer.eos_token_id, 3]):
        assert number in end_tokens(tokenizer, configured)
    assert tokenise_response(tokenizer, "x = 1", False, number)[-1] == number


@pytest.mark.parametrize(
    ("make", "end"),
    [(codeqwen, "<|im_end|>"), (deepseek_coder, "<|EOT|>"), (codellama, "</s>")],
)
def test_the_papers_families_end_turns_as_their_templates_do(
    make: Any, end: str, tmp_path: Path
) -> None:
    tokenizer = load_tokenizer(make(tmp_path / "model"))
    assert tokenizer.convert_ids_to_tokens(end_of_turn(tokenizer)) == end


SPACE = st.text(" \n", max_size=3)


@settings(max_examples=60)
@given(st.sampled_from(ENDS), st.sampled_from([*ENDS, None]), SPACE, SPACE, st.booleans())
def test_the_token_behind_an_answer_ends_it_whatever_stands_around(
    end: str, eos: str | None, before: str, behind: str, trims: bool
) -> None:
    content = "m.content | trim" if trims else "m.content"
    tokenizer = make_tokenizer(turns("user:\n", content, before + end + behind), eos)
    number = tokenizer.convert_tokens_to_ids(end)
    assert end_of_turn(tokenizer) == number
    assert number in end_tokens(tokenizer, None)
    assert tokenise_response(tokenizer, "x = 1", False, number)[-1] == number


def test_an_end_of_several_tokens_is_refused() -> None:
    template = turns("", "m.content", "<|turn_over|>\n")
    with pytest.raises(UserError, match=r"writes '<\|turn_over\|>' behind an answer"):
        end_of_turn(make_tokenizer(template, "</s>"))
    with pytest.raises(UserError, match="nothing ends a turn"):
        end_of_turn(make_tokenizer(turns("", "m.content", "\n"), None))


def test_no_decoder_is_made_that_would_run_on() -> None:
    template, eos, _ = FAMILIES["Llama 3"]
    tokenizer = make_tokenizer(template, eos)
    with pytest.raises(AssertionError, match="where turns end"):
        TextDecoder(tokenizer, {tokenizer.eos_token_id})


# Llama 3.1's way, and SmolLM3's, with their white space.
DATES = {
    "{%- if not date_string is defined %}\n    {%- set date_string = strftime_now('%d %b %Y') %}\n"
    "{%- endif %}\n{{- 'Today: ' + date_string }}\n": "Today: 26 Jul 2024\n",
    "\n  {% set now = strftime_now('%-d %B %Y, %A %H:%M') %}\n{{ now }}.": "\n26 July 2024, "
    "Friday 00:00.",
    "{% macro day() %}{{ strftime_now('%Y-%m-%d') }}{% endmacro %}\n{{ day() }}|": "2024-07-26|",
}


@pytest.mark.parametrize("beginning", DATES)
def test_a_date_is_the_same_on_every_day_and_recorded(beginning: str) -> None:
    tokenizer = make_tokenizer(beginning + turns("", "m.content", "</s>"), "</s>")
    assert chat_text(tokenizer, ASKED) == DATES[beginning] + "Halve x.</s>"
    assert template_date(tokenizer) == "2024-07-26"
    assert end_of_turn(tokenizer) == tokenizer.eos_token_id


@pytest.mark.parametrize("beginning", DATES)
def test_the_fixed_date_changes_nothing_else(
    beginning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the macro in front of a template may do to its white space: nothing."""
    tokenizer = make_tokenizer(beginning.replace("strftime_now", "str_of"), "</s>")
    assert template_date(tokenizer) is None
    plain = tokenizer.chat_template.replace("str_of(", "(")
    tokenizer.chat_template = plain
    turns = [message.model_dump() for message in ASKED]
    without = tokenizer.apply_chat_template(turns, tokenize=False)
    tokenizer.chat_template = chat_template._fixed_date() + plain
    assert tokenizer.apply_chat_template(turns, tokenize=False) == without


def test_a_templates_name_is_its_publishers() -> None:
    template = turns("{{ strftime_now('%d') }}", "m.content", "</s>")
    tokenizer = make_tokenizer(template, "</s>")
    before = template_sha256(tokenizer)
    chat_text(tokenizer, ASKED)
    assert template_sha256(tokenizer) == before


@pytest.mark.parametrize(
    "content",
    [
        "''",
        "m.content | map(attribute='text') | join",  # iterates over parts; over a text's letters
        "m.content | upper",
        "m.content[:-1]",
    ],
)
def test_a_template_that_loses_the_text_is_refused(content: str) -> None:
    tokenizer = make_tokenizer(turns("", content, "</s>"), "</s>")
    for ask in (render, chat_text):
        with pytest.raises(UserError, match="the user's message without its text, or with another"):
            ask(tokenizer, ASKED)
    with pytest.raises(UserError, match="message without its text"):
        end_of_turn(tokenizer)


def test_a_template_that_fails_is_one_message() -> None:
    tokenizer = make_tokenizer("{{ raise_exception('no system role') }}", "</s>")
    with pytest.raises(UserError, match=r"the chat template fails \(no system role"):
        chat_text(tokenizer, ASKED)
