#!/bin/sh
# Runs the unit tests of one build folder, as many programs at once as there are processors. Exit 0 when all pass.
# usage: check.sh BUILD-FOLDER
set -u
out=$1
list=$(find "$out/tests/unit" -name 'test_*' -type f -perm -u+x | sort)
# shellcheck disable=SC2016 # the shell within expands it
bad=$(printf '%s\n' "$list" | xargs -P "$(nproc)" -I '{}' sh -c '"$1" >"$1.log" 2>&1 || echo "$1"' sh '{}' | sort)
for t in $bad; do
	printf 'not ok: %s\n' "$t"
	grep -vE '^\[ *(RUN|OK) *\]' "$t.log" | tail -n 30
done
logs=$(printf '%s\n' "$list" | sed 's/$/.log/')
# shellcheck disable=SC2086
tests=$(cat $logs | grep -cE '^\[ *OK *\]')
# shellcheck disable=SC2086
failed=$(cat $logs | grep -E '^\[ *FAILED *\] [a-z0-9_]+$' | sort -u | wc -l)
printf 'unit: %d programs, %d tests passed, %d failed\n' "$(printf '%s\n' "$list" | wc -l)" "$tests" "$failed"
[ -z "$bad" ]
