-- Money in and out through providers. Payments learn the provider's name for them, the
-- coin, the task they pay for, and more states on the way than two.
CREATE TABLE payments_new (
    id TEXT NOT NULL PRIMARY KEY,
    party TEXT NOT NULL,
    provider TEXT NOT NULL,
    asset TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    status TEXT NOT NULL CHECK (
        status IN ('pending', 'confirming', 'partially_paid', 'credited', 'failed', 'expired', 'refunded')
    ),
    coin TEXT,
    reference TEXT,
    task TEXT,
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
INSERT INTO payments_new
    SELECT id, party, provider, asset, amount, status, NULL, NULL, NULL, created_at, body FROM payments;
DROP TABLE payments;
ALTER TABLE payments_new RENAME TO payments;
CREATE INDEX payments_of_party ON payments (party, id);
CREATE INDEX payments_by_reference ON payments (reference);
CREATE INDEX payments_of_task ON payments (task, id);

-- Card payments that were charged back. What they froze is held apart until the
-- operator releases it.
CREATE TABLE chargebacks (
    payment TEXT NOT NULL PRIMARY KEY,
    party TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'released')),
    frozen BIGINT NOT NULL CHECK (frozen >= 0),
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX chargebacks_of_party ON chargebacks (party, status);
CREATE INDEX chargebacks_open ON chargebacks (status, payment);

CREATE TABLE withdrawals (
    id TEXT NOT NULL PRIMARY KEY,
    party TEXT NOT NULL,
    coin TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    status TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'finished', 'failed', 'returned')),
    reference TEXT,
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX withdrawals_of_party ON withdrawals (party, id);
CREATE INDEX withdrawals_by_status ON withdrawals (status, id);
CREATE INDEX withdrawals_by_reference ON withdrawals (reference);

-- Where parties want their money sent. An address may be used from ready_at on.
CREATE TABLE withdrawal_addresses (
    id TEXT NOT NULL PRIMARY KEY,
    party TEXT NOT NULL,
    coin TEXT NOT NULL,
    address TEXT NOT NULL,
    preferred BIGINT NOT NULL CHECK (preferred IN (0, 1)),
    ready_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX withdrawal_addresses_of_party ON withdrawal_addresses (party, id);
