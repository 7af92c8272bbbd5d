#!/bin/sh
# Hostile templates, class by class: each is refused with its sentence, and nothing is written. The sentences are shown.
set -u
cd "$(dirname "$0")/../.." || exit 2
if ! command -v python3 >/dev/null; then
	echo "skip: hostile templates: python3 is not installed"
	exit 77
fi
exec python3 tests/cli/hostile.py "${VMINT:-./vmint}"
