"""Masked forms of personal data, as shown until someone presses 显示 (domain §5.2)."""


def mask_id_number(number: str) -> str:
    """First three and last two characters; nothing at all of a number too short to hide."""
    return (
        f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}"
        if len(number) > 7
        else "*" * len(number)
    )


def mask_phone(number: str) -> str:
    return f"{number[:3]}****{number[-4:]}" if len(number) > 7 else "*" * len(number)


def mask_account(number: str) -> str:
    """Only the last four digits of a bank account."""
    return f"{'*' * (len(number) - 4)}{number[-4:]}" if len(number) > 4 else "*" * len(number)
