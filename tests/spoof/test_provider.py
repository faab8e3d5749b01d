"""Fields in the name of the user's own provider, forged or turned: none of them makes a stranger the operator."""

import tomllib
from typing import Any, Final

import pytest
from signing import BILL
from spoof.judging import HERE, judge, wears_its_name

from noreply_analyzer.policy import Action
from noreply_analyzer.worker import Worker

CASES: Final[list[dict[str, Any]]] = tomllib.loads((HERE / "authresults.toml").read_text("utf-8"))["case"]
SAID: Final = {
    "pass telecom.example": "it cannot be answered, and really comes from telecom.example",
    "fail telecom.example": "says that telecom.example did not write it (dmarc=fail",
}
"""What a user is told by what is heard."""
ELSE: Final = "its sender could not be proven: there is no signature"


def arrived(case: dict[str, Any]) -> bytes:
    """Give an unsigned bill with the fields of a case on top."""
    fields: str = case["fields"]
    head = fields.strip("\n").replace("\r\n", "\n").replace("\n", "\r\n").removesuffix("\r\n")
    return f"{head}\r\n".encode() + BILL


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_what_the_user_is_told(worker: Worker, case: dict[str, Any]) -> None:
    """By a run with that provider pinned."""
    pinned = tuple(case.get("authserv_ids", ["mx.example.org"]))
    analysis = judge(worker, arrived(case), {}, authserv_ids=pinned, received_by=tuple(case.get("received_by", ())))

    proven = case["heard"] == "pass telecom.example"
    assert wears_its_name(analysis) is proven
    assert (analysis.decision.action is Action.DRAFT) is proven
    assert SAID.get(case["heard"], ELSE) in analysis.decision.reason
