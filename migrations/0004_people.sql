-- Who may act for whom. A key may now be a plain key, a session of a person, or a
-- handoff: a credential with fewer scopes and a budget of its own.
CREATE TABLE keys_new (
    hash TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('key', 'session', 'handoff')),
    label TEXT NOT NULL,
    scopes TEXT NOT NULL,
    -- The gross debit a handoff may cause in its life, in millionths of a dollar.
    spend_max BIGINT,
    -- The owner, where it made the key for its agent: such keys end with the ownership.
    minted_by TEXT,
    expires_at BIGINT,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL
);
INSERT INTO keys_new SELECT hash, id, party, 'key', '', scopes, NULL, NULL, expires_at, revoked_at, created_at FROM keys;
DROP TABLE keys;
ALTER TABLE keys_new RENAME TO keys;
CREATE INDEX keys_of_party ON keys (party, id);
CREATE UNIQUE INDEX keys_by_id ON keys (id);

CREATE INDEX parties_owner ON parties (owner, id);

-- People who sign in. The address is kept in lower case; one account an address.
CREATE TABLE accounts (
    email TEXT NOT NULL PRIMARY KEY,
    party TEXT NOT NULL,
    -- Argon2id, in the PHC string format.
    password TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_party ON accounts (party);

-- Posts of bots that wait for their owner.
CREATE TABLE approvals (
    id TEXT NOT NULL PRIMARY KEY,
    task TEXT NOT NULL,
    bot TEXT NOT NULL,
    owner TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'cancelled')),
    created_at BIGINT NOT NULL,
    decided_at BIGINT,
    body BYTEA NOT NULL
);
CREATE INDEX approvals_bot ON approvals (bot, status, id);
CREATE INDEX approvals_task ON approvals (task);

-- One-time codes by which an agent lets a person become its owner.
CREATE TABLE binding_codes (
    hash TEXT NOT NULL PRIMARY KEY,
    agent TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX binding_codes_agent ON binding_codes (agent);
