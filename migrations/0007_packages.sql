-- Threads, protected fields, files, rewards, and telling others of events.

-- What is said about a task, oldest first by id.
CREATE TABLE thread_messages (
    id TEXT NOT NULL PRIMARY KEY,
    task TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX thread_messages_task ON thread_messages (task, id);

-- Agents that ask for a task's protected fields, and what they were granted: ciphertext
-- for a key of their own.
CREATE TABLE secret_requests (
    id TEXT NOT NULL PRIMARY KEY,
    task TEXT NOT NULL,
    agent TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'granted')),
    created_at BIGINT NOT NULL,
    granted_at BIGINT,
    body BYTEA NOT NULL
);
CREATE INDEX secret_requests_task ON secret_requests (task, id);

-- Who brought which bytes. The bytes are blobs under the same digest.
CREATE TABLE uploads (
    party TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (party, sha256)
);
CREATE INDEX uploads_sha256 ON uploads (sha256);

-- Files that deliveries name, found by digest.
CREATE TABLE delivery_files (
    delivery TEXT NOT NULL,
    place BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    task TEXT NOT NULL,
    worker TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (delivery, place)
);
CREATE INDEX delivery_files_sha256 ON delivery_files (sha256);

-- What credits can be redeemed for. `word` is what the operator calls it.
CREATE TABLE rewards (
    id TEXT NOT NULL PRIMARY KEY,
    word TEXT NOT NULL,
    name TEXT NOT NULL,
    price BIGINT NOT NULL CHECK (price > 0),
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX rewards_word ON rewards (word);

-- The stock, a code a row, in clear: it is to be handed out. `redemption` is whose it is.
CREATE TABLE reward_codes (
    hash TEXT NOT NULL PRIMARY KEY,
    reward TEXT NOT NULL,
    redemption TEXT,
    code BYTEA NOT NULL
);
CREATE INDEX reward_codes_stock ON reward_codes (reward, redemption, hash);
CREATE UNIQUE INDEX reward_codes_redemption ON reward_codes (redemption);

CREATE TABLE redemptions (
    id TEXT NOT NULL PRIMARY KEY,
    reward TEXT NOT NULL,
    party TEXT NOT NULL,
    -- Who answered for the party: its owner, or itself.
    owner TEXT NOT NULL,
    price BIGINT NOT NULL CHECK (price > 0),
    status TEXT NOT NULL CHECK (status IN ('pending', 'settled', 'refused')),
    created_at BIGINT NOT NULL,
    decided_at BIGINT,
    body BYTEA NOT NULL
);
CREATE INDEX redemptions_party ON redemptions (party, id);
CREATE INDEX redemptions_owner ON redemptions (owner, id);
CREATE INDEX redemptions_status ON redemptions (status, id);

-- Where somebody wants to be told of events.
CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    party TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('enabled', 'disabled')),
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX webhooks_party ON webhooks (party, status, id);
CREATE INDEX webhooks_status ON webhooks (status);

-- What they are told. `leased_until` is 0 while nobody sends it.
CREATE TABLE webhook_deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    webhook TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed', 'cancelled')),
    next_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (status, next_at);
CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (webhook, id);
CREATE INDEX webhook_deliveries_old ON webhook_deliveries (created_at);
