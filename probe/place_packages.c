/* What Debian calls a package, elsewhere; and the command that installs it. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

#include <string.h>

static const struct {
	const char *manager, *command;
} commands[] = {
	{"apt", "apt install %s"},  {"dnf", "dnf install %s"},     {"zypper", "zypper install %s"},
	{"pacman", "pacman -S %s"}, {"apk", "apk add %s"},         {"nix", "nix-shell -p %s"},
	{"emerge", "emerge %s"},    {"xbps", "xbps-install %s"},   {"tdnf", "tdnf install %s"},
	{"urpmi", "urpmi %s"},      {"eopkg", "eopkg install %s"}, {"guix", "guix install %s"},
};

/* Columns in the order of `managers`; NULL: not packaged under a name we know. */
enum { APT, DNF, ZYPPER, PACMAN, APK, NIX, MANAGERS };

static const char *const managers[MANAGERS] = {"apt", "dnf", "zypper", "pacman", "apk", "nix"};

static const struct {
	const char *name[MANAGERS];
} packages[] = {
	{{"qemu-system-x86", "qemu-kvm", "qemu-x86", "qemu-base", "qemu-system-x86_64", "qemu"}},
	{{"qemu-system-arm", "qemu-kvm", "qemu-arm", "qemu-system-aarch64", "qemu-system-aarch64",
	  "qemu"}},
	{{"qemu-system-ppc", "qemu-kvm", "qemu-ppc", "qemu-system-ppc", "qemu-system-ppc64",
	  "qemu"}},
	{{"qemu-system-misc", "qemu-system-riscv", "qemu-extra", "qemu-system-riscv",
	  "qemu-system-riscv64", "qemu"}},
	{{"qemu-utils", "qemu-img", "qemu-tools", "qemu-img", "qemu-img", "qemu-utils"}},
	{{"ovmf", "edk2-ovmf", "qemu-ovmf-x86_64", "edk2-ovmf", "ovmf", "OVMF"}},
	{{"libvirt-daemon-system", "libvirt", "libvirt-daemon", "libvirt", "libvirt-daemon",
	  "libvirt"}},
	{{"libvirt-clients", "libvirt-client", "libvirt-client", "libvirt", "libvirt-client",
	  "libvirt"}},
	{{"virtinst", "virt-install", "virt-install", "virt-install", "virt-install",
	  "virt-manager"}},
	{{"libguestfs-tools", "guestfs-tools", "guestfs-tools", "guestfs-tools", "guestfs-tools",
	  "guestfs-tools"}},
	{{"swtpm", "swtpm", "swtpm", "swtpm", "swtpm", "swtpm"}},
	{{"virtiofsd", "virtiofsd", "virtiofsd", "virtiofsd", "virtiofsd", "virtiofsd"}},
	{{"podman", "podman", "podman", "podman", "podman", "podman"}},
	{{"docker.io", "moby-engine", "docker", "docker", "docker", "docker"}},
	{{"lxc", "lxc", "lxc", "lxc", "lxc", "lxc"}},
	{{"systemd-container", "systemd-container", "systemd-container", "systemd", NULL,
	  "systemd"}},
	{{"incus", "incus", "incus", "incus", "incus", "incus"}},
	{{"crosvm", "crosvm", NULL, "crosvm", NULL, "crosvm"}},
	{{"buildah", "buildah", "buildah", "buildah", "buildah", "buildah"}},
	{{"xen-utils-common", "xen-runtime", "xen-tools", NULL, "xen", "xen"}},
	{{"xen-hypervisor-amd64", "xen-hypervisor", "xen", NULL, "xen-hypervisor", "xen"}},
	{{"virtualbox", "VirtualBox", "virtualbox", "virtualbox", NULL, "virtualbox"}},
	{{"uidmap", "shadow-utils-subid", "shadow", "shadow", "shadow-uidmap", "shadow"}},
	{{"acl", "acl", "acl", "acl", "acl", "acl"}},
	{{"kmod", "kmod", "kmod", "kmod", "kmod", "kmod"}},
	{{"udev", "systemd-udev", "udev", "systemd", "eudev", "systemd"}},
	{{"openvswitch-switch", "openvswitch", "openvswitch", "openvswitch", "openvswitch",
	  "openvswitch"}},
	{{"bridge-utils", "bridge-utils", "bridge-utils", "bridge-utils", "bridge-utils",
	  "bridge-utils"}},
	{{"dnsmasq-base", "dnsmasq", "dnsmasq", "dnsmasq", "dnsmasq", "dnsmasq"}},
	{{"nbd-client", "nbd", "nbd", "nbd", "nbd-client", "nbd"}},
	{{"libnbd-bin", "libnbd", "libnbd", "libnbd", "libnbd", "libnbd"}},
	{{"intel-microcode", "microcode_ctl", "ucode-intel", "intel-ucode", "intel-ucode",
	  "microcodeIntel"}},
	{{"amd64-microcode", "linux-firmware", "ucode-amd", "amd-ucode", "amd-ucode",
	  "microcodeAmd"}},
	{{"driverctl", "driverctl", "driverctl", "driverctl", NULL, "driverctl"}},
	{{"numactl", "numactl", "numactl", "numactl", "numactl", "numactl"}},
	{{"e2fsprogs", "e2fsprogs", "e2fsprogs", "e2fsprogs", "e2fsprogs", "e2fsprogs"}},
	{{"genisoimage", "genisoimage", "mkisofs", "cdrtools", "cdrkit", "cdrkit"}},
	{{"cloud-image-utils", "cloud-utils", "cloud-utils", "cloud-image-utils", "cloud-utils",
	  "cloud-utils"}},
	{{"libxml2", "libxml2", "libxml2-2", "libxml2", "libxml2", "libxml2"}},
	{{"libarchive13", "libarchive", "libarchive13", "libarchive", "libarchive", "libarchive"}},
	{{"libguestfs0", "libguestfs", "libguestfs0", "libguestfs", NULL, "libguestfs"}},
	{{"libvirt0", "libvirt-libs", "libvirt-libs", "libvirt", "libvirt-libs", "libvirt"}},
	{{"libnbd0", "libnbd", "libnbd0", "libnbd", "libnbd", "libnbd"}},
	{{"libext2fs2", "e2fsprogs-libs", "libext2fs2", "e2fsprogs", "e2fsprogs-libs",
	  "e2fsprogs"}},
	{{"libfdisk1", "libfdisk", "libfdisk1", "util-linux-libs", "libfdisk", "util-linux"}},
	{{"libblkid1", "libblkid", "libblkid1", "util-linux-libs", "libblkid", "util-linux"}},
	{{"msr-tools", "msr-tools", "msr-tools", "msr-tools", "msr-tools", "msr-tools"}},
};

/* Managers that share another's package names. */
static size_t column_of(const char *manager)
{
	for (size_t i = 0; i < MANAGERS; i++)
		if (str_eq(manager, managers[i]))
			return i;
	return str_eq(manager, "tdnf") || str_eq(manager, "urpmi") ? DNF : MANAGERS;
}

static const char *name_for(const char *manager, const char *debian_package)
{
	size_t column = column_of(manager);

	if (column == APT)
		return debian_package;
	if (column == MANAGERS)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++)
		if (str_eq(packages[i].name[APT], debian_package))
			return packages[i].name[column];
	return NULL;
}

const char *place_package_command(const struct host *h, const char *debian_package)
{
	const char *manager = fact_str(h->place.package_manager, NULL), *name, *gap;

	if (!manager)
		return NULL;
	name = name_for(manager, debian_package);
	for (size_t i = 0; name && i < ARRAY_SIZE(commands); i++) {
		if (!str_eq(commands[i].manager, manager))
			continue;
		gap = strchr(commands[i].command, '%');
		return arena_printf(h->a, "%.*s%s", (int)(gap - commands[i].command),
				    commands[i].command, name);
	}
	return NULL;
}
