"""GGUF files that are damaged, or of a model that would not be the folder's: one message each."""

from pathlib import Path
from typing import Any

import gguf
import pytest
from helpers.gguf_files import WIDTH, write_qwen2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codepref.errors import UserError
from codepref.files import read_json
from codepref.models.gguf_import import import_gguf

pytestmark = pytest.mark.slow  # each loads transformers, some many files

SCALING = "qwen2.rope.scaling.type"
TOKENS = "tokenizer.ggml"


def refusal(file: Path) -> str:
    """Return the one message that a file is refused with, without its name; nothing is left."""
    out = file.parent / "refused"
    with pytest.raises(UserError) as caught:
        import_gguf(file, out)
    assert not out.exists()
    message = str(caught.value)
    assert message.startswith(f"{file}: ") and "\n" not in message
    return message.removeprefix(f"{file}: ")


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ({"without": ["output_norm.weight"]}, "'output_norm.weight' is missing"),
        ({"without": ["blk.0.attn_norm.weight"]}, "'blk.0.attn_norm.weight' is missing"),
        ({"without": ["blk.1.attn_q.bias"]}, "'blk.1.attn_q.bias' is missing"),
        ({"without": ["token_embd.weight"]}, "'token_embd.weight' is missing"),
        ({"more": {"blk.0.attn_output.bias": WIDTH}}, "'blk.0.attn_output.bias' is not one of"),
        ({"more": {"blk.2.attn_norm.weight": WIDTH}}, "'blk.2.attn_norm.weight' is not one of"),
        ({"more": {"rope_freqs.weight": 32}}, "'rope_freqs.weight' is not one of"),
        # Llama has no biases: neither are they turned round with the rows of q and k.
        ({"architecture": "llama"}, "'blk.0.attn_k.bias' is not one of"),
    ],
)
def test_the_tensors_are_those_of_the_model(
    tmp_path: Path, tensors: dict[str, Any], said: str
) -> None:
    message = refusal(write_qwen2(tmp_path / "x.gguf", **tensors))
    assert message.startswith(f"its tensor {said}") and "safetensors" in message


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (SCALING, "yarn", "expected 'none', found 'yarn'"),
        (SCALING, "linear", "expected 'none', found 'linear'"),
        ("qwen2.rope.scaling.factor", 4.0, "is set and not known here"),
        ("qwen2.rope.dimension_count", 32, "rope.dimension_count is 32; known is only"),
        ("qwen2.attention.value_length", 32, "attention.value_length is 32; known is only"),
        ("qwen2.attention.sliding_window", 128, "expected 0, found 128"),
        ("qwen2.expert_count", 8, "expected 0, found 8"),
        ("qwen2.logit_scale", 2.0, "is set and not known here"),
        ("qwen2.attention.head_count", [4, 4], "expected a whole number, found the list [4, 4]"),
        ("qwen2.attention.head_count", 0, "expected 1 or more, found 0"),
        ("qwen2.attention.head_count", 3, "does not divide embedding_length 256"),
        ("qwen2.attention.head_count_kv", 3, "does not divide attention.head_count 4"),
        ("qwen2.context_length", "long", "expected a whole number, found 'long'"),
        ("qwen2.context_length", None, "is missing"),
        ("qwen2.rope.freq_base", float("nan"), "expected a finite number"),
        ("qwen2.vocab_size", 3, "is 3, but 'tokenizer.ggml.tokens' has 308"),
        (f"{TOKENS}.eos_token_id", 999, "eos_token_id is 999; expected a token, from 0 to 307"),
        (f"{TOKENS}.eos_token_id", 306, "eos_token_id is 306; expected a token"),  # [PAD2]
        (f"{TOKENS}.eos_token_id", None, "is missing"),
        (f"{TOKENS}.token_type", [1] * 307, "token_type has 307 entries for the 308 tokens"),
        (f"{TOKENS}.tokens", ["a"] * 308, "tokens holds a token twice"),
        (f"{TOKENS}.tokens", [1] * 308, "expected text, found 1"),
        (f"{TOKENS}.merges", ["no such"], "Token `no` out of vocabulary"),
        (f"{TOKENS}.merges", ["ab"], "merges holds 'ab'; expected two tokens with a space"),
        (f"{TOKENS}.add_bos_token", True, "found true"),
        ("tokenizer.chat_template", "{% for", "the chat template fails (unexpected 'end of"),
        ("tokenizer.chat_template", "{{ messages.no() }}", "the chat template fails"),
        ("tokenizer.chat_template", None, "missing, or no text"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_by_name(
    tmp_path: Path, key: str, value: Any, said: str
) -> None:
    message = refusal(write_qwen2(tmp_path / "x.gguf", changes={key: value}))
    family = key.split(".")[0]
    assert message.startswith(f"the GGUF key '{family}.") and said in message
    # Of settings that do not go together all are named, and not as the one that is at fault.
    assert key in message or key.split(".", 1)[1].removeprefix("ggml.") in message


def test_a_model_without_end_has_no_billion_layers(tmp_path: Path) -> None:
    file = write_qwen2(tmp_path / "x.gguf", changes={"qwen2.block_count": 2**31 - 1})
    assert "is missing" in refusal(file)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (SCALING, "none", {}),
        ("qwen2.rope.dimension_count", 64, {}),
        ("qwen2.attention.key_length", 64, {}),
        ("qwen2.attention.sliding_window", 0, {}),
        (
            "qwen2.rope.freq_base",
            None,
            {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4}},
        ),
        (f"{TOKENS}.padding_token_id", None, {"pad_token_id": None}),
    ],
)
def test_settings_that_say_nothing_else_are_taken(
    tmp_path: Path, key: str, value: Any, expected: dict[str, Any]
) -> None:
    import_gguf(write_qwen2(tmp_path / "plain.gguf"), tmp_path / "plain")
    import_gguf(write_qwen2(tmp_path / "x.gguf", changes={key: value}), tmp_path / "x")
    plain, found = (read_json(tmp_path / name / "config.json") for name in ("plain", "x"))
    assert found == plain | expected


def test_without_scaling_its_numbers_say_nothing(tmp_path: Path) -> None:
    changes = {SCALING: "none", "qwen2.rope.scaling.factor": 4.0}
    import_gguf(write_qwen2(tmp_path / "x.gguf", changes=changes), tmp_path / "out")


def test_as_many_keys_as_queries_where_nothing_is_said(tmp_path: Path) -> None:
    """``head_count_kv`` is optional, but a file whose k and v have half the rows needs it."""
    changes = {"qwen2.attention.head_count_kv": None}
    message = refusal(write_qwen2(tmp_path / "x.gguf", changes=changes))
    assert "'blk.0.attn_k.bias' is of shape [128] and not [256]" in message
    changes = {"qwen2.attention.head_count": 2, "qwen2.attention.key_length": 128}
    message = refusal(write_qwen2(tmp_path / "y.gguf", changes=changes))
    assert "'blk.0.attn_k.bias' is of shape [128] and not [256]" in message  # 2 heads of 128


# --- Damage of any kind ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_qwen2(tmp_path_factory.mktemp("gguf") / "whole.gguf")


@pytest.mark.parametrize("size", [0, 4, 24, 200, 5000, -1])
def test_a_cut_file_is_one_message(whole: Path, tmp_path: Path, size: int) -> None:
    file = tmp_path / "cut.gguf"
    file.write_bytes(whole.read_bytes()[:size])
    assert refusal(file).startswith("not a readable GGUF file (")


def only_one_message(folder: Path, content: bytes) -> None:
    """What is imported of a damaged file is a model or one message."""
    file = folder / "damaged.gguf"
    file.write_bytes(content)
    try:
        import_gguf(file, folder / "out", weights=False)
    except UserError as error:
        assert str(error).startswith(f"{file}: ") and "\n" not in str(error)


SOME = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(data=st.data())
@SOME
def test_a_file_cut_anywhere_is_one_message(
    whole: Path, tmp_path: Path, data: st.DataObject
) -> None:
    content = whole.read_bytes()
    header = gguf.GGUFReader(whole).data_offset
    place = st.integers(0, header) | st.integers(0, len(content) - 1)
    file = tmp_path / "cut.gguf"
    file.write_bytes(content[: data.draw(place)])
    assert refusal(file).startswith("not a readable GGUF file (")


@given(data=st.data())
@SOME
def test_other_kinds_and_bytes_in_the_header_are_one_message(
    whole: Path, tmp_path: Path, data: st.DataObject
) -> None:
    content, reader = bytearray(whole.read_bytes()), gguf.GGUFReader(whole)
    if data.draw(st.booleans()):
        field = data.draw(st.sampled_from([f for f in reader.fields.values() if f.offset >= 24]))
        place = field.offset + 8 + len(field.name.encode())
        content[place] = data.draw(st.sampled_from(list(gguf.GGUFValueType)))
    else:
        place = data.draw(st.integers(0, reader.data_offset - 1))
        content[place] = data.draw(st.integers(0, 255))
    only_one_message(tmp_path, bytes(content))


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.floats(width=32),
    st.text(max_size=5),
    st.lists(st.integers(-5, 400), min_size=1, max_size=5),
    st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=5),
)


@given(data=st.data())
@SOME
def test_other_values_are_a_model_or_one_message(
    whole: Path, tmp_path: Path, data: st.DataObject
) -> None:
    keys = [key for key in gguf.GGUFReader(whole).fields if not key.startswith("GGUF.")]
    keys += ["qwen2.rope.scaling.type", "qwen2.attention.key_length", "qwen2.vocab_size"]
    changes = {data.draw(st.sampled_from(keys)): data.draw(VALUES)}
    file = write_qwen2(tmp_path / "changed.gguf", changes=changes)
    only_one_message(tmp_path, file.read_bytes())
