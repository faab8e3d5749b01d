"""Telephone numbers: how the people of a country write them; of French ones which kind they are and what a call costs.

The kinds are those of the French numbering plan (Arcep decision 2018-0881 as amended), told by the number's beginning.
The library's own prices are wrong for France: it takes the ordinary 10xx and 39xx for premium ones.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Category(StrEnum):
    """What kind of French number it is."""

    GEOGRAPHIC = "geographic"
    MOBILE = "mobile"
    ANYWHERE = "anywhere"
    """09: boxes and telephony over the Internet."""
    CANVASSING = "canvassing"
    """Those that automatic calls must come from; nobody calls them."""
    PLATFORM = "platform"
    """Those of messages and couriers."""
    FREE = "free"
    ORDINARY = "ordinary"
    SURCHARGED = "surcharged"
    SHORT = "short"
    """Four figures of a company: free, ordinary or surcharged, which the number does not tell."""
    ASSISTANCE = "assistance"
    """10xx: an operator's help for its own customers."""
    EMERGENCY = "emergency"
    MESSAGES = "messages"
    """Five figures, for SMS."""
    UNKNOWN = "unknown"


class Tariff(StrEnum):
    """What a call costs, as far as the number tells."""

    FREE = "free"
    ORDINARY = "ordinary"
    """What any call costs: included in most plans."""
    SURCHARGED = "surcharged"
    DEPENDS = "depends"
    """On the caller's operator, or on what the number's owner chose."""
    UNKNOWN = "unknown"


_RULES: Final = tuple(
    (re.compile(pattern), category)
    for pattern, category in (
        (r"15|17|18|1(?:10|12|14|15|19|91|96|97)", Category.EMERGENCY),
        (r"116\d{3}", Category.FREE),
        (r"118\d{3}", Category.SURCHARGED),
        (r"10\d\d", Category.ASSISTANCE),
        (r"300[0-79]|30[1-9]\d|31[0-689]\d", Category.FREE),
        (r"3008|317\d|3[2469]\d\d", Category.SHORT),
        (r"33700", Category.FREE),
        (r"[3-8]\d{4}", Category.MESSAGES),
        (r"0(?:162|163|270|271|377|378|424|425|568|569|948|949)\d{6}|0947[5-9]\d{5}", Category.CANVASSING),
        (r"093[789]\d{6}", Category.PLATFORM),
        (r"080[0-5]\d{6}", Category.FREE),
        (r"080[6-9]\d{6}", Category.ORDINARY),
        (r"08[129]\d{7}|083[0-7]\d{6}|0868\d{6}|0860\d{6}|0884\d{6}", Category.SURCHARGED),
        (r"0[1-5]\d{8}", Category.GEOGRAPHIC),
        (r"06\d{8}|07[3-9]\d{7}", Category.MOBILE),
        (r"09\d{8}", Category.ANYWHERE),
    )
)
"""The first that fits the whole number, in its national form, says it."""

_TARIFFS: Final[Mapping[Category, Tariff]] = {
    Category.GEOGRAPHIC: Tariff.ORDINARY,
    Category.MOBILE: Tariff.ORDINARY,
    Category.ANYWHERE: Tariff.ORDINARY,
    Category.FREE: Tariff.FREE,
    Category.EMERGENCY: Tariff.FREE,
    Category.ORDINARY: Tariff.ORDINARY,
    Category.SURCHARGED: Tariff.SURCHARGED,
    Category.SHORT: Tariff.DEPENDS,
    Category.ASSISTANCE: Tariff.DEPENDS,
}


def category(number: str) -> Category:
    """Say of what kind a French number is, however it is written."""
    national = _national(number)
    return next((kind for pattern, kind in _RULES if pattern.fullmatch(national)), Category.UNKNOWN)


def tariff(number: str, country: str) -> Tariff:
    """Say what a call from *country* to *number* costs, as far as the number tells: nothing outside France."""
    return _TARIFFS.get(category(number), Tariff.UNKNOWN) if country == "FR" else Tariff.UNKNOWN


def _national(number: str) -> str:
    figures = re.sub(r"[\s\u00a0\u202f().-]", "", number.replace("(0)", ""))
    return re.sub(r"\A(?:\+|00)33", "0", figures)


def written(number: str, country: str) -> str:
    """Give *number* as people of *country* write it; a short number as it stands."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_valid_number(parsed):
        return number
    at_home = phonenumbers.region_code_for_country_code(parsed.country_code or 0) == country
    form = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, form)
