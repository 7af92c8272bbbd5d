#!/bin/sh
# The laboratory: every situation of situations.sh made for real, vmint asked, and kvm-ok and virt-host-validate beside it.
# Prints a table and a score. Exit 0 when vmint is right everywhere, 1 when not, 77 when nothing could be made here.
# usage: run.sh [quick|full] [BOOT...]    (quick: each situation once; full: three rounds, none may flap)
set -u
cd "$(dirname "$0")/../.." || exit 2
LAB=$(pwd)/tests/lab WORK=$(pwd)/build/lab LAB_TMP=$(pwd)/build/lab/tmp VMINT=${VMINT:-$(pwd)/vmint} TOOL=$(pwd)/build/lab/tool
export LAB WORK LAB_TMP VMINT TOOL
. "$LAB/inside.sh"
. "$LAB/host.sh"
. "$LAB/score.sh"

rounds=1
[ "${1:-quick}" = full ] && rounds=3
[ $# -eq 0 ] || shift
only="$*"

wanted()
{
	case " ${only:-$b_name} " in *" $b_name "*) ;; *) return 1 ;; esac
}

build_tool()
{
	[ "$WORK/$1" -nt "$LAB/$1.c" ] ||
		${CC:-cc} -std=c17 -O2 -Wall -Wextra -D_GNU_SOURCE -o "$WORK/$1" "$LAB/$1.c" $2
}

# Each host has one processor, and times a guest on it: no more hosts at a time than there are processors; and each has
# 768 MiB: no more than four.
at_once=$(nproc) running=0
[ "$at_once" -le 4 ] || at_once=4
start_host()
{
	wanted && [ "$b_name" != here ] || return 0
	host_boot &
	running=$((running + 1))
	if [ $((running % at_once)) = 0 ]; then
		wait
	fi
}

one_here()
{
	answers=$WORK/results/here/$s_id
	rm -rf "$LAB_TMP"
	mkdir -p "$answers" "$LAB_TMP"
	export s_do s_via s_probe
	KVM_OK=$(command -v kvm-ok) VIRT_HOST_VALIDATE=$(command -v virt-host-validate) \
		timeout 120 unshare -m --propagation private sh -c '. "$LAB/inside.sh"; ask_all "$0"' "$answers" 2>"$answers/broken.err"
}

here_missing()
{
	if [ "$(id -u)" != 0 ]; then
		echo 'it takes root'
	elif ! grep -q ' kvm$' /proc/misc 2>/dev/null; then
		echo 'this machine has no KVM'
	elif ! unshare -m true 2>/dev/null; then
		echo 'no mount namespaces here'
	fi
}

round()
{
	rm -rf "$WORK/results"
	mkdir -p "$WORK/results"
	missing=$(host_missing)
	if [ -n "$missing" ]; then
		echo "skip: booted hosts: missing: $missing(run: make deps)"
	else
		for_each_boot start_host
		wait
	fi
	b_name=here
	if wanted; then
		missing=$(here_missing)
		if [ -n "$missing" ]; then
			echo "skip: situations on this machine: $missing"
		else
			for_each_situation one_here here
		fi
	fi
	score
}

mkdir -p "$WORK"
build_tool tool -static && build_tool pick -ljansson || exit 3
if [ -z "$(host_missing)" ]; then
	base_prepare && run_prepare && pack "$WORK/run" "$WORK/run.cpio" || exit 3
fi
status=0
while [ $rounds -gt 0 ]; do
	round || status=$?
	rounds=$((rounds - 1))
done
exit $status
