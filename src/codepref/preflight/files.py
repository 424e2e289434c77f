"""A model's configuration and tokenizer without its weights: what a site is tried with."""

from collections.abc import Iterable
from pathlib import Path

from codepref.errors import UserError
from codepref.files import whole_folder, write_text
from codepref.models import model_revision
from codepref.models.fetch import fetch_folder, fetch_from_hub, fetch_packaged
from codepref.models.folder import copy_all_but_weights
from codepref.models.settings import FolderModel, HubModel, PackagedModel
from codepref.preflight.place import REASON
from codepref.progress import say
from codepref.strict import Section


def fetch_tokenizer(source: Section, fetched: Iterable[Path], output: Path) -> None:
    """Write a model's files without its weights; or why they cannot be had (``REASON``).

    Args:
        source: where the model comes from.
        fetched: folders of runs in which it may be already (``make fetch``).
        output: the folder to write.
    """
    try:
        _fetch(source, fetched, output)
    except UserError as error:
        say(f"not fetched: {error}")
        with whole_folder(output) as folder:
            write_text(folder / REASON, f"{error}\n")


def _fetch(source: Section, fetched: Iterable[Path], output: Path) -> None:
    if isinstance(source, FolderModel):
        fetch_folder(source, output)
    elif isinstance(source, PackagedModel):
        fetch_packaged(source, output, weights=False)
    elif isinstance(source, HubModel):
        for known in fetched:
            if (known / "config.json").is_file() and model_revision(known) == source.revision:
                with whole_folder(output) as folder:
                    copy_all_but_weights(known, folder)
                return
        fetch_from_hub(source, output, weights=False)
    else:
        raise UserError(
            "a derived model has no files of its own before a run; name its base in 'preflight'"
        )
