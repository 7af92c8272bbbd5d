# vmint probe against kvm-ok and virt-host-validate, in the same run. Bars: issue "the floor and probe", item 4.
# Run by run.sh with TIMER and VMINT set.
set -u
for tool in kvm-ok virt-host-validate; do
	command -v $tool >/dev/null || {
		echo "skip: probe: $tool is missing; run: make deps"
		exit 0
	}
done

# Where KVM only emulates, the trial may take longer.
"$VMINT" probe --format json >build/bench/probe.json
class=$(build/bench/pick build/bench/probe.json facts.kvm.class.text)
extra=3
[ "$class" = emulated ] && extra=20

"$TIMER" "${ROUNDS:-20}" "$VMINT" probe --no-trial -- "$VMINT" probe -- kvm-ok -- virt-host-validate qemu |
	awk -v extra=$extra -v class="$class" '
	BEGIN {
		split("vmint probe --no-trial|vmint probe|kvm-ok|virt-host-validate qemu", name, "|")
		printf "%-26s %10s %10s %10s %12s %6s\n", "probe", "median ms", "lowest", "highest", "memory KiB", "exit"
	}
	{
		median[NR] = $1
		memory[NR] = $4
		status[NR] = $5
		printf "%-26s %10.2f %10.2f %10.2f %12d %6d\n", name[NR], $1, $2, $3, $4, $5
	}
	function bar(what, got, most, unit) {
		ok = got <= most
		printf "%s: %s: %.2f %s, at most %.2f (%.2fx)\n", ok ? "ok" : "not ok", what, got, unit, most, got / most
		if (!ok)
			bad = 1
	}
	END {
		if (NR < 4)
			exit 1
		# 3: without the trial it may not know.
		if (status[1] == 2 || status[1] > 3 || status[2] > 1) {
			print "not ok: vmint probe gave no answer"
			bad = 1
		}
		bar("without the trial, against kvm-ok", median[1], median[3], "ms")
		bar("with the trial (" class "), against virt-host-validate + " extra " ms", median[2], median[4] + extra, "ms")
		bar("peak memory", (memory[1] > memory[2] ? memory[1] : memory[2]) / 1024, 16, "MiB")
		exit bad
	}'
