-- Five new violations of the 24 hours before the day seed.day, none of them in the future, among the people of the demonstration; the
-- same for the same seed.seed and seed.day.
INSERT INTO violations (employee_id, kind, status, severity, seen_at)
SELECT e.id, (ARRAY['Clicked a test phish', 'Weak password', 'Unlocked screen', 'Tailgating', 'Data sent outside'])[1 + h % 5],
       (ARRAY['Active', 'Resolved', 'Active', 'Resolved', 'Under Review'])[i], 1 + h / 5 % 5,
       current_setting('seed.day')::date::timestamp AT TIME ZONE 'UTC' - make_interval(mins => h / 25 % (24 * 60))
  FROM generate_series(1, 5) i,
       LATERAL (SELECT ('x' || substr(md5(current_setting('seed.seed') || current_setting('seed.day') || i), 1, 7))::bit(28)::int) r (h)
  JOIN (SELECT id, row_number() OVER (ORDER BY email) - 1 AS place FROM employees WHERE company_id IS NOT NULL) e
    ON e.place = h % 1550
 ORDER BY i;
