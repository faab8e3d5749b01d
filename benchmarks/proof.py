"""What the proof of sender is worth, and what it costs: over phish as it came, and over mail that we sign ourselves.

    python benchmarks/proof.py CORPORA [MESSAGES]

CORPORA holds ``phish/*.eml`` with ``phish/manifest.tsv`` (file, brand, kind), and ``addresses.tsv`` (address,
display_name, label). A brand counts where the registry has a record that bears its name. Each message is judged by the
policy as in a run, with the shipped records; nothing is asked of any DNS.
"""

import csv
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from noreply_analyzer.address import Address
from noreply_analyzer.authentication import Standing, TxtAnswer, conclude, keys_wanted, verify_signatures
from noreply_analyzer.detection import Overrides
from noreply_analyzer.dkim_syntax import name_signer
from noreply_analyzer.errors import AddressError, MessageError
from noreply_analyzer.lookalike import claim, named_in
from noreply_analyzer.message import Message
from noreply_analyzer.registrar import fold
from noreply_analyzer.registry import Operator, Registry
from noreply_analyzer.testing import DkimKey, Zone, bill
from noreply_analyzer.workbench import Workbench
from noreply_analyzer.worker import Worker

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
SECONDS = 2.0
REGISTRY = Registry.shipped()


@dataclass(frozen=True, slots=True)
class Phish:
    """One message, and the brand that whoever sorted it saw in it."""

    name: str
    raw: bytes
    brands: tuple[str, ...]
    own_domain: bool
    """Whether it came in the brand's very own domain: forged, or sent by whoever broke in there."""


def main() -> None:
    """Print the table."""
    corpora = Path(sys.argv[1])
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 200  # noqa: PLR2004 - the second word
    phish = list(read_phish(corpora / "phish"))
    with Worker() as worker:
        say("phish", len(phish))
        for title, signed in (
            ("as it came, the DNS silent", as_it_came),
            ("signed anew by its own d=", signed_anew),
            ("signed by the domain it shows", signed_by_its_author),
        ):
            say(f"  {title}: {shown_as_proven(worker, phish, signed)}")
        say(f"honest mail that we sign: {honest(worker)}")
        say(f"look-alikes in the phish: {recall(phish)}")
        say(f"false alarms in addresses that can be answered: {false_alarms(corpora / 'addresses.tsv')}")
        say(f"a display name and an address looked at: {median_and_worst(look_alike(phish), times)}")
        for key in (DkimKey.ed25519("telecom.example"), DkimKey.new_rsa("telecom.example")):
            say(f"a message verified, its key known, {key.algorithm}: {median_and_worst(verification(key), times)}")


def say(*words: object, sep: str = " ") -> None:
    """Print a line."""
    sys.stdout.write(sep.join(map(str, words)) + "\n")


def read_phish(folder: Path) -> Iterator[Phish]:
    """Read the collection."""
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            brands = tuple(part.strip() for part in row["brand"].split("/"))
            raw = (folder / row["file"]).read_bytes()
            yield Phish(row["file"], raw, brands, row["kind"] == "exact-brand-domain")


def slugs_of(brands: tuple[str, ...]) -> frozenset[str]:
    """Give the records that bear one of the brands, and their families."""
    names = {fold(brand) for brand in brands}
    found = {
        one.slug for one in REGISTRY.operators if names & {fold(name) for name in (one.slug, one.name, *one.brands)}
    }
    return frozenset(found)


# What is shown as proven --------------------------------------------------------------------------------------------


def as_it_came(raw: bytes) -> tuple[bytes, Mapping[str, TxtAnswer]]:
    """Give a message, and a DNS that never answers."""
    return raw, {name: TxtAnswer(failed="no DNS server answers") for name in keys_wanted(Message.from_bytes(raw))}


def signed_by_its_author(raw: bytes) -> tuple[bytes, Mapping[str, TxtAnswer]]:
    """Give a message signed by the domain that it shows, as by whoever owns it."""
    author = Message.from_bytes(raw).author
    if author is None:
        return raw, {}
    key = DkimKey.ed25519(author.address.domain, selector="anew")
    return key.sign(raw), Zone.of(key)


def signed_anew(raw: bytes) -> tuple[bytes, Mapping[str, TxtAnswer]]:
    """Give a message signed again by each domain that had signed it, with keys of ours."""
    message = Message.from_bytes(raw)
    domains = [name_signer(value)[0] for value in message.all("dkim-signature")]
    keys = []
    for domain in dict.fromkeys(filter(None, domains)):
        key = DkimKey.ed25519(domain, selector="anew")
        try:
            raw = key.sign(raw)
        except Exception:  # noqa: BLE001, S112 - what cannot be signed stays as it is
            continue
        keys.append(key)
    return raw, Zone.of(*keys)


SIGNED = {
    "as it came, the DNS silent": as_it_came,
    "signed anew by its own d=": signed_anew,
    "signed by the domain it shows": signed_by_its_author,
}


def proven_as(worker: Worker, raw: bytes, keys: Mapping[str, TxtAnswer]) -> tuple[Standing, Operator | None]:
    """Say what is known of the author, asked also where the answer changes nothing, and which operator is shown."""
    tools = Workbench(worker, Zone(keys), seconds=SECONDS)
    message = tools.read(raw, Overrides()).message
    standing = tools.prove(raw, message, at=NOW, every=True).standing
    match = REGISTRY.find(message.author.address) if message.author else None
    return standing, match.operator if match and standing is Standing.PROVEN else None


def shown_as_proven(
    worker: Worker, phish: list[Phish], signed: Callable[[bytes], tuple[bytes, Mapping[str, TxtAnswer]]]
) -> str:
    """Count what would be shown as a brand's: in a brand's very own domain, and elsewhere."""
    counts: Counter[str] = Counter()
    for one in phish:
        try:
            standing, operator = proven_as(worker, *signed(one.raw))
        except MessageError:
            counts["not read"] += 1
            continue
        counts[standing] += 1
        if operator:
            worn = operator.slug in slugs_of(one.brands)
            where = "in its very own domain" if one.own_domain else "elsewhere"
            counts[f"proven for the brand it wears, {where}" if worn else "proven for another operator"] += 1
    elsewhere = counts.pop("proven for the brand it wears, elsewhere", 0)
    rest = ", ".join(f"{what} {count}" for what, count in sorted(counts.items()))
    return f"{elsewhere} proven for the brand it wears ({rest})"


def honest(worker: Worker) -> str:
    """Prove what operators send: themselves, from below their domain, by a platform, and forwarded."""
    proven = total = 0
    for operator in REGISTRY.operators:
        for domain in (sender.domain for sender in operator.senders if not sender.shared):
            own, platform = DkimKey.ed25519(domain), DkimKey.ed25519("platform.example", selector="p")
            raw = bill(f"noreply@{domain}")
            kinds = {
                "first-party": own.sign(raw),
                "sub-domain": own.sign(bill(f"noreply@news.{domain}")),
                "platform": platform.sign(own.sign(raw)),
                "forwarded": b"Received: from a.example by b.example; Thu, 26 Nov 2026 09:00:00 +0100\r\n"
                + own.sign(raw),
            }
            for kind in kinds.values():
                total += 1
                standing, shown = proven_as(worker, kind, Zone.of(own, platform))
                proven += standing is Standing.PROVEN and shown is not None
        if total >= 400:  # noqa: PLR2004 - a hundred domains say enough
            break
    return f"{proven} of {total} proven"


# Look-alikes --------------------------------------------------------------------------------------------------------


def recall(phish: list[Phish]) -> str:
    """Say how much of what wears a brand of the registry in its name or address is noticed."""
    found = total = other = 0
    missed = []
    for one in phish:
        wanted = slugs_of(one.brands)
        if not wanted or one.own_domain:
            continue
        message = Message.from_bytes(one.raw)
        total += 1
        if message.author:
            found_out = claim(REGISTRY, message.author.name, message.author.address)
            claimed = found_out.operator if found_out else None
        else:
            claimed = next(filter(None, (named_in(REGISTRY, field) for field in message.all("from"))), None)
        if claimed and (claimed.slug in wanted or claimed.parent in wanted):
            found += 1
        elif claimed:
            other += 1
        else:
            missed.append(f"{one.brands[0]}: {message.all('from')}")
    if "-v" in sys.argv:
        say(*missed, sep="\n    ")
    return f"{found} of {total} told by the brand, {other} by another one"


def false_alarms(path: Path) -> str:
    """Say how often an honest address is taken for a disguise."""
    total, alarms = 0, []
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if row["label"] == "noreply":
                continue
            try:
                address = Address.parse(row["address"])
            except AddressError:
                continue
            total += 1
            if REGISTRY.find(address) is None and (found := claim(REGISTRY, row["display_name"], address)):
                alarms.append(f"{row['display_name']} <{address}>: {found.operator.slug}")
    return f"{len(alarms)} of {total}" + "".join(f"\n    {alarm}" for alarm in alarms)


# What it costs ------------------------------------------------------------------------------------------------------


def look_alike(phish: list[Phish]) -> Callable[[int], object]:
    """Give what looks at one author after the other."""
    authors = [author for one in phish if (author := Message.from_bytes(one.raw).author) is not None]

    def look(at: int) -> object:
        author = authors[at % len(authors)]
        return claim(REGISTRY, author.name, author.address)

    return look


def verification(key: DkimKey) -> Callable[[int], object]:
    """Give what verifies one bill, with the key at hand."""
    raw = key.sign(bill(f"noreply@{key.domain}"))
    message, zone = Message.from_bytes(raw), Zone.of(key)
    return lambda _at: conclude(message, verify_signatures(raw, message, zone, NOW))


def median_and_worst(look: Callable[[int], object], times: int) -> str:
    """Give both, in milliseconds."""
    taken = []
    for at in range(times):
        started = time.perf_counter()
        look(at)
        taken.append((time.perf_counter() - started) * 1000)
    return f"median {statistics.median(taken):.2f} ms, worst {max(taken):.2f} ms"


if __name__ == "__main__":
    main()
