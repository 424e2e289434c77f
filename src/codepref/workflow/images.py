"""Building the containers of ``envs/*.def`` and knowing when one is out of date.

An image depends on its definition and on the lock files that the definition copies in, nothing
else: together they are its *recipe*. ``envs/images.lock`` remembers, for the images that lie in
``envs/images/``, the recipe each was built from and the sha256 of the file; records of what jobs
made in an image take its sha256 from there (``codepref.provenance.record``).
"""

import contextlib
import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from codepref.errors import UserError
from codepref.files import sha256_of, write_text
from codepref.provenance.record import git
from codepref.strict import Strict

FOLDER = Path("envs/images")
LOCK = Path("envs/images.lock")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


class Image(Strict):
    """An image as it was built."""

    recipe: str
    sha256: str


def recipe(definition: Path) -> str:
    """Return the hash of a definition and of every file its ``%files`` section copies in.

    Raises:
        UserError: the definition or such a file does not exist.
    """
    digest = hashlib.sha256()
    for path in [definition, *_copied(definition)]:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}; {definition} is built from it") from error
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def read_lock(path: Path = LOCK) -> dict[str, Image]:
    """Return what is known of each image by name; nothing before the first build.

    Raises:
        UserError: the file is not what ``build`` writes.
    """
    if not path.exists():
        return {}
    try:
        return TypeAdapter(dict[str, Image]).validate_json(path.read_bytes())
    except ValidationError as error:
        raise UserError(f"{path}: damaged; delete it and run: make images") from error


def needed(name: str, verify: bool = False) -> str | None:
    """Return why an image has to be built, or None if it is what its recipe gives.

    Args:
        name: of the image: ``cpu`` stands for ``envs/cpu.def`` and ``envs/images/cpu.sif``.
        verify: compare the file's hash too (reads the whole image).
    """
    file, known = FOLDER / f"{name}.sif", read_lock().get(name)
    if not file.exists():
        return "there is none"
    if known is None:
        return f"{LOCK} does not know it"
    if known.recipe != recipe(Path(f"envs/{name}.def")):
        return "its definition or a lock file changed"
    if verify and sha256_of(file) != known.sha256:
        return f"the file is not the one that {LOCK} describes"
    return None


def build(name: str, arguments: Iterable[str] = ()) -> None:
    """Build one image without privileges, run its ``%test``, and put it where the rules look.

    The mirror and package indexes are the definition's; ``PIP_FIND_LINKS`` (a folder of wheels)
    and a site's certificates (``PIP_CERT``, ``REQUESTS_CA_BUNDLE`` or ``SSL_CERT_FILE``) of the
    environment are shown to the build.

    Args:
        name: of the definition in ``envs/``.
        arguments: ``NAME=VALUE`` for the definition's ``%arguments``.

    Raises:
        UserError: Apptainer is missing, this is no x86_64, or the build failed.
    """
    from spython.utils import stream_command

    if (machine := platform.machine()) != "x86_64":
        raise UserError(
            f"images are for x86_64, and this machine is {machine}: torch's build for CPUs, which "
            "the image cpu has, is locked for x86_64 only; on aarch64 jobs can run in virtual "
            "environments: make setup gpu-envs, then use slurm/sites/no-apptainer.yaml"
        )
    program = shutil.which("apptainer") or shutil.which("singularity")
    if not program:
        raise UserError(
            "neither apptainer nor singularity is installed here, so no image can be built. "
            "On a cluster try: module load apptainer. Or build on another Linux machine and copy "
            f"{FOLDER}/ and {LOCK} here. Where there is no Apptainer: make gpu-envs"
        )
    definition = Path(f"envs/{name}.def")
    made_from = recipe(definition)
    FOLDER.mkdir(parents=True, exist_ok=True)
    commit = git("describe", "--always", "--dirty", "--abbrev=40") or "unknown"
    values = [f"COMMIT={commit}", f"RECIPE={made_from}", *arguments]
    options = ["--fakeroot", "--mksquashfs-args", "-comp lz4"]
    for value in values:
        options += ["--build-arg", value]
    for source, shown in _shown():
        options += ["--bind", f"{source}:{shown}"]
    with tempfile.TemporaryDirectory(prefix=".build-", dir=FOLDER) as folder:
        new = Path(folder) / f"{name}.sif"
        command = [program, "build", *options, str(new), str(definition)]
        with contextlib.suppress(subprocess.CalledProcessError):  # its last lines say why
            for line in stream_command(command, output_type="both"):
                print(line, end="", flush=True)
        if not new.is_file():
            raise UserError(
                f"{definition}: the build failed, its last lines above say why. Frequent causes: "
                "no debootstrap on this machine; no user namespaces or no entry in /etc/subuid "
                "(docs/cluster.md); no space in $APPTAINER_TMPDIR (/tmp)"
            )
        built = Image(recipe=made_from, sha256=sha256_of(new))
        new.replace(FOLDER / f"{name}.sif")
    lock = {**read_lock(), name: built}
    write_text(LOCK, TypeAdapter(dict[str, Image]).dump_json(lock, indent=1).decode() + "\n")


def _copied(definition: Path) -> list[Path]:
    try:
        text = definition.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{definition}: {error.strerror}") from error
    section = re.search(r"^%files\n(.*?)(?=^%|\Z)", text, re.M | re.S)
    lines = section.group(1).splitlines() if section else []
    return [Path(line.split()[0]) for line in lines if line.split()]


def _shown() -> list[tuple[str, str]]:
    names = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
    certificates = next(filter(None, map(os.environ.get, names)), None)
    wheels = os.environ.get("PIP_FIND_LINKS")
    shown = [(certificates, CERTIFICATES)] if certificates and Path(certificates).is_file() else []
    return [*shown, (wheels, "/mnt")] if wheels and Path(wheels).is_dir() else shown
