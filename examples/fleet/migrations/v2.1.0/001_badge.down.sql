ALTER TABLE employees DROP COLUMN badge;
