-- A constant default is kept in the catalogue, so no table is rewritten.
ALTER TABLE violations ADD COLUMN severity integer NOT NULL DEFAULT 2;
ALTER TABLE violations ADD CONSTRAINT violations_severity CHECK (severity BETWEEN 1 AND 5) NOT VALID;
