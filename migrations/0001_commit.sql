-- What the commit path needs, and nothing of the marketplace itself.
--
-- The same text runs on SQLite and PostgreSQL: whole numbers are BIGINT, bytes are
-- BYTEA (a name SQLite accepts and stores bytes under unchanged), and no column has
-- a default. Times are milliseconds since 1970 in UTC. The meta table is made before
-- the first migration, because it tells which have run.

-- Everyone who ever wrote to the journal. A lane's links are numbered from 1.
CREATE TABLE lanes (
    lane TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);

-- One row a committed group. last_event is the number of the lane's latest event.
CREATE TABLE links (
    lane TEXT NOT NULL,
    n BIGINT NOT NULL CHECK (n > 0),
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    changes BIGINT NOT NULL CHECK (changes > 0),
    last_event BIGINT NOT NULL CHECK (last_event >= 0),
    at BIGINT NOT NULL,
    PRIMARY KEY (lane, n)
);

-- Heads, counters, balances, event numbers. Only the accounts that stand for the
-- world outside, kept under x/, may be below zero.
CREATE TABLE cells (
    key TEXT NOT NULL PRIMARY KEY,
    n BIGINT NOT NULL,
    CHECK (n >= 0 OR key LIKE 'x/%')
);

-- What can be taken once: a name, a place in a task's list of bidders.
CREATE TABLE uniques (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Answers kept for idempotency keys.
CREATE TABLE once (
    key TEXT NOT NULL PRIMARY KEY,
    body_hash BYTEA NOT NULL,
    status BIGINT NOT NULL,
    body BYTEA NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX once_at ON once (at);

-- The journal. Rows are added and never touched again.
CREATE TABLE transfers (
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
);
CREATE INDEX transfers_debit ON transfers (debit, at);
CREATE INDEX transfers_credit ON transfers (credit, at);
CREATE INDEX transfers_task ON transfers (task);

-- What happened, numbered per subject and per lane.
CREATE TABLE events (
    subject TEXT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq > 0),
    lane TEXT NOT NULL,
    lane_seq BIGINT NOT NULL CHECK (lane_seq > 0),
    link BIGINT NOT NULL,
    kind TEXT NOT NULL,
    visibility TEXT NOT NULL,
    body BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (subject, seq),
    UNIQUE (lane, lane_seq)
);

-- Digests of rows that the journal vouches for though they live in other tables.
CREATE TABLE seals (
    lane TEXT NOT NULL,
    link BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BYTEA NOT NULL,
    PRIMARY KEY (lane, link, seq),
    UNIQUE (source, key)
);

-- What happens later. leased_until is 0 while nobody holds it.
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    body BYTEA NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX jobs_due_at ON jobs (due_at);

-- Bytes under the lower-case hexadecimal of their SHA-256.
CREATE TABLE blobs (
    digest TEXT NOT NULL PRIMARY KEY,
    bytes BYTEA NOT NULL
);
