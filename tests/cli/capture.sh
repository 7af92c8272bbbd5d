#!/bin/sh
# Capture, then replay: the same report; nothing half written; nothing named.
set -u
vmint=${VMINT:-./vmint}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

check()
{
	what=$1
	shift
	if "$@"; then
		echo "ok: $what"
	else
		echo "not ok: $what"
	fi
}

report()
{
	"$vmint" probe --format json "$@" 2>"$work/err"
	[ ! -s "$work/err" ] || cat "$work/err" >&2
}

# Everything but what no two runs have in common: times, and how much room there is just now.
settled()
{
	python3 -c '
import json, re, sys
restless = re.compile(r"^(storage[.]space|memory[.](usable|free|available))|[.]exit-cost$|[.]speed$")
def settle(x):
    if isinstance(x, list):
        return [settle(v) for v in x]
    if isinstance(x, str):
        return re.sub(r"[0-9.]+ ([KMGT]iB)", r"N \1", x)
    if not isinstance(x, dict):
        return x
    return {k: settle(v) for k, v in x.items()
            if k not in ("seconds", "microseconds", "slowdown") and not restless.match(k)
            and not (isinstance(v, dict) and restless.match(v.get("fact", "")))}
def evidence(x):
    for c in x["checks"]:
        c["evidence"] = [e for e in c["evidence"] if not restless.match(e.get("fact", ""))]
    return x
json.dump(settle(evidence(json.load(open(sys.argv[1])))), sys.stdout, indent=1)' "$1"
}

same_report()
{
	report --no-trial >"$work/live.json"
	"$vmint" capture --raw --no-trial -o "$work/raw" || return 1
	report --no-trial --root "$work/raw" >"$work/replay.json"
	settled "$work/live.json" >"$work/live.settled" && settled "$work/replay.json" >"$work/replay.settled" &&
		diff -u "$work/live.settled" "$work/replay.settled"
}

# A trial's figures differ from run to run, so the replay is compared with a second replay.
same_with_trial()
{
	"$vmint" capture --raw -o "$work/trial" || return 1
	for n in one two; do
		report --root "$work/trial" | grep -v '^  "seconds":' >"$work/$n.json"
	done
	[ -s "$work/one.json" ] && cmp "$work/one.json" "$work/two.json"
}

# Texts may differ where they named somebody; what is known, what is not and why may not.
shape()
{
	python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
print(r["verdict"])
for c in r["checks"]:
    print(c["id"], c["verdict"])
for id, f in r["facts"].items():
    print(id, f["is"], f.get("error"))' "$1"
}

same_answers_when_scrubbed()
{
	"$vmint" capture --no-trial -o "$work/scrubbed" || return 1
	report --no-trial --root "$work/scrubbed" >"$work/scrubbed.json"
	shape "$work/live.json" >"$work/live.shape" && shape "$work/scrubbed.json" >"$work/scrubbed.shape" &&
		[ -s "$work/live.shape" ] && diff -u "$work/live.shape" "$work/scrubbed.shape"
}

only_the_owner_reads_it()
{
	[ "$(stat -c %a "$work/raw")" = 600 ]
}

# Texts of answers aside: room on disks, and KVM puts the number of the CPU it is asked on into its CPUID.
same_questions_each_time()
{
	"$vmint" capture --no-trial -o - >"$work/a" && "$vmint" capture --no-trial -o - >"$work/b" || return 1
	for f in a b; do
		tar xOzf "$work/$f" vmint-capture.json | grep -v '^  "time":' | grep -v '"text":' >"$work/$f.json"
	done
	cmp "$work/a.json" "$work/b.json"
}

# A name of three letters may be part of anything; addresses and long names may not appear at all.
nothing_named()
{
	mkdir -p "$work/open" && tar xzf "$work/scrubbed" -C "$work/open" || return 1
	for secret in $(cat /etc/machine-id /sys/class/net/*/address /sys/class/dmi/id/product_uuid 2>/dev/null |
		grep -v '^[0:]*$' | sort -u); do
		if grep -rqiF -- "$secret" "$work/open"; then
			echo "$secret is in the capture"
			return 1
		fi
	done
}

cut_short()
{
	size=$(stat -c %s "$work/raw")
	for n in 1 20 $((size / 2)) $((size - 9)) $((size - 1)); do
		head -c $n "$work/raw" >"$work/cut"
		"$vmint" probe --root "$work/cut" >"$work/out" 2>"$work/err"
		[ $? = 3 ] && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" = 1 ] || return 1
	done
	grep -q 'cut: the capture is cut short$' "$work/err"
}

refuses()
{
	code=$1 sentence=$2
	shift 2
	"$vmint" "$@" >"$work/out" 2>"$work/err" </dev/null
	[ $? = "$code" ] && [ ! -s "$work/out" ] && grep -qF -- "$sentence" "$work/err"
}

# The old file stays, no part is left.
whole_or_not_at_all()
{
	mkdir -p "$work/dir"
	echo old >"$work/dir/file"
	for fault in write:1:ENOSPC sync:1:EIO rename:1:EIO; do
		VMINT_FAULT=$fault "$vmint" capture --no-trial -o "$work/dir/file" 2>/dev/null && return 1
		[ "$(cat "$work/dir/file")" = old ] || return 1
		[ "$(ls "$work/dir")" = file ] || return 1
	done
}

if command -v python3 >/dev/null; then
	check "replay of a capture gives the same report" same_report
	check "a scrubbed capture gives the same answers" same_answers_when_scrubbed
else
	report --no-trial >"$work/live.json"
	"$vmint" capture --raw --no-trial -o "$work/raw"
	"$vmint" capture --no-trial -o "$work/scrubbed"
	echo "skip: replay of a capture: python3 is not here to compare reports"
fi
check "a recorded trial replays the same each time" same_with_trial
check "only its owner reads a capture" only_the_owner_reads_it
check "two captures hold the same questions" same_questions_each_time
check "a scrubbed capture names neither addresses nor ids" nothing_named
check "a capture cut short is told in one sentence" cut_short
check "a capture is written whole or not at all" whole_or_not_at_all
check "no output given" refuses 2 "-o FILE" capture
check "a device is not replaced" refuses 3 "no regular file" capture -o /dev/null
check "a folder that is not there" refuses 3 "No such file" capture -o "$work/none/file"
check "a root that is not there" refuses 3 "No such file" probe --root "$work/none"
check "a root that is no host" refuses 3 "not a captured host" probe --root "$work/dir"
check "a root that is a FIFO" sh -c 'mkfifo "$2/fifo" && ! timeout 5 "$1" probe --root "$2/fifo" 2>"$2/err" && grep -q neither "$2/err"' sh "$vmint" "$work"
