#!/bin/sh
# Hosts side by side: captures, folders and reports; exit status; the JSON keeps to its schema.
set -u
cd "$(dirname "$0")/../.." || exit 2
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

v2='fpu de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 syscall nx lm cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3'
v3="$v2 avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"

# A host that is nothing but a cpuinfo.
host()
{
	mkdir -p "$work/$1/proc" "$work/$1/sys"
	printf 'processor\t: 0\nvendor_id\t: %s\ncpu family\t: 6\nmodel\t\t: 60\nmodel name\t: test\nflags\t\t: %s\n\n' "$2" "$3" \
		>"$work/$1/proc/cpuinfo"
}

answers()
{
	code=$1 word=$2
	shift 2
	"$vmint" compare "$@" >"$work/out" 2>"$work/err"
	[ $? = "$code" ] && grep -qF -- "$word" "$work/out" "$work/err" && return
	cat "$work/out" "$work/err"
	return 1
}

valid()
{
	python3 -c '
import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))' "$1" "$2"
}

host old GenuineIntel "$v2"
host new GenuineIntel "$v3"
host amd AuthenticAMD "$v2"

check "up can move" answers 0 "yes: a VM with the host's CPU can move from old to new" "$work/old" "$work/new"
check "down can not, and the feature is named" answers 1 "old lacks fma, movbe" "$work/new" "$work/old"
check "makers differ" answers 1 "different makers" "$work/old" "$work/amd"
check "shared level of three" answers 1 "all of them: x86-64-v2" "$work/old" "$work/new" "$work/amd"
check "a model that fits both" answers 0 "CPU model Conroe can move" --cpu-model Conroe "$work/new" "$work/old"
check "a model that does not" answers 1 "Haswell-v1 does not start whole on old" --cpu-model Haswell "$work/old" "$work/new"
check "a model that is none" answers 2 "did you mean 'Haswell'?" --cpu-model Hasswell "$work/old" "$work/new"
check "one host is not enough" answers 2 "two hosts or more" "$work/old"
check "a host that is not there" answers 3 "No such file" "$work/old" "$work/none"
check "a file that is no host" answers 3 "neither a folder" "$work/old" "$0"
"$vmint" capture -o "$work/capture" --no-trial
check "a capture is the same as itself" answers 0 "No known fact differs" "$work/capture" "$work/capture"
echo '{"schema": "vmint.compare/1"}' >"$work/other.json"
check "a JSON that is no report" answers 3 "not a report" "$work/old" "$work/other.json"
if "$vmint" probe --format json --root "$work/old" >"$work/old.json" 2>/dev/null || [ -s "$work/old.json" ]; then
	check "a report stands for its host" answers 0 "No known fact differs" "$work/old" "$work/old.json"
else
	echo "skip: a report stands for its host: probe gives none"
fi
if python3 -c 'import jsonschema' 2>/dev/null; then
	"$vmint" compare --format json "$work/old" "$work/amd" "$work/capture" >"$work/compare.json"
	check "compare's JSON keeps to its schema" valid docs/compare.schema.json "$work/compare.json"
	tar xOzf "$work/capture" vmint-capture.json >"$work/capture.json"
	check "a capture's index keeps to its schema" valid docs/capture.schema.json "$work/capture.json"
else
	echo "skip: JSON schemas: python3-jsonschema is not here"
fi
