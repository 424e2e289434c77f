"""The tokenizer of a model folder, the same in every stage and under every transformers version."""

from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.models.folder import check_model_folder

# Texts by which tokenizers differ: indentation, line ends, tabs, digits, fences, prose, Unicode,
# a space in front. No Latin-1 letter but é: DeepSeek-Coder's publisher made ü, ö, ø and others
# tokens of their own, which don't come back as they went in.
_PROBES = (
    "def f(n):\n    if n < 2:\n        return n\n    return f(n - 1)\n",
    "if x:\n\treturn 'a\\tb'\r\n\n\n\nclass A_b:  # done\n",
    "x = [12345, 6.78e9]  \n    0x1F",
    "Here's what it does; I'LL explain:\n```python\nprint(1)\n```\n",
    "é 漢字 → 🙂",
    " x = 1",
    "    return 1",
    "\n  y",
)


def load_tokenizer(folder: str | Path, weights: bool = True) -> Any:
    """Return the tokenizer of a checked model folder; it pads on the left, as generation needs.

    What the folder's own ``tokenizer.json`` says decides. ``AutoTokenizer`` goes by the class that
    the folder declares and by the model's type, and rebuilds the tokenizer as that class has it:
    for DeepSeek-Coder and CodeQwen1.5 (in some or all versions of transformers) one that drops
    every space and newline. So its choice is kept only if it gives the file's tokens; else the file
    is loaded as it is. Special tokens and chat template are the folder's in both cases.

    Args:
        folder: a model folder.
        weights: refuse a folder without them, since it is not complete.

    Raises:
        UserError: the folder is incomplete, or its tokenizer cannot be read, doesn't give back the
            text it was given, or gives other tokens than its ``tokenizer.json``.
    """
    folder = check_model_folder(folder, weights)
    import transformers

    file = folder / "tokenizer.json"
    classes: list[Any] = [transformers.AutoTokenizer]
    if file.is_file():
        classes.append(transformers.PreTrainedTokenizerFast)
    problem = None
    for kind in classes:
        try:
            tokenizer = kind.from_pretrained(folder, local_files_only=True)
            problem = _what_is_wrong(tokenizer, file)
        except Exception as error:  # the tokenizers library raises nothing more exact
            problem = f"the tokenizer cannot be loaded ({error})"
        if problem is None:
            tokenizer.padding_side = "left"
            return tokenizer
    raise UserError(
        f"{folder}: {problem} (transformers {transformers.__version__}); put the tokenizer.json "
        "and tokenizer_config.json that the model's publisher made for it into the folder, or "
        "install the transformers version that they were made with"
    )


def _what_is_wrong(tokenizer: Any, file: Path) -> str | None:
    """Return what a loaded tokenizer does wrong with the probe texts, by its tokenizer.json."""
    from tokenizers import Tokenizer

    itself = None
    if file.is_file():
        itself = Tokenizer.from_file(str(file))
        itself.no_padding()
        itself.no_truncation()
    name = type(tokenizer).__name__
    for text in _PROBES:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        # A sentencepiece tokenizer puts a space in front of a text. transformers' Llama classes do
        # so only where the text has none and only at its very start; their tokenizer.json puts one
        # in front of every text and behind every special token. The class is right for responses:
        # after "[/INST]" a model writes "▁Hi", and " Hi" must give that token, not "▁▁",
        # "Hi". So where a text starts with a space, the tokens of the text without it will do, and
        # so will its absence after decoding (TextDecoder decodes behind the prompt's last tokens,
        # where it is kept).
        same = [text]
        first = tokenizer.convert_ids_to_tokens(ids[:1])
        if text[0] == " " and first and first[0].startswith("▁"):
            same.append(text[1:])
        decoded = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
        if decoded not in same:
            return f"{name} turns the text {text!r} into {decoded!r}"
        if itself and ids not in [itself.encode(t, add_special_tokens=False).ids for t in same]:
            return f"{name} gives other tokens than tokenizer.json for the text {text!r}"
    return None
