"""Records for tests: reserved names and fictional numbers only."""

from datetime import date

from noreply_analyzer.registry import (
    Audience,
    Channel,
    Medium,
    Operator,
    Purpose,
    Quality,
    Sender,
)

TODAY = date(2026, 11, 24)

SOUND = """
slug = "telecom-exemple"
name = "Télécom Exemple"
sector = "telecom"
brands = ["Exemple Mobile"]
websites = ["telecom.example"]
mediator = "communications-electroniques"

[[senders]]
domain = "mail.telecom.example"
addresses = ["noreply@mail.telecom.example"]
sources = ["https://telecom.example/"]
checked_on = 2026-11-02

[[channels]]
id = "service-client"
medium = "post"
purpose = "customer-service"
audience = "consumers"
lines = ["Télécom Exemple", "Service Clients", "TSA 00000", "00000 VILLE CEDEX"]
read_by = "person"
read_by_basis = "published opening hours"
quality = "archived"
stated_on = 2026-07-03
checked_on = 2026-11-02
sources = ["https://telecom.example/cgv"]

[[channels]]
id = "contact"
medium = "email"
purpose = "complaints"
audience = "consumers"
target = "reclamations@telecom.example"
quality = "archived"
stated_on = 2026-07-03
checked_on = 2026-11-02
sources = ["https://telecom.example/cgv"]

[[escalation]]
after_days = 30
channel = "mediator"

[[do_not_use]]
address = "serviceclient@telecom.example"
reason = "invented"
"""


def channel(  # noqa: PLR0913 - a channel has many sides, and each test names the one it is about
    name: str = "contact",
    *,
    medium: Medium = Medium.EMAIL,
    purpose: Purpose = Purpose.CUSTOMER_SERVICE,
    audience: Audience = Audience.CONSUMERS,
    quality: Quality = Quality.ARCHIVED,
    stated_on: date | None = date(2026, 10, 1),
    checked_on: date = date(2026, 11, 1),
    region: str = "",
    serves: tuple[str, ...] = (),
) -> Channel:
    """Make a channel that is fit to be written to."""
    post = medium is Medium.POST
    return Channel(
        id=name,
        medium=medium,
        purpose=purpose,
        audience=audience,
        target="" if post else f"{name}@telecom.example",
        lines=("Télécom Exemple", "00000 VILLE") if post else (),
        region=region,
        serves=serves,
        quality=quality,
        stated_on=stated_on,
        checked_on=checked_on,
        sources=("https://telecom.example/cgv",),
    )


def sender(domain: str, *addresses: str, shared: bool = False) -> Sender:
    """Make a sender."""
    return Sender(domain=domain, shared=shared, addresses=addresses, sources=("seen",), checked_on=date(2026, 11, 1))


def operator(slug: str = "telecom-exemple", **parts: object) -> Operator:
    """Make an operator of *parts*."""
    return Operator(**({"slug": slug, "name": slug.title(), "sector": "telecom"} | parts))  # type: ignore[arg-type]
