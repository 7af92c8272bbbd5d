#!/bin/bash
# Runs fuzz targets over their seeds, two at a time.
# usage: run.sh FOLDER SECONDS [TARGET...]
set -u
cd "$(dirname "$0")/../.." || exit 2
folder=$1 seconds=$2
shift 2
[ $# -gt 0 ] || set -- $(basename -s .c tests/fuzz/fuzz_*.c)

one()
{
	target=$1
	name=${target#fuzz_}
	work=build/fuzz/$name
	mkdir -p "$work/found"
	seeds=
	[ -d "tests/fuzz/corpus/$name" ] && seeds=tests/fuzz/corpus/$name
	# libarchive asks for the memory that a cpio header's name size speaks of before it reads the name: up to
	# 4 GiB, never touched. What is touched stays below the RSS limit.
	# shellcheck disable=SC2086
	if "$folder/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=4500 -max_len=65536 \
		-artifact_prefix="$work/crash-" -verbosity=0 -print_final_stats=1 "$work/found" $seeds >"$work/log" 2>&1; then
		printf 'ok: %s: %s runs\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")"
	else
		printf 'not ok: %s: see %s\n' "$target" "$work/log"
		grep -E 'ERROR|SUMMARY|runtime error|crash-|timeout-|oom-' "$work/log" | head -n 5 | sed 's/^/  /'
		: >"$work/failed"
	fi
}

rm -f build/fuzz/*/failed
for target; do
	one "$target" &
	while [ "$(jobs -r | wc -l)" -ge 2 ]; do sleep 0.2; done
done
wait
bad=$(ls build/fuzz/*/failed 2>/dev/null | wc -l)
printf 'fuzz: %d passed, %d failed\n' $(($# - bad)) "$bad"
[ "$bad" = 0 ]
