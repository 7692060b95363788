"""Codes by SMS: bound, single, counted, and silent about who exists."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.authentication import one_time_code
from idp.authentication.errors import CodeVoidError, CodeWrongError
from idp.db import Database
from tests.people import rows

PHONE = "+8613800138000"
BROWSER, OTHER = b"b" * 32, b"o" * 32


@pytest.fixture
def code_for(database, vault):
    """Issue a code, and return it."""

    def issue(purpose="sign_in", browser=BROWSER, lifetime=300, decoy=False):
        with database.write() as tx:
            return one_time_code.issue(
                tx,
                vault,
                lifetime,
                purpose=purpose,
                browser=browser,
                phone=PHONE,
                person_id="p",
                decoy=decoy,
            )

    return issue


@pytest.fixture
def spend(settings, database, vault):
    """Try a code; the try is committed whatever comes of it, as a view does."""

    def attempt(code, purpose="sign_in", browser=BROWSER, road: Database = database):
        refusal = None
        with road.write() as tx:
            try:
                spent = one_time_code.redeem(
                    tx, vault, settings.throttle, purpose=purpose, browser=browser, code=code
                )
            except (CodeWrongError, CodeVoidError) as error:
                refusal = error
        if refusal:
            raise refusal
        return spent

    return attempt


def other_than(code, n=1):
    return f"{(int(code) + n) % 1_000_000:06}"


def test_a_code_is_good_once(code_for, spend):
    code = code_for()

    assert spend(code).phone == PHONE
    with pytest.raises(CodeVoidError):
        spend(code)


@pytest.mark.parametrize("bound", [{"browser": OTHER}, {"purpose": "reset"}])
def test_a_code_is_bound_to_its_browser_and_purpose(code_for, spend, bound):
    """ASVS 6.6.2: a code overheard opens nothing elsewhere."""
    code = code_for()

    with pytest.raises(CodeVoidError):
        spend(code, **bound)


def test_a_code_expires(code_for, spend, clock):
    code = code_for()
    clock.advance(300)

    with pytest.raises(CodeVoidError):
        spend(code)


def test_a_new_code_voids_the_one_before(code_for, spend):
    first, second = code_for(), code_for()

    if first != second:
        with pytest.raises(CodeWrongError):
            spend(first)
    assert spend(second)


def test_five_wrong_tries_void_a_code(code_for, spend):
    code = code_for()
    for n in range(1, 6):
        with pytest.raises(CodeWrongError):
            spend(other_than(code, n))

    with pytest.raises(CodeVoidError):
        spend(code)


def test_no_code_opens_a_decoy(code_for, spend):
    code = code_for(decoy=True)

    with pytest.raises(CodeWrongError):
        spend(code)


def test_a_code_may_be_typed_in_groups_and_full_width(code_for, spend):
    code = code_for()
    wide = "".join(chr(0xFF10 + int(digit)) for digit in code)

    assert spend(f" {wide[:3]} {wide[3:]} ")


def test_of_twenty_racing_with_one_code_one_wins(settings, code_for, spend):
    code = code_for()

    def attempt(_):
        road = Database(settings.database, threads=1)
        try:
            spend(code, road=road)
        except CodeVoidError:
            return False
        finally:
            road.close()
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(attempt, range(20))) == 1


def test_of_twenty_racing_wrong_tries_five_are_compared(settings, code_for, spend):
    code = code_for()

    def attempt(n):
        road = Database(settings.database, threads=1)
        try:
            spend(other_than(code, n + 1), road=road)
        except CodeWrongError:
            return "compared"
        except CodeVoidError:
            return "void"
        finally:
            road.close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(attempt, range(20)))

    assert (answers.count("compared"), answers.count("void")) == (5, 15)


def test_neither_code_nor_phone_stands_in_the_table(app, code_for):
    code = code_for()

    (row,) = rows(app, "SELECT * FROM one_time_code")

    text = b"|".join(
        bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row
    )
    assert code.encode() not in text.replace(row[0].encode(), b"")
    assert b"13800138000" not in text


def test_a_code_signs_its_owner_in(person, browser, inbox):
    person(phone=PHONE, password=None)
    visitor = browser()

    asked = visitor.post("/sign-in/code?next=/account/sites", phone="138 0013 8000")
    page = visitor.get(asked.location)
    answer = visitor.post(asked.location, code=inbox.code(PHONE))

    assert "138****8000" in page.text
    assert (answer.status_code, answer.location) == (303, "/account/sites")
    assert visitor.is_signed_in()


def test_an_unknown_number_gets_the_same_pages_and_no_message(person, browser, inbox):
    """ASVS 6.3.8: only the phone's owner learns whether it has an account."""
    person(phone=PHONE)
    pages = []
    for number in ("13800138000", "13900139000"):
        visitor = browser()
        asked = visitor.post("/sign-in/code", phone=number)
        entered = visitor.get(asked.location)
        wrong = visitor.post(asked.location, code="000000")
        pages.append([neutral(page) for page in (asked, entered, wrong)])

    assert pages[0] == pages[1]
    assert [message["to"] for message in inbox.all()] == [PHONE]


def test_five_wrong_tries_end_alike_for_known_and_unknown(person, browser, inbox):
    person(phone=PHONE)
    ends = []
    for number in ("13800138000", "13900139000"):
        visitor = browser()
        visitor.post("/sign-in/code", phone=number)
        code = inbox.code(PHONE)
        answers = [
            visitor.post("/sign-in/code/enter", code=other_than(code, n)) for n in range(1, 8)
        ]
        ends.append([neutral(answer) for answer in answers])

    assert ends[0] == ends[1]


class TestBombing:
    """TRUST L5: one number, one minute, one message, however it is written."""

    @pytest.fixture
    def limits(self):
        return {
            "MANYOU_THROTTLE__CODE_PER_MINUTE": "1",
            "MANYOU_THROTTLE__CODE_PER_HOUR": "5",
            "MANYOU_THROTTLE__CODE_PER_DAY": "10",
        }

    SPELLINGS = ("13800138000", "+86 138 0013 8000", "0086-138-0013-8000", "１３８００１３８０００")

    def test_one_message_a_minute_five_an_hour_ten_a_day(self, person, browser, inbox, clock):
        person(phone=PHONE)
        counts = []
        for _ in range(26):
            for spelling in self.SPELLINGS:
                browser().post("/sign-in/code", phone=spelling)
            counts.append(len(inbox.all()))
            clock.advance(61)
        first_minutes, first_hour = counts[:6], counts[25]
        for _ in range(22):
            clock.advance(3600)
            browser().post("/sign-in/code", phone=PHONE)
            inbox.all()

        assert first_minutes == [1, 2, 3, 4, 5, 5]
        assert first_hour == 5
        assert len(inbox.all()) == 10

    def test_a_reset_by_user_name_counts_against_the_phone(self, person, browser, inbox):
        """And says nothing: aloud, it would tie the name to the number."""
        person(username="wanderer", phone=PHONE)
        browser().post("/reset", identifier="wanderer")

        asked = browser().post("/sign-in/code", phone=PHONE)

        assert asked.status_code == 303
        assert len(inbox.all()) == 1

    def test_too_early_is_said_aloud(self, person, browser):
        visitor = browser()
        visitor.post("/sign-in/code", phone=PHONE)

        again = visitor.post("/sign-in/code/enter", resend="1")

        assert (again.status_code, "Retry-After" in again.headers) == (429, True)


def neutral(answer):
    """Return status, target and body without tokens and the digits of the masked number."""
    body = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)
    body = re.sub(r"1\d\d\*{4}\d{4}", "(number)", body)
    return answer.status_code, answer.location, body
