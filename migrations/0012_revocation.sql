-- The last list of revoked certificates that each source gave: it serves until it is over, whatever the source does.
CREATE TABLE revocation_list (
    source     TEXT PRIMARY KEY,               -- file or address, as the settings name it
    content    {{bytes}},                      -- as received; none: no list yet that could be believed
    fetched_at {{bigint}},                     -- when that content came
    tried_at   {{bigint}} NOT NULL,            -- when the source was last asked
    failure    TEXT NOT NULL                   -- why that gave nothing, a code; empty: it gave a list
);
