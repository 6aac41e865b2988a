"""Both sample applications really run: what the linter says about them is said about working programs."""

import ast
import asyncio
import csv
import importlib
import pkgutil
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import close_all_sessions

PROJECTS = Path(__file__).resolve().parents[1] / "fixtures" / "projects"
RULES = {"SQA101", "SQA105", "SQA201", "SQA205", "SQA222", "SQA301", "SQA305", "SQA401"}
STAFF = {"x-api-token": "staff-token"}

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="the two shops need Python 3.11 to run")

Scenario = Callable[[httpx.AsyncClient], Awaitable[None]]


class Shop:
    """One of the two applications; its database is made anew for each scenario."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.db = self.module("db")
        self.models = self.module("models")

    def module(self, name: str) -> ModuleType:
        return importlib.import_module(f"{self.package}.{name}")

    def run(self, scenario: Scenario) -> None:
        asyncio.run(self._run(scenario))

    async def _run(self, scenario: Scenario) -> None:
        app = self.module("main").app
        async with self.db.engine.begin() as connection:
            await connection.run_sync(self.models.Base.metadata.drop_all)
            await connection.run_sync(self.models.Base.metadata.create_all)
        await self._fill()
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://shop") as client,
        ):
            await scenario(client)

    async def _fill(self) -> None:
        models = self.models
        staff = models.Customer(
            email="staff@shop.test", full_name="Staff", password_hash="x", api_token="staff-token", is_staff=True
        )
        tea = models.Product(sku="TEA", name="Green tea", category="drinks", price_cents=500, description="")
        mug = models.Product(sku="MUG", name="Mug", category="drinks", price_cents=1200, description="")
        tea.stock = models.StockLevel(on_hand=10, reserved=0)
        mug.stock = models.StockLevel(on_hand=2, reserved=0)
        async with self.db.SessionFactory.begin() as session:
            session.add_all([staff, tea, mug, models.Coupon(code="TEN", percent_off=10, remaining=5)])

    async def count(self, model: Any) -> int:
        async with self.db.SessionFactory() as session:
            return int(await session.scalar(select(func.count()).select_from(model)))

    async def reserved(self, sku: str) -> int:
        product, level = self.models.Product, self.models.StockLevel
        statement = select(level.reserved).join(product, product.id == level.product_id).where(product.sku == sku)
        async with self.db.SessionFactory() as session:
            return int(await session.scalar(statement))


def open_shop(package: str, folder: Path) -> Iterator[Shop]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PROJECTS / package / "src"))
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.setenv(f"{package.upper()}_DATABASE_URL", f"sqlite+aiosqlite:///{folder / 'shop.db'}")
        yield Shop(package)
        for name in [name for name in sys.modules if name.split(".")[0] == package]:
            del sys.modules[name]


@pytest.fixture(scope="module")
def clean_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    yield from open_shop("clean_shop", tmp_path_factory.mktemp("clean"))


@pytest.fixture(scope="module")
def leaky_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    yield from open_shop("leaky_shop", tmp_path_factory.mktemp("leaky"))


async def register(client: httpx.AsyncClient, email: str = "ann@shop.test") -> int:
    data = {"email": email, "full_name": "Ann", "password": "correct horse"}
    response = await client.post("/customers", json=data)
    assert response.status_code == 201, response.text
    return int(response.json()["id"])


async def order(client: httpx.AsyncClient, customer: int, coupon: str | None = None, **skus: int) -> httpx.Response:
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in skus.items()]
    return await client.post("/orders", json={"customer_id": customer, "lines": lines, "coupon_code": coupon})


def test_a_placed_order_is_listed_with_its_lines_and_discount(clean_shop: Shop) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        customer = await register(client)
        placed = await order(client, customer, "TEN", TEA=2, MUG=1)
        assert placed.status_code == 201, placed.text
        assert placed.json()["total_cents"] == 1980
        listed = (await client.get("/orders", params={"customer_id": customer})).json()
        assert [(found["id"], len(found["lines"])) for found in listed] == [(placed.json()["id"], 2)]
        profile = (await client.get(f"/customers/{customer}/profile")).json()
        assert (profile["open_orders"], profile["spent_cents"], profile["coupons_used"]) == (1, 1980, 1)

    clean_shop.run(scenario)


def test_an_order_that_fails_leaves_nothing_behind(clean_shop: Shop) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        customer = await register(client)
        assert (await order(client, customer, "TEN", TEA=1, MUG=3)).status_code == 409
        assert await clean_shop.count(clean_shop.models.Order) == 0
        assert await clean_shop.count(clean_shop.models.CouponRedemption) == 0
        assert await clean_shop.reserved("TEA") == 0

    clean_shop.run(scenario)


def test_a_coupon_used_twice_is_refused_and_the_second_order_is_not_kept(clean_shop: Shop) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        customer = await register(client)
        assert (await order(client, customer, "TEN", TEA=1)).status_code == 201
        assert (await order(client, customer, "TEN", TEA=1)).status_code == 422
        assert await clean_shop.count(clean_shop.models.Order) == 1

    clean_shop.run(scenario)


def test_an_email_registers_once(clean_shop: Shop) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        await register(client)
        data = {"email": "ann@shop.test", "full_name": "Ann again", "password": "correct horse"}
        assert (await client.post("/customers", json=data)).status_code == 409

    clean_shop.run(scenario)


def test_no_response_of_the_clean_shop_shows_a_password_hash(clean_shop: Shop) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        await register(client)
        listed = await client.get("/customers", headers=STAFF)
        assert [found["email"] for found in listed.json()] == ["staff@shop.test", "ann@shop.test"]
        assert "password_hash" not in listed.text
        assert "staff-token" not in listed.text

    clean_shop.run(scenario)


def test_a_log_in_is_stored_before_the_response_and_ends_with_the_log_out(clean_shop: Shop) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        await register(client)
        answer = await client.post("/auth/sessions", json={"email": "ann@shop.test", "password": "correct horse"})
        assert answer.status_code == 201, answer.text
        address = f"/auth/sessions/{answer.json()['token']}"
        assert (await client.delete(address)).status_code == 204
        assert (await client.delete(address)).status_code == 404

    clean_shop.run(scenario)


def test_a_paid_order_has_an_invoice_and_a_partial_refund_is_booked(clean_shop: Shop) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        placed = (await order(client, await register(client), TEA=2)).json()
        payment = {"order_id": placed["id"], "provider_reference": "p-1", "amount_cents": 1000}
        paid = await client.post("/payments", json=payment)
        assert (paid.status_code, paid.json()["status"]) == (201, "captured"), paid.text
        assert (await client.post("/payments", json=payment)).status_code == 409
        invoice = (await client.get(f"/orders/{placed['id']}/invoice")).json()
        assert invoice["number"] == f"INV-{placed['number']}"
        refunded = await client.post(f"/payments/{paid.json()['id']}/refund", json={"amount_cents": 400})
        assert (refunded.status_code, refunded.json()["status"]) == (200, "partly_refunded"), refunded.text
        assert await clean_shop.count(clean_shop.models.LedgerEntry) == 2

    clean_shop.run(scenario)


def test_reports_agree_with_the_orders(clean_shop: Shop) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        customer = await register(client)
        await order(client, customer, TEA=3)
        cancelled = (await order(client, customer, MUG=1)).json()
        answer = await client.post(f"/orders/{cancelled['id']}/cancel", json={"reason": "too late"})
        assert answer.json()["status"] == "cancelled"
        assert (await client.get("/reports/sales")).json()["revenue_cents"] == 1500
        today = clean_shop.module("clock").utc_now().date()
        revenue = await asyncio.to_thread(clean_shop.module("reports.rollups").roll_up, today, 30)
        daily = (await client.get("/reports/daily")).json()
        assert [(row["order_count"], row["revenue_cents"]) for row in daily] == [(1, revenue)]
        assert len((await client.get("/reports/orders.csv")).text.splitlines()) == 3

    clean_shop.run(scenario)


def test_stock_and_back_office_figures_are_those_of_the_tasks(clean_shop: Shop) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        for task in ("deliveries", "reminders", "search_sync"):
            clean_shop.module(f"tasks.{task}")
        queue = clean_shop.module("tasks.queue").queue
        assert (await client.get("/backoffice/overview", headers=STAFF)).json()["low_stock"] == ["MUG"]
        assert await queue.run("book-delivery", delivery_note="D1", quantities={"MUG": 8, "NONE": 1}) == 1
        assert (await client.get("/backoffice/overview", headers=STAFF)).json()["low_stock"] == []
        answer = await client.post("/products/2/stock", headers=STAFF, json={"quantity": -9, "reason": "broken"})
        assert answer.json()["available"] == 1
        assert (await client.get("/backoffice/backlog", headers=STAFF)).json()["low_stock"] == ["MUG"]
        assert await queue.run("sync-search-index", category="drinks") == 2
        assert await queue.run("send-reminders") == 0
        assert await clean_shop.count(clean_shop.models.AuditEntry) == 3

    clean_shop.run(scenario)


def test_the_clean_shop_gives_every_connection_back(clean_shop: Shop) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        placed = (await order(client, await register(client), TEA=1)).json()
        await order(client, 999, TEA=1)
        addresses = (
            "/reports/sales",
            "/reports/orders.csv",
            "/products/by-sku/TEA",
            f"/orders/{placed['id']}/shipping",
        )
        for address in (*addresses, "/orders/999", "/products/999"):
            assert (await client.get(address)).status_code in {200, 404}
        assert clean_shop.db.engine.pool.checkedout() == 0
        assert clean_shop.db.sync_engine.pool.checkedout() == 0

    clean_shop.run(scenario)


def test_the_leaky_shop_imports_and_serves_its_everyday_requests(leaky_shop: Shop) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        customer = await register(client)
        placed = await order(client, customer, TEA=2)
        assert placed.status_code == 201, placed.text
        addresses = (f"/orders/{placed.json()['id']}", "/products/1", "/products/by-sku/TEA", "/reports/sales")
        for address in (*addresses, "/reports/daily", f"/customers/{customer}/profile"):
            assert (await client.get(address)).status_code == 200, address
        for address in ("/backoffice/overview", "/backoffice/backlog"):
            assert (await client.get(address, headers=STAFF)).status_code == 200, address

    package = importlib.import_module("leaky_shop")
    for module in pkgutil.walk_packages(package.__path__, "leaky_shop."):
        importlib.import_module(module.name)
    leaky_shop.run(scenario)


def test_the_leaky_shop_keeps_an_order_that_failed_and_shows_password_hashes(leaky_shop: Shop) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        customer = await register(client)
        assert (await order(client, customer, "TEN", TEA=1)).status_code == 500
        assert await leaky_shop.count(leaky_shop.models.Order) == 1
        assert await leaky_shop.reserved("TEA") == 0
        assert "password_hash" in (await client.get("/customers", headers=STAFF)).text
        assert (await client.get("/reports/orders.csv")).status_code == 200
        assert leaky_shop.db.engine.pool.checkedout() == 1
        await close_all_sessions()

    leaky_shop.run(scenario)


def definitions(path: Path, module: str) -> set[str]:
    """Dotted names of the functions and module variables of a file."""

    def inside(body: list[ast.stmt], prefix: str) -> Iterator[str]:
        for node in body:
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    yield f"{prefix}.{name}"
                case ast.ClassDef(name=name, body=members):
                    yield from inside(members, f"{prefix}.{name}")
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    yield f"{prefix}.{name}"

    return set(inside(ast.parse(path.read_text(encoding="utf-8")).body, module))


def test_every_listed_defect_names_a_place_that_exists_and_every_rule_has_two() -> None:
    root = PROJECTS / "leaky_shop"
    with (root / "DEFECTS.tsv").open(encoding="utf-8", newline="") as file:
        defects = list(csv.DictReader(file, delimiter="\t"))
    for defect in defects:
        module = defect["path"].removeprefix("src/").removesuffix(".py").replace("/", ".")
        assert defect["symbol"] in definitions(root / defect["path"], module), defect["symbol"]
        assert defect["why"]
    counts = Counter(defect["rule"] for defect in defects)
    assert set(counts) == RULES
    assert min(counts.values()) >= 2
