DROP INDEX employees_by_department;
