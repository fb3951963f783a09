-- When a validated dossier that could not be signed is tried again; none: as soon as it can be.
ALTER TABLE lab_order ADD COLUMN sign_after {{bigint}};
