#!/bin/sh
# vmint clone --list-places, --places and --clean.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/common.sh

# says STATUS WORDS ARGUMENT...: the exit status, and the words on stderr.
says()
{
	status=$1 words=$2
	shift 2
	"$vmint" clone "$@" >"$work/out" 2>"$work/err"
	got=$?
	cat "$work/err"
	[ $got = "$status" ] && grep -qF -- "$words" "$work/err"
}

mine()
{
	printf '%s\n' "$@" >"$work/mine.yaml"
}

listed()
{
	"$vmint" clone --list-places "$@" >"$work/out" || return 1
	grep -q '^storage$' "$work/out" && grep -q '^  fstab: rewrite, it has an id that changes$' "$work/out" &&
		grep -q '^  histories: remove, with --clean histories$' "$work/out" &&
		grep -q '^    otherwise: the clone waits for a disk that is not there, then stops$' "$work/out"
}

as_json()
{
	"$vmint" clone --list-places --format json "$@" >"$work/json" && python3 - "$work/json" <<'END'
import json, sys
d = json.load(open(sys.argv[1]))
assert d["schema"] == "vmint.places/1"
rows = d["places"]
ids = [r["id"] for r in rows]
assert len(ids) == len(set(ids)) and len(ids) > 80
for r in rows:
    assert r["paths"] and r["when"] and r["action"] in ("set", "regenerate", "rewrite", "remove", "report"), r
    assert r["group"] and (r["missed"] or r["group"] == "yours"), r
    assert r["clean"] == (r["group"] == "clean"), r
assert rows[-1]["id"] == "backup-agent" and rows[-1]["group"] == "yours"
END
}

check "the table of places is printed" listed
mine '- id: backup-agent' '  paths: [/etc/backup/id, /var/lib/backup/*.token]' '  action: remove'
check "the table with the user's rows" listed --places "$work/mine.yaml"
check "the same as JSON" as_json --places "$work/mine.yaml"
mine '- {id: a, path: /x, action: remove}' '- {id: b, path: etc/x, action: remove}'
check "a path that is none, with line and column" says 2 'mine.yaml:2:17: a path begins with /' --list-places --places "$work/mine.yaml"
mine '- {id: a, path: /x, action: explode}'
check "an action that is none" says 2 'mine.yaml:1:29: action is' --list-places --places "$work/mine.yaml"
mine '- {id: a, path: /x, action: remove'
check "YAML that is none" says 2 'mine.yaml:' --list-places --places "$work/mine.yaml"
check "a file that is not there" says 2 'nothing.yaml' --list-places --places "$work/nothing.yaml"
check "an id that is none, and the nearest" says 2 "did you mean 'logs'?" x.ova --clean lgs -o "$work/out.d"
check "an id given twice" says 2 "'logs' is named twice" x.ova --clean logs --clean logs -o "$work/out.d"
