#!/bin/sh
# Formatting, static analysis, shell scripts. Quiet when clean.
# usage: lint.sh [FILE...]   (all of the project's when none is given)
set -u
cd "$(dirname "$0")/.." || exit 2

for tool in clang-format cppcheck; do
	if ! command -v "$tool" >/dev/null; then
		echo "lint: $tool is missing; run: make deps" >&2
		exit 3
	fi
done

if [ $# -gt 0 ]; then
	files=$(printf '%s\n' "$@")
else
	files=$(git ls-files --cached --others --exclude-standard 2>/dev/null) || files=$(find . -name build -prune -o -type f -print)
fi
c=$(printf '%s\n' "$files" | grep -E '\.[ch]$' | while read -r f; do [ -e "$f" ] && echo "$f"; done)
sh=$(printf '%s\n' "$files" | while read -r f; do
	case $f in *.sh) [ -e "$f" ] && echo "$f" && continue ;; *.*) continue ;; esac
	[ -f "$f" ] && head -n 1 "$f" 2>/dev/null | grep -qE '^#! ?/bin/sh' && echo "$f"
done)
bad=0

if [ -n "$c" ]; then
	# shellcheck disable=SC2086
	clang-format --dry-run -Werror $c || bad=1
	# shellcheck disable=SC2086
	cppcheck -q -j 2 --std=c11 --language=c --enable=warning,portability --inline-suppr --error-exitcode=1 \
		--suppressions-list=tests/cppcheck.txt -I. -D_GNU_SOURCE -D__x86_64__ -D__linux__ \
		'-DVMINT_VERSION="0"' '-Djson_object_foreach(o,k,v)=for(;(k)&&(v);)' \
		'-DTAKE_PTR(p)=(p)' '-DTAKE_FD(p)=(p)' --template='{file}:{line}: {severity}: {message} [{id}]' $c || bad=1
fi

for f in $sh; do
	sh -n "$f" || bad=1
done
if command -v shellcheck >/dev/null && [ -n "$sh" ]; then
	# Left out: splitting words on purpose, variables of a file that sources or is sourced, what dash and busybox have.
	# shellcheck disable=SC2086
	shellcheck -s sh -S warning -e SC2086,SC2046,SC2154,SC2034,SC3013,SC3043,SC3045 $sh || bad=1
fi

exit $bad
