"""Collectors are polite, patient and resumable, and keep no page that is not one."""

import hashlib
import json
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from helpers.codeforces_pages import page
from helpers.places import ROOT
from helpers.website import Answer, Site

from codepref.errors import UserError
from codepref.problems.collect import Account, collect
from codepref.problems.settings import SiteSource
from codepref.problems.sources.crawl import Client, Unusable
from codepref.problems.sources.foreign import NotFetched, Skip


def fast_client(folder, **options) -> tuple[Client, list[float]]:
    waits: list[float] = []
    client = Client(folder, requests_per_second=1000, sleep=waits.append, **options)
    return client, waits


def wants_ok(body: str) -> str:
    if not body.startswith("ok"):
        raise Unusable("not ok")
    return body


def long_waits(waits: list[float]) -> list[float]:
    return [wait for wait in waits if wait > 0.5]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_in_seconds_is_honoured(site: Site, tmp_path, status):
    site.first["/a"].append(Answer("later", status, {"Retry-After": "7"}))
    site.pages["/a"] = Answer("ok a")
    client, waits = fast_client(tmp_path)
    assert client.get(f"{site.address}/a", wants_ok) == "ok a"
    assert long_waits(waits) == [7.0]


def test_retry_after_as_a_date_is_honoured(site: Site, tmp_path):
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    site.first["/a"].append(Answer("later", 503, {"Retry-After": when}))
    site.pages["/a"] = Answer("ok a")
    client, waits = fast_client(tmp_path)
    client.get(f"{site.address}/a", wants_ok)
    assert 50 < long_waits(waits)[0] <= 60


@pytest.mark.parametrize(
    "bad",
    [
        Answer("<html>captcha: are you human?</html>"),
        Answer("ok but cut o", cut=500),
        Answer(b"\xff\xfe\xfa"),
        Answer("oops", 500),
        Answer("forbidden", 403),
        Answer("sign in", 401),
        Answer("ok corrupt", 200, {"Content-Encoding": "gzip"}),
        Answer(""),
        Answer("", 302, {"Location": "/login"}),
        Answer("", 302, {"Location": "/a"}),
    ],
    ids=[
        *("captcha", "cut off", "not text", "server error", "forbidden", "unauthorized"),
        *("corrupt gzip", "empty", "redirect to a login page", "redirect to itself"),
    ],
)
def test_bad_answers_are_asked_again_and_never_kept(site: Site, tmp_path, bad):
    site.first["/a"].extend([bad, bad])
    site.pages["/a"] = Answer("ok a")
    site.pages["/login"] = Answer("<form>Sign in</form>")
    client, waits = fast_client(tmp_path)
    to_itself = bad.headers.get("Location") == "/a"  # one answer that leads to the next
    assert client.get(f"{site.address}/a", wants_ok) == "ok a"
    asked = [path for path in site.paths() if path == "/a"]
    assert len(asked) == 3
    if not to_itself:
        first, second = long_waits(waits)
        assert second > first  # patience grows
    again, _ = fast_client(tmp_path)
    assert again.get(f"{site.address}/a", wants_ok) == "ok a"
    assert again.requests == 0
    assert len(again.manifest) == 1


def test_a_page_that_is_never_given_is_named(site: Site, tmp_path):
    site.pages["/a"] = Answer("", 302, {"Location": "/login"})
    site.pages["/login"] = Answer("<form>Sign in</form>")
    client, _ = fast_client(tmp_path, attempts=3)
    message = r"/a: not ok \(redirected to http://.*/login\), 3 times"
    with pytest.raises(NotFetched, match=message) as raised:
        client.get(f"{site.address}/a", wants_ok)
    assert raised.value.reason == "page not fetched: not ok"
    assert client.manifest == []


def test_a_missing_page_is_not_asked_for_again_and_not_kept(site: Site, tmp_path):
    client, _ = fast_client(tmp_path)
    with pytest.raises(NotFetched, match="HTTP 404"):
        client.get(f"{site.address}/none", wants_ok)
    assert len(site.seen) == 1
    site.pages["/none"] = Answer("ok, it is there now")
    assert client.get(f"{site.address}/none", wants_ok) == "ok, it is there now"


def test_what_an_older_version_kept_is_read_again(site: Site, tmp_path):
    site.pages["/a"] = Answer("<html>captcha</html>")
    client, _ = fast_client(tmp_path)
    assert client.get(f"{site.address}/a", str) == "<html>captcha</html>"  # anything was good
    site.pages["/a"] = Answer("ok a")
    assert client.get(f"{site.address}/a", wants_ok) == "ok a"
    assert fast_client(tmp_path)[0].get(f"{site.address}/a", wants_ok) == "ok a"
    assert len(site.seen) == 2


def test_a_page_that_says_there_is_nothing_for_us_is_good(site: Site, tmp_path):
    def read(body: str) -> str:
        raise Skip("statement is a PDF")

    site.pages["/a"] = Answer("see the PDF")
    for _ in range(2):
        with pytest.raises(Skip, match="PDF"):
            fast_client(tmp_path)[0].get(f"{site.address}/a", read)
    assert len(site.seen) == 1


def test_long_waits_are_told(site: Site, tmp_path, capsys):
    site.first["/a"].append(Answer("later", 429, {"Retry-After": "600"}))
    site.pages["/a"] = Answer("ok a")
    fast_client(tmp_path)[0].get(f"{site.address}/a", wants_ok)
    assert "/a: HTTP 429; asked again in 600 seconds" in capsys.readouterr().err


def test_damaged_kept_pages_are_one_message(tmp_path):
    (tmp_path / "pages.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(
        UserError, match=r"the pages kept there cannot be read .* remove the folder"
    ):
        fast_client(tmp_path)[0].get("http://127.0.0.1:9/a", wants_ok)


def test_requests_are_spaced_and_say_who_asks(site: Site, tmp_path):
    for name in "abcd":
        site.pages[f"/{name}"] = Answer(f"ok {name}")
    client = Client(tmp_path, requests_per_second=20, contact="me@example.org", sleep=time.sleep)
    start = time.monotonic()
    for name in "abcd":
        client.get(f"{site.address}/{name}", wants_ok)
    assert time.monotonic() - start >= 3 / 20
    agent = site.seen[0][2]["User-Agent"]
    assert "codepref/" in agent and "me@example.org" in agent
    again, waits = fast_client(tmp_path)
    for name in "abcd":
        again.get(f"{site.address}/{name}", wants_ok)
    assert (waits, again.requests) == ([], 0)  # kept pages need no waiting


def test_posts_are_kept_by_their_body(site: Site, tmp_path):
    site.post = lambda path, body: Answer("ok " + json.loads(body)["q"])
    client, _ = fast_client(tmp_path)
    assert client.post_json(f"{site.address}/graphql", {"q": "one"}, wants_ok) == "ok one"
    assert client.post_json(f"{site.address}/graphql", {"q": "two"}, wants_ok) == "ok two"
    assert client.post_json(f"{site.address}/graphql", {"q": "one"}, wants_ok) == "ok one"
    assert len(site.seen) == 2


def test_the_manifest_tells_address_time_and_hash(site: Site, tmp_path):
    site.pages["/a"] = Answer("ok a")
    fast_client(tmp_path)[0].get(f"{site.address}/a", wants_ok)
    client, _ = fast_client(tmp_path)
    client.get(f"{site.address}/a", wants_ok)  # from disk: the manifest is complete all the same
    (entry,) = client.manifest
    assert entry["url"] == f"{site.address}/a"
    assert entry["sha256"] == hashlib.sha256(b"ok a").hexdigest()
    fetched = datetime.fromisoformat(entry["time"])
    assert abs((datetime.now(UTC) - fetched).total_seconds()) < 60


# --- A whole crawl --------------------------------------------------------------------------------


def codeforces_site(site: Site, count: int = 6) -> None:
    problems = [
        {"contestId": 1, "index": chr(65 + n), "name": f"P{n}", "type": "PROGRAMMING", "tags": []}
        for n in range(count)
    ]
    problems[1]["tags"] = ["interactive"]
    body = json.dumps({"status": "OK", "result": {"problems": problems}})
    site.pages["/api/problemset.problems"] = Answer(body)
    for entry in problems:
        number = ord(str(entry["index"])) - 65
        html = page(title=f"{entry['index']}. P{number}", samples=[(f"{number}\n", "YES\n")])
        site.pages[f"/problemset/problem/1/{entry['index']}"] = Answer(html)


def source(site: Site, tmp_path, **options) -> SiteSource:
    return SiteSource(
        kind="codeforces",
        address=site.address,
        cache=str(tmp_path / "cache"),
        requests_per_second=5,
        **options,
    )


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Let the clients that ``collect`` makes wait in no time; the waits themselves are tested."""
    original = Client.__init__

    def quick(self, *arguments, **options):
        original(self, *arguments, **{"sleep": lambda seconds: None, **options})

    monkeypatch.setattr(Client, "__init__", quick)


def test_an_interrupted_crawl_goes_on_without_fetching_again(site: Site, tmp_path):
    codeforces_site(site)
    for interrupted_after in (1, 2, 4):
        stream = collect("codeforces", source(site, tmp_path), Account())
        for _ in range(interrupted_after):
            next(stream)
        stream.close()  # Ctrl-C while a page is worked on
    account = Account()
    problems = list(collect("codeforces", source(site, tmp_path), account))
    assert [problem.title for problem in problems] == ["P0", "P2", "P3", "P4", "P5"]
    assert (account.collected, account.skipped) == (5, {"interactive": 1})
    paths = site.paths()
    assert len(paths) == len(set(paths)) == 6  # the list and five pages, each once
    assert len(account.manifest) == 6


def test_a_crawl_survives_refusals_in_the_middle(site: Site, tmp_path):
    codeforces_site(site)
    good = str(site.pages["/problemset/problem/1/C"].body)
    site.first["/problemset/problem/1/C"].extend(
        [
            Answer("slow down", 429, {"Retry-After": "1"}),
            Answer("<html><title>Just a moment...</title></html>"),
            Answer(good[:-40]),  # complete for HTTP, but the page has no end
            Answer(good, cut=100),
        ]
    )
    account = Account()
    problems = list(collect("codeforces", source(site, tmp_path), account))
    assert len(problems) == 5
    assert problems[1].tests[0].input == "2\n"


PAGE_C = "/problemset/problem/1/C"
LIST_OF_PROBLEMS = (
    "<html><a href='/problemsets/acmsguru'>acm.sgu.ru</a><table class=\"problems\"><tr><td>P2</td>"
    "<td><a href='/rules.pdf'>Rules</a></td></tr></table></html>"
)
STRANGERS = {
    "captcha": (
        Answer("<html><title>Just a moment...</title></html>"),
        "the site asks for a human",
    ),
    "login": (Answer('<form><input name="handleOrEmail"></form></html>'), "a login page"),
    "empty": (Answer(""), "no statement on the page"),
    "bad gateway": (Answer("<h1>502 Bad Gateway</h1>"), "the site says that it is down"),
    "new design": (Answer("<html><main>A new design</main></html>"), "no statement on the page"),
    "another problem": (Answer(page(title="A. Else")), "the page is of another problem"),
    "cut off": (Answer(page(title="C. P2")[:-20]), "the page is cut off"),
    "the list": (Answer(LIST_OF_PROBLEMS), "no statement on the page"),
    "redirect": (Answer("", 302, {"Location": "/enter"}), "a login page"),
    "redirect to the list": (Answer("", 302, {"Location": "/problemset"}), "no statement"),
    "always 500": (Answer("oops", 500), "HTTP 500"),
    "missing": (Answer("gone", 404), "HTTP 404"),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_one_bad_page_is_named_not_kept_and_stops_no_other(site: Site, tmp_path, name):
    bad, reason = STRANGERS[name]
    codeforces_site(site)
    good = site.pages[PAGE_C]
    site.pages |= {
        PAGE_C: bad,
        "/enter": STRANGERS["login"][0],
        "/problemset": STRANGERS["the list"][0],
    }
    account = Account()
    assert len(list(collect("codeforces", source(site, tmp_path), account))) == 4
    assert [one for one in account.skipped if one.startswith(f"page not fetched: {reason}")]
    (named,) = account.as_json()["not_fetched"]
    assert named.startswith(f"1/C: {site.address}{PAGE_C}") and reason in named
    asked = len(site.seen)
    site.pages[PAGE_C] = good  # it heals: only this page is asked for again
    assert len(list(collect("codeforces", source(site, tmp_path), Account()))) == 5
    assert site.paths()[asked:] == [f"{PAGE_C}?locale=en"]


@pytest.mark.parametrize("name", STRANGERS)
def test_a_site_that_refuses_all_is_one_message_and_heals(site: Site, tmp_path, name):
    bad, reason = STRANGERS[name]
    codeforces_site(site, count=20)
    good = dict(site.pages)
    for path in good:
        if path.startswith("/problemset/"):
            site.pages[path] = bad
    if name != "another problem":
        site.pages |= {"/enter": STRANGERS["login"][0], "/problemset": STRANGERS["the list"][0]}
        message = rf"10 of 11 pages could not be fetched, .*'failed_share' \(0.1\).*: {reason}"
        with pytest.raises(UserError, match=message):
            list(collect("codeforces", source(site, tmp_path), Account()))
    site.pages = good
    assert len(list(collect("codeforces", source(site, tmp_path), Account()))) == 19


@pytest.mark.parametrize(("share", "stops"), [(0.1, True), (0.3, False)])
def test_the_share_that_may_fail_is_configured(site: Site, tmp_path, share, stops):
    codeforces_site(site, count=20)
    for index in "DFHKM":
        site.pages[f"/problemset/problem/1/{index}"] = Answer("oops", 500)
    crawl = collect("codeforces", source(site, tmp_path, failed_share=share), Account())
    if not stops:
        assert len(list(crawl)) == 14
        return
    with pytest.raises(UserError, match="5 of 20 pages could not be fetched"):
        list(crawl)


def test_a_page_of_a_problem_whose_statement_is_elsewhere_is_kept(site: Site, tmp_path):
    codeforces_site(site)
    site.pages[PAGE_C] = Answer("<html><title>P2</title><a href='/a.pdf'>Statement</a></html>")
    for _ in range(2):
        account = Account()
        list(collect("codeforces", source(site, tmp_path), account))
        assert account.skipped["statement is a PDF"] == 1
    assert site.paths().count(f"{PAGE_C}?locale=en") == 1


def test_a_crawl_shows_progress_rate_and_time_left(site: Site, tmp_path, capsys):
    codeforces_site(site)
    list(collect("codeforces", source(site, tmp_path), Account()))
    last = capsys.readouterr().err.splitlines()[-1]
    pattern = r"codeforces: problems: 6/6 in \d+:\d\d, 0:00 left, .* a second, 6 requests, 0 pages"
    assert re.match(pattern, last), last


def test_the_command_line_fails_when_the_site_refuses_all(site: Site, tmp_path):
    site.pages["/api/problemset.problems"] = Answer("gone", 404)
    command = [sys.executable, ROOT / "scripts/collect_problems.py", "--source", "cf"]
    command += ["--kind", "codeforces", "--address", site.address, "--cache", tmp_path / "cache"]
    done = subprocess.run(
        [*command, "--output", tmp_path / "out.jsonl"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: codeforces: the list of problems is not there")
    assert not (tmp_path / "out.jsonl").exists()


def test_a_missing_list_is_an_error_not_an_empty_source(site: Site, tmp_path):
    with pytest.raises(UserError, match=r"the list of problems is not there .*HTTP 404"):
        list(collect("codeforces", source(site, tmp_path), Account()))


def test_an_api_error_is_reported_in_its_own_words(site: Site, tmp_path, monkeypatch):
    body = json.dumps({"status": "FAILED", "comment": "Call limit exceeded"})
    site.pages["/api/problemset.problems"] = Answer(body)
    with pytest.raises(UserError, match="the API says: Call limit exceeded"):
        list(collect("codeforces", source(site, tmp_path), Account()))


def test_limit_stops_the_crawl_itself(site: Site, tmp_path):
    codeforces_site(site)
    assert len(list(collect("codeforces", source(site, tmp_path, limit=2), Account()))) == 2
    assert len(site.seen) == 3
