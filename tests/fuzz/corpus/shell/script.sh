#!/bin/bash
set -euo pipefail  # stop at the first failure
backup="shop_$(date +%Y%m%d)".dump
pg_dump --format=custom "$DATABASE_URL" > "$backup" || exit 1
for host in web-{1..3}; do
  if ! ssh "$host" 'systemctl is-active shop' >/dev/null 2>&1; then echo "${host:-none} is `date` down"; fi
done | tee log
case $1 in prod|live) read -p "sure? " answer; [ "$answer" = yes ] && deploy $((1 + 2)) ;; *) exit 2 ;; esac
cat <<-END | psql -h <host> config/[customer-slug].json ${{ secrets.URL }}
	SELECT 1;
	END
deploy() { local x=$'a\nb'; (cd /tmp && rm -rf -- *) & }
[[ $x =~ ^(a|b)$ && -f y ]] && (( x++ ))
