"""The limit: what pgbench reaches with the very call to the database that an order is."""

import os
import re
import subprocess
from datetime import datetime
from pathlib import Path

import asyncpg

from bench.ground import Ground
from bench.order_carts import Goods
from cabas.policies import DEFAULTS

# The same 31 arguments, each bound anew for each call, as the product does; what must be unique
# (order, key, basket, code) is computed from a number.
_SCRIPT = """\
\\set i :i + 1
\\set n :base + :client_id * 1000000 + :i
\\set k :n % :targets + 1
select outcome
  from place_order(
       (:stores::int[])[:k], ('00000000-0000-8000-8001-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid,
       ('00000000-0000-8000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid, :n::text, :fingerprint::bytea,
       ('00000000-0000-8000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid, :version::timestamptz,
       ('00000000-0000-8000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid, (:slots::bigint[])[:k],
       ('00000000-0000-8000-8002-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid, now(), to_hex(:n::bigint),
       :payment::text, :substitution::text, :contact::jsonb, :agreed::jsonb, :goods::int, :discount::int,
       :deposit::int, :fee::int, :maximum::int, :gtins::bigint[], :quantities::int[], :prices::int[],
       :discounts::int[], :totals::int[], :maxima::int[], :vats::int[], :substitutions::text[],
       :frozen::jsonb[], :open_orders_max::int);
"""
_RATE = re.compile(r"tps = ([0-9.]+)")


async def arguments(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, str]:
    """Those of an order that the API has placed, as texts."""
    row = await connection.fetchrow(
        """
        select 'at_store' as payment, o.substitution, o.contact::text as contact, o.agreed::text as agreed,
               o.goods_cents::text as goods, o.discount_cents::text as discount,
               o.deposit_cents::text as deposit, o.fee_cents::text as fee, o.maximum_cents::text as maximum,
               k.fingerprint::text as fingerprint, l.*
          from orders o
          join checkout_key k using (store_id, order_id)
          join lateral (
               select array_agg(gtin order by line_no)::text as gtins,
                      array_agg(quantity order by line_no)::text as quantities,
                      array_agg(unit_price_cents order by line_no)::text as prices,
                      array_agg(discount_cents order by line_no)::text as discounts,
                      array_agg(total_cents order by line_no)::text as totals,
                      array_agg(maximum_cents order by line_no)::text as maxima,
                      array_agg(vat_basis_points order by line_no)::text as vats,
                      array_agg(substitution order by line_no)::text as substitutions,
                      array_agg(frozen order by line_no)::text as frozen
                 from order_line l where l.store_id = o.store_id and l.order_id = o.order_id) as l on true
         limit 1"""
    )
    if row is None:
        raise SystemExit("no order was placed: there is nothing to repeat")
    return dict(row.items())


def rate(
    ground: Ground,
    goods: Goods,
    values: dict[str, str],
    *,
    version: datetime,
    base: int,
    clients: int,
    each: int,
) -> float:
    """Durable orders a second, each client placing ``each`` of them."""
    script = Path(ground.folder / "place_order.sql")
    script.write_text(_SCRIPT)
    given = {
        **values,
        "i": "-1",
        "open_orders_max": str(DEFAULTS.open_orders_max),
        "base": str(base),
        "targets": str(len(goods.targets)),
        "stores": "{" + ",".join(str(target.store_id) for target in goods.targets) + "}",
        "slots": "{" + ",".join(str(target.slot_id) for target in goods.targets) + "}",
        "version": version.isoformat(),
    }
    done = subprocess.run(
        [
            str(ground.binaries / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "1",
            "-t", str(each), "-f", str(script),
            *(f"-D{name}={value}" for name, value in given.items()), ground.url,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PGOPTIONS": "-c plan_cache_mode=force_generic_plan -c jit=off -c timezone=UTC"},
    )  # fmt: skip
    found = _RATE.search(done.stdout)
    if done.returncode != 0 or found is None:
        raise SystemExit(f"pgbench failed:\n{done.stdout}\n{done.stderr}")
    return float(found.group(1))
