-- "What happened to an order first is told first": the dispatcher looks for an earlier row of the same order.
create index outbox_of_order on outbox (store_id, order_id) where dispatched_at is null;
