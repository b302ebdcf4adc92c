#!/bin/sh
# Usage: run.sh [SECONDS [NAME...]]
# Runs each fuzz target of build/sanitize, or those that are named, for SECONDS (60), two at a time, and prints a table:
# inputs run, edges covered (libFuzzer's cov), inputs kept, peak memory in MB. Fails if a target does.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build/sanitize
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- $(ls "$build"/tests/fuzz_*.options | sed 's|.*/fuzz_||; s|\.options$||')

mkdir -p "$build/logs"
# shellcheck disable=SC2016  # the inner shell expands
printf '%s\n' "$@" | xargs -P 2 -I NAME sh -c '
  build=$1 name=$2
  code=0
  xargs "$build/tests/fuzz_$name" -max_total_time='"$seconds"' \
    <"$build/tests/fuzz_$name.options" >"$build/logs/$name" 2>&1 || code=$?
  echo "exit $code" >>"$build/logs/$name"' sh "$build" NAME

failed=0
printf '%-18s %12s %8s %8s %8s\n' target inputs cov kept MB
for name; do
  log=$build/logs/$name
  stat() { sed -n "s/^stat::$1: *//p" "$log"; }
  last=$(grep '^#.* cov: ' "$log" | tail -n 1)
  field() { echo "$last" | sed -n "s|.* $1: \([0-9]*\).*|\1|p"; }
  verdict=
  grep -q '^exit 0$' "$log" || { verdict="  FAILED, see $log"; failed=1; }
  printf '%-18s %12s %8s %8s %8s%s\n' "$name" "$(stat number_of_executed_units)" "$(field cov)" "$(field corp)" \
    "$(stat peak_rss_mb)" "$verdict"
done
exit $failed
