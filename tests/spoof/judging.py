"""What a user of the program is told of a message: read and proven as in a run, by a worker and a DNS of our own."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from builders import an_operator
from signing import AT

from noreply_analyzer.authentication import Standing, TxtAnswer
from noreply_analyzer.dns import Resolver
from noreply_analyzer.policy import Action, Analysis, Circumstances, Preferences, analyze
from noreply_analyzer.registry import Registry
from noreply_analyzer.testing import Zone
from noreply_analyzer.workbench import Workbench
from noreply_analyzer.worker import Worker

HERE: Final = Path(__file__).parent
REGISTRY: Final = Registry.of([an_operator()])
"""Télécom Exemple, whom every trick is after, and nobody else."""
SECONDS: Final = 2.0
"""What a message may take, as `limits.message_seconds` has it."""


def judge(
    worker: Worker,
    raw: bytes,
    keys: Mapping[str, TxtAnswer] | Resolver,
    *,
    at: datetime = AT,
    authserv_ids: tuple[str, ...] = (),
    received_by: tuple[str, ...] = (),
) -> Analysis:
    """Do all that a run does with one message that came just now, whether or not it needs to be proven.

    Raises:
        MessageError: it costs itself.
    """
    preferences = Preferences(authserv_ids=authserv_ids, received_by=received_by)
    tools = Workbench(worker, keys if isinstance(keys, Resolver) else Zone(keys), seconds=SECONDS)
    return analyze(
        raw,
        tools.read(raw, preferences.overrides),
        circumstances=Circumstances(now=at, received=at),
        preferences=preferences,
        registry=REGISTRY,
        tools=tools,
        prove_all=True,
    )


def wears_its_name(analysis: Analysis) -> bool:
    """Tell whether the message would be shown, or answered, as the operator's."""
    proven = analysis.authentication.standing is Standing.PROVEN
    return analysis.operator is not None or (proven and analysis.decision.action is Action.DRAFT)
