-- A few thousand rows at a time, each batch its own transaction.
DO $$
DECLARE
  done bigint;
BEGIN
  LOOP
    UPDATE employees SET full_name = email
    WHERE id IN (SELECT id FROM employees WHERE full_name IS NULL LIMIT 5000 FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS done = ROW_COUNT;
    COMMIT;
    EXIT WHEN done = 0;
  END LOOP;
END
$$;
VACUUM (ANALYZE) employees;
