-- On SQLite the tables that every group writes are kept in the order of their keys: a table
-- there is one tree by a number of its own and another by its key, and each row of these was
-- written to both, or looked up in one and written to the other.
/* on SQLite:
CREATE TABLE cells_by_key (
    key TEXT NOT NULL PRIMARY KEY,
    n BIGINT NOT NULL,
    CHECK (n >= 0 OR key LIKE 'x/%')
) WITHOUT ROWID;
INSERT INTO cells_by_key (key, n) SELECT key, n FROM cells ORDER BY key;
DROP TABLE cells;
ALTER TABLE cells_by_key RENAME TO cells;

CREATE TABLE links_by_key (
    lane TEXT NOT NULL,
    n BIGINT NOT NULL CHECK (n > 0),
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    changes BIGINT NOT NULL CHECK (changes > 0),
    last_event BIGINT NOT NULL CHECK (last_event >= 0),
    at BIGINT NOT NULL,
    PRIMARY KEY (lane, n)
) WITHOUT ROWID;
INSERT INTO links_by_key (lane, n, previous, hash, changes, last_event, at)
SELECT lane, n, previous, hash, changes, last_event, at FROM links ORDER BY lane, n;
DROP TABLE links;
ALTER TABLE links_by_key RENAME TO links;

CREATE TABLE transfers_by_key (
    lane TEXT NOT NULL,
    link BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    asset TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    reason TEXT NOT NULL,
    task TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (lane, link, seq),
    CHECK (debit <> credit)
) WITHOUT ROWID;
INSERT INTO transfers_by_key (lane, link, seq, debit, credit, asset, amount, reason, task, at)
SELECT lane, link, seq, debit, credit, asset, amount, reason, task, at FROM transfers
ORDER BY lane, link, seq;
DROP TABLE transfers;
ALTER TABLE transfers_by_key RENAME TO transfers;
CREATE INDEX transfers_task ON transfers (task) WHERE task IS NOT NULL;
*/
