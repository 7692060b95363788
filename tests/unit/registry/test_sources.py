"""Which source answers what: the settings' order, and one verdict whatever happens."""

from dataclasses import dataclass

import pytest
from prometheus_client import REGISTRY

from config import SettingsError, load
from idp.registry.discipline import AtOnce
from idp.registry.ports import AuthorityError, RateLimitedError, UnsupportedQueryError
from idp.registry.queries import PersonQuery
from idp.registry.results import Result, Verdict
from idp.registry.sources import Chain

PERSON = PersonQuery(name="张三", id_number="11010119900307002X")


@dataclass
class Source:
    """A source that answers, or fails, in one way."""

    source: str
    answer: Verdict | Exception

    def check(self, query):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def chain(*answers):
    named = [Source(f"source{n}", answer) for n, answer in enumerate(answers)]
    return Chain([(source, AtOnce(source.source)) for source in named])


def said(result, source="source0"):
    return Verdict(result=result, source=source)


@pytest.mark.parametrize("result", [one for one in Result if one is not Result.SOURCE_DOWN])
def test_the_first_answer_counts(result):
    """Whatever it says: nobody is asked until somebody says yes."""
    verdict = chain(said(result), AssertionError("it was asked")).check(PERSON)

    assert verdict.result is result


@pytest.mark.parametrize(
    "failure",
    [AuthorityError(), UnsupportedQueryError(), KeyError("x"), said(Result.SOURCE_DOWN)],
)
def test_whoever_cannot_answer_is_passed_over(failure):
    verdict = chain(failure, said(Result.MATCH, "source1")).check(PERSON)

    assert (verdict.result, verdict.source) == (Result.MATCH, "source1")


def test_if_nobody_can_check_it_the_question_was_wrong():
    verdict = chain(UnsupportedQueryError(), UnsupportedQueryError()).check(PERSON)

    assert (verdict.result, verdict.reason) == (Result.BAD_INPUT, "elements_unsupported")


@pytest.mark.parametrize("order", [1, -1])
def test_one_that_is_down_may_be_able_to_later(order):
    """SOURCE_DOWN, and not BAD_INPUT: asking again makes sense."""
    failures = [AuthorityError(), UnsupportedQueryError()][::order]

    assert chain(*failures).check(PERSON).result is Result.SOURCE_DOWN


def test_a_limit_is_told_as_one():
    verdict = chain(RateLimitedError()).check(PERSON)

    assert (verdict.result, verdict.source) == (Result.RATE_LIMITED, "source0")


def test_verdicts_are_counted_by_authority():
    labels = {"authority": "source0", "result": "SOURCE_DOWN"}
    before = REGISTRY.get_sample_value("manyou_authority_verdicts_total", labels) or 0

    chain(AuthorityError()).check(PERSON)

    assert REGISTRY.get_sample_value("manyou_authority_verdicts_total", labels) == before + 1


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"MANYOU_REGISTRY__POPULATION": "tencent"}, "set tencent.base_url"),
        ({"MANYOU_REGISTRY__POPULATION": "oracle"}, "registry.population"),
        ({"MANYOU_REGISTRY__POPULATION": "immigration"}, "registry.population"),
        ({"MANYOU_REGISTRY__ENTRY_EXIT": ""}, "registry.entry_exit"),
    ],
)
def test_a_source_that_cannot_be_asked_is_refused_at_start(environ, words):
    with pytest.raises(SettingsError) as refusal:
        load({"MANYOU_PROFILE": "test", **environ})

    assert words in str(refusal.value)
