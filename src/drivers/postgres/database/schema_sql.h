// The statements behind schema.h, on their own so that a bare program can send the same.
#pragma once

namespace slipway::drivers::postgres {

// What decides how PostgreSQL writes an expression, set as pg_dump sets it.
inline constexpr char kWritePlainly[] = R"(
SELECT set_config(name, value, false) FROM (VALUES
  ('search_path', ''), ('standard_conforming_strings', 'on'), ('datestyle', 'ISO'), ('intervalstyle', 'postgres'),
  ('timezone', 'UTC'), ('extra_float_digits', '3'), ('bytea_output', 'hex'), ('quote_all_identifiers', 'off'),
  ('row_security', 'off')) AS settings(name, value))";

// Where $1 is false, without what is slipway's own.
inline constexpr char kListSchema[] = R"(
WITH spaces AS (
  SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
     AND ($1::boolean OR nspname <> 'slipway')),
alien AS (  -- what belongs to an extension
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
relations AS (
  SELECT c.*, format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN spaces n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r','p','v','m','f','S','c') AND c.relpersistence <> 't'
     AND ($1::boolean OR (n.nspname, c.relname) <> ('public', 'schema_migrations'))
     AND NOT EXISTS (SELECT 1 FROM alien WHERE classid = 'pg_class'::regclass AND objid = c.oid)),
types AS (
  SELECT t.*, format('%I.%I', n.nspname, t.typname) AS name FROM pg_type t JOIN spaces n ON n.oid = t.typnamespace
   WHERE t.typtype IN ('e','d','r')
     AND NOT EXISTS (SELECT 1 FROM alien WHERE classid = 'pg_type'::regclass AND objid = t.oid)),
functions AS (
  SELECT p.*, format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS name
    FROM pg_proc p JOIN spaces n ON n.oid = p.pronamespace
   WHERE NOT EXISTS (SELECT 1 FROM alien WHERE classid = 'pg_proc'::regclass AND objid = p.oid)
     AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')),
listing(object, definition) AS (
  SELECT 'schema ' || quote_ident(nspname), '' FROM spaces s
   WHERE NOT EXISTS (SELECT 1 FROM alien WHERE classid = 'pg_namespace'::regclass AND objid = s.oid)
  UNION ALL SELECT 'extension ' || quote_ident(extname), '' FROM pg_extension
  UNION ALL SELECT CASE relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'f' THEN 'foreign table '
                   WHEN 'S' THEN 'sequence ' WHEN 'c' THEN 'type ' ELSE 'table ' END || name,
      concat_ws(' ', relkind, relpersistence, pg_get_userbyid(relowner), relrowsecurity, relforcerowsecurity,
        array(SELECT unnest(reloptions) ORDER BY 1)::text,
        CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END, pg_get_expr(relpartbound, oid),
        (SELECT string_agg(format('%I.%I', n.nspname, p.relname), ' ' ORDER BY i.inhseqno) FROM pg_inherits i
           JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace WHERE i.inhrelid = r.oid),
        CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END,
        (SELECT concat_ws(' ', format_type(seqtypid, NULL), seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle)
           FROM pg_sequence WHERE seqrelid = r.oid))
    FROM relations r
  UNION ALL SELECT format('column %s.%I', r.name, attname),
      concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
        (SELECT collname FROM pg_collation WHERE oid = attcollation), pg_get_expr(adbin, adrelid))
    FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE relkind <> 'S'
  UNION ALL SELECT format('constraint %s.%I', coalesce(r.name, t.name), conname),
      concat_ws(' ', contype, convalidated, pg_get_constraintdef(k.oid))
    FROM pg_constraint k LEFT JOIN relations r ON r.oid = conrelid LEFT JOIN types t ON t.oid = contypid
   WHERE (r.oid IS NOT NULL OR t.oid IS NOT NULL) AND contype <> 't' AND conparentid = 0
  UNION ALL SELECT format('index %I.%I', n.nspname, c.relname), pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN relations r ON r.oid = indrelid JOIN pg_class c ON c.oid = indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'i' AND indisvalid
  UNION ALL SELECT 'type ' || name, concat_ws(' ', typtype, pg_get_userbyid(typowner), typnotnull,
        CASE WHEN typtype = 'd' THEN format_type(typbasetype, typtypmod) END, typdefault,
        (SELECT string_agg(quote_literal(enumlabel), ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
        (SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = t.oid))
    FROM types t
  UNION ALL SELECT 'function ' || name, concat_ws(' ', prokind, pg_get_userbyid(proowner),
        pg_get_function_result(oid), pg_get_function_arguments(oid), (SELECT lanname FROM pg_language WHERE oid = prolang),
        provolatile, proisstrict, prosecdef, proconfig::text, md5(prosrc), pg_get_function_sqlbody(oid))
    FROM functions
  UNION ALL SELECT format('trigger %s.%I', r.name, tgname), concat_ws(' ', tgenabled, pg_get_triggerdef(t.oid))
    FROM pg_trigger t JOIN relations r ON r.oid = tgrelid WHERE NOT tgisinternal AND tgparentid = 0
  UNION ALL SELECT format('policy %s.%I', r.name, polname), concat_ws(' ', polcmd, polpermissive,
        array(SELECT CASE WHEN m = 0 THEN 'public' ELSE pg_get_userbyid(m) END FROM unnest(polroles) m ORDER BY 1)::text,
        pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
    FROM pg_policy JOIN relations r ON r.oid = polrelid
  UNION ALL SELECT format('rule %s.%I', r.name, rulename), pg_get_ruledef(w.oid)
    FROM pg_rewrite w JOIN relations r ON r.oid = ev_class WHERE rulename <> '_RETURN')
, plain AS (
SELECT object, regexp_replace(regexp_replace(definition,
         '::("?[A-Za-z_][a-z0-9_ ."]*)(\([0-9, ]+\))?(\[\])*', '', 'g'), '[()\s]', '', 'g') AS definition FROM listing)
SELECT * FROM plain ORDER BY object COLLATE "C", definition COLLATE "C")";

}  // namespace slipway::drivers::postgres
