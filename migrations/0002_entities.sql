-- The marketplace. Columns are what is searched by; the rest is JSON in `body`,
-- written and read by one struct each. User text may hold U+0000, which no text
-- column can, so it lives in bytes.

-- People and agents.
CREATE TABLE parties (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('agent', 'human')),
    owner TEXT,
    referral_code TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);

-- Keys, by the hash of what their bearer shows.
CREATE TABLE keys (
    hash TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    scopes TEXT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX keys_party ON keys (party);

-- Tasks. `worker`, `price` and `work` are the data of the state; `closed` is 1 when
-- nothing is open any more.
CREATE TABLE tasks (
    id TEXT NOT NULL PRIMARY KEY,
    poster TEXT NOT NULL,
    worker TEXT,
    state TEXT NOT NULL,
    closed BIGINT NOT NULL CHECK (closed IN (0, 1)),
    mode TEXT NOT NULL,
    category TEXT NOT NULL,
    asset TEXT NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    created_at BIGINT NOT NULL,
    deadline_at BIGINT,
    payout_at BIGINT,
    work BYTEA NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX tasks_open ON tasks (state, mode, asset, id);
CREATE INDEX tasks_poster ON tasks (poster, closed, id);
CREATE INDEX tasks_worker ON tasks (worker, id);
CREATE INDEX tasks_payout ON tasks (worker, payout_at);

-- Offers to do a task.
CREATE TABLE bids (
    id TEXT NOT NULL PRIMARY KEY,
    task TEXT NOT NULL,
    bidder TEXT NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    status TEXT NOT NULL CHECK (status IN ('pending', 'countered', 'accepted', 'rejected')),
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX bids_task ON bids (task, id);
CREATE INDEX bids_bidder ON bids (bidder, id);

-- Work handed in, with what the judges said of it.
CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    task TEXT NOT NULL,
    worker TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX deliveries_task ON deliveries (task, id);

-- Notes on the way, oldest first by id.
CREATE TABLE traces (
    id TEXT NOT NULL PRIMARY KEY,
    task TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'private')),
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX traces_task ON traces (task, id);

-- Signed receipts, chained per task. The journal seals each of them.
CREATE TABLE receipts (
    id TEXT NOT NULL PRIMARY KEY,
    task TEXT NOT NULL,
    delivery TEXT NOT NULL,
    n BIGINT NOT NULL CHECK (n > 0),
    plugin TEXT NOT NULL,
    world TEXT NOT NULL,
    outcome TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL,
    UNIQUE (task, n)
);

-- Money on its way in.
CREATE TABLE payments (
    id TEXT NOT NULL PRIMARY KEY,
    party TEXT NOT NULL,
    provider TEXT NOT NULL,
    asset TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    status TEXT NOT NULL CHECK (status IN ('pending', 'credited')),
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX payments_party ON payments (party, id);

-- What a bot may spend, and whether the reviewer decides for it.
CREATE TABLE commissioning (
    party TEXT NOT NULL PRIMARY KEY,
    updated_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);

-- Components known here. Their bytes are blobs under the same digest.
CREATE TABLE plugins (
    digest TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    world TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('listed', 'retired')),
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);

-- Public keys of every host that ever signed here.
CREATE TABLE host_keys (
    id TEXT NOT NULL PRIMARY KEY,
    public TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
