-- Looks at every row without keeping anybody from writing.
ALTER TABLE employees VALIDATE CONSTRAINT employees_company;
CREATE INDEX CONCURRENTLY employees_by_company ON employees (company_id);
