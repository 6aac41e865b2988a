"""A finding with everything a finding can have, and a report of it."""

from __future__ import annotations

from sqla_lint.model import Confidence, Finding, Place, Report, Severity, Step

SOURCE = """class OrderRepository:
    def __init__(self, session):
        self.session = session

    async def add(self, payload):
        order = Order(**payload)
        self.session.add(order)
        await self.session.commit()
"""


def step(path: str, line: int, column: int, text: str, symbol: str, main: bool = False) -> Step:
    return Step(Place(path, line, column, line, column + 1), text, symbol, main)


FINDING = Finding(
    code="SQA201",
    name="commit-in-repository",
    place=Place("app/repositories.py", 8, 15, 8, 36),
    symbol="app.repositories.OrderRepository.add",
    message="`self.session.commit()` ends a transaction that the caller opened",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    fingerprint="1:0123456789abcdef0123456789abcdef",
    label="commits the transaction opened in `get_session`",
    why="the order is kept even when the rest of the request fails",
    help="flush here, commit in `OrderService.place`",
    role="repository (class name, module app.repositories, takes a session)",
    entry="POST /orders",
    because=("`OrderService.orders` is declared, not seen to be made",),
    trace=(
        step("app/deps.py", 3, 20, "`session.begin()` opens the transaction", "app.deps.get_session"),
        step("app/handlers.py", 12, 19, "`create_order` calls `OrderService.place`", "app.handlers.create_order"),
        step(
            "app/services.py",
            9,
            23,
            "`OrderService.place` calls `OrderRepository.add`",
            "app.services.OrderService.place",
        ),
        step("app/repositories.py", 8, 15, "commits", "app.repositories.OrderRepository.add", main=True),
    ),
    legs=("create_order", "import_orders", "nightly"),
)
REPORT = Report((FINDING,), files=4, suppressed=1, sources={"app/repositories.py": SOURCE})
