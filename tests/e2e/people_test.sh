#!/usr/bin/env bash
# The procedures of procedures/people and procedures/documents: strictly checked, simulated, printed, and done to their end, their
# people answered by `slipway confirm`.
set -euo pipefail
slipway=$1 source=$2

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }
cd "$folder"
"$slipway" init . >/dev/null
cp "$source"/procedures/people/*.yaml "$source"/procedures/documents/*.yaml procedures/
digest=sha256:$(printf x | sha256sum | cut -c1-64)

# done_by PROCEDURE 'PARAMETERS' STEP 'FIELDS' …: each step in its turn, until the run has succeeded. An answer without its required
# fields is refused.
tried=()
done_by() {
  local procedure=$1 parameters=$2 run step fields
  shift 2
  tried+=("$procedure.yaml")
  # shellcheck disable=SC2086
  "$slipway" check -e prod "procedures/$procedure.yaml" >out 2>&1 || { cat out; fail "$procedure is not right"; }
  ! grep -q -e warning -e '\[[a-z-]*\]$' out || { cat out; fail "$procedure has findings"; }
  # shellcheck disable=SC2086
  "$slipway" simulate "procedures/$procedure.yaml" $parameters >out 2>&1 || { cat out; fail "$procedure is not taken back"; }
  # shellcheck disable=SC2086
  "$slipway" run --no-wait "procedures/$procedure.yaml" $parameters >out 2>&1 && fail "$procedure asked nobody"
  run=$(grep -oE '^R[0-9]+' out | head -1)
  while (($#)); do
    step=$1 fields=$2
    shift 2
    if [[ $fields ]]; then "$slipway" confirm "$run" "$step" --check all >out 2>&1 && fail "$procedure: $step took an empty answer"; fi
    # shellcheck disable=SC2086
    "$slipway" confirm "$run" "$step" --check all $fields >out 2>&1 || { cat out; fail "$procedure: $step took no answer"; }
    "$slipway" resume --no-wait "$run" >out 2>&1 || true
  done
  [[ $("$slipway" show "$run" --json | grep -m1 -o '"state": "[a-z_]*"') == '"state": "succeeded"' ]] ||
    { "$slipway" show "$run"; fail "$procedure did not succeed"; }
  "$slipway" print "$run" | grep -q 'Result | \*\*✓ succeeded' || fail "$procedure: its report does not say that it succeeded"
  last=$run
}

done_by change-record "-p ticket=CR-7 -p artifact=$digest" \
  describe '--field summary=x --field risk=low --field rollback=y --field planned_for=2026-12-01' \
  security '--field verdict=accepted' outcome '--field result=deployed --field run=R1 --field ended_on=2026-12-01'
done_by go-no-go "-p release=v1.2.0" quality '--field suite=7 --field known_faults=0' objectives '--field budget_left=80%' \
  product '--field decision=go'
done_by postmortem "-p incident=INC-7 -p severity=sev1" \
  timeline '--field began_on=2026-11-01 --field what_happened=x --field impact=y --field detection=z --field minutes_to_detect=5 --field minutes_to_restore=50' \
  causes '--field root_cause=x --field went_well=y --field went_wrong=z' actions '--field tickets=OPS-1 --field last_due=2026-12-24'
done_by security-incident "-p incident=INC-8" assess '--field seen=x --field where=y --field severity=sev2' isolate '' \
  notify '--field told=x' restore '--field release=v1.0.0' review '--field review=OPS-2'
done_by node-setup "-p node=web-3" software "--field version=1.2 --field digest=$digest" secrets '' start '' checks ''
done_by escalation "-p incident=INC-9" answer '' scope '--field reach=everybody --field last_change=R1' decide '--field way=roll-back' \
  tell '--field channel=mail' served ''
done_by post-deployment-checks "-p release=v1.0.0" parts '' functions '' security '--field certificate_until=2027-06-01' \
  monitoring '--field last_backup=2026-11-26'
done_by customer-review "-p customer=acme" configuration '' security ''
done_by customer-handover "-p customer=acme -p run=R1" services '' handover '--field onboarding_on=2026-12-04' watching '' records ''
done_by update-readiness "-p to=v2.1.0" staging '--field run=R1' customers '' approve ''
done_by update-follow-up "-p run=R1" health '' tell ''
done_by demo-upkeep "" people '' running ''

# A document: the rollback restores exactly what that run found, and a second run of the day keeps a copy of its own.
mkdir -p served
printf 'one\n' >a.yaml
printf 'two\n' >b.yaml
done_by publish-document "-p document=a.yaml -p name=sop.yaml -p folder=served" read ''
first=$last
[[ $(cat served/sop.yaml) == one ]] || fail "a.yaml was not published"
done_by publish-document "-p document=b.yaml -p name=sop.yaml -p folder=served" read ''
second=$last
[[ $(cat served/sop.yaml) == two && $(cat "served/archive/sop.yaml.$second") == one ]] || fail "what stood there was not kept"
[[ -e served/archive/sop.yaml.$first.none ]] || fail "that nothing stood there was not kept"
"$slipway" rollback "$second" --reason "wrong version" >out 2>&1 || true
[[ $(cat served/sop.yaml) == one ]] || { cat out; fail "the rollback did not restore what stood there"; }
"$slipway" rollback "$first" --reason "not wanted" >out 2>&1 || true
[[ ! -e served/sop.yaml ]] || { cat out; fail "the rollback left a document where none was"; }

for file in "$source"/procedures/people/*.yaml "$source"/procedures/documents/*.yaml; do
  [[ " ${tried[*]} " == *" ${file##*/} "* ]] || fail "nothing here runs ${file##*/}"
done
"$slipway" audit verify >/dev/null || fail "the log does not verify"
echo ok
