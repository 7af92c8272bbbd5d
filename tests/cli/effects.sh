#!/bin/sh
# Probing and capturing change nothing: no file opened for writing but /dev/kvm and the output, no module touched.
set -u
vmint=${VMINT:-./vmint}
if ! command -v strace >/dev/null; then
	echo "skip: effects: strace is not here"
	exit 77
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
if ! strace -o "$work/log" true 2>/dev/null; then
	echo "skip: effects: this system does not let strace trace"
	exit 77
fi

calls=open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,unlink,unlinkat,rename,renameat,renameat2,link,linkat
calls=$calls,symlink,symlinkat,truncate,chmod,fchmodat,chown,fchownat,lchown,setxattr,lsetxattr,mount,umount2
calls=$calls,init_module,finit_module,delete_module,kexec_load,execve,socket,connect,bind,ptrace

# What is left in the log after the harmless: reading opens, /dev/kvm, the program itself.
effects()
{
	grep -vE '^([0-9]+ +)?(\+\+\+|---)' "$work/log" |
		grep -vE '<unfinished|resumed>' |
		grep -vE 'open(at|at2)?\(.*O_(RDONLY|PATH)' |
		grep -vE 'openat?\([^"]*"/dev/kvm", O_RDWR' |
		grep -vE 'execve\("[^"]*vmint", ' |
		grep -vE 'exited with'
}

trial()
{
	what=$1
	shift
	strace -f -qq -e trace=$calls -o "$work/log" "$vmint" "$@" >/dev/null 2>&1
	effects >"$work/effects"
	if [ -s "$work/log" ] && [ ! -s "$work/effects" ]; then
		echo "ok: $what"
	else
		echo "not ok: $what"
		sed 's/^/    /' "$work/effects"
	fi
}

trial "probe writes nothing" probe --no-trial
trial "probe with the trial guest opens nothing but /dev/kvm for writing" probe
trial "probe --format json writes nothing" probe --format json
trial "capture to a pipe writes nothing" capture -o -

# To a file: the staged file and its renaming, and nothing else.
strace -f -qq -e trace=$calls -o "$work/log" "$vmint" capture -o "$work/out" >/dev/null 2>&1
effects | grep -v "$work/out" >"$work/effects"
if [ -s "$work/out" ] && [ ! -s "$work/effects" ]; then
	echo "ok: capture to a file touches that file only"
else
	echo "not ok: capture to a file touches that file only"
	sed 's/^/    /' "$work/effects"
fi
