-- What was done to one person or thing: exports, erasure proofs, "changed by" links.
create index audit_by_subject on audit_line (store_id, subject);

-- Sweepers of what has run out.
create index session_expiring on session (expires_at);
create index attempt_by_age on attempt (window_start);
