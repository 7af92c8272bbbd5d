/* Programs for virtual machines and containers that are installed. Nothing is run to find out. */
#pragma once

#include "probe/fact.h"

struct host;
struct area;

/* TOOL(id, fact id, what people call it, candidates, Debian package or NULL)
 * Candidates: names looked for in /usr/bin (sbin:... in /usr/sbin too) and rarer folders, or whole paths; the
 * first found counts.
 * In QEMU's names % stands for the architecture. */
#define TOOLS(TOOL)                                                                                \
	TOOL(QEMU, "qemu", "QEMU", "qemu-system-% /usr/libexec/qemu-kvm qemu-kvm", NULL)           \
	TOOL(QEMU_IMG, "qemu-img", "qemu-img", "qemu-img", "qemu-utils")                           \
	TOOL(QEMU_NBD, "qemu-nbd", "qemu-nbd", "qemu-nbd", "qemu-utils")                           \
	TOOL(LIBVIRT, "libvirt", "libvirt", "sbin:libvirtd sbin:virtqemud",                        \
	     "libvirt-daemon-system")                                                              \
	TOOL(VIRSH, "virsh", "virsh", "virsh", "libvirt-clients")                                  \
	TOOL(VIRT_INSTALL, "virt-install", "virt-install", "virt-install", "virtinst")             \
	TOOL(OVMF, "ovmf", "UEFI firmware for guests",                                             \
	     "/usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/OVMF/OVMF_CODE.fd "                       \
	     "/usr/share/edk2/ovmf/OVMF_CODE.fd /usr/share/edk2/ovmf/OVMF_CODE_4M.qcow2 "          \
	     "/usr/share/edk2/x64/OVMF_CODE.4m.fd /usr/share/edk2-ovmf/x64/OVMF_CODE.fd "          \
	     "/usr/share/qemu/ovmf-x86_64.bin /usr/share/AAVMF/AAVMF_CODE.fd "                     \
	     "/usr/share/edk2/aarch64/QEMU_EFI.fd /usr/share/qemu/edk2-x86_64-code.fd",            \
	     "ovmf")                                                                               \
	TOOL(SWTPM, "swtpm", "swtpm", "swtpm", "swtpm")                                            \
	TOOL(VIRTIOFSD, "virtiofsd", "virtiofsd",                                                  \
	     "/usr/libexec/virtiofsd /usr/lib/qemu/virtiofsd /usr/lib/virtiofsd virtiofsd",        \
	     "virtiofsd")                                                                          \
	TOOL(VIRTUALBOX, "virtualbox", "VirtualBox", "VBoxManage VBoxHeadless", "virtualbox")      \
	TOOL(VMWARE, "vmware", "VMware Workstation", "vmware vmplayer vmrun", NULL)                \
	TOOL(XEN, "xen", "Xen's tools", "sbin:xl", "xen-utils-common")                             \
	TOOL(DOCKER, "docker", "Docker", "dockerd docker sbin:dockerd", "docker.io")               \
	TOOL(PODMAN, "podman", "Podman", "podman", "podman")                                       \
	TOOL(LXC, "lxc", "LXC", "lxc-start", "lxc")                                                \
	TOOL(INCUS, "incus", "Incus or LXD", "incusd sbin:lxd /snap/bin/lxd", "incus")             \
	TOOL(NSPAWN, "nspawn", "systemd-nspawn", "systemd-nspawn", "systemd-container")            \
	TOOL(FIRECRACKER, "firecracker", "Firecracker", "firecracker", NULL)                       \
	TOOL(CLOUD_HYPERVISOR, "cloud-hypervisor", "Cloud Hypervisor", "cloud-hypervisor", NULL)   \
	TOOL(KATA, "kata", "Kata Containers",                                                      \
	     "kata-runtime containerd-shim-kata-v2 /opt/kata/bin/kata-runtime", NULL)              \
	TOOL(CROSVM, "crosvm", "crosvm", "crosvm", "crosvm")

#define TOOL_ID(id, name, title, candidates, package) TOOL_##id,
enum tool { TOOLS(TOOL_ID) TOOL_COUNT };
#undef TOOL_ID

struct tools_facts {
	struct fact found[TOOL_COUNT];   /* text: its path */
	struct fact version[TOOL_COUNT]; /* text; asked with probe_options.versions only */
	struct fact libvirt_socket;      /* libvirt's daemon listens */
};

extern const struct area tools_area;
