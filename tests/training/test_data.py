"""Pairs become the tokens that were sampled; bad pairs are refused with file and line."""

import json
from collections import Counter

import pytest
from helpers.records import make_pair
from helpers.synthetic_tokenizers import codeqwen
from hypothesis import given
from hypothesis import strategies as st

from codepref.chat_template import end_of_turn
from codepref.errors import UserError
from codepref.files import write_records
from codepref.models import load_tokenizer
from codepref.prompts import render
from codepref.training.data import load_pairs, tokenise, training_order


def edited(**changes) -> dict:
    """Return a pair as JSON with changed fields; 'chosen_from.verdict' reaches inside."""
    record = make_pair(1).model_dump()
    for key, value in changes.items():
        outer, _, inner = key.partition("__")
        if inner:
            record[outer][inner] = value
        elif value is None:
            del record[outer]
        else:
            record[outer] = value
    return record


def message(text: str) -> list[dict]:
    return [{"role": "assistant", "content": text}]


BAD = {
    "missing side": (edited(rejected=None), "field 'rejected': Field required"),
    "no message": (edited(chosen=[]), "must be one assistant message"),
    "empty response": (edited(rejected=message(" \n")), "the rejected response is empty"),
    "equal sides": (edited(chosen=message("x"), rejected=message("x")), "the same response"),
    "equal programs": (edited(rejected_from__code_sha256="a"), "hold the same program"),
    "chosen failed": (
        edited(chosen_from__verdict="timeout"),
        "chosen response did not pass \\(verdict 'timeout'\\)",
    ),
    "rejected passed": (edited(rejected_from__verdict="passed"), "no reason to reject"),
    "not judged": (edited(rejected_from__verdict="infra_error"), "no reason to reject"),
    "other model": (edited(model="other"), "of model 'other', expected 'tiny'"),
    "edited prompt": (edited(prompt=message("x")), "does not match its prompt_sha256"),
    "unknown field": (edited(extra=1), "field 'extra': Extra inputs are not permitted"),
    "twice": (make_pair(0).model_dump(), "is already on line 1"),
}


@pytest.mark.parametrize(("record", "message"), BAD.values(), ids=BAD.keys())
def test_bad_pairs_are_refused_with_file_and_line(record, message, tmp_path):
    file = tmp_path / "pairs.jsonl"
    file.write_text(make_pair(0).model_dump_json() + "\n" + json.dumps(record) + "\n")
    with pytest.raises(UserError, match=f"pairs.jsonl:2: .*{message}"):
        load_pairs(file, "tiny")


def test_good_pairs_are_read_whole(tmp_path):
    pairs = [make_pair(number) for number in range(3)]
    pairs.append(make_pair(3, chosen="x = 'a\u2028b\x85c'"))  # no ends of lines in JSON
    write_records(tmp_path / "p.jsonl", pairs)
    assert load_pairs(tmp_path / "p.jsonl") == pairs
    with pytest.raises(UserError, match="expected 'deepseek'"):
        load_pairs(tmp_path / "p.jsonl", "deepseek")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(UserError, match="no pairs to train on"):
        load_pairs(tmp_path / "empty.jsonl")
    with pytest.raises(UserError, match="no such file"):
        load_pairs(tmp_path / "missing.jsonl")


def test_tokens_are_the_sampled_ones(tiny_model_folder):
    tokenizer = load_tokenizer(tiny_model_folder)
    pair = make_pair(3)
    (tokens,) = tokenise(tokenizer, [pair], 512, False)
    assert tokens.prompt == render(tokenizer, pair.prompt)
    assert tokens.prompt.count(tokenizer.bos_token_id) > 0
    assert tokens.prompt[1] != tokenizer.bos_token_id
    assert tokenizer.decode(tokens.chosen[:-1]) == pair.chosen[0].content
    assert tokenizer.convert_ids_to_tokens(tokens.chosen[-1]) == "<|im_end|>"
    assert tokenizer.decode(tokens.rejected[:-1]) == pair.rejected[0].content


def test_a_response_that_was_cut_gets_no_end(tiny_model_folder):
    tokenizer = load_tokenizer(tiny_model_folder)
    pair = make_pair(3)
    side = pair.rejected_from.model_copy(update={"truncated": True})
    (tokens,) = tokenise(tokenizer, [pair.model_copy(update={"rejected_from": side})], 512, False)
    assert tokens.chosen[-1] == end_of_turn(tokenizer)
    assert end_of_turn(tokenizer) not in tokens.rejected


def test_the_end_of_turn_is_the_templates(tiny_model_folder):
    tokenizer = load_tokenizer(tiny_model_folder)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}"
        "{% if m['role'] == 'assistant' %}<|endoftext|>{% endif %}\n{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}"
    )
    assert tokenizer.convert_ids_to_tokens(end_of_turn(tokenizer)) == "<|endoftext|>"
    tokenizer.chat_template = tokenizer.chat_template.replace("<|endoftext|>", "")
    assert end_of_turn(tokenizer) == tokenizer.eos_token_id


def test_a_token_known_only_among_the_added_ones_ends_the_turn(tmp_path):
    tokenizer = load_tokenizer(codeqwen(tmp_path / "model"))
    tokenizer.eos_token = "<|endoftext|>"
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert end not in tokenizer.all_special_ids  # or the test tests nothing
    assert end_of_turn(tokenizer) == end


def test_long_pairs_are_refused_or_cut_and_counted(tiny_model_folder):
    tokenizer = load_tokenizer(tiny_model_folder)
    pairs = [make_pair(0), make_pair(1, chosen="```python\nx = [" + "1, " * 100 + "]\n```")]
    (short, long) = tokenise(tokenizer, pairs, 512, False)
    with pytest.raises(UserError, match=f"1 of 2 pairs .* longest has {long.length} tokens"):
        tokenise(tokenizer, pairs, 128, False)
    same, cut = tokenise(tokenizer, pairs, 128, True)
    assert same == short and not same.truncated
    assert cut.truncated and cut.length == 128
    assert cut.prompt == long.prompt and cut.chosen == long.chosen[: len(cut.chosen)]
    with pytest.raises(UserError, match="the prompt alone has"):
        tokenise(tokenizer, pairs, len(short.prompt), True)


@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=60),
    st.sampled_from([0.01, 0.5, 1.0, 2.5]),
    st.integers(1, 20),
    st.integers(0, 100),
)
def test_training_order_is_whole_epochs_in_seeded_batches(lengths, epochs, batch, seed):
    order = training_order(lengths, epochs, batch, seed)
    assert len(order) == max(1, round(len(lengths) * epochs))
    counts = Counter(order)
    whole = int(epochs)
    assert all(whole <= counts[i] <= whole + 1 for i in range(len(lengths)))
    for start in range(0, len(order), batch):
        sizes = [lengths[i] for i in order[start : start + batch]]
        assert sizes == sorted(sizes, reverse=True)
    assert order == training_order(lengths, epochs, batch, seed)


def test_sorting_by_length_leaves_the_batches_themselves_random():
    lengths = list(range(64))
    order = training_order(lengths, 1.0, 16, 0)
    shuffled = training_order([1] * 64, 1.0, 16, 0)  # equal lengths: nothing to sort
    for start in range(0, 64, 16):
        assert set(order[start : start + 16]) == set(shuffled[start : start + 16])
    assert set(order[:16]) != set(training_order(lengths, 1.0, 16, 1)[:16])
