#!/bin/sh
# What `make test` runs after the unit tests: the layers, then every script in tests/cli.
# A script prints `ok: what`, `not ok: what` or `skip: what: reason` a line, and exits 77 when all of it was skipped.
# usage: test.sh BUILD-FOLDER [SCRIPT...]
set -u
cd "$(dirname "$0")/.." || exit 2
out=$1
shift
logs=$out/tests/cli
mkdir -p "$logs"
passed=0 failed=0 skipped=0

VMINT=$(pwd)/vmint
export VMINT

if tests/layers.sh >"$logs/layers.log" 2>&1; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
	echo "not ok: layers"
	cat "$logs/layers.log"
fi

[ $# -gt 0 ] || set -- tests/cli/*.sh

log_of()
{
	echo "$logs/$(basename "$1" .sh).log"
}

run()
{
	timeout 900 sh "$1" >"$(log_of "$1")" 2>&1 </dev/null
	echo $? >"$(log_of "$1").code"
}

report()
{
	script=$1 log=$(log_of "$1")
	code=$(cat "$log.code")
	ok=$(grep -c '^ok: ' "$log")
	bad=$(grep -c '^not ok: ' "$log")
	skip=$(grep -c '^skip: ' "$log")
	if [ "$code" = 77 ]; then
		[ "$skip" -gt 0 ] || skip=1
	elif [ "$code" != 0 ] && [ "$bad" = 0 ]; then
		# It died without saying what failed.
		bad=1
	fi
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
	if [ "$bad" -gt 0 ]; then
		printf 'not ok: %s (exit %d)\n' "$script" "$code"
		grep -v '^ok: ' "$log" | tail -n 30 | sed 's/^/  /'
	elif [ "$skip" -gt 0 ]; then
		grep '^skip: ' "$log" | sed "s|^|$(basename "$script"): |"
	fi
}

# What waits for an appliance's one processor runs beside the others.
beside=
for script in "$@"; do
	case $script in */appliance.sh)
		run "$script" &
		beside=$script
		;;
	esac
done
for script in "$@"; do
	[ "$script" != "$beside" ] && [ -e "$script" ] || continue
	run "$script"
	report "$script"
done
if [ -n "$beside" ]; then
	wait
	report "$beside"
fi

printf 'tests: %d passed, %d failed, %d skipped\n' $passed $failed $skipped
[ $failed = 0 ]
