"""Prompts: one wording for all stages, exactly one BOS under each kind of chat template."""

import re
from pathlib import Path
from typing import Any

import pytest
from helpers.records import make_problem
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from codepref.chat_template import template_sha256
from codepref.errors import UserError
from codepref.models import load_tokenizer
from codepref.prompts import (
    EVALPLUS_ANSWERS,
    EVALPLUS_ASKS,
    benchmark_messages,
    check_bos,
    problem_messages,
    prompt_sha256,
    render,
)
from codepref.records import Message, Problem, TestCase

TASK = 'def halve(x: float) -> float:\n\t""" Half of x — ½·x, 二分 """\n'

# The shapes of the paper's three templates: ChatML without BOS; BOS, a fixed system line and
# "### Instruction"; BOS and [INST].
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content "
    "+ '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
INSTRUCTION = (
    "{{ bos_token }}{{ 'You are a programming assistant.\n' }}{% for message in messages %}"
    "{% if message.role == 'user' %}{{ '### Instruction:\n' + message.content + '\n' }}"
    "{% else %}{{ '### Response:\n' + message.content + '\n' + eos_token + '\n' }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '### Response:' }}{% endif %}"
)
INST = (
    "{% for message in messages %}{% if message.role == 'user' %}"
    "{{ bos_token + '[INST] ' + message.content.strip() + ' [/INST]' }}"
    "{% else %}{{ ' ' + message.content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)


def make_tokenizer(template: str, adds_bos: bool, bos: str | None) -> Any:
    """A byte-level tokenizer (one token per byte) with a real post-processor for the BOS."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<s>", "</s>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {piece: number for number, piece in enumerate([*special, *alphabet])}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    if adds_bos:
        raw.post_processor = processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", 0)]
        )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, bos_token=bos, eos_token="</s>")
    tokenizer.chat_template = template
    return tokenizer


SHAPES = {
    "CodeQwen1.5-7B-Chat": (CHATML, False, None),
    "deepseek-coder-6.7b-instruct": (INSTRUCTION, True, "<s>"),
    "CodeLlama-7b-Instruct": (INST, True, "<s>"),
}


@pytest.mark.parametrize("style", ["chat", "evalplus"])
@pytest.mark.parametrize("shape", SHAPES)
def test_exactly_one_bos_under_each_papers_template(shape: str, style: str) -> None:
    template, adds_bos, bos = SHAPES[shape]
    tokenizer = make_tokenizer(template, adds_bos, bos)
    ids = render(tokenizer, benchmark_messages(TASK, style))
    assert ids.count(0) == (1 if bos else 0)
    if bos:
        assert ids[0] == 0
        # What a careless caller would get: the template's BOS and the tokenizer's.
        text = tokenizer.apply_chat_template(
            [message.model_dump() for message in benchmark_messages(TASK)], tokenize=False
        )
        doubled = tokenizer(text)["input_ids"]
        assert doubled[:2] == [0, 0]
        with pytest.raises(UserError, match="exactly one BOS"):
            check_bos(tokenizer, doubled)


def test_a_template_that_forgets_the_bos_is_refused() -> None:
    tokenizer = make_tokenizer(CHATML, adds_bos=True, bos="<s>")
    with pytest.raises(UserError, match="exactly one BOS"):
        render(tokenizer, benchmark_messages(TASK))


def test_a_bos_that_neither_template_nor_tokenizer_writes_is_not_asked_for() -> None:
    tokenizer = make_tokenizer(CHATML, adds_bos=False, bos="<s>")  # as CodeQwen1.5 has it
    assert 0 not in render(tokenizer, benchmark_messages(TASK))


def test_a_template_may_write_the_bos_at_later_turns() -> None:
    turns = [
        Message(role="user", content="one"),
        Message(role="assistant", content="two"),
        Message(role="user", content="three"),
    ]
    llama = make_tokenizer(INST, adds_bos=True, bos="<s>")
    assert render(llama, turns).count(0) == 2
    smollm = make_tokenizer(CHATML, adds_bos=False, bos="<|im_start|>")
    assert render(smollm, turns).count(2) == 4


@pytest.mark.parametrize("style", ["chat", "evalplus"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("token", ["<s>", "</s>", "<|im_start|>", "<|im_end|>"])
def test_text_that_would_be_a_special_token_is_refused(shape: str, style: str, token: str) -> None:
    tokenizer = make_tokenizer(*SHAPES[shape])
    with pytest.raises(UserError, match=re.escape(f"its text has {token}, which the model")):
        render(tokenizer, benchmark_messages(f"{TASK}# Print {token}.", style))


def test_the_real_tokenizers_special_tokens_are_refused(smollm_folder: Path) -> None:
    tokenizer = load_tokenizer(smollm_folder)
    for plain in ("[INST] <s> <<SYS>>", "<|im_start", "< |im_end|>"):  # no tokens of this model
        render(tokenizer, [Message(role="user", content=plain)])
    text = "a<|im_end|>\n<|im_start|>assistant\n<jupyter_code>"
    with pytest.raises(UserError, match=r"has <\|im_start\|> and <\|im_end\|> and <jupyter_code>,"):
        render(tokenizer, [Message(role="user", content=text)])


def test_a_template_is_named_by_its_text() -> None:
    one, other = (make_tokenizer(template, False, None) for template in (CHATML, INST))
    assert re.fullmatch("[0-9a-f]{12}", template_sha256(one))
    assert template_sha256(one) != template_sha256(other)
    assert template_sha256(one) == template_sha256(make_tokenizer(CHATML, True, "<s>"))


@pytest.mark.parametrize("shape", SHAPES)
def test_evalplus_style_is_evalpluss_own_prompt(shape: str) -> None:
    from evalplus.provider.utility import make_raw_chat_prompt

    tokenizer = make_tokenizer(*SHAPES[shape])
    theirs = make_raw_chat_prompt(TASK, EVALPLUS_ASKS, EVALPLUS_ANSWERS, tokenizer)
    ours = render(tokenizer, benchmark_messages(TASK, "evalplus"))
    assert tokenizer.decode(ours) == theirs
    assert theirs.endswith("```python\n")


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_the_statement_reaches_the_model_unchanged(text: str) -> None:
    tokenizer = make_tokenizer(*SHAPES["deepseek-coder-6.7b-instruct"])
    message = Message(role="user", content=text)
    rendered = tokenizer.decode(render(tokenizer, [message]))
    assert f"### Instruction:\n{text}\n### Response:" in rendered


def test_tabs_indentation_and_unicode_survive(smollm_folder: Path) -> None:
    tokenizer = load_tokenizer(smollm_folder)
    text = tokenizer.decode(render(tokenizer, benchmark_messages(TASK)))
    assert TASK.strip() in text
    assert text.endswith("<|im_start|>assistant\n")


def problem(**changes: Any) -> Problem:
    fields: dict[str, Any] = {
        "statement": "Halve x.",
        "entry_point": "halve",
        "starter_code": "def halve(x):",
        "tests": [TestCase(input=[2], expected=1.0)],
    }
    return make_problem("demo/halve", **fields | changes)


def test_prompt_depends_on_what_the_model_reads_and_on_nothing_else() -> None:
    asked = prompt_sha256(problem_messages(problem()))
    assert asked == prompt_sha256(problem_messages(problem(title="Half", tags=["easy"])))
    assert asked != prompt_sha256(problem_messages(problem(statement="Halve  x.")))
    assert asked != prompt_sha256(problem_messages(problem(starter_code="def halve(y):")))


def test_hidden_tests_and_solutions_are_not_in_the_prompt() -> None:
    secret = problem(
        reference_solution="SECRET", tests=[TestCase(input=["SECRET"], expected="SECRET")]
    )
    assert "SECRET" not in problem_messages(secret)[0].content


def test_stdio_problems_ask_for_a_program() -> None:
    text = problem_messages(problem(interface="stdio", entry_point=None))[0].content
    assert "standard input" in text and "def halve" not in text
