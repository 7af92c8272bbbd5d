# One more clone of a Debian guest, by virt-sysprep on an overlay and by vmint, in turns; both start from nothing. No bar:
# the ratio, with what the appliance of virt-sysprep ran on. The template is TEMPLATE, or a guest of tests/lab/guests in GUESTS.
# usage: sysprep.sh     ROUNDS=N for another number than 3. Run by run.sh with VMINT set.
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

theirs()
{
	rm -f "$work/o.qcow2"
	qemu-img create -q -f qcow2 -b "$template" -F raw "$work/o.qcow2" &&
		virt-sysprep -q --operations defaults,fs-uuids --format qcow2 -a "$work/o.qcow2" --hostname web-1
}

ours()
{
	rm -rf "$work/fleet"
	"$VMINT" clone -q "$template" -o "$work/fleet" --name web-1 -n 1
}

for _ in $(seq "${ROUNDS:-3}"); do
	for who in theirs ours; do
		began=$(date +%s.%N)
		$who >"$work/log" 2>&1 || {
			tail -n 3 "$work/log" >&2
			exit 1
		}
		echo "$who $began $(date +%s.%N)"
	done
done | awk -v ran="$ran" '
	{ s = $3 - $2; sum[$1] += s; n[$1]++ }
	END {
		if (!n["ours"] || n["ours"] != n["theirs"]) exit 1
		a = sum["theirs"] / n["theirs"]; b = sum["ours"] / n["ours"]
		printf "virt-sysprep with fs-uuids, on %s: %.1f s a clone; vmint clone: %.2f s; %.0fx; mean of %d\n", ran, a, b, a / b, n["ours"]
	}'
