-- programs has twelve rows, at every customer.
-- slipway:allow unbatched-update twelve rows
UPDATE programs SET name = initcap(name);

-- It was varchar(200): no row is rewritten.
ALTER TABLE programs ALTER COLUMN name TYPE varchar(400);
