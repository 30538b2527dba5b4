-- On SQLite: more tables in the order of their keys, as in the tenth migration. Each row of these
-- is small, is written by most groups, and was in a tree by a number of its own besides. Events
-- are kept in the order of their lane, in which they are written; those of one subject are found
-- by an index, as before.
/* on SQLite:
CREATE TABLE events_by_key (
    subject TEXT NOT NULL,
    seq BIGINT NOT NULL CHECK (seq > 0),
    lane TEXT NOT NULL,
    lane_seq BIGINT NOT NULL CHECK (lane_seq > 0),
    link BIGINT NOT NULL,
    kind TEXT NOT NULL,
    visibility TEXT NOT NULL,
    body BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (lane, lane_seq),
    UNIQUE (subject, seq)
) WITHOUT ROWID;
INSERT INTO events_by_key (subject, seq, lane, lane_seq, link, kind, visibility, body, at)
SELECT subject, seq, lane, lane_seq, link, kind, visibility, body, at FROM events
ORDER BY lane, lane_seq;
DROP TABLE events;
ALTER TABLE events_by_key RENAME TO events;

CREATE TABLE seals_by_key (
    lane TEXT NOT NULL,
    link BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BYTEA NOT NULL,
    PRIMARY KEY (lane, link, seq),
    UNIQUE (source, key)
) WITHOUT ROWID;
INSERT INTO seals_by_key (lane, link, seq, source, key, digest)
SELECT lane, link, seq, source, key, digest FROM seals ORDER BY lane, link, seq;
DROP TABLE seals;
ALTER TABLE seals_by_key RENAME TO seals;

CREATE TABLE uniques_by_key (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO uniques_by_key (key, value) SELECT key, value FROM uniques ORDER BY key;
DROP TABLE uniques;
ALTER TABLE uniques_by_key RENAME TO uniques;

CREATE TABLE jobs_by_key (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    body BYTEA NOT NULL,
    at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO jobs_by_key (id, kind, subject, due_at, leased_until, attempts, body, at)
SELECT id, kind, subject, due_at, leased_until, attempts, body, at FROM jobs ORDER BY id;
DROP TABLE jobs;
ALTER TABLE jobs_by_key RENAME TO jobs;
CREATE INDEX jobs_due_at ON jobs (due_at);

CREATE TABLE bids_by_key (
    id TEXT NOT NULL PRIMARY KEY,
    task TEXT NOT NULL,
    bidder TEXT NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    status TEXT NOT NULL CHECK (status IN ('pending', 'countered', 'accepted', 'rejected')),
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
) WITHOUT ROWID;
INSERT INTO bids_by_key (id, task, bidder, price, status, created_at, body)
SELECT id, task, bidder, price, status, created_at, body FROM bids ORDER BY id;
DROP TABLE bids;
ALTER TABLE bids_by_key RENAME TO bids;
CREATE INDEX bids_task ON bids (task, id);
CREATE INDEX bids_bidder ON bids (bidder, id);

CREATE TABLE task_skills_by_key (
    skill TEXT NOT NULL,
    task TEXT NOT NULL,
    PRIMARY KEY (skill, task)
) WITHOUT ROWID;
INSERT INTO task_skills_by_key (skill, task) SELECT skill, task FROM task_skills ORDER BY skill, task;
DROP TABLE task_skills;
ALTER TABLE task_skills_by_key RENAME TO task_skills;
*/
