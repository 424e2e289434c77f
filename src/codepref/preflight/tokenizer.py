"""Whether a model's tokenizer and chat template give sound prompts in this job's image."""

from codepref.chat_template import template_date, template_sha256
from codepref.errors import UserError
from codepref.models import configured_end, load_tokenizer
from codepref.preflight.findings import Finding, Found, refused
from codepref.preflight.place import Place
from codepref.problems.builtin import builtin_problems
from codepref.prompts import benchmark_messages, problem_messages, render
from codepref.sampling.completion import end_tokens

_TASK = "def add(a, b):\n    '''Return the sum.'''\n"
_STYLES = ("chat", "evalplus")


def look(place: Place) -> Found:
    """Return what the tokenizer makes of a training problem and of a benchmark task."""
    if missing := place.files_missing:
        return Found(findings=[missing])
    import transformers

    check = f"{place.model}: tokenizer and chat template, {place.jobs}"
    try:
        tokenizer = load_tokenizer(place.folder, weights=False)
        asked = [problem_messages(next(builtin_problems()))]
        asked += [benchmark_messages(_TASK, style) for style in _STYLES]
        prompts = [render(tokenizer, messages) for messages in asked]
        ends = end_tokens(tokenizer, configured_end(place.folder))
    except UserError as error:
        return Found(findings=[refused(check, error)])
    bos = tokenizer.bos_token_id
    begins = [ids[:1] == [bos] for ids in prompts]
    parts = [f"{tokenizer.bos_token} once" if all(begins) else "no BOS"]
    parts.append(f"ends at {' '.join(tokenizer.convert_ids_to_tokens(sorted(ends)))}")
    parts.append(f"template {template_sha256(tokenizer)}")
    parts += [f"dated {date}"] if (date := template_date(tokenizer)) else []
    parts.append(f"transformers {transformers.__version__}")
    return Found(findings=[Finding(check=check, found=", ".join(parts))])
