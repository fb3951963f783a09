-- Who acts for the patient, as JSON.
ALTER TABLE patient ADD COLUMN guardian TEXT;

-- HL7 Confidentiality: N, R, V.
ALTER TABLE lab_order ADD COLUMN confidentiality TEXT NOT NULL DEFAULT 'N';

-- How, where and by whom a specimen was taken, as JSON.
ALTER TABLE specimen ADD COLUMN act TEXT;
ALTER TABLE specimen ADD COLUMN site TEXT;
ALTER TABLE specimen ADD COLUMN collector TEXT;

-- Picture or curve of a result, as JSON.
ALTER TABLE observation ADD COLUMN figure TEXT;

-- Reports of subcontractors, as they came.
CREATE TABLE attachment (
    order_id    TEXT NOT NULL REFERENCES lab_order (id),
    number      {{bigint}} NOT NULL, -- 1, 2, 3… in the dossier
    title       TEXT NOT NULL,
    laboratory  TEXT NOT NULL,       -- JSON
    observed_at {{bigint}} NOT NULL,
    pdf         {{bytes}} NOT NULL,
    PRIMARY KEY (order_id, number)
);

-- The battery that a comment is on: code; null for the whole dossier.
ALTER TABLE order_comment ADD COLUMN battery TEXT;
