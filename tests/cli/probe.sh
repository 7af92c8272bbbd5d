#!/bin/sh
# `vmint probe` as people and scripts use it.
cd "$(dirname "$0")/../.." || exit 2
vmint=${VMINT:-./vmint}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

ok() { echo "ok: $1"; }
no() { echo "not ok: $1"; }
check() { if [ "$1" = "$2" ]; then ok "$3"; else no "$3: expected '$2', got '$1'"; fi; }

# ---- formats ----
for format in text json junit tap github prometheus nfd; do
	GITHUB_STEP_SUMMARY="$tmp/summary" $vmint probe --format $format >"$tmp/$format" 2>"$tmp/err"
	code=$?
	if [ $code -le 1 ] || { [ $code = 3 ] && grep -q unknown "$tmp/$format"; }; then
		if [ -s "$tmp/$format" ]; then ok "format $format"; else no "format $format prints nothing"; fi
	else
		no "format $format: exit $code: $(cat "$tmp/err")"
	fi
done
if grep -q '^| kvm | ' "$tmp/summary"; then ok "github step summary"; else no "github step summary"; fi
check "$(head -n 1 "$tmp/tap")" "TAP version 14" "TAP says its version"
plan=$(sed -n 's/^1\.\.//p' "$tmp/tap")
check "$(grep -cE '^(not )?ok [0-9]+ - ' "$tmp/tap")" "$plan" "TAP keeps its plan"
if command -v xmllint >/dev/null; then
	if xmllint --noout "$tmp/junit" 2>"$tmp/err"; then ok "JUnit is XML"; else no "JUnit: $(cat "$tmp/err")"; fi
else
	echo "skip: JUnit: no xmllint"
fi
if python3 -c 'import jsonschema' 2>/dev/null; then
	if python3 - "$tmp/json" docs/probe.schema.json <<'PY' 2>"$tmp/err"; then ok "JSON keeps to its schema"; else no "JSON schema: $(tail -n 3 "$tmp/err")"; fi
import json, jsonschema, sys
jsonschema.Draft202012Validator(json.load(open(sys.argv[2]))).validate(json.load(open(sys.argv[1])))
PY
else
	echo "skip: JSON schema: no python3-jsonschema"
fi
if grep -vE '^(#|[a-z_]+(\{[^}]*\})? -?[0-9.e+]+$)' "$tmp/prometheus" | grep -q .; then no "prometheus: a line is no sample"; else ok "prometheus lines are samples"; fi
if grep -vE '^[A-Za-z0-9./_-]+=[A-Za-z0-9._-]+$' "$tmp/nfd" | grep -q .; then no "nfd: a line is no label"; else ok "nfd lines are labels"; fi

# ---- the verdict and the exit status agree, in every format ----
verdict=$(sed -n 's/^  "verdict": "\(.*\)",$/\1/p' "$tmp/json" | head -n 1)
case $verdict in ready) want=0 ;; degraded | not-ready) want=1 ;; *) want=3 ;; esac
$vmint probe --quiet >"$tmp/quiet" 2>&1
check $? $want "the exit status says $verdict"
check "$(wc -c <"$tmp/quiet")" 0 "quiet is quiet"
check "$(head -n 1 "$tmp/text" | cut -d: -f1)" "$verdict" "the first line is the verdict"

# ---- kvm-ok ----
ln -s "$(pwd)/vmint" "$tmp/kvm-ok"
"$tmp/kvm-ok" >"$tmp/ok1"
code=$?
$vmint probe --format kvm-ok >"$tmp/ok2"
check $? $code "kvm-ok by name and by format agree"
case $verdict in
ready) check "$code $(tail -n 1 "$tmp/ok1")" "0 KVM acceleration can be used" "kvm-ok's sentence" ;;
degraded | not-ready) check "$code $(tail -n 1 "$tmp/ok1")" "1 KVM acceleration can NOT be used" "kvm-ok's sentence" ;;
esac

# ---- usage ----
usage() {
	$vmint "$@" >"$tmp/out" 2>"$tmp/err"
	check $? 2 "usage error: $*"
	if [ "$(wc -l <"$tmp/err")" = 1 ]; then ok "one sentence for: $*"; else no "one sentence for: $*: $(cat "$tmp/err")"; fi
}
usage probe --frmat json
usage probe --format jsn
usage probe --for kmv
usage probe --require kvm.rn
usage probe --explain kvm.rn
usage probe extra
usage probe --format
usage prob
$vmint probe --require kvm.rn 2>&1 | grep -q "did you mean 'kvm.run'" && ok "the nearest check is named" || no "the nearest check is named"

# ---- every check is explained, every profile answers ----
for id in $($vmint probe --list | awk '/^Checks/ { on = 1; next } on { print $1 }'); do
	$vmint probe --explain "$id" >"$tmp/explained" || no "explain $id"
	[ "$(wc -l <"$tmp/explained")" -ge 3 ] || no "explain $id says too little"
done
ok "every check is explained"
for p in $($vmint probe --list | awk '/^Checks/ { exit } /^  / { print $1 }'); do
	$vmint probe --no-trial --for "$p" >"$tmp/p" 2>&1
	case $? in 0 | 1 | 3) ;; *) no "profile $p: $(tail -n 1 "$tmp/p")" ;; esac
	grep -qE '^(ready|degraded|not-ready|unknown): ' "$tmp/p" || no "profile $p has no verdict"
done
ok "every profile answers"

# ---- bad input ----
trouble() {
	timeout 10 $vmint probe --root "$1" >"$tmp/out" 2>"$tmp/err"
	check $? 3 "trouble: $2"
	if [ "$(wc -l <"$tmp/err")" = 1 ] && grep -qF "$1" "$tmp/err"; then ok "names the file: $2"; else no "names the file: $2: $(cat "$tmp/err")"; fi
}
trouble "$tmp/nowhere" "a path that is not there"
mkfifo "$tmp/fifo"
trouble "$tmp/fifo" "a FIFO"
head -c 3000 /dev/urandom >"$tmp/junk"
trouble "$tmp/junk" "junk"
: >"$tmp/empty"
trouble "$tmp/empty" "an empty file"
printf 'id: x\nrequire: [kvm.nod]\n' >"$tmp/bad.yaml"
$vmint probe --for "$tmp/bad.yaml" >/dev/null 2>"$tmp/err"
check "$? $(grep -c 'bad.yaml:2:11: there is no check' "$tmp/err")" "2 1" "a wrong profile is refused with its place"

# ---- a host whose files hold escapes, newlines and broken UTF-8 ----
mkdir -p "$tmp/hostile/proc" "$tmp/hostile/sys/class/dmi/id" "$tmp/hostile/dev"
printf 'processor\t: 0\nvendor_id\t: Evil\033]0;x\007\350\nmodel name\t: a\033[2Jb<&"\377\nflags\t\t: fpu\n' >"$tmp/hostile/proc/cpuinfo"
printf '\033[31mQEMU\376\n' >"$tmp/hostile/sys/class/dmi/id/sys_vendor"
for format in text json junit tap github prometheus nfd; do
	$vmint probe --verbose --root "$tmp/hostile" --format $format >"$tmp/out" 2>"$tmp/err"
	[ $? -le 3 ] || no "hostile $format: $(cat "$tmp/err")"
	if iconv -f UTF-8 -t UTF-8 "$tmp/out" >/dev/null && ! grep -q "$(printf '\033')" "$tmp/out"; then ok "plain $format of a hostile host"; else no "plain $format of a hostile host"; fi
done

# ---- a few files of a host are not the whole of it ----
mkdir -p "$tmp/few/proc" "$tmp/few/dev/cpuset"
printf 'processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu svm\n' >"$tmp/few/proc/cpuinfo"
check "$($vmint probe --root "$tmp/few" | head -n 1)" "unknown: the capture does not tell: /dev/kvm" "nodes of a few files are unknown, not absent"

# ---- terminals and pipes ----
$vmint capture -o "$tmp/closed.tar.gz" <&- >&- 2>&-
if [ $? = 0 ] && $vmint probe --root "$tmp/closed.tar.gz" --quiet; [ $? -le 1 ]; then ok "capture without standard files"; else no "capture without standard files"; fi
$vmint probe | head -n 1 >/dev/null
ok "a pipe that closes does no harm"
if grep -q "$(printf '\033')" "$tmp/text"; then no "colours in a file"; else ok "no colours in a file"; fi
if [ -w /dev/full ]; then
	$vmint probe >/dev/full 2>"$tmp/err"
	check "$? $(grep -c 'standard output: No space left' "$tmp/err")" "3 1" "a full disk is told"
fi
exit 0
