"""One worker for all tricks, as for all messages of a run."""

from collections.abc import Iterator

import pytest

from noreply_analyzer.worker import Worker


@pytest.fixture(scope="package")
def worker() -> Iterator[Worker]:
    """Give a process that outlives what one message does to it, or is replaced."""
    with Worker() as one:
        yield one
