-- Indexes that a task on its way touches less often. An index is written whenever one of its
-- columns is, so one by `poster` and `closed` was written with each step of a task; and a task
-- without a worker, or without a payout, had a place in the indexes by those.
DROP INDEX tasks_poster;
CREATE INDEX tasks_poster ON tasks (poster, id);
CREATE INDEX tasks_under_way ON tasks (poster, id) WHERE closed = 0;
DROP INDEX tasks_worker;
CREATE INDEX tasks_worker ON tasks (worker, id) WHERE worker IS NOT NULL;
DROP INDEX tasks_payout;
CREATE INDEX tasks_payout ON tasks (worker, payout_at) WHERE payout_at IS NOT NULL;
