from __future__ import annotations

from tests.workflows.returns import SHOPIFY_PAYMENT, Shop


async def test_a(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await one.inspect()
    view = await one.result()
    print(view)
    print(await shop.world.refunds(SHOPIFY_PAYMENT))
    print([m["subject"] for m in await shop.world.mails("R-1")])
    print(shop.world.posted(), shop.world.pending(), shop.world.rooms.ledger.verify())


async def test_b(real_shop: Shop) -> None:
    one = await real_shop.two_rates()
    await one.arrive()
    print(await one.attributes())
    print(await one.details())
    await one.inspect()
    view = await one.result()
    print(view)
    print(real_shop.world.posted())
