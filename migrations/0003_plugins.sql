-- Components that publishers upload: who owns them, and what their trial found. Until
-- now the table held the components that come with the program, which are entered again
-- when it starts; their bytes are blobs and stay.
DROP TABLE plugins;

CREATE TABLE plugins (
    digest TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    world TEXT NOT NULL,
    author TEXT NOT NULL,
    -- The party that uploaded it; empty for those that come with the program.
    owner TEXT NOT NULL,
    badge TEXT NOT NULL CHECK (badge IN ('deterministic', 'evidence-only')),
    status TEXT NOT NULL CHECK (status IN ('listed', 'retired')),
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL,
    certification BYTEA NOT NULL
);

CREATE INDEX plugins_by_name ON plugins (name, version);

-- How often each ran, and what came of it.
CREATE INDEX receipts_by_plugin ON receipts (plugin, outcome);
