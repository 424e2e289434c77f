"""What a run needs of the machine around it: text encoding and certificates, for all its jobs."""

import locale
import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

from codepref.errors import UserError

CERTIFICATES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
"""What names a site's certificates; requests reads the first, other libraries the second."""


def prepare(in_containers: bool, variables: MutableMapping[str, str] = os.environ) -> None:
    """Set variables that jobs inherit.

    Raises:
        UserError: this process cannot pass on every text, or certificates are missing.
    """
    check_encoding(sys.flags.utf8_mode == 1, locale.getencoding())
    variables["PYTHONUTF8"] = "1"
    share_certificates(in_containers, variables)


def check_encoding(utf8_mode: bool, encoding: str) -> None:
    """Refuse an encoding in which texts and paths of the configuration cannot reach jobs.

    Raises:
        UserError: it is such a one.
    """
    if not utf8_mode and encoding.lower().replace("-", "") != "utf8":
        raise UserError(
            f"this shell's encoding is {encoding}, which has not every letter; start with "
            "PYTHONUTF8=1, for example: PYTHONUTF8=1 snakemake --cores all (make does it itself)"
        )


def share_certificates(in_containers: bool, variables: MutableMapping[str, str]) -> None:
    """Give a site's certificates to every library that downloads, and show them to containers.

    Raises:
        UserError: a variable names a file that is not there.
    """
    given = {name: variables[name] for name in CERTIFICATES if variables.get(name)}
    for name, path in given.items():
        if not Path(path).exists():
            raise UserError(
                f"{name}: {path}: no such file; let it name the certificates of your site, or "
                f"unset it: unset {name}"
            )
    if not given:
        return
    path = next(iter(given.values()))
    variables.setdefault("REQUESTS_CA_BUNDLE", path)
    variables.setdefault("SSL_CERT_FILE" if Path(path).is_file() else "SSL_CERT_DIR", path)
    if in_containers:
        shown = [*filter(None, [variables.get("APPTAINER_BIND")]), *dict.fromkeys(given.values())]
        variables["APPTAINER_BIND"] = variables["SINGULARITY_BIND"] = ",".join(shown)
