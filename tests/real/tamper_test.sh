#!/usr/bin/env bash
# Somebody edits the store behind slipway's back: every column, rows deleted, reordered, inserted, the log cut off, the log written anew.
# `audit verify` exits 1 and says where, or the checkpoint that was kept elsewhere does.
. "$(dirname "$0")/lib.sh"
cd "$root" && "$SLIPWAY" init w >/dev/null && cd w || exit 1
printf 'audit: { checkpoints: { file: %s/kept } }\n' "$root" >>slipway.yaml
put bad.yaml <<'YAML'
apiVersion: slipway/v1
kind: Procedure
metadata: { id: bad, title: B, version: 1.0.0, status: published, owner: o }
parameters: { release: { type: release, default: v1 } }
on_failure: rollback
phases:
  - id: p
    title: P
    steps:
      - { id: made, title: Made, uses: exec.run, with: { argv: [echo, made] }, undo: { uses: exec.run, with: { argv: [echo, undone] } } }
      - { id: no, title: No, uses: exec.check, with: { shell: 'echo no; exit 1' } }
YAML
put wait.yaml <<'YAML'
apiVersion: slipway/v1
kind: Procedure
metadata: { id: wait, title: W, version: 1.0.0, status: published, owner: o }
targets: { kind: cell }
phases: [ { id: p, title: P, for_each: target, steps: [ { id: asked, title: A, confirm: {} } ] } ]
YAML
put releases/v1/x <<<x
put targets/t.yaml <<<'- { id: t1, kind: cell }'
"$SLIPWAY" run procedures/hello.yaml >/dev/null || fail hello
"$SLIPWAY" run bad.yaml >/dev/null
is "the bad run" $? 1
"$SLIPWAY" run wait.yaml >/dev/null
is "the waiting run" $? 4
"$SLIPWAY" audit verify >"$root/out" 2>&1 || fail "untouched: $(cat "$root/out")"
has "untouched" "$(head -1 "$root/out")" anchored
"$SQL" .slipway/journal.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null || fail checkpoint
mv .slipway "$root/store"

n=0
# broken WHERE STATEMENT…: after these statements verify fails and names WHERE (a regular expression).
broken() {
  local where=$1 status out
  shift
  rm -rf .slipway && cp -r "$root/store" .slipway
  "$SQL" .slipway/journal.db "$@" >/dev/null || fail "could not do: $*"
  out=$("$SLIPWAY" audit verify 2>&1)
  status=$?
  n=$((n + 1))
  [[ $status == 1 ]] && ok || fail "$*: exit $status: $out"
  [[ $out =~ $where ]] && ok || fail "$*: '$where' is not named in: $out"
}
rows() { "$SQL" "$root/store/journal.db" "$1"; }
last=$(rows 'SELECT max(seq) FROM event')

# named TABLE [ROW]: what must be named when a row of it (from 0) was touched; of an event its number.
named() {
  case $1 in
    event) echo "event ${2:+$(($2 + 1))}:" ;;
    head) echo '(the stored edge of the tree|the log ends early|head)' ;;
    tile) echo tile ;;
    checkpoint) echo '(^|[[:space:]])checkpoints? [0-9]*:' ;;
    state) echo '(^|[[:space:]])(run|lease|lock|hold|open)[a-z]* [^:]*:' ;;
    blob) echo '(^|[[:space:]])blob sha256:' ;;
    meta) echo '(file: .*meta row|key: the store)' ;;
  esac
}

# Every column of every table, in the first, a middle and the last row.
for table in event head tile checkpoint state blob meta; do
  count=$(rows "SELECT count(*) FROM $table")
  ((count > 0)) || { [[ $table == tile ]] || fail "$table is empty"; continue; }
  for column in $(rows "SELECT name FROM pragma_table_info('$table')"); do
    for at in 0 $((count / 2)) $((count - 1)); do
      row="rowid = (SELECT rowid FROM $table LIMIT 1 OFFSET $at)"
      rows "SELECT rowid FROM $table LIMIT 1" >/dev/null 2>&1 || row="$column = (SELECT $column FROM $table LIMIT 1 OFFSET $at)"
      case $(rows "SELECT typeof($column) FROM $table LIMIT 1 OFFSET $at") in
        integer) [[ $table.$column != head.one ]] || continue # the schema allows one value only
          new="$column + 1000003" ;;
        null) continue ;;
        *) new="CAST(substr($column, 1, length($column) - 1) || x'07' AS BLOB)"
          [[ $(rows "SELECT typeof($column) FROM $table LIMIT 1 OFFSET $at") == text ]] && new="substr($column, 1, length($column) - 1) || '!'" ;;
      esac
      broken "$(named $table $at)" "UPDATE $table SET $column = $new WHERE $row"
    done
  done
  broken "$([[ $table == event ]] && echo 'events 1 to [0-9]*: missing' || named $table)" "DELETE FROM $table"
done
# Each checkpoint but the newest, which only a copy elsewhere shows.
cp "$root/kept" "$root/kept.copy" && : >"$root/kept"
for size in $(rows 'SELECT size FROM checkpoint ORDER BY size DESC LIMIT -1 OFFSET 1'); do
  broken "checkpoint $size: is gone from the store" "DELETE FROM checkpoint WHERE size = $size"
done
cp "$root/kept.copy" "$root/kept"
for table in event head tile checkpoint state blob meta; do broken "file: table $table is missing" "DROP TABLE $table"; done
middle=$((last / 2))
broken "event $middle" "UPDATE event SET bytes = replace(bytes, '\"v\":1', '\"v\":2') WHERE seq = $middle"
broken "$middle" "DELETE FROM event WHERE seq = $middle"
broken "$middle" "UPDATE event SET seq = -1 WHERE seq = $middle" "UPDATE event SET seq = $middle WHERE seq = $((middle + 1))" "UPDATE event SET seq = $((middle + 1)) WHERE seq = -1"
broken "$((last + 1))" "INSERT INTO event SELECT $((last + 1)), run, leaf, bytes FROM event WHERE seq = $last"
broken "lock" "DELETE FROM state WHERE name = 'lock'"
broken "hold" "DELETE FROM state WHERE name = 'hold'"
broken "open" "DELETE FROM state WHERE name = 'open'"
broken "lock" "INSERT INTO state(name, key, value) SELECT name, 'other', value FROM state WHERE name = 'lock'"
broken "file: trigger t does not belong here" "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM state; END"
broken "file: table mine does not belong here" "CREATE TABLE mine(x)"
broken "file: the number of its format" "PRAGMA user_version = 0"
broken "file: index event_run is missing" "DROP INDEX event_run"
broken "event [0-9]*: refers to blob sha256:[0-9a-f]*: its bytes are gone" "UPDATE blob SET bytes = NULL"
out=$("$SLIPWAY" audit export "$root/gone.bundle" 2>&1)
is "no export of a store whose blobs are gone ($out)" $? 5
echo "$n edits"

# Evidence that an auditor may read and not write: nothing is written beside it, and a broken copy is told broken.
rm -rf .slipway && cp -r "$root/store" .slipway
as=()
if ((EUID == 0)); then
  cp "$SLIPWAY" "$root/slipway" && chmod -R a+rX "$root" && as=(setpriv --reuid nobody --clear-groups env HOME=/ "$root/slipway")
else
  chmod a-w .slipway && as=("$SLIPWAY")
fi
before=$(ls .slipway)
out=$("${as[@]}" audit verify 2>&1)
is "a store that may not be written ($out)" $? 0
has "is looked at all the same" "$out" anchored
is "and nothing is written beside it" "$(ls .slipway)" "$before"
chmod u+w .slipway && "$SQL" .slipway/journal.db "UPDATE event SET run = 'x' WHERE seq = 3" >/dev/null && chmod -R a+rX .slipway
((EUID == 0)) || chmod a-w .slipway
out=$("${as[@]}" audit verify 2>&1)
is "one that was edited ($out)" $? 1
has "is told to be" "$out" 'event 3'
chmod u+w .slipway

# The store is moved away, then replaced by another: the checkpoints kept elsewhere name it. Looking makes none.
id=$(rows "SELECT value FROM meta WHERE key = 'id'")
rm -rf .slipway
for verb in runs holds targets 'audit show' 'audit verify'; do
  out=$("$SLIPWAY" $verb 2>&1)
  status=$?
  [[ $verb == 'audit verify' ]] && is "no store, but its checkpoints ($out)" $status 1 || is "$verb without a store ($out)" $status 0
  [[ ! -e .slipway ]] && ok || fail "$verb made a store"
done
has "the store that is not here is named" "$out" "store $id, which is not here; its newest covers $last events"
out=$("$SLIPWAY" audit verify --checkpoints "$root/none" 2>&1)
is "neither a store nor checkpoints ($out)" $? 2
cp "$root/kept" "$root/kept.old"
sed -i "s|file: $root/kept |file: $root/other |" slipway.yaml
"$SLIPWAY" run procedures/hello.yaml >/dev/null || fail "another store"
out=$("$SLIPWAY" audit verify --checkpoints "$root/kept.old" 2>&1)
is "another store in its place ($out)" $? 1
has "which is named" "$out" "store $id, which is not here"
cat "$root/other" >>"$root/kept.old"
out=$("$SLIPWAY" audit verify --checkpoints "$root/kept.old" 2>&1)
is "checkpoints of both stores: ours are compared ($out)" $? 0
has "and the others named" "$out" "not compared: checkpoints of store $id"
sed -i "s|file: $root/other |file: $root/kept |" slipway.yaml

# The log written anew by somebody who has the key: same id, same key, another history.
id=$(rows "SELECT value FROM meta WHERE key = 'id'")
rm -rf .slipway "$root/kept2" && cp "$root/kept" "$root/kept2"
sed -i "s|$root/kept|$root/kept.new|" slipway.yaml
"$SLIPWAY" plan procedures/hello.yaml >/dev/null && "$SQL" .slipway/journal.db "UPDATE meta SET value = '$id' WHERE key = 'id'" "UPDATE meta SET value = '$(cat "$root/store/key.pub")' WHERE key = 'key'" >/dev/null
cp "$root/store/key.secret" "$root/store/key.pub" .slipway/
for ((i = 0; i < 3; ++i)); do "$SLIPWAY" run procedures/hello.yaml >"$root/out" 2>&1 || fail "the forged run: $(cat "$root/out")"; done
out=$("$SLIPWAY" audit verify 2>&1)
is "a log that was written anew is consistent in itself ($out)" $? 0
out=$("$SLIPWAY" audit verify --checkpoints "$root/kept2" 2>&1)
is "but not with the checkpoints kept elsewhere" $? 1
has "which says so" "$out" checkpoint
# Truncation: the state of the store after its first run, put back later.
rm -rf .slipway "$root/kept.new" && "$SLIPWAY" run procedures/hello.yaml >/dev/null && cp -r .slipway "$root/first" && "$SLIPWAY" run procedures/hello.yaml >/dev/null
rm -rf .slipway && cp -r "$root/first" .slipway
out=$("$SLIPWAY" audit verify --checkpoints "$root/none" 2>&1)
is "a list of checkpoints that is not there is an error ($out)" $? 2
out=$("$SLIPWAY" audit verify --checkpoints "$root/kept.new" 2>&1)
is "a log that was cut off does not agree with the checkpoint" $? 1
has "and says where" "$out" checkpoint
finish
