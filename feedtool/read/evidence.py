"""Candidates for a field, weighed: what was found, where, by which rule and how sure it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from feedtool.data import Struct
from feedtool.model import Evidence, EvidenceField

T = TypeVar("T")


class Candidate(Struct, Generic[T], frozen=True):
    """A value that a field may have; `quote` is the document's words, `confidence` 0 to 1."""

    value: T
    quote: str
    rule: str
    confidence: float

    def evidence(self, field: EvidenceField) -> Evidence:
        """Return why `field` has this value."""
        return Evidence(field, self.quote, self.rule, self.confidence)


def best(candidates: Iterable[Candidate[T]]) -> Candidate[T] | None:
    """Return the surest candidate, the first of equals, or None where there is none."""
    return max(candidates, key=lambda candidate: candidate.confidence, default=None)


def rejected(
    field: EvidenceField, candidates: Iterable[Candidate[T]], most: int = 5
) -> tuple[Evidence, ...]:
    """Return the evidence of the candidates that lost against the best, the surest first, at most
    `most` of them; what says the same as the best by another rule is left out."""
    ranked = sorted(candidates, key=lambda candidate: -candidate.confidence)
    losers = [one for one in ranked[1:] if one.value != ranked[0].value]
    found = dict.fromkeys(candidate.evidence(field) for candidate in losers)
    return tuple(found)[:most]
