-- Transfers between the sides of a channel, deposits and withdrawals have no task, and
-- are most of all transfers where channels are used: they need no place in an index by task.
DROP INDEX transfers_task;
CREATE INDEX transfers_task ON transfers (task) WHERE task IS NOT NULL;
