-- Times are microseconds since 1970 (UTC), identifiers are UUIDv7 in text form, booleans 0 or 1.
-- Table groups follow the stations of the flow.

-- accounts ----------------------------------------------------------------
CREATE TABLE account (
    id            TEXT PRIMARY KEY,
    login         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    professional  TEXT,                        -- JSON, for a biologist
    rpps          TEXT,
    active        {{bigint}} NOT NULL,
    created_at    {{bigint}} NOT NULL
);
CREATE INDEX account_rpps ON account (rpps);

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    csrf       TEXT NOT NULL,
    created_at {{bigint}} NOT NULL,
    seen_at    {{bigint}} NOT NULL
);
CREATE INDEX session_account ON session (account_id);

-- inbound -----------------------------------------------------------------
CREATE TABLE connection (
    id             TEXT PRIMARY KEY,
    label          TEXT NOT NULL,
    kind           TEXT NOT NULL,
    application    TEXT NOT NULL,              -- MSH-3
    facility       TEXT NOT NULL,              -- MSH-4; empty: any
    own_domain     {{bigint}} NOT NULL,
    trust_contract TEXT,                       -- what was agreed, in words
    trust_by       TEXT,
    trust_at       {{bigint}},
    active         {{bigint}} NOT NULL,
    created_by     TEXT NOT NULL,
    created_at     {{bigint}} NOT NULL,
    UNIQUE (application, facility)
);

CREATE TABLE message (
    id            TEXT PRIMARY KEY,
    received_at   {{bigint}} NOT NULL,
    transport     TEXT NOT NULL,
    peer          TEXT NOT NULL,
    connection_id TEXT,
    control_id    TEXT NOT NULL,
    kind          TEXT NOT NULL,
    content_hash  {{bytes}} NOT NULL,
    raw           {{bytes}} NOT NULL,
    answer        {{bytes}},
    state         TEXT NOT NULL,               -- received, processed, refused, duplicate, failed
    note          TEXT NOT NULL,
    processed_at  {{bigint}}
);
CREATE INDEX message_state ON message (state, id);
CREATE INDEX message_control ON message (control_id, connection_id);

CREATE TABLE message_finding (
    message_id TEXT NOT NULL REFERENCES message (id),
    rank       {{bigint}} NOT NULL,
    code       TEXT NOT NULL,
    severity   TEXT NOT NULL,
    place      TEXT NOT NULL,
    PRIMARY KEY (message_id, rank)
);

CREATE TABLE watched_file (
    path       TEXT NOT NULL,
    signature  TEXT NOT NULL,                  -- size and hash: a rewritten file is read again
    message_id TEXT NOT NULL,
    read_at    {{bigint}} NOT NULL,
    PRIMARY KEY (path, signature)
);

-- identity ----------------------------------------------------------------
CREATE TABLE patient (
    id            TEXT PRIMARY KEY,
    local_id      TEXT NOT NULL UNIQUE,
    birth_name    TEXT NOT NULL,
    first_given   TEXT NOT NULL,
    given_names   TEXT NOT NULL,
    birth_date    TEXT,
    sex           TEXT NOT NULL,
    birth_place   TEXT,
    used_name     TEXT,
    used_given    TEXT,
    status        TEXT NOT NULL,
    ins           TEXT,
    ins_authority TEXT,
    opposed_dmp             {{bigint}} NOT NULL,
    opposed_mssante_pro     {{bigint}} NOT NULL,
    opposed_mssante_patient {{bigint}} NOT NULL,
    address       TEXT,                        -- JSON
    phone         TEXT,
    merged_into   TEXT,
    created_at    {{bigint}} NOT NULL
);
CREATE INDEX patient_birth ON patient (birth_date, birth_name);
CREATE INDEX patient_ins ON patient (ins);

CREATE TABLE patient_identifier (
    authority  TEXT NOT NULL,
    value      TEXT NOT NULL,
    patient_id TEXT NOT NULL REFERENCES patient (id),
    PRIMARY KEY (authority, value)
);
CREATE INDEX patient_identifier_patient ON patient_identifier (patient_id);

CREATE TABLE patient_event (
    id         TEXT PRIMARY KEY,
    patient_id TEXT NOT NULL REFERENCES patient (id),
    at         {{bigint}} NOT NULL,
    author     TEXT NOT NULL,
    kind       TEXT NOT NULL,                  -- status, ins, opposition, merge
    detail     TEXT NOT NULL,
    message_id TEXT
);
CREATE INDEX patient_event_patient ON patient_event (patient_id, id);

CREATE TABLE professional (
    rpps    TEXT PRIMARY KEY,
    family  TEXT NOT NULL,
    body    TEXT NOT NULL                      -- JSON
);

-- the dossier -------------------------------------------------------------
CREATE TABLE lab_order (
    id            TEXT PRIMARY KEY,
    site          TEXT NOT NULL,
    number        TEXT NOT NULL UNIQUE,
    patient_id    TEXT NOT NULL REFERENCES patient (id),
    connection_id TEXT,
    placer_number TEXT,
    filler_number TEXT,
    priority      TEXT NOT NULL,
    setting       TEXT NOT NULL,
    prescribed_at {{bigint}},
    collected_at  {{bigint}},
    received_at   {{bigint}} NOT NULL,
    prescriber    TEXT,                        -- JSON
    treating      TEXT,                        -- JSON
    copies        TEXT NOT NULL,               -- JSON
    dmp_blocked   {{bigint}} NOT NULL,
    hidden        {{bigint}} NOT NULL,
    stage         TEXT NOT NULL,               -- awaited, received, technical, ready, partial, signed
    critical      {{bigint}} NOT NULL,
    abnormal      {{bigint}} NOT NULL,
    created_at    {{bigint}} NOT NULL
);
CREATE INDEX lab_order_patient ON lab_order (patient_id, received_at);
CREATE INDEX lab_order_stage ON lab_order (stage, received_at);
CREATE INDEX lab_order_placer ON lab_order (placer_number);
CREATE INDEX lab_order_filler ON lab_order (filler_number);

CREATE TABLE specimen (
    order_id     TEXT NOT NULL REFERENCES lab_order (id),
    number       TEXT NOT NULL,
    kind_code    TEXT NOT NULL,
    kind_label   TEXT NOT NULL,
    collected_at {{bigint}},
    received_at  {{bigint}},
    PRIMARY KEY (order_id, number)
);
CREATE INDEX specimen_number ON specimen (number);

CREATE TABLE observation (
    id             TEXT PRIMARY KEY,
    order_id       TEXT NOT NULL REFERENCES lab_order (id),
    patient_id     TEXT NOT NULL,
    analysis       TEXT NOT NULL,
    stage          TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    value          TEXT,                       -- JSON of lab::quantity::Value
    unit           TEXT,                       -- UCUM, to compare with earlier results
    interpretation TEXT,
    value_range    TEXT,                       -- JSON
    observed_at    {{bigint}},
    method         TEXT,                       -- JSON
    analyzer       TEXT,
    comments       TEXT NOT NULL,              -- JSON
    isolate        TEXT,
    n_corrections  {{bigint}} NOT NULL,
    technical_by   TEXT,
    technical_at   {{bigint}},
    validated_by   TEXT,                       -- account that acted, or connection that brought the validation
    validated_at   {{bigint}},
    validator      TEXT,                       -- JSON of the biologist
    message_id     TEXT
);
CREATE INDEX observation_order ON observation (order_id, id);
CREATE INDEX observation_earlier ON observation (patient_id, analysis, observed_at);

CREATE TABLE observation_history (
    id             TEXT PRIMARY KEY,
    observation_id TEXT NOT NULL,
    replaced_at    {{bigint}} NOT NULL,
    value          TEXT,
    interpretation TEXT,
    author         TEXT NOT NULL
);
CREATE INDEX observation_history_of ON observation_history (observation_id, id);

CREATE TABLE organism (
    order_id TEXT NOT NULL REFERENCES lab_order (id),
    isolate  TEXT NOT NULL,
    code     TEXT NOT NULL,                    -- JSON of lab::quantity::Coded
    PRIMARY KEY (order_id, isolate)
);

CREATE TABLE order_comment (
    id       TEXT PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES lab_order (id),
    at       {{bigint}} NOT NULL,
    author   TEXT NOT NULL,
    text     TEXT NOT NULL
);
CREATE INDEX order_comment_order ON order_comment (order_id, id);

-- matching ----------------------------------------------------------------
CREATE TABLE work_item (
    id          TEXT PRIMARY KEY,
    opened_at   {{bigint}} NOT NULL,
    station     TEXT NOT NULL,
    code        TEXT NOT NULL,
    place       TEXT NOT NULL,
    subject     TEXT NOT NULL,                 -- what it is about, such as the unknown code
    message_id  TEXT,
    patient_id  TEXT,
    order_id    TEXT,
    delivery_id TEXT,
    closed_at   {{bigint}},
    closed_by   TEXT,
    resolution  TEXT
);
CREATE INDEX work_item_open ON work_item (closed_at, id);
CREATE INDEX work_item_order ON work_item (order_id);

-- report ------------------------------------------------------------------
CREATE TABLE report_version (
    id         TEXT PRIMARY KEY,
    order_id   TEXT NOT NULL REFERENCES lab_order (id),
    patient_id TEXT NOT NULL,
    number     {{bigint}} NOT NULL,
    document   TEXT NOT NULL UNIQUE,
    set_oid    TEXT NOT NULL,
    status     TEXT NOT NULL,
    signed_at  {{bigint}} NOT NULL,
    signed_by  TEXT NOT NULL,                  -- account, or connection whose results came validated
    signer     TEXT NOT NULL,                  -- as printed
    replaces   TEXT,
    critical   {{bigint}} NOT NULL,
    hidden     {{bigint}} NOT NULL,            -- from the patient, as decided when signed
    conformity TEXT NOT NULL,                  -- JSON list of findings
    UNIQUE (order_id, number)
);
CREATE INDEX report_version_signed ON report_version (signed_at);
CREATE INDEX report_version_replaces ON report_version (replaces);

CREATE TABLE document (
    version_id TEXT NOT NULL REFERENCES report_version (id),
    kind       TEXT NOT NULL,                  -- cda, pdf, model
    name       TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    bytes      {{bytes}} NOT NULL,
    PRIMARY KEY (version_id, kind)
);

-- routing, delivery, acknowledgment ----------------------------------------
CREATE TABLE delivery (
    id             TEXT PRIMARY KEY,
    version_id     TEXT NOT NULL REFERENCES report_version (id),
    channel        TEXT NOT NULL,
    address        TEXT,
    name           TEXT NOT NULL,
    exchange       TEXT NOT NULL UNIQUE,
    state          TEXT NOT NULL,
    withheld       TEXT,
    planned_at     {{bigint}} NOT NULL,
    retried_at     {{bigint}},                 -- a person asked to try again: attempts count from here
    due_at         {{bigint}},
    lease_until    {{bigint}},
    n_attempts     {{bigint}} NOT NULL,
    content_sha256 TEXT,                       -- of the bytes first handed over: a retry must match
    received_at    {{bigint}},
    read_at        {{bigint}}
);
CREATE INDEX delivery_due ON delivery (due_at, id);
CREATE INDEX delivery_version ON delivery (version_id);
CREATE INDEX delivery_state ON delivery (state, planned_at);

CREATE TABLE attempt (
    id          TEXT PRIMARY KEY,
    delivery_id TEXT NOT NULL REFERENCES delivery (id),
    started_at  {{bigint}} NOT NULL,
    ended_at    {{bigint}},
    outcome     TEXT,
    answer      TEXT NOT NULL                  -- what the peer answered
);
CREATE INDEX attempt_delivery ON attempt (delivery_id, id);

CREATE TABLE acknowledgment (
    id          TEXT PRIMARY KEY,
    delivery_id TEXT NOT NULL REFERENCES delivery (id),
    message_id  TEXT NOT NULL,
    at          {{bigint}} NOT NULL,
    kind        TEXT NOT NULL,                 -- dsn, mdn, bounce
    proof       TEXT NOT NULL,
    detail      TEXT NOT NULL
);
CREATE INDEX acknowledgment_delivery ON acknowledgment (delivery_id, id);

CREATE TABLE return_box (
    address      TEXT PRIMARY KEY,
    uid_validity {{bigint}} NOT NULL,
    last_uid     {{bigint}} NOT NULL
);

-- journal and watch ---------------------------------------------------------
CREATE TABLE audit_event (
    sequence   {{bigint}} PRIMARY KEY,
    at         {{bigint}} NOT NULL,
    actor      TEXT NOT NULL,
    action     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    patient_id TEXT,
    hash       {{bytes}} NOT NULL
);
CREATE INDEX audit_event_patient ON audit_event (patient_id, sequence);

CREATE TABLE alert (
    id          TEXT PRIMARY KEY,
    raised_at   {{bigint}} NOT NULL,
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    delivery_id TEXT,
    cleared_at  {{bigint}}
);
CREATE UNIQUE INDEX alert_open ON alert (kind, subject) WHERE cleared_at IS NULL;

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
