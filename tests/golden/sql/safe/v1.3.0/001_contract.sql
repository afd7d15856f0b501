-- Deprecated two versions ago.
ALTER TABLE employees DROP COLUMN mood;
ALTER TABLE violations DETACH PARTITION violations_1 CONCURRENTLY;
DROP TABLE violations_1;
DROP VIEW IF EXISTS open_violations;
DROP FUNCTION days(timestamptz);
