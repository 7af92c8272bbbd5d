# vmint seed against cloud-localds, in the same run; and seeds by the thousand in one process.
# Bars: issue "cloud-init", item 4. Run by run.sh with TIMER and VMINT set.
set -u
make -s build/cc-release/tests/tools/seedtool >/dev/null || exit 1
tool=build/cc-release/tests/tools/seedtool
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
printf '#cloud-config\npackages: [htop]\n' >"$work/user"
status=0
bar() # WHAT GOT MOST
{
	echo "$1 $2 $3" | awk '{ ok = $(NF - 1) <= $NF; n = NF
		printf "%s:", ok ? "ok" : "not ok"; for (i = 1; i < n - 1; i++) printf " %s", $i
		printf ": %.3f ms, at most %.0f\n", $(n - 1), $n; exit !ok }' || status=1
}
# Each is the first of its process, libraries and memory cold: the median of as many processes.
one() # KIND
{
	for _ in $(seq "${ROUNDS:-20}"); do $tool "$1" 1; done | sort -g | awk '{ ms[NR] = $1 } END { print ms[int((NR + 1) / 2)] }'
}
for kind in iso vfat; do
	bar "one seed in process ($kind)" "$(one $kind)" 1
	bar "1,000 seeds in process ($kind)" "$($tool $kind 1000)" 1000
done
command -v cloud-localds >/dev/null || {
	echo "skip: seed: cloud-localds is missing; run: make deps"
	exit $status
}
"$TIMER" "${ROUNDS:-20}" "$VMINT" seed -H web-1 "$work/a.iso" "$work/user" -- cloud-localds -H web-1 "$work/b.iso" "$work/user" |
	awk '
	{ median[NR] = $1; memory[NR] = $4
	  printf "%-26s %10.2f ms %12d KiB\n", NR == 1 ? "vmint seed" : "cloud-localds", $1, $4 }
	END {
		ok = NR == 2 && median[1] < median[2]
		printf "%s: %.1f times as fast as cloud-localds\n", ok ? "ok" : "not ok", median[2] / median[1]
		exit !ok
	}' || status=1
ls -l "$work/a.iso" "$work/b.iso" | awk '{ print $NF, $5, "bytes" }' | sed 's|.*/a.iso|vmint seed|; s|.*/b.iso|cloud-localds|'
exit $status
