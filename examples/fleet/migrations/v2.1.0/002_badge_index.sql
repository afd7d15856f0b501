-- Outside a transaction, so that nobody waits for it.
CREATE INDEX CONCURRENTLY employees_by_department ON employees (department);
