#!/usr/bin/env bash
# docs/manual/pages.md against procedures/: every procedure stands in it, every file that it names is there, and what it is said to be
# done with is what the file uses.
set -euo pipefail
cd "$1"

page=docs/manual/pages.md
fail() { echo "FAILED: $1" >&2; exit 1; }
# What a file is done with, as the page writes it.
done_with() {
  {
    { grep -oE 'uses: [a-z_]+\.[a-z_]+' "$1" || true; } | sed 's/uses: \(.*\)/`\1`/' | LC_ALL=C sort -u
    ! grep -q 'confirm:' "$1" || echo people
  } | paste -sd, | sed 's/,/, /g'
}

rows=0
while IFS='|' read -r _ section procedure said _; do
  [[ $procedure =~ \]\(\.\./\.\./(procedures/[a-z/-]+\.yaml)\) ]] || fail "no procedure in the row of $section"
  file=${BASH_REMATCH[1]} said=${said# } said=${said% }
  [[ -f $file ]] || fail "there is no $file"
  [[ $procedure == *"[$(basename "$file" .yaml)]"* ]] || fail "$file is called otherwise in the row of $section"
  if [[ $file == procedures/drafts/* ]]; then
    [[ $said == 'draft; missing: '* ]] || fail "$file is a draft, and its row does not say what is missing"
    lines=$(sed -n '/^  Missing: /,/^parameters\|^phases/p' "$file" | tr '\n' ' ' | tr -s ' ')
    IFS=',' read -ra drivers <<<"${said#draft; missing: }"
    for driver in "${drivers[@]}"; do
      [[ $lines == *"${driver# }"* ]] || fail "$file does not say that a driver for ${driver# } is missing"
    done
  else
    [[ $said == "$(done_with "$file")" ]] || fail "$file is done with $(done_with "$file"), and its row says $said"
  fi
  rows=$((rows + 1))
done < <(grep -E '^\| .*\.yaml\)' "$page")
((rows > 40)) || fail "only $rows rows were read"

while read -r file; do
  grep -qF "](../../$file)" "$page" || fail "$file does not stand in $page"
  grep -qF "](${file#procedures/})" procedures/README.md || [[ $file == procedures/fleet/* ]] || fail "$file does not stand in procedures/README.md"
done < <(find procedures -name '*.yaml' | sort)
for index in README.md procedures/README.md; do
  grep -qE 'docs/manual/pages\.md\)' "$index" || fail "$index does not lead to $page"
done
echo ok
