-- The badge a person carries; filled in by the import of each customer.
ALTER TABLE employees ADD COLUMN badge text;
