"""Collectors are polite, patient and resumable, and keep no page that is not one."""

import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from helpers.codeforces_pages import page
from helpers.website import Answer, Site

from codepref.errors import UserError
from codepref.problems.collect import Account, collect
from codepref.problems.crawl import Client, Unusable
from codepref.problems.foreign import Skip
from codepref.problems.settings import SiteSource


def fast_client(folder, **options) -> tuple[Client, list[float]]:
    waits: list[float] = []
    client = Client(folder, requests_per_second=1000, sleep=waits.append, **options)
    return client, waits


def wants_ok(body: str) -> None:
    if not body.startswith("ok"):
        raise Unusable("not ok")


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
    ],
    ids=["captcha", "cut off", "not text", "server error", "forbidden"],
)
def test_bad_answers_are_asked_again_and_never_kept(site: Site, tmp_path, bad):
    site.first["/a"].extend([bad, bad])
    site.pages["/a"] = Answer("ok a")
    client, waits = fast_client(tmp_path)
    assert client.get(f"{site.address}/a", wants_ok) == "ok a"
    assert len(site.seen) == 3
    first, second = long_waits(waits)
    assert second > first  # patience grows
    again, _ = fast_client(tmp_path)
    assert again.get(f"{site.address}/a", wants_ok) == "ok a"
    assert len(site.seen) == 3


def test_a_site_that_keeps_refusing_is_one_clear_error(site: Site, tmp_path):
    site.pages["/a"] = Answer("<html>captcha</html>")
    client, _ = fast_client(tmp_path, attempts=3)
    with pytest.raises(UserError, match=r"/a: not ok, 3 times\. Pages fetched so far are kept"):
        client.get(f"{site.address}/a", wants_ok)


def test_a_missing_page_is_skipped_at_once(site: Site, tmp_path):
    client, _ = fast_client(tmp_path)
    with pytest.raises(Skip, match="HTTP 404"):
        client.get(f"{site.address}/none", wants_ok)
    assert len(site.seen) == 1
    again, _ = fast_client(tmp_path)
    with pytest.raises(Skip, match="HTTP 404"):  # nor asked for again when the crawl goes on
        again.get(f"{site.address}/none", wants_ok)
    assert len(site.seen) == 1
    assert [entry["status"] for entry in again.manifest] == [404]


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
    assert account.as_json() == {"collected": 5, "skipped": {"interactive": 1}}
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


def test_pages_of_one_problem_that_are_not_understood_are_counted(site: Site, tmp_path):
    codeforces_site(site)
    site.pages["/problemset/problem/1/C"] = Answer("<html><main>A new design</main></html>")
    del site.pages["/problemset/problem/1/D"]
    account = Account()
    assert len(list(collect("codeforces", source(site, tmp_path), account))) == 3
    assert account.skipped["page not understood"] == 1
    assert account.skipped["no page (HTTP 404)"] == 1


def test_a_site_with_changed_markup_is_an_error_not_an_empty_source(site: Site, tmp_path):
    codeforces_site(site, count=20)
    for path in list(site.pages):
        if path.startswith("/problemset/"):
            site.pages[path] = Answer("<html><main>A new design</main></html>")
    with pytest.raises(UserError, match="the site's markup has probably changed"):
        list(collect("codeforces", source(site, tmp_path), Account()))


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
