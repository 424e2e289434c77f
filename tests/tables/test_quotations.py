"""Whatever is said to be the paper's own words is, and stands where it is said to stand."""

import re

import pytest
from helpers.places import PAPER, ROOT, SHARED

from codepref.files import read_yaml
from codepref.strict import Strict
from codepref.tables.paper import Claims, OtherFindings, PaperTables, Quotation


class Quotations(Strict):
    """Passages of the paper, word for word."""

    passages: list[Quotation]

    def hold(self, text: str, section: str | None = None) -> bool:
        """Return whether words stand in a passage (of a section), wherever lines break."""
        words = " ".join(text.split())
        return any(
            words in " ".join(passage.text.split())
            for passage in self.passages
            if section in (None, passage.section)
        )


CLAIMS = read_yaml(PAPER / "claims.yaml", Claims).claims
QUOTATIONS = read_yaml(PAPER / "quotations.yaml", Quotations)
# "words" (section 3.2), "words" (abstract); quotation marks of either kind
QUOTED = re.compile(
    r"[\"“]([^\"”]{12,})[\"”]\s\((?:section\s)?(\d(?:\.\d)?|abstract|Figure\s1)[);]"
)
PROSE = [ROOT / "README.md", ROOT / "config.yaml", *(ROOT / "docs").glob("*.md")]
PROSE += (ROOT / "configs").rglob("*.yaml")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_quotes_the_paper(claim) -> None:
    assert all(QUOTATIONS.hold(quote.text, quote.section) for quote in claim.quotes)


def test_what_is_not_quoted_is_named_as_ours() -> None:
    own = [claim.id for claim in CLAIMS if not claim.quotes]
    assert own == ["C9"]
    assert all("question of this project" in c.stated_in for c in CLAIMS if not c.quotes)


def test_prose_quotes_the_paper() -> None:
    found = [
        (path.name, words, section)
        for path in PROSE
        for words, section in QUOTED.findall(path.read_text("utf-8").replace("\n# ", "\n"))
    ]
    assert ("README.md", "does enhance the model's performance", "3.2") in [
        (name, " ".join(words.split()), section) for name, words, section in found
    ]
    assert not [f for f in found if not QUOTATIONS.hold(f[1], f[2].replace("\n", " "))]


@pytest.mark.shared
def test_the_passages_are_the_papers() -> None:
    text = (SHARED.parent / "paper.md").read_text("utf-8")
    parts = re.split(r"^#+ \**(Abstract|\d(?:\.\d)?)\b", text, flags=re.M)
    named = zip(parts[1::2], parts[2::2], strict=True)
    sections = {name.lower(): " ".join(part.split()) for name, part in named}
    sections["Figure 1"] = " ".join(text.split())  # captions stand wherever the page was broken
    for passage in QUOTATIONS.passages:
        assert " ".join(passage.text.split()) in sections[passage.section]


def test_what_others_found_names_known_claims_and_benchmarks() -> None:
    labels = read_yaml(PAPER / "tables.yaml", PaperTables).labels
    for other in read_yaml(PAPER / "others.yaml", OtherFindings).others:
        assert set(other.claims) <= {claim.id for claim in CLAIMS}
        assert set(other.columns) <= set(labels)
