-- The shop's own account and database. The settings are those it asks of a session (cabas.kit.db.SESSION):
-- behind PgBouncer no session is its own, so they are the role's.
create role ${user} login password '${password}';
create database ${database} owner ${user};
alter role ${user} set timezone = 'UTC';
alter role ${user} set lock_timeout = '2s';
alter role ${user} set statement_timeout = '10000';
alter role ${user} set jit = 'off';
alter role ${user} set plan_cache_mode = 'force_generic_plan';
alter role ${user} set enable_seqscan = 'off';
