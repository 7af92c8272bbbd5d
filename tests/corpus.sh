#!/bin/sh
# Runs vmint over real inputs made by others: every tests/corpus/*.c program and *.sh script.
# usage: corpus.sh BUILD-FOLDER
set -u
out=${1:-build/cc-release}
data=../shared/data
if [ ! -d "$data" ]; then
	echo "corpus: skipped, there is no $data"
	exit 0
fi
failed=0
for piece in tests/corpus/*.c tests/corpus/*.sh; do
	[ -e "$piece" ] || continue
	case $piece in
	*.c) "$out/${piece%.c}" "$data" || failed=$((failed + 1)) ;;
	*.sh) sh "$piece" "$data" "$out" || failed=$((failed + 1)) ;;
	esac
done
[ "$failed" = 0 ]
