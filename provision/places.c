/* The built-in places: every file in a guest that holds identity, what is done with it, and why. */
#include "provision/places.h"

#include "base/scope.h"

#include <stdint.h>

#include <string.h>

static const struct place places_builtin[] = {
	/* ---- its name ---- */
	{"hostname",
	 {"/etc/hostname", "/etc/HOSTNAME", "/etc/nodename"},
	 PLACE_SET,
	 EDIT_HOSTNAME,
	 false,
	 "one name in DNS, DHCP and every log for all clones",
	 .group = "name"},
	{"hosts",
	 {"/etc/hosts"},
	 PLACE_SET,
	 EDIT_HOSTS,
	 false,
	 "the own name does not resolve: sudo and mail wait for it"},
	{"hostname.config",
	 {"/etc/sysconfig/network", "/etc/conf.d/hostname", "/etc/machine-info", "/etc/mailname",
	  "/etc/postfix/main.cf", "/etc/exim4/update-exim4.conf.conf", "/etc/salt/minion_id",
	  "/etc/samba/smb.conf", "/etc/landscape/client.conf",
	  "/var/lib/cloud/data/previous-hostname"},
	 PLACE_SET,
	 EDIT_NAME_WORDS,
	 false,
	 "mail and tools answer with the template's name"},

	/* ---- machine-id ---- */
	{"machine-id",
	 {"/etc/machine-id", "/var/lib/dbus/machine-id"},
	 PLACE_SET,
	 EDIT_MACHINE_ID,
	 false,
	 "one DHCP client id, so one lease and one address, for all clones",
	 .group = "machine-id"},
	{"machine-id.journal",
	 {"/var/log/journal/*", "/run/log/journal/*"},
	 PLACE_REWRITE,
	 EDIT_JOURNAL,
	 false,
	 "the journal of the template is nobody's"},
	{"machine-id.boot",
	 {"/boot/loader/entries/*.conf", "/boot/efi/loader/entries/*.conf",
	  "/efi/loader/entries/*.conf", "/boot/*", "/boot/efi/*", "/efi/*", "/boot/EFI/Linux/*",
	  "/boot/efi/EFI/Linux/*", "/efi/EFI/Linux/*"},
	 PLACE_REWRITE,
	 EDIT_RENAME,
	 false,
	 "the next kernel is installed beside the old one, under an id nobody boots"},
	{"machine-id.config",
	 {"/etc/kernel/entry-token", "/etc/kernel/install.conf", "/boot/loader/loader.conf",
	  "/boot/efi/loader/loader.conf", "/efi/loader/loader.conf", "/etc/machine-info"},
	 PLACE_REWRITE,
	 EDIT_REFS,
	 false,
	 "boot entries are looked for under the template's id"},

	/* ---- secrets of its own ---- */
	{"ssh-host-keys",
	 {"/etc/ssh/ssh_host_*_key"},
	 PLACE_REGENERATE,
	 EDIT_SSH_KEY,
	 false,
	 "whoever has one clone can pose as any other",
	 .group = "secrets"},
	{"ssh-host-certificates",
	 {"/etc/ssh/ssh_host_*_key-cert.pub"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "a certificate for a key that is gone"},
	{"dropbear-keys",
	 {"/etc/dropbear/dropbear_*_host_key", "/etc/dropbear-initramfs/dropbear_*_host_key",
	  "/etc/dropbear/initramfs/dropbear_*_host_key", "/etc/tinyssh/sshkeydir/*"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "whoever has one clone can pose as any other"},
	{"random-seed",
	 {"/var/lib/systemd/random-seed", "/var/lib/urandom/random-seed", "/var/lib/random-seed",
	  "/var/lib/misc/random-seed", "/etc/random-seed", "/boot/loader/random-seed",
	  "/boot/efi/loader/random-seed", "/efi/loader/random-seed"},
	 PLACE_REGENERATE,
	 EDIT_RANDOM,
	 false,
	 "the same entropy at the first boot of every clone"},
	{"random-seed.seedrng",
	 {"/var/lib/seedrng/*"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "the same entropy at the first boot of every clone"},
	{"credential-secret",
	 {"/var/lib/systemd/credential.secret"},
	 PLACE_REGENERATE,
	 EDIT_RANDOM,
	 false,
	 "a clone can decrypt the credentials of the others"},
	{"tpm-key",
	 {"/var/lib/systemd/tpm2-srk-public-key.*"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "the key of the template's TPM: the clone has another"},
	{"credentials",
	 {"/etc/credstore.encrypted/*", "/var/lib/systemd/credentials/*"},
	 PLACE_REPORT,
	 EDIT_NONE,
	 false,
	 "encrypted for the template: nothing can read them now"},
	{"networkmanager.secret",
	 {"/var/lib/NetworkManager/secret_key"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "the same stable-privacy addresses and generated MACs"},

	/* ---- storage references ---- */
	{"fstab",
	 {"/etc/fstab", "/etc/fstab.d/*", "/etc/vfstab", "/etc/auto.*"},
	 PLACE_REWRITE,
	 EDIT_REFS,
	 false,
	 "the clone waits for a disk that is not there, then stops",
	 .group = "storage"},
	{"crypttab",
	 {"/etc/crypttab", "/etc/cryptsetup-initramfs/*"},
	 PLACE_REWRITE,
	 EDIT_REFS,
	 false,
	 "the encrypted disk is not opened at boot"},
	{"grub.config",
	 {"/boot/grub/*.cfg", "/boot/grub2/*.cfg", "/boot/efi/EFI/*/*.cfg", "/efi/EFI/*/*.cfg",
	  "/boot/EFI/*/*.cfg", "/boot/grub/*/load.cfg", "/boot/grub2/*/load.cfg",
	  "/etc/default/grub", "/etc/default/grub.d/*"},
	 PLACE_REWRITE,
	 EDIT_REFS,
	 false,
	 "GRUB stops at its prompt: no such device"},
	{"grub.menu",
	 {"/boot/grub/menu.lst", "/boot/grub/device.map", "/etc/grub.d/*"},
	 PLACE_REWRITE,
	 EDIT_REFS,
	 false,
	 "GRUB's menu names disks that are gone"},
	{"grubenv",
	 {"/boot/grub/grubenv", "/boot/grub2/grubenv", "/boot/efi/EFI/*/grubenv",
	  "/efi/EFI/*/grubenv", "/boot/EFI/*/grubenv"},
	 PLACE_REWRITE,
	 EDIT_GRUBENV,
	 false,
	 "the kernel gets the template's root="},
	{"grub.image",
	 {"/boot/efi/EFI/*/*.efi", "/boot/efi/EFI/*/*.EFI", "/efi/EFI/*/*.efi", "/efi/EFI/*/*.EFI",
	  "/boot/EFI/*/*.efi", "/boot/EFI/*/*.EFI", "/boot/grub/*/core.efi",
	  "/boot/grub/*/grub.efi", "/boot/grub2/*/core.efi"},
	 PLACE_REWRITE,
	 EDIT_BINARY,
	 false,
	 "GRUB's image looks for the template's filesystem"},
	{"boot.entries",
	 {"/boot/extlinux/*.conf", "/boot/syslinux/*.cfg", "/extlinux.conf", "/boot/extlinux.conf",
	  "/boot/efi/EFI/*/*.conf", "/boot/firmware/cmdline.txt", "/boot/cmdline.txt",
	  "/etc/zipl.conf", "/boot/uEnv.txt", "/boot/armbianEnv.txt", "/boot/boot.cmd"},
	 PLACE_REWRITE,
	 EDIT_REFS,
	 false,
	 "the kernel gets the template's root="},
	{"kernel-cmdline",
	 {"/etc/kernel/cmdline", "/etc/kernel/cmdline.d/*", "/etc/cmdline.d/*",
	  "/etc/kernel/*.conf", "/usr/lib/kernel/cmdline", "/etc/default/u-boot",
	  "/etc/default/extlinux"},
	 PLACE_REWRITE,
	 EDIT_REFS,
	 false,
	 "the next kernel update writes the template's root="},
	{"initramfs.config",
	 {"/etc/initramfs-tools/conf.d/*", "/etc/initramfs-tools/initramfs.conf",
	  "/etc/dracut.conf", "/etc/dracut.conf.d/*", "/etc/mkinitcpio.conf", "/etc/mkinitcpio.d/*",
	  "/etc/mkinitfs/*.conf"},
	 PLACE_REWRITE,
	 EDIT_REFS,
	 false,
	 "the boot waits 30 to 90 s for a resume device"},
	{"initramfs",
	 {"/boot/initrd.img*", "/boot/initramfs*", "/boot/initrd-*", "/boot/*/*/initrd*",
	  "/boot/efi/*/*/initrd*", "/efi/*/*/initrd*", "/boot/*/*/initramfs*",
	  "/boot/efi/*/*/initramfs*", "/efi/*/*/initramfs*"},
	 PLACE_REWRITE,
	 EDIT_INITRD,
	 false,
	 "the initial ramdisk waits for the template's disks"},
	{"mdadm",
	 {"/etc/mdadm.conf", "/etc/mdadm/mdadm.conf", "/etc/mdadm.conf.d/*",
	  "/etc/mdadm/mdadm.conf.d/*"},
	 PLACE_REWRITE,
	 EDIT_MDADM,
	 false,
	 "the array is not assembled"},
	{"lvm.config",
	 {"/etc/lvm/lvm.conf", "/etc/lvm/lvmlocal.conf", "/etc/lvm/profile/*"},
	 PLACE_REWRITE,
	 EDIT_REFS,
	 false,
	 "LVM ignores its own disks"},
	{"lvm.devices",
	 {"/etc/lvm/devices/*.devices"},
	 PLACE_REWRITE,
	 EDIT_LVM_DEVICES,
	 false,
	 "LVM looks for disks by the template's serial numbers: no root"},
	{"lvm.backup",
	 {"/etc/lvm/backup/*", "/etc/lvm/archive/*"},
	 PLACE_REWRITE,
	 EDIT_REFS,
	 false,
	 "a restore brings the template's ids back"},
	{"lvm.cache",
	 {"/etc/lvm/cache/.cache", "/etc/lvm/devices/backup/*"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "stale device names"},
	{"multipath",
	 {"/etc/multipath/wwids", "/etc/multipath/bindings", "/etc/multipath.conf"},
	 PLACE_REWRITE,
	 EDIT_REFS,
	 false,
	 "paths of the template's disks"},
	{"systemd-units",
	 {"/etc/systemd/system/*", "/etc/systemd/system/*/*", "/etc/systemd/system/*/*/*",
	  "/usr/local/lib/systemd/system/*", "/etc/systemd/*.conf"},
	 PLACE_REWRITE,
	 EDIT_RENAME,
	 false,
	 "units wait for devices that are not there"},
	{"udev-rules",
	 {"/etc/udev/rules.d/*.rules"},
	 PLACE_REWRITE,
	 EDIT_NETWORK,
	 false,
	 "eth0 becomes eth1, disks lose their names"},

	/* ---- the network, by MAC ---- */
	{"netplan",
	 {"/etc/netplan/*.yaml", "/etc/netplan/*.yml", "/run/netplan/*.yaml"},
	 PLACE_REWRITE,
	 EDIT_NETWORK,
	 false,
	 "no interface matches: no network",
	 .group = "network"},
	{"networkd",
	 {"/etc/systemd/network/*", "/etc/systemd/network/*/*", "/usr/local/lib/systemd/network/*"},
	 PLACE_REWRITE,
	 EDIT_NETWORK,
	 false,
	 "no interface matches: no network"},
	{"networkmanager",
	 {"/etc/NetworkManager/system-connections/*", "/etc/NetworkManager/conf.d/*",
	  "/etc/NetworkManager/NetworkManager.conf"},
	 PLACE_REWRITE,
	 EDIT_NETWORK,
	 false,
	 "no connection matches: no network"},
	{"ifcfg",
	 {"/etc/sysconfig/network-scripts/ifcfg-*", "/etc/sysconfig/network/ifcfg-*",
	  "/etc/sysconfig/network/config", "/etc/sysconfig/network-scripts/route-*"},
	 PLACE_REWRITE,
	 EDIT_NETWORK,
	 false,
	 "the interface does not start: HWADDR differs"},
	{"ifupdown",
	 {"/etc/network/interfaces", "/etc/network/interfaces.d/*", "/etc/iftab"},
	 PLACE_REWRITE,
	 EDIT_NETWORK,
	 false,
	 "two machines with one MAC on the network"},
	{"wicked.config",
	 {"/etc/wicked/*.xml", "/etc/wicked/ifconfig/*"},
	 PLACE_REWRITE,
	 EDIT_NETWORK,
	 false,
	 "no interface matches: no network"},
	{"network.other",
	 {"/etc/conf.d/net", "/etc/conf.d/network", "/etc/netctl/*", "/etc/mactab",
	  "/var/lib/connman/*.config", "/etc/fcoe/cfg-*"},
	 PLACE_REWRITE,
	 EDIT_NETWORK,
	 false,
	 "no interface matches: no network"},
	{"dhcp.config",
	 {"/etc/dhcp/dhclient.conf", "/etc/dhclient.conf", "/etc/dhcpcd.conf", "/etc/udhcpc/*"},
	 PLACE_REWRITE,
	 EDIT_NETWORK,
	 false,
	 "one lease for all clones"},
	{"dhcp.dhclient",
	 {"/var/lib/dhcp/*", "/var/lib/dhclient/*", "/var/lib/dhcp3/*", "/var/lib/dhcp6/*"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "one lease for all clones"},
	{"dhcp.dhcpcd",
	 {"/var/lib/dhcpcd/duid", "/var/lib/dhcpcd/secret", "/var/lib/dhcpcd/*.lease",
	  "/var/lib/dhcpcd/*.lease6", "/etc/dhcpcd.duid", "/etc/dhcpcd.secret", "/var/db/dhcpcd/*",
	  "/var/lib/dhcpcd5/*"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "one DUID, so one lease, for all clones"},
	{"dhcp.networkd",
	 {"/var/lib/systemd/network/*", "/run/systemd/netif/leases/*"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "one lease for all clones"},
	{"dhcp.networkmanager",
	 {"/var/lib/NetworkManager/*.lease", "/var/lib/NetworkManager/timestamps",
	  "/var/lib/NetworkManager/seen-bssids", "/var/lib/NetworkManager/*.conf"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "one lease for all clones"},
	{"dhcp.wicked",
	 {"/var/lib/wicked/duid.xml", "/var/lib/wicked/iaid.xml", "/var/lib/wicked/lease*"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "one DUID, so one lease, for all clones"},
	{"dhcp.v6",
	 {"/var/lib/dhcpv6/dhcp6c_duid", "/etc/dhcp6c_duid", "/var/db/dhcp6c_duid",
	  "/var/lib/dibbler/client-duid", "/var/lib/dibbler/client-*.xml", "/var/lib/odhcp6c/*"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "one DUID, so one lease, for all clones"},
	{"dhcp.connman",
	 {"/var/lib/connman/*/data"},
	 PLACE_REPORT,
	 EDIT_NONE,
	 false,
	 "the last address is asked for again"},

	/* ---- storage over the network ---- */
	{"iscsi-initiator",
	 {"/etc/iscsi/initiatorname.iscsi"},
	 PLACE_REGENERATE,
	 EDIT_INITIATOR,
	 false,
	 "two machines write to one LUN: data corruption",
	 .group = "initiators"},
	{"nvme-host",
	 {"/etc/nvme/hostnqn", "/etc/nvme/hostid"},
	 PLACE_REGENERATE,
	 EDIT_UUID_TEXT,
	 false,
	 "two machines are one host to the storage"},
	{"hostid",
	 {"/etc/hostid"},
	 PLACE_REGENERATE,
	 EDIT_HOSTID,
	 false,
	 "ZFS takes another machine's pool for its own"},

	/* ---- cloud-init: the clone is a new instance ---- */
	{"cloud-init.instance",
	 {"/var/lib/cloud/instance", "/var/lib/cloud/instances/*", "/var/lib/cloud/sem/*",
	  "/var/lib/cloud/data/*", "/var/lib/cloud/handlers/*"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "cloud-init takes the clone for the machine it has done",
	 .group = "cloud-init"},
	{"cloud-init.seed",
	 {"/var/lib/cloud/seed/*/*"},
	 PLACE_REMOVE,
	 EDIT_NONE,
	 false,
	 "every clone becomes what the template's seed says"},
	{"cloud-init.disabled",
	 {"/etc/cloud/cloud-init.disabled"},
	 PLACE_SET,
	 EDIT_CLOUD_OFF,
	 false,
	 "the clone's seed is not read"},
	{"cloud-init.datasources",
	 {"/etc/cloud/cloud.cfg", "/etc/cloud/cloud.cfg.d/*.cfg"},
	 PLACE_SET,
	 EDIT_CLOUD_SOURCES,
	 false,
	 "the clone's seed is not looked for"},
	{"cloud-init.policy",
	 {"/etc/cloud/ds-identify.cfg"},
	 PLACE_SET,
	 EDIT_CLOUD_POLICY,
	 false,
	 "cloud-init does not start, whatever seed there is"},
	{"cloud-init.network",
	 {"/etc/netplan/50-cloud-init.yaml", "/etc/network/interfaces.d/50-cloud-init",
	  "/etc/network/interfaces.d/50-cloud-init.cfg",
	  "/etc/NetworkManager/system-connections/cloud-init-*",
	  "/etc/systemd/network/10-cloud-init-*"},
	 PLACE_REWRITE,
	 EDIT_CLOUD_NETWORK,
	 false,
	 "the template's MACs: no network"},
};

size_t places_count(void)
{
	return ARRAY_SIZE(places_builtin) + places_services_count;
}

const struct place *places_at(size_t i)
{
	size_t own = ARRAY_SIZE(places_builtin);

	return i < own ? &places_builtin[i] : &places_services[i - own];
}

const char *places_group(size_t i)
{
	while (!places_at(i)->group)
		i--;
	return places_at(i)->group;
}

const char *place_action_name(enum place_action a)
{
	static const char *const names[PLACE_ACTIONS] = {"set", "regenerate", "rewrite", "remove",
							 "report"};

	return a < PLACE_ACTIONS ? names[a] : "";
}

const char *place_when(const struct place *p)
{
	if (p->privacy)
		return "with --clean";
	if (p->action == PLACE_REMOVE || p->action == PLACE_REPORT)
		return "always";
	switch (p->editor) {
	case EDIT_MACHINE_ID:
	case EDIT_JOURNAL:
		return "unless --machine-id keep";
	case EDIT_SSH_KEY:
		return "unless --ssh-keys keep";
	case EDIT_HOSTNAME:
	case EDIT_HOSTS:
	case EDIT_NAME_WORDS:
		return "it has the template's name";
	case EDIT_CLOUD_OFF:
	case EDIT_CLOUD_SOURCES:
	case EDIT_CLOUD_POLICY:
		return "the clone gets a seed";
	case EDIT_NETWORK:
	case EDIT_CLOUD_NETWORK:
		return "it has a MAC or an id that changes";
	case EDIT_REFS:
	case EDIT_RENAME:
	case EDIT_GRUBENV:
	case EDIT_BINARY:
	case EDIT_LVM_DEVICES:
	case EDIT_MDADM:
	case EDIT_INITRD:
		return "it has an id that changes";
	default:
		return "always";
	}
}

/* One name of a path against one name of a pattern. A leading dot must be matched by a dot. */
static bool name_matches(const char *p, size_t np, const char *s, size_t ns)
{
	size_t star = SIZE_MAX, back = 0, i = 0, k = 0;

	if (ns && s[0] == '.' && (!np || p[0] != '.'))
		return false;
	while (k < ns) {
		if (i < np && p[i] == '*') {
			star = i++;
			back = k;
		} else if (i < np && (p[i] == '?' || p[i] == s[k])) {
			i++;
			k++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			k = ++back;
		} else {
			return false;
		}
	}
	while (i < np && p[i] == '*')
		i++;
	return i == np;
}

bool place_matches(const char *pattern, const char *path)
{
	while (*pattern == '/' && *path == '/') {
		size_t np = strcspn(++pattern, "/"), ns = strcspn(++path, "/");

		if (!name_matches(pattern, np, path, ns))
			return false;
		pattern += np;
		path += ns;
	}
	return !*pattern && !*path;
}
