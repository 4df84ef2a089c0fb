-- Which declared withdrawals took back what their goods had earned. Those of before are not looked at.

alter table withdrawal add column taken_back_at timestamptz default now();
alter table withdrawal alter column taken_back_at drop default;
create index withdrawal_untaken on withdrawal (declared_at) where taken_back_at is null;
