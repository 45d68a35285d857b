#!/bin/bash -eu
set -euo pipefail
# comment
export A=${B:-c} D="$(date +%s)" E=`x`
f() { local x=$1; shift; "$@"; }
if [ "$1" = web ] && [[ -n ${A%%/*} ]]; then
  exec gunicorn -w $((2 * $(nproc) + 1)) "shop:app"
elif test -f x; then :
else
  case "$1" in
    a|b*) python -m x & ;;
    *) exec "$@" ;;
  esac
fi
for i in 1 2 "$@"; do echo $i; done
while read -r line; do x <<< "$line"; done < <(cat y)
cat <<E | tee z
$A $(b)
E
trap 'kill -TERM $pid' TERM INT
python app.py >log 2>&1 &
pid=$!
wait "$pid"
. ./other.sh
