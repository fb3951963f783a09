-- What people write about reports, and what the laboratory answers: one conversation per dossier and correspondent.
CREATE TABLE conversation (
    id          TEXT PRIMARY KEY,
    order_id    TEXT REFERENCES lab_order (id),
    delivery_id TEXT REFERENCES delivery (id),    -- the sending that was last written about
    peer        TEXT NOT NULL,                    -- address, as received
    name        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    opened_at   {{bigint}} NOT NULL,
    updated_at  {{bigint}} NOT NULL,
    assigned_to TEXT,                             -- login
    closed_at   {{bigint}},
    closed_by   TEXT
);
CREATE INDEX conversation_peer ON conversation (peer, order_id);
CREATE INDEX conversation_open ON conversation (closed_at, updated_at);

CREATE TABLE letter (
    id              TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversation (id),
    at              {{bigint}} NOT NULL,
    author          TEXT,                         -- login; absent when they wrote
    message_id      TEXT REFERENCES message (id), -- what they wrote, as received
    delivery_id     TEXT REFERENCES delivery (id),-- what we answered, as a sending
    text            TEXT NOT NULL                 -- of an answer; what they wrote is read from the message
);
CREATE INDEX letter_conversation ON letter (conversation_id, id);
CREATE INDEX letter_delivery ON letter (delivery_id);
