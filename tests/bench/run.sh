#!/bin/sh
# Measures, with the bars it has to meet. Exit 0 when all are met.
# usage: run.sh [NAME...]   (all of tests/bench without)
set -u
cd "$(dirname "$0")/../.." || exit 2
OUT=build/bench
mkdir -p $OUT
cc="${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra"
[ $OUT/timer -nt tests/bench/timer.c ] || $cc -o $OUT/timer tests/bench/timer.c || exit 3
[ $OUT/pick -nt tests/lab/pick.c ] || $cc -o $OUT/pick tests/lab/pick.c -ljansson || exit 3
TIMER=$(pwd)/$OUT/timer VMINT=$(pwd)/vmint
export TIMER VMINT

[ $# -gt 0 ] || set -- $(basename -s .sh tests/bench/*.sh | grep -vx -e run -e clone_others)
status=0
for name; do
	sh "tests/bench/$name.sh" || status=1
done
exit $status
