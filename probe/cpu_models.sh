#!/bin/sh
# Writes probe/cpu_models.h: what QEMU's named x86 CPU models offer to a guest, asked of QEMU itself.
# Run by hand when a newer QEMU is to be known:
# probe/cpu_models.sh >probe/cpu_models.h
set -eu
qemu=${QEMU:-qemu-system-x86_64}

ask()
{
	{ echo '{"execute":"qmp_capabilities"}' && cat && echo '{"execute":"quit"}'; } |
		"$qemu" -machine none -accel tcg -nodefaults -display none -qmp stdio
}

# base, max and host are no models; a name without a version is an alias.
definitions=$(echo '{"execute":"query-cpu-definitions"}' | ask | tr '{' '\n' | grep '"typename"')
names=$(printf '%s\n' "$definitions" | grep -v '"alias-of"' | sed -n 's/.*"name": "\([^"]*-v[0-9]*\)".*/\1/p' | sort)
aliases=$(printf '%s\n' "$definitions" |
	sed -n 's/.*"name": "\([^"]*\)".*"alias-of": "\([^"]*\)".*/\t{"\1", "\2"},/p' | sort)

cat <<END
/* QEMU's named x86 CPU models and what each offers to a guest under KVM.
 * Made by probe/cpu_models.sh from $("$qemu" --version | sed -n 's/^QEMU emulator version \([0-9.]*\).*/QEMU \1/p') (query-cpu-model-expansion, static). Do not edit.
 * Left out: what KVM gives to every guest or switches off unless asked (hypervisor, x2apic, svm, monitor, acpi),
 * bits that no CPUID word holds, and vme, which TCG hides and every CPU has. */
#pragma once

/* clang-format off */

const struct cpu_model cpu_models[] = {
END
# One QEMU a model: asked for all at once it leaves before all is written.
for name in $names; do
	echo "{\"execute\":\"query-cpu-model-expansion\",\"arguments\":{\"type\":\"static\",\"model\":{\"name\":\"$name\"}}}" |
		ask | grep '"props"' | tr '{},' '\n\n\n' | awk -v name="$name" '
		# QEMU spells some names in its own way; the right side is /proc/cpuinfo.
		BEGIN {
			n = split("sse4.1=sse4_1 sse4.2=sse4_2 tsc-deadline=tsc_deadline_timer cr8legacy=cr8_legacy " \
				"avx512vbmi2=avx512_vbmi2 avx512vnni=avx512_vnni avx512bitalg=avx512_bitalg " \
				"stibp=intel_stibp ssbd=spec_ctrl_ssbd amd-stibp=stibp amd-ssbd=ssbd ds=dts " \
				"core-capability=core_capabilities sgxlc=sgx_lc pause-filter=pausefilter", pair)
			for (i = 1; i <= n; i++) { split(pair[i], p, "="); other[p[1]] = p[2] }
			n = split("hypervisor x2apic svm npt nrip-save lbrv svm-lock tsc-scale vmcb-clean flushbyasid " \
				"decodeassists pause-filter pfthreshold avic v-vmsave-vmload vgif svme-addr-chk vnmi " \
				"monitor acpi vmx split-lock-detect rdctl-no ibrs-all rsba skip-l1dfl-vmentry ssb-no " \
				"mds-no pschange-mc-no tsx-ctrl taa-no amd-no-ssb", pair)
			for (i = 1; i <= n; i++) out[pair[i]] = 1
		}
		/"vendor":/ { split($0, q, "\""); vendor = q[4] }
		/: true/ {
			split($0, q, "\""); f = q[2]
			if (f in out || f ~ /^(vmx-|kvm|hv-|full-cpuid|l3-cache|x-|fill-mtrr|legacy|check|enforce|lmce)/) next
			if (f ~ /^(migratable|cpuid-|tcg-|start-powered|realized|hotplugged|pmu|host-|vmware|xen-)/) next
			if (f in other) f = other[f]
			gsub(/-/, "_", f)
			all[f] = 1
		}
		END {
			printf "\t{\"%s\", \"%s\",\n\t \"", name, vendor
			cmd = "sort"
			for (f in all) print f | cmd
			close(cmd)
		}' | awk 'NR <= 1 { print; next } NR == 2 { line = $0; next }
			{ if (length(line) + length($0) > 100) { print line " \""; line = "\t \"" $0 } else line = line (line ~ /"$/ ? "" : " ") $0 }
			END { print line "\"}," }'
done
cat <<END
};

/* A name without a version means this one. */
static const struct cpu_model_alias aliases[] = {
$aliases
};
/* clang-format on */
END
