-- Orders of the last seconds, counted once a second for the wall: a block range index costs an order next to nothing.
create index orders_lately on orders using brin (placed_at) with (pages_per_range = 16, autosummarize = on);
