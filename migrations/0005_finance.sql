-- Agents for hire, and money in, out and between.

-- What an agent offers on the finance surface.
CREATE TABLE providers (
    party TEXT NOT NULL PRIMARY KEY,
    pricing_model TEXT NOT NULL CHECK (pricing_model IN ('fixed', 'auction', 'hybrid')),
    base_price BIGINT NOT NULL CHECK (base_price >= 0),
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);

CREATE TABLE capabilities (
    party TEXT NOT NULL,
    capability TEXT NOT NULL,
    base_price BIGINT NOT NULL CHECK (base_price >= 0),
    pricing_model TEXT NOT NULL,
    PRIMARY KEY (party, capability)
);
CREATE INDEX capabilities_by_price ON capabilities (capability, base_price, party);

-- One a task: the disagreement that the operator decides.
CREATE TABLE disputes (
    id TEXT NOT NULL PRIMARY KEY,
    task TEXT NOT NULL,
    opener TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'resolved')),
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX disputes_task ON disputes (task);
CREATE INDEX disputes_open ON disputes (status, id);

CREATE TABLE channels (
    id TEXT NOT NULL PRIMARY KEY,
    opener TEXT NOT NULL,
    counterparty TEXT NOT NULL,
    asset TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
    created_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE INDEX channels_opener ON channels (opener, id);
CREATE INDEX channels_counterparty ON channels (counterparty, id);

CREATE TABLE negotiations (
    id TEXT NOT NULL PRIMARY KEY,
    client TEXT NOT NULL,
    provider TEXT NOT NULL,
    status TEXT NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX negotiations_client ON negotiations (client, id);
CREATE INDEX negotiations_provider ON negotiations (provider, id);

-- What a task takes, so that those who can do it find it.
CREATE TABLE task_skills (
    skill TEXT NOT NULL,
    task TEXT NOT NULL,
    PRIMARY KEY (skill, task)
);
