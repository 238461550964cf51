"""A gateway for tests: what would have been sent, by telephone; a number that ends in 0000 is refused."""

SENT: list[tuple[str, str]] = []


def send(phone: str, text: str) -> None:
    if phone.endswith("0000"):
        raise OSError("no such number")
    SENT.append((phone, text))


def last_code() -> str:
    return next(word for word in SENT[-1][1].replace("，", " ").split() if word.isdigit() and len(word) == 6)
