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

# The longest first, so that no processor waits for one of them at the end.
first='appliance clone_disks disks clone verify verify_boot targets seed'
if [ $# -eq 0 ]; then
	for script in $first; do
		set -- "$@" "tests/cli/$script.sh"
	done
	for script in tests/cli/*.sh; do
		case " $* " in *" $script "*) ;; *) set -- "$@" "$script" ;; esac
	done
fi

log_of()
{
	echo "$logs/$(basename "$1" .sh).log"
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

# As many at a time as there are processors; each works in a folder of its own.
rm -f "$logs"/*.code
for script in "$@"; do
	printf '%s\n%s\n' "$script" "$(log_of "$script")"
done | xargs -P "$(nproc)" -n 2 sh -c 'timeout 900 sh "$1" >"$2" 2>&1 </dev/null; echo $? >"$2.code"' sh
for script in "$@"; do
	report "$script"
done

printf 'tests: %d passed, %d failed, %d skipped\n' $passed $failed $skipped
[ $failed = 0 ]
