#!/bin/sh
# Every target, given to what reads it: the hypervisor's own program where it runs without the hypervisor, else what it
# documents (targets.py). Machines with many disks and cards come from tests/tools/targettool, disks from real clones; names,
# titles and folders are syntax somewhere. Prints ok:/not ok:/skip: lines.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$(pwd)
. tests/common.sh
vmint=$(realpath "$vmint")
made_up=${TARGETTOOL:-$root/build/cc-release/tests/tools/targettool}
[ -x "$made_up" ] || make -s "$made_up" >/dev/null 2>&1
PATH=$PATH:/usr/sbin:/sbin
cd "$work" || exit 2

# documented TARGET WHAT FILE: asked in the end, all in one go.
documented()
{
	printf '%s\t%s\t%s\n' "$@" >>asked
}

# ---- real clones, with texts that are syntax: the template's name, a network's, the folder's ----

head -c 300000 /dev/urandom >tpl.raw
truncate -s 64M tpl.raw
evil='t'\''x";`touch pwned`$(touch pwned)<&>|, #{}'
cp tpl.raw "$evil.raw"
cat >evil.yaml <<'END'
names: [one]
networks:
  - network: "n'x\";`touch pwned`$(touch pwned)<&>|, #{}"
  - bridge: br0
END
for t in $("$vmint" clone --list-targets | cut -d' ' -f1); do
	case $t in
	ovf | ova | virtualbox) disks='--disk full --disk-format vmdk' ;;
	vmware | nspawn) disks='--disk full --disk-format raw' ;;
	*) disks= ;;
	esac
	# shellcheck disable=SC2086
	check "target $t" "$vmint" clone "$evil.raw" --spec evil.yaml -o "evil $t'\"" -t "$t" $disks -q
done
[ "$(find . -name '*.ov?' | wc -l)" = 3 ] || echo 'not ok: an OVF and two OVAs'

# ---- qemu: QEMU itself, with every bus and card ----

# A machine of targettool in a folder, with disks.
machine()
{
	rm -rf machine && mkdir machine
	"$made_up" "$1" "$2" >"machine/$3"
	for i in 0 1 2 3 4 5 6 7 8; do
		qemu-img create -q -f qcow2 "machine/disk$i.qcow2" 64M
	done
	truncate -s 1M machine/seed.iso
}

# Ctrl-A X
printf '\001x' >quit
if [ ! -x "$made_up" ]; then
	echo 'skip: targets: tests/tools/targettool was not built'
	exit 0
fi
machines=$("$made_up")
for m in $machines; do
	"$made_up" "$m" qemu >"$m.run.sh"
	check "qemu: $m: a shell script" sh -n "$m.run.sh"
	if ! command -v qemu-system-x86_64 >/dev/null; then
		echo "skip: qemu: $m: no qemu-system-x86_64"
		continue
	fi
	machine "$m" qemu run.sh
	# A bridge needs a helper with privileges.
	sed -i "s/-netdev 'bridge,id=\(net[0-9]\).*'/-netdev user,id=\1/" machine/run.sh
	if [ "$m" = evil ] && [ ! -e /usr/share/OVMF/OVMF_CODE_4M.fd ]; then
		echo "skip: qemu: $m: no ovmf"
	else
		check "qemu: $m: QEMU takes it" sh -c 'ACCEL=tcg timeout 60 sh machine/run.sh -S <quit'
	fi
done
with qemu-img "qemu: the overlay of hostile names is sound" qemu-img check -q "evil qemu'\"/one/disk0.qcow2"

# ---- libvirt: its schema, its parser, its QEMU driver ----

# The session's daemon, as nobody when we are root, with folders of its own.
session()
{
	user=
	[ "$(id -u)" != 0 ] || user='setpriv --reuid=65534 --regid=65534 --clear-groups'
	mkdir -p session/run session/cache session/config
	chmod 711 "$work"
	[ -z "$user" ] || chown -R 65534:65534 session
	$user env HOME="$work/session" XDG_RUNTIME_DIR="$work/session/run" XDG_CACHE_HOME="$work/session/cache" \
		XDG_CONFIG_HOME="$work/session/config" "$@"
}

virsh_session()
{
	session virsh -q -c "qemu:///session?socket=$work/session/run/libvirt/libvirt-sock" "$@"
}

daemon=
if command -v libvirtd >/dev/null && command -v setpriv >/dev/null; then
	session libvirtd >libvirtd.log 2>&1 &
	daemon=$!
	trap 'kill $daemon 2>/dev/null; wait $daemon 2>/dev/null; rm -rf "$work"' EXIT
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		virsh_session uri >/dev/null 2>&1 && break
		sleep 0.5
	done
fi
for m in $machines; do
	"$made_up" "$m" libvirt >"$m.xml"
	with xmllint "libvirt: $m: well formed" xmllint --noout --nonet "$m.xml"
	with virt-xml-validate "libvirt: $m: its schema" virt-xml-validate "$m.xml" domain
	# The test driver has its parser and no hypervisor.
	sed "s/^<domain type='[a-z]*'/<domain type='test'/; s/ firmware='efi'//" "$m.xml" >"$m.test.xml"
	with virsh "libvirt: $m: virsh define, without a hypervisor" virsh -q -c test:///default define "$m.test.xml"
	if [ -z "$daemon" ]; then
		echo "skip: libvirt: $m: the QEMU driver: no libvirtd"
		continue
	fi
	# kvm is refused where there is none.
	sed "s/^<domain type='kvm'/<domain type='qemu'/; s/mode='host-passthrough'/mode='maximum'/" "$m.xml" >session/domain.xml
	check "libvirt: $m: virsh define, by the QEMU driver" virsh_session define "$work/session/domain.xml" --validate
	virsh_session dumpxml one >session.xml 2>&1
	check "libvirt: $m: has its UUID and generation id there" sh -c "grep -q '5f6a7b8c9d01</uuid>' session.xml &&
		grep -q '5f6a7b8c9d02</genid>' session.xml"
	virsh_session undefine one --nvram >/dev/null 2>&1
done
[ -z "$daemon" ] || { kill $daemon && wait $daemon; } 2>/dev/null
daemon=
with virt-xml-validate 'libvirt: a real clone of hostile names' virt-xml-validate "evil libvirt'\"/one/domain.xml" domain

# ---- ovf, ova, virtualbox: our own reader, virt-v2v's, tar, sha256sum, qemu-img; VirtualBox's settings as documented ----

check 'ovf: vmint reads its own' "$vmint" inspect "evil ovf'\"/one"
grep -qF 'n'\''x"' "$work/log" && echo 'ok: ovf: the network'\''s name comes back' || echo 'not ok: ovf: the network'\''s name comes back'
check 'ovf: vmint packs it' "$vmint" pack -q "evil ovf'\"/one" -o packed.ova
for f in packed.ova "$(find evil*/one -name machine.ova)" "$(find evil*/one -name virtualbox.ova)"; do
	t=$(basename "$f" .ova)
	rm -rf in && mkdir in
	tar xf "$f" -C in
	[ "$(tar tf "$f" | sed 's/.*[.]//' | tr '\n' ' ')" = 'ovf mf vmdk ' ] && echo "ok: $t: descriptor, manifest, disk" ||
		echo "not ok: $t: descriptor, manifest, disk"
	sed 's/^SHA256 *(\(.*\)) *= *\(.*\)/\2  \1/' in/*.mf >in/sums
	check "$t: sha256sum agrees with the manifest" sh -c 'cd in && sha256sum --strict --quiet -c sums'
	check "$t: vmint reads it" "$vmint" inspect "$f"
	with xmllint "$t: well formed" xmllint --noout --nonet in/*.ovf
	with qemu-img "$t: its disk is whole" qemu-img check -q in/disk0.vmdk
	with qemu-img "$t: its disk shows the template" qemu-img compare -q -f vmdk -F raw in/disk0.vmdk tpl.raw
	[ $t != packed ] || continue
	with virt-v2v "$t: virt-v2v reads it" timeout 120 env LIBGUESTFS_BACKEND=direct virt-v2v -i ova "$f" --print-source
	if command -v virt-v2v >/dev/null; then
		grep -q 'name: one' "$work/log" && echo "ok: $t: and finds its name" || echo "not ok: $t: and finds its name"
	fi
done
for m in $machines; do
	for t in ovf virtualbox; do
		"$made_up" "$m" $t >"$m.$t"
		with xmllint "$t: $m: well formed" xmllint --noout --nonet "$m.$t"
	done
	documented virtualbox $m "$m.virtualbox"
done
id=$(sed -n 's/.*"image_id": "\(.*\)".*/\1/p' "evil virtualbox'\"/one/identity.json" | head -n 1)
tar xf "evil virtualbox'\"/one/virtualbox.ova" -C in
[ "$(grep -o "$id" in/machine.ovf | wc -l)" = 3 ] && grep -aq "$(echo "$id" | cut -c1-2) $(echo "$id" | cut -c3-4)" in/disk0.vmdk &&
	echo 'ok: virtualbox: disk, registry, controller and image have one UUID' ||
	echo 'not ok: virtualbox: disk, registry, controller and image have one UUID'

# ---- vmware, hyperv, kubevirt: as documented; what can be read by another program is ----

for m in $machines; do
	for t in vmware hyperv kubevirt; do
		"$made_up" "$m" $t >"$m.$t"
		documented $t $m "$m.$t"
	done
done
f="evil vmware'\"/one"
documented vmware 'a real clone' "$f/machine.vmx"
with qemu-img 'vmware: the flat descriptor shows the template' qemu-img compare -q -f vmdk -F raw "$f/disk0.vmdk" tpl.raw
documented hyperv 'a real clone' "evil hyperv'\"/one/hyperv.ps1"
documented kubevirt 'a real clone' "evil kubevirt'\"/one/kubevirt.yaml"
if command -v pwsh >/dev/null; then
	check 'hyperv: the script is PowerShell' pwsh -NoProfile -Command \
		'$e=$null; [void][Management.Automation.Language.Parser]::ParseFile($args[0], [ref]$null, [ref]$e); exit $e.Count' \
		evil.hyperv
else
	echo 'skip: hyperv: PowerShell'\''s own parser: no pwsh'
fi
if command -v qemu-img >/dev/null; then
	sed -n 's/^# \(qemu-img convert .*\)/\1/p' "evil kubevirt'\"/one/kubevirt.yaml" >upload.sh
	uploaded()
	{
		cd "evil kubevirt'\"/one" && sh "$work/upload.sh" && ! qemu-img info whole0.qcow2 | grep 'backing file' &&
			qemu-img compare -q whole0.qcow2 "$work/tpl.raw"
	}
	check 'kubevirt: what is uploaded stands alone' uploaded
	cd "$work" || exit 2
fi

# ---- xen: xl itself ----

xl=$(find /usr/lib/xen-*/bin/xl 2>/dev/null | head -n 1)
if [ -n "$xl" ] && command -v "${CC:-cc}" >/dev/null && "${CC:-cc}" -shared -fPIC -o xen_stub.so "$root/tests/cli/xen_stub.c"; then
	# What xl makes of a file, in JSON; what it ignores with a word is no success.
	dry_run()
	{
		LD_PRELOAD="$work/xen_stub.so" timeout 60 "$xl" -N create "$1" >"$1.json" 2>"$1.err" &&
			! grep -v '^Parsing config from' "$1.err" || { cat "$1.err" && return 1; }
	}
	for m in $machines; do
		"$made_up" "$m" xen >"$m.cfg"
		check "xen: $m: xl -N create" dry_run "$m.cfg"
		documented xen $m "$m.cfg.json"
	done
	cp "evil xen'\"/one/xl.cfg" real.cfg
	check 'xen: a real clone: xl -N create' dry_run real.cfg
	grep -qF "pdev_path\": \"$work/evil xen'\\\"/one/disk0.qcow2" real.cfg.json && echo 'ok: xen: and finds its disk' ||
		echo 'not ok: xen: and finds its disk'
	echo 'vif = ["mac=0e:00:00:00:00:01,modle=e1000"]' >wrong.cfg
	dry_run wrong.cfg >/dev/null && echo 'not ok: xen: a mistake is found' || echo 'ok: xen: a mistake is found'
else
	echo 'skip: xen: no xl (xen-utils), or no compiler'
fi

# ---- proxmox, incus: the scripts are run; what they call is as documented ----

mkdir bin made
# A command is its words and an empty one, all ended by NUL.
cat >bin/qm <<-'X'
	#!/bin/sh
	printf '%s\0' "${0##*/}" "$@" '' >>"$CALLED"
	[ "$1 $2" != 'image import' ] || printf '%s\0' metadata "$(tar xOf "$3" metadata.yaml)" '' >>"$CALLED"
	[ "${0##*/}" != pvesh ] || echo 100
X
chmod +x bin/qm
for name in pvesh incus qemu-img qemu-system-x86_64; do
	cp bin/qm bin/$name
done
# called FILE SCRIPT: runs it with those programs, in its folder
called()
{
	rm -f "$1"
	(cd "$(dirname "$2")" && CALLED=$1 PATH=$work/bin:$PATH ACCEL=tcg DISKS=$work/lent sh "./$(basename "$2")")
}
for m in $machines; do
	for t in proxmox incus; do
		"$made_up" "$m" $t >"made/$m.sh"
		check "$t: $m: the script runs" called "$work/$m.$t.called" "made/$m.sh"
		documented $t $m "$m.$t.called"
	done
done
called "$work/real.called" "evil incus'\"/one/incus.sh" >/dev/null 2>&1
documented incus 'a real clone' real.called
called "$work/words" "evil qemu'\"/one/run.sh" >/dev/null 2>&1
grep -aq disk0.qcow2 words && echo 'ok: qemu: words stay words' || echo 'not ok: qemu: words stay words'
cp -r "evil proxmox'\"" 'a, b'
check 'proxmox: a folder with a comma' answers 3 'no path with a comma' called "$work/words" 'a, b/one/proxmox.sh'

if python3 -c 'import yaml' 2>/dev/null; then
	python3 "$root/tests/cli/targets.py" <asked
else
	echo 'skip: what targets document: no python3-yaml'
fi
[ -z "$(find . -name pwned)" ] && echo 'ok: no text was run' || echo 'not ok: no text was run'

# ---- nspawn: systemd-nspawn reads it, and stops for want of a system ----

if command -v systemd-nspawn >/dev/null && unshare -r true 2>/dev/null; then
	nspawn()
	{
		rm -rf container && mkdir -p container/one/usr
		cp "$1" container/one.nspawn
		unshare -r systemd-nspawn --settings=trusted -D container/one >container/log 2>&1
		! grep -e nspawn: container/log && grep -q "doesn't look like" container/log || { cat container/log && return 1; }
	}
	check 'nspawn: systemd-nspawn reads it' nspawn "evil nspawn'\"/one/machine.nspawn"
	printf '[Exec]\nBoot=yes\nHostnaem=x\n' >wrong.nspawn
	nspawn wrong.nspawn >/dev/null && echo 'not ok: nspawn: a mistake is found' || echo 'ok: nspawn: a mistake is found'
else
	echo 'skip: nspawn: no systemd-nspawn (systemd-container), or no user namespaces'
fi
