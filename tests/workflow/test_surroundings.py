"""Homes, encodings, masks, certificates: what is found works, or a message says what to do."""

import io
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests
from helpers.places import ROOT
from helpers.snakemake_runs import environment, run_snakemake

from codepref.errors import UserError
from codepref.problems.sources.crawl import Client
from codepref.terminal import plain, show_plainly
from codepref.workflow.surroundings import check_encoding, share_certificates

KEPT = "results/test/config.json"
SMALL = ["--cores", "1", "--configfile", "configs/test.yaml"]


def test_what_a_terminal_cannot_show_is_written_plainly() -> None:
    assert plain("−6.8 [−12.7, +0.4] … Jürgen é 日") == "-6.8 [-12.7, +0.4] ... Juergen e ?"
    for encoding, shown in (("ascii", b"-6.8 Juergen"), ("latin-1", b"-6.8 J\xfcrgen")):
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding=encoding)
        show_plainly(stream)
        stream.write("−6.8 Jürgen")
        stream.flush()
        assert raw.getvalue() == shown


@pytest.mark.slow
def test_a_script_speaks_to_any_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/power.py", "--help"],
        cwd=ROOT,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    code = "from codepref.cli import run; run(lambda: print('−6.8 Jürgen'), False)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
    )
    assert (done.returncode, done.stdout) == (0, b"-6.8 Juergen\n"), done.stderr


def test_an_encoding_without_every_letter_is_refused() -> None:
    for fine in ((True, "ISO-8859-1"), (False, "UTF-8"), (False, "utf8")):
        check_encoding(*fine)
    with pytest.raises(UserError, match=r"encoding is ISO-8859-1.*PYTHONUTF8=1 snakemake"):
        check_encoding(False, "ISO-8859-1")


@pytest.mark.slow
def test_a_run_in_an_iso_8859_1_terminal(checkout: Path, tmp_path: Path) -> None:
    place = tmp_path / "locales"
    place.mkdir()
    made = shutil.which("localedef") and subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", place / "de_DE.ISO-8859-1"],
        capture_output=True,
    )
    if not (place / "de_DE.ISO-8859-1").exists():
        pytest.skip(f"no locale could be made here ({made})")
    text = "Jürgen – 日 €"
    (checkout / "mine.yaml").write_text(f"reasons: {{problems: '{text}'}}\n", encoding="utf-8")
    # ``make test`` itself sets UTF-8.
    latin = {"LOCPATH": str(place), "LC_ALL": "de_DE.ISO-8859-1", "PYTHONUTF8": "0"}
    refused = run_snakemake(checkout, *SMALL, "mine.yaml", "--", KEPT, **latin)
    assert refused.returncode != 0
    assert "this shell's encoding is ISO-8859-1" in refused.stdout
    assert "Traceback" not in refused.stdout
    latin["PYTHONUTF8"] = "1"
    done = run_snakemake(checkout, *SMALL, "mine.yaml", "--", KEPT, **latin)
    assert done.returncode == 0, done.stdout
    assert json.loads((checkout / KEPT).read_text("utf-8"))["reasons"] == {"problems": text}


@pytest.mark.slow
def test_a_home_that_cannot_be_written_to(checkout: Path) -> None:
    """``make`` then keeps caches in the checkout: nobody can write to /proc/1."""
    (checkout / "show.mk").write_text(
        f"include {ROOT}/Makefile\n.PHONY: show\nshow:\n\t@printenv XDG_CACHE_HOME\n"
    )
    home = {**environment(), "HOME": "/proc/1"}
    home.pop("XDG_CACHE_HOME", None)
    made = subprocess.run(
        ["make", "-s", "-f", "show.mk", "show"],
        cwd=checkout,
        env=home,
        capture_output=True,
        text=True,
    )
    assert made.stdout == f"{checkout}/.cache\n", made.stderr
    done = run_snakemake(
        checkout, *SMALL, "--", KEPT, HOME="/proc/1", XDG_CACHE_HOME=made.stdout.strip()
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_sandbox_works_under_any_mask(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *("bash", "-c", 'umask 077; exec "$@"', "bash", sys.executable),
            *("scripts/check_site.py", "execute", "--work", str(tmp_path / "work")),
            *("--output", str(tmp_path / "found.json")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found.json").read_text())["findings"]
    (sandbox,) = [one for one in found if one["check"].endswith("sandbox")]
    assert "runs programs" in sandbox["found"], sandbox
    assert (tmp_path / "found.json").stat().st_mode & 0o077 == 0


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["User-Agent"].encode("latin-1"))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def institute(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A site whose certificate no public authority has signed: its address, and the certificate."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "my ca ü.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    server = HTTPServer(("localhost", 0), _Hello)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}/", certificate
    server.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_an_institutes_certificates_reach_every_library(
    institute: tuple[str, Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, certificate = institute
    for other in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(other, raising=False)
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(address, timeout=10)
    variables = {name: str(certificate), "APPTAINER_BIND": "/scratch"}
    share_certificates(True, variables)
    assert variables["APPTAINER_BIND"] == f"/scratch,{certificate}"
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert requests.get(address, timeout=10).status_code == 200
    code = f"import urllib.request as u; print(u.urlopen({address!r}).status)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "200\n", done.stderr


def test_certificates_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"SSL_CERT_FILE: .*none\.pem: no such file.*unset SSL_"):
        share_certificates(False, {"SSL_CERT_FILE": str(tmp_path / "none.pem")})
    nothing: dict[str, str] = {}
    share_certificates(True, nothing)
    assert nothing == {}


def test_a_contact_has_any_letters(tmp_path: Path) -> None:
    server = HTTPServer(("localhost", 0), _Hello)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = Client(tmp_path, requests_per_second=20, contact="Jürgen 日 <j@example.org> €")
    page = client.get(f"http://localhost:{server.server_port}/", lambda text: text)
    server.shutdown()
    assert "contact: Jürgen 日 <j@example.org> €)" in page
