-- The resource of the FHIR API that a row comes from: a deletion or a change names nothing else. Empty for extractions.
ALTER TABLE directory_practitioner ADD COLUMN origin {{bigint}};
ALTER TABLE directory_situation ADD COLUMN origin {{bigint}};
ALTER TABLE directory_structure ADD COLUMN origin {{bigint}};
ALTER TABLE directory_mailbox ADD COLUMN origin {{bigint}};
CREATE INDEX directory_practitioner_origin ON directory_practitioner (origin) WHERE origin IS NOT NULL;
CREATE INDEX directory_situation_origin ON directory_situation (origin) WHERE origin IS NOT NULL;
CREATE INDEX directory_structure_origin ON directory_structure (origin) WHERE origin IS NOT NULL;
CREATE INDEX directory_mailbox_origin ON directory_mailbox (origin) WHERE origin IS NOT NULL;
