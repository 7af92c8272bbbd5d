#!/bin/sh
# Runs vmint over real inputs made by others: every tests/corpus/*.c program and *.sh script.
# A piece prints "not ok: ..." lines and ends with "NAME: N passed, N failed"; exit 1 when something failed.
# usage: corpus.sh BUILD-FOLDER
set -u
out=${1:-build/cc-release}
data=../shared/data
log=$out/tests/corpus/log
if [ ! -d "$data" ]; then
	echo "corpus: skipped, there is no $data"
	exit 0
fi
mkdir -p "$out/tests/corpus"
: >"$log"
bad=0
for piece in tests/corpus/*.c tests/corpus/*.sh; do
	[ -e "$piece" ] || continue
	case $piece in
	*.c) set -- "$out/${piece%.c}" "$data" ;;
	*.sh) set -- sh "$piece" "$data" "$out" ;;
	esac
	"$@" >"$log.one"
	code=$?
	cat "$log.one"
	cat "$log.one" >>"$log"
	if [ $code != 0 ]; then
		bad=1
		# It died without its last line.
		grep -qE '^[a-z_-]+: [0-9]+ passed, [0-9]+ failed' "$log.one" || echo "$piece: 0 passed, 1 failed" | tee -a "$log"
	fi
done
awk '/ [0-9]+ passed, [0-9]+ failed/ {
	for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) ok += $(i - 1); if ($i ~ /^failed/) no += $(i - 1) }
} END { printf "corpus: %d passed, %d failed\n", ok, no; exit no > 0 }' "$log" || bad=1
exit $bad
