#!/usr/bin/env bash
# A printed page as a PDF, by the Chromium that is here: the digest and a number stand on every page, nothing is left running.
# Skipped (77) where there is no chromium or no pdftotext.
set -euo pipefail
slipway=$1

for program in chromium pdftotext; do
  command -v "$program" >/dev/null || { echo "skipped: no $program (Debian packages chromium, poppler-utils)"; exit 77; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }
export TMPDIR=$folder/tmp
mkdir "$TMPDIR"
cd "$folder"
"$slipway" init shop >/dev/null
cd shop
"$slipway" run procedures/hello.yaml >/dev/null

"$slipway" print procedures/hello.yaml --pdf | grep -q '^hello.pdf: ' || fail "no hello.pdf"
digest=$(sha256sum procedures/hello.yaml | cut -c1-64)
"$slipway" print R1 --pdf -o report.pdf >/dev/null
for pdf in hello.pdf report.pdf; do
  pdftotext -layout "$pdf" text
  pages=$(grep -c -E "page [0-9]+ of [0-9]+" text)
  ((pages >= 1)) || fail "$pdf has no page numbers"
  ((pages == $(tr -cd '\f' <text | wc -c))) || fail "$pdf has a page without a number"
  (($(grep -c -E "sha256:$digest +page" text) == pages)) || fail "$pdf has a page without the digest of its text"
done
grep -q 'succeeded' text || fail "the report has no verdict"

# A long reason takes its lines and hides no verdict; thirty targets are counted, and each has its row.
mkdir -p targets
printf 'apiVersion: slipway/v1\nkind: Targets\ntargets:\n' >targets/many.yaml
for i in {10..39}; do echo "  - { id: customer-$i, kind: customer }" >>targets/many.yaml; done
reason="the certificate that it showed is valid for another name and was issued by an authority that nobody here trusts so that it ends here"
cat >procedures/many.yaml <<YAML
apiVersion: slipway/v1
kind: Procedure
metadata: { id: many, title: Many, version: 1.0.0, status: published, owner: ops }
targets: { kind: customer }
on_failure: stop
phases:
  - id: do
    title: Do it
    for_each: target
    stop_after_failures: 30
    steps:
      - { id: do, title: Do it, uses: exec.run, with: { argv: [sh, -c, 'case \$0 in *7) echo $reason >&2; exit 1;; esac', "\${{ target.id }}"] }, undo: { none: no } }
YAML
"$slipway" run --no-wait procedures/many.yaml >/dev/null 2>&1 || true
"$slipway" print R2 --pdf -o many.pdf >/dev/null
pdftotext -layout many.pdf text
grep -q '30: 3 failed, 27 succeeded' text || fail "the targets are not counted"
[[ $(sed -n '/Target  /,/succeeded/p; /succeeded customer/q' text | grep -cE 'customer-[123]7.*✗ *failed') == 3 ]] || fail "a reason hides its verdict"
tr -s ' \n' ' ' <text | grep -q 'so that it ends here' || fail "a reason is cut off"
for i in {10..39}; do grep -q "customer-$i" text || fail "customer-$i is not on the page"; done

# A name of its own is not written over; a chosen one is.
cp hello.pdf before
"$slipway" print procedures/hello.yaml --pdf >out 2>&1 && fail "hello.pdf was written over"
grep -q 'there is a file of that name' out || fail "the refusal does not say why"
cmp -s hello.pdf before || fail "hello.pdf was changed"
"$slipway" print R1 --pdf -o report.pdf >/dev/null || fail "report.pdf could not be written again"

# The procedure itself is never what is written over, by no name of it.
cp procedures/hello.yaml before
"$slipway" print procedures/hello.yaml -o ./procedures/../procedures/hello.yaml >out 2>&1 && fail "the page was written over its procedure"
grep -q 'its page would be written over it' out || fail "the refusal does not say why"
cmp -s procedures/hello.yaml before || fail "the procedure was changed"

# One that makes nothing, and one that is not to be found.
mkdir fake
printf '#!/bin/sh\necho "no display" >&2\nexit 3\n' >fake/chromium
chmod +x fake/chromium
PATH=$PWD/fake:$PATH "$slipway" print R1 --pdf -o none.pdf >out 2>&1 && fail "no PDF was made and it is said to be"
grep -q 'it exited with 3: no display' out || fail "the cause is not told"
[[ ! -e none.pdf ]] || fail "a file was written all the same"

[[ -z $(ls -A "$TMPDIR") ]] || fail "left behind: $(ls -A "$TMPDIR")"
if ps -eo args | grep -F -- "--user-data-dir=$TMPDIR" | grep -v -F 'grep -F'; then fail "a Chromium still runs"; fi
echo ok
