#!/bin/sh
# Runs the unit tests of one build folder. Exit 0 when all pass.
# usage: check.sh BUILD-FOLDER
set -u
out=$1
failed=0 passed=0
for t in "$out"/tests/unit/test_*; do
	case $t in *.d) continue ;; esac
	[ -x "$t" ] || continue
	if "$t" >"$t.log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'not ok: %s\n' "$t"
		grep -vE '^\[ *(RUN|OK) *\]' "$t.log" | tail -n 30
	fi
done
tests=$(cat "$out"/tests/unit/test_*.log | grep -cE '^\[ *OK *\]')
bad=$(cat "$out"/tests/unit/test_*.log | grep -E "^\[ *FAILED *\] [a-z0-9_]+$" | sort -u | wc -l)
printf 'unit: %d programs, %d tests passed, %d failed\n' $((passed + failed)) "$tests" "$bad"
[ "$failed" = 0 ]
