CREATE TABLE programs_new (LIKE programs INCLUDING ALL);
INSERT INTO programs_new SELECT * FROM programs ON CONFLICT (id) DO UPDATE SET name = excluded.name;
ALTER TABLE programs_new RENAME TO programs_v2;
CREATE INDEX ON programs_v2 (name, id);
WITH moved AS (DELETE FROM programs WHERE id > 100 RETURNING *)
INSERT INTO programs_v2 SELECT * FROM moved ON CONFLICT DO NOTHING;
SELECT id FROM programs WHERE id = 1 FOR UPDATE;
WITH one AS (SELECT 1) SELECT id FROM programs FOR UPDATE;
