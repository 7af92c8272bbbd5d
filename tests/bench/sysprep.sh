# One more clone of a Debian guest, by virt-sysprep on an overlay and by vmint, in turns; both start from nothing. No bar:
# the ratio, with what the appliance of virt-sysprep ran on. The template is TEMPLATE, or a guest of tests/lab/guests in GUESTS.
# usage: sysprep.sh     ROUNDS=N for another number than 3. Run by run.sh with TIMER and VMINT set.
set -u
export LIBGUESTFS_BACKEND="${LIBGUESTFS_BACKEND:-direct}"
template=${TEMPLATE:-$(ls -t "${GUESTS:-build/lab/guests}"/uefi-swap-networkd-*.raw 2>/dev/null | head -n 1)}
[ -e "$template" ] || {
	echo "skip: sysprep: no template; make test-lab builds one"
	exit 0
}
for tool in virt-sysprep qemu-img; do
	command -v $tool >/dev/null || {
		echo "skip: sysprep: $tool is missing; run: tests/deps.sh lab"
		exit 0
	}
done
case ${LIBGUESTFS_BACKEND_SETTINGS:-} in
*force_tcg*) ran='an emulated processor' ;;
*) [ -w /dev/kvm ] && ran=KVM || ran='an emulated processor' ;;
esac
template=$(realpath "$template")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

# shellcheck disable=SC2016 # the inner shells' own arguments
"$TIMER" "${ROUNDS:-3}" sh -c 'rm -f "$2" && qemu-img create -q -f qcow2 -b "$1" -F raw "$2" &&
	virt-sysprep -q --operations defaults,fs-uuids --format qcow2 -a "$2" --hostname web-1' sh "$template" "$work/o.qcow2" -- \
	sh -c 'rm -rf "$2" && "$VMINT" clone -q "$1" -o "$2" --name web-1 -n 1' sh "$template" "$work/fleet" |
	awk -v ran="$ran" '
	{ s[NR] = $1 / 1000; failed += $NF != 0 }
	END {
		if (NR != 2 || failed) { print "not ok: sysprep: one of the two failed"; exit 1 }
		printf "virt-sysprep with fs-uuids, on %s: %.1f s a clone; vmint clone: %.2f s; %.0fx; medians\n", ran, s[1], s[2], s[1] / s[2]
	}'
