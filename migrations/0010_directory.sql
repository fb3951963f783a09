-- The Annuaire Santé, as its public extractions say it.
--
-- A row is in force under load n when since_load <= n < gone_load. A load writes rows that begin with its number and ends
-- those that went away at that number; nothing of it shows until directory_state names it. What an interrupted load left
-- behind is undone by the next one.
CREATE TABLE directory_state (
    id          {{bigint}} PRIMARY KEY,        -- 1: there is one row
    load_number {{bigint}} NOT NULL,           -- the load in force; 0: none yet
    loader      TEXT,                          -- who is loading now
    loader_seen {{bigint}}                     -- when they last gave a sign of life
);
INSERT INTO directory_state (id, load_number) VALUES (1, 0);

CREATE TABLE directory_load (
    id         TEXT PRIMARY KEY,
    number     {{bigint}} NOT NULL,            -- 0: it did not come into force
    started_at {{bigint}} NOT NULL,
    ended_at   {{bigint}} NOT NULL,
    author     TEXT NOT NULL,
    report     TEXT NOT NULL                   -- JSON
);

CREATE TABLE directory_practitioner (
    id         {{row_id}},
    hash       {{bigint}} NOT NULL,            -- of what follows: an unchanged line is recognized by it
    rpps       {{bigint}} NOT NULL,
    name_key   {{bigint}} NOT NULL,            -- the first letters of the name, as a number that sorts as they do
    title      TEXT NOT NULL,
    family     TEXT NOT NULL,
    given      TEXT NOT NULL,
    profession TEXT NOT NULL,
    skill      TEXT NOT NULL,
    label      TEXT NOT NULL,
    since_load {{bigint}} NOT NULL,
    gone_load  {{bigint}} NOT NULL
);
CREATE INDEX directory_practitioner_rpps ON directory_practitioner (rpps);
CREATE INDEX directory_practitioner_name ON directory_practitioner (name_key);
CREATE INDEX directory_practitioner_gone ON directory_practitioner (gone_load) WHERE gone_load < 9223372036854775807;

CREATE TABLE directory_situation (
    id         {{row_id}},
    hash       {{bigint}} NOT NULL,
    rpps       {{bigint}} NOT NULL,
    structure  TEXT NOT NULL,                  -- number of directory_structure; empty: none
    since_load {{bigint}} NOT NULL,
    gone_load  {{bigint}} NOT NULL
);
CREATE INDEX directory_situation_rpps ON directory_situation (rpps);
CREATE INDEX directory_situation_gone ON directory_situation (gone_load) WHERE gone_load < 9223372036854775807;

CREATE TABLE directory_structure (
    id          {{row_id}},
    hash        {{bigint}} NOT NULL,
    source      TEXT NOT NULL,                 -- practices, mailboxes: both extractions describe structures
    number      TEXT NOT NULL,                 -- F + FINESS, S + SIRET, T + technical number
    finess_ej   TEXT NOT NULL,
    siret       TEXT NOT NULL,
    name_key    {{bigint}} NOT NULL,
    name        TEXT NOT NULL,
    street      TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    town        TEXT NOT NULL,
    town_key    {{bigint}} NOT NULL,
    phone       TEXT NOT NULL,
    since_load  {{bigint}} NOT NULL,
    gone_load   {{bigint}} NOT NULL
);
CREATE INDEX directory_structure_number ON directory_structure (number);
CREATE INDEX directory_structure_name ON directory_structure (name_key);
CREATE INDEX directory_structure_gone ON directory_structure (gone_load) WHERE gone_load < 9223372036854775807;

-- A closed mailbox keeps its last rows: whoever still writes there is told.
CREATE TABLE directory_mailbox (
    id          {{row_id}},
    hash        {{bigint}} NOT NULL,
    address     TEXT NOT NULL,                 -- lower case; on several rows when its holder has several situations
    address_key {{bigint}} NOT NULL,
    kind        TEXT NOT NULL,                 -- PER, ORG, APP, CAB
    rpps        {{bigint}},
    structure   TEXT NOT NULL,
    service     TEXT NOT NULL,
    paperless   {{bigint}} NOT NULL,
    first_seen  {{bigint}} NOT NULL,
    since_load  {{bigint}} NOT NULL,
    gone_load   {{bigint}} NOT NULL
);
CREATE INDEX directory_mailbox_address ON directory_mailbox (address_key);
CREATE INDEX directory_mailbox_rpps ON directory_mailbox (rpps);
CREATE INDEX directory_mailbox_structure ON directory_mailbox (structure);
CREATE INDEX directory_mailbox_gone ON directory_mailbox (gone_load) WHERE gone_load < 9223372036854775807;

-- Addresses that people typed: some boxes are on the red list and never published. No load touches them.
CREATE TABLE manual_mailbox (
    rpps       TEXT NOT NULL,
    address    TEXT NOT NULL,
    note       TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    entered_at {{bigint}} NOT NULL,
    PRIMARY KEY (rpps, address)
);

-- What the directory last said of a correspondent of ours.
CREATE TABLE correspondent_state (
    rpps       TEXT PRIMARY KEY,
    activity   TEXT NOT NULL,                  -- open, closed, unlisted
    mailbox    TEXT NOT NULL,                  -- none, open, closed, unlisted
    paperless  {{bigint}} NOT NULL,
    checked_at {{bigint}} NOT NULL
);
