#!/bin/sh
# Templates as other tools than ours write them: each is imported, with the disk that it holds.
set -u
cd "$(dirname "$0")/../.." || exit 2
if ! command -v python3 >/dev/null; then
	echo "skip: templates of other producers: python3 is not installed"
	exit 77
fi
exec python3 tests/cli/producers.py "${VMINT:-./vmint}"
