"""What one validation costs: `python -m bench.validators`; the goal is 15 us an identity number."""

import timeit
from collections.abc import Callable

from idp.formats import credit_codes, id_numbers, names, phones, travel_documents

NUMBER = 20_000
CASES: tuple[tuple[str, Callable[[str], object], str], ...] = (
    ("identity number", id_numbers.parse, "11010119900307002X"),
    ("unified social credit code", credit_codes.parse, "91110000600037341L"),
    ("registration number", credit_codes.parse_registration_number, "340000000016368"),
    ("name of three characters", names.parse, "陈雨桐"),
    ("name with a dot", names.parse, "阿依古丽•买买提"),
    ("Latin name", names.parse, "ANNA LINDQVIST"),
    ("mainland phone", phones.normalise, "13800138000"),
    ("phone from abroad", phones.normalise, "+46701234567"),
    (
        "travel permit",
        lambda text: travel_documents.parse(travel_documents.Kind.HONG_KONG_MACAO_PERMIT, text),
        "H1234567801",
    ),
)


def main() -> None:
    print("| validator | us, best of 9 |\n|---|---|")
    for name, parse, text in CASES:
        taken = timeit.repeat(lambda: parse(text), number=NUMBER // 10, repeat=9)  # noqa: B023
        print(f"| {name} | {min(taken) / (NUMBER // 10) * 1e6:.1f} |")


if __name__ == "__main__":
    main()
