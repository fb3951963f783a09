-- What the dossier is for, when its report says more than results (screening, rapid test): JSON.
ALTER TABLE lab_order ADD COLUMN purpose TEXT;
