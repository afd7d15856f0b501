-- programs has twelve rows, at every customer.
-- slipway:allow unbatched-update twelve rows
UPDATE programs SET name = initcap(name);

-- slipway:allow type-change-may-rewrite it was varchar(200) until here
ALTER TABLE programs ALTER COLUMN name TYPE varchar(400);
