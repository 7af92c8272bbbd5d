# shellcheck shell=sh
# Sourced by scripts in tests/cli, from the project's folder: a place to work in, and the words they report with.
# shellcheck disable=SC2034
vmint=${VMINT:-./vmint}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT INT TERM

# enter: work in that place itself.
enter()
{
	vmint=$(realpath "$vmint")
	cd "$work" || exit 2
}

ok()
{
	echo "ok: $1"
}

# bad WHAT [FILE...]: with what the files say
bad()
{
	echo "not ok: $1"
	shift
	cat "$@" /dev/null
}

# run COMMAND...: what it printed is in out.txt and err.txt, and in log as one.
run()
{
	"$@" >"$work/out.txt" 2>"$work/err.txt"
	code=$?
	cat "$work/out.txt" "$work/err.txt" >"$work/log"
	return $code
}

# check WHAT COMMAND...: ok when the command succeeds; else what it printed.
check()
{
	what=$1
	shift
	if run "$@"; then ok "$what"; else bad "$what" "$work/log"; fi
}

# refuses WHAT STATUS TEXT COMMAND...: ok when it ends with STATUS and says TEXT on standard error.
refuses()
{
	what=$1 status=$2 text=$3
	shift 3
	run "$@"
	if [ $code = "$status" ] && grep -q -e "$text" "$work/err.txt"; then
		ok "$what"
	else
		bad "$what (exit $code)" "$work/log"
	fi
}

# with TOOL WHAT COMMAND...: skipped where the tool is not installed.
with()
{
	tool=$1 what=$2
	shift
	if command -v "$tool" >/dev/null; then
		check "$@"
	else
		echo "skip: $what: $tool is not installed"
	fi
}

# answers STATUS TEXT COMMAND...: the status, and the text somewhere in what was printed.
answers()
{
	code=$1 text=$2
	shift 2
	"$@" >"$work/out" 2>&1
	got=$?
	[ $got = "$code" ] && grep -qF -- "$text" "$work/out" && return
	echo "exit $got, expected $code and '$text':"
	cat "$work/out"
	return 1
}
