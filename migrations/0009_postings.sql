-- Which transfers an account has a side of, in the order of time, on SQLite.
--
-- Kept behind the journal: a transfer is at a random place here for each of its two
-- accounts, so those of many groups are added together, sorted. How far a lane's
-- transfers are here is said by posted; those after it are found in the journal itself.
-- PostgreSQL keeps its two indexes, which a server with several writers updates at once.
/* on SQLite:
CREATE TABLE postings (
    account TEXT NOT NULL,
    at BIGINT NOT NULL,
    lane TEXT NOT NULL,
    link BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (account, at, lane, link, seq)
) WITHOUT ROWID;

CREATE TABLE posted (
    lane TEXT NOT NULL PRIMARY KEY,
    link BIGINT NOT NULL CHECK (link >= 0)
);

INSERT INTO postings (account, at, lane, link, seq)
SELECT account, at, lane, link, seq FROM (
    SELECT debit AS account, at, lane, link, seq FROM transfers
    UNION ALL SELECT credit, at, lane, link, seq FROM transfers
) AS sides ORDER BY account, at, lane, link, seq;

INSERT INTO posted (lane, link)
SELECT lanes.lane, COALESCE(MAX(links.n), 0) FROM lanes LEFT JOIN links ON links.lane = lanes.lane
GROUP BY lanes.lane;

DROP INDEX transfers_debit;
DROP INDEX transfers_credit;
*/
