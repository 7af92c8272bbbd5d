/* A script that makes an Incus (or LXD) machine of the clone: image metadata, the qcow2, and its own settings. */
#include "provision/target.h"
#include "provision/qemu_devices.h"
#include "provision/quote.h"

#include <inttypes.h>

static const char head[] = "#!/bin/sh\n# INCUS=lxc incus.sh does the same with LXD.\nset -eu\n"
			   "cd \"$(dirname \"$0\")\"\nincus=${INCUS:-incus}\n"
			   "work=$(mktemp -d)\ntrap 'rm -rf \"$work\"' EXIT\n";

static void set_key(struct strbuf *out, const char *key, const char *value)
{
	struct strbuf v = {0};

	strbuf_printf(&v, "%s=%s", key, value);
	strbuf_add(out, " \\\n\t-c ");
	quote_shell(out, strbuf_str(&v));
	strbuf_fini(&v);
}

/* An image stands alone: the chain behind a linked disk is flattened. */
static void add_image(struct strbuf *out, const struct vm *vm)
{
	strbuf_add(out, "cat >\"$work/metadata.yaml\" <<'VMINT_END'\n"
			"architecture: x86_64\ncreation_date: 1\nproperties:\n  description: ");
	quote_yaml(out, vm->title);
	strbuf_add(out, "\n  os: Linux\n  release: vmint\nVMINT_END\n"
			"tar -C \"$work\" -cf \"$work/metadata.tar\" metadata.yaml\n");
	strbuf_add(out, "qemu-img convert -f ");
	strbuf_printf(out, "%s -O qcow2 ",
		      vm->ndisks ? qemu_disk_format(vm->disks[0].format) : "raw");
	quote_shell(out, vm->ndisks ? vm->disks[0].file : "");
	strbuf_printf(out,
		      " \"$work/disk.qcow2\"\n\"$incus\" image import \"$work/metadata.tar\" "
		      "\"$work/disk.qcow2\" --alias 'vmint-%s'\n",
		      vm->smbios);
}

static void add_instance(struct strbuf *out, const struct vm *vm)
{
	strbuf_printf(out, "\"$incus\" init 'vmint-%s' ", vm->smbios);
	quote_shell(out, vm->hostname);
	strbuf_add(out, " --vm");
	set_key(out, "volatile.uuid", vm->smbios);
	set_key(out, "volatile.uuid.generation", vm->vmgenid);
	/* The card that the default profile gives. */
	if (vm->nnics)
		set_key(out, "volatile.eth0.hwaddr", vm->nics[0].mac);
	strbuf_printf(out, " \\\n\t-c limits.cpu=%u -c limits.memory=%" PRIu64 "MiB", vm->cpus,
		      vm->memory >> 20);
	strbuf_printf(out, " \\\n\t-c security.secureboot=false%s\n",
		      vm->efi ? "" : " -c security.csm=true");
}

static void add_device(struct strbuf *out, const struct vm *vm, const char *name, size_t i,
		       const char *type)
{
	strbuf_add(out, "\"$incus\" config device add ");
	quote_shell(out, vm->hostname);
	strbuf_printf(out, " %s%zu %s", name, i, type);
}

static void add_nic(struct strbuf *out, const struct vm *vm, size_t i)
{
	const struct vm_nic *n = &vm->nics[i];
	struct strbuf v = {0};

	if (i == 0 && !n->network && !n->bridge)
		return;
	add_device(out, vm, "eth", i, "nic");
	if (n->bridge)
		strbuf_printf(&v, "parent=%s", n->bridge);
	else if (n->network)
		strbuf_printf(&v, "network=%s", n->network);
	strbuf_add(out, n->bridge ? " nictype=bridged " : " ");
	if (n->bridge || n->network)
		quote_shell(out, strbuf_str(&v));
	else
		strbuf_add(out, "network=\"${NETWORK:-incusbr0}\"");
	strbuf_printf(out, " hwaddr=%s\n", n->mac);
	strbuf_fini(&v);
}

/* A blank disk is a volume of the pool: there is nothing to import. */
static void add_blank(struct strbuf *out, const struct vm *vm, size_t i)
{
	strbuf_printf(out,
		      "\"$incus\" storage volume create \"${POOL:-default}\" '%s-disk%zu' "
		      "--type=block size=%" PRIu64 "B\n",
		      vm->hostname, i, vm->disks[i].size);
	add_device(out, vm, "disk", i, "disk");
	strbuf_printf(out, " pool=\"${POOL:-default}\" source='%s-disk%zu'\n", vm->hostname, i);
}

/* An image holds one disk. The template's others are files that the machine runs on where they lie. */
static void add_disks(struct strbuf *out, const struct vm *vm)
{
	bool folder = false;

	for (size_t i = 1; i < vm->ndisks; i++) {
		if (vm->disks[i].blank) {
			add_blank(out, vm, i);
			continue;
		}
		if (!folder) {
			strbuf_add(out, "disks=${DISKS:-/var/lib/vmint}/");
			quote_shell(out, vm->hostname);
			strbuf_add(out, "\nmkdir -p \"$disks\"\n");
			folder = true;
		}
		strbuf_printf(out, "qemu-img convert -f %s -O raw ",
			      qemu_disk_format(vm->disks[i].format));
		quote_shell(out, vm->disks[i].file);
		strbuf_printf(out, " \"$disks/disk%zu.raw\"\n", i);
		add_device(out, vm, "disk", i, "disk");
		strbuf_printf(out, " source=\"$disks/disk%zu.raw\"\n", i);
	}
}

int target_incus(const struct vm *vm, struct strbuf *out, struct err *e)
{
	(void)e;
	strbuf_add(out, head);
	add_image(out, vm);
	add_instance(out, vm);
	add_disks(out, vm);
	for (size_t i = 0; i < vm->nnics; i++)
		add_nic(out, vm, i);
	if (vm->seed) {
		strbuf_add(out, "\"$incus\" config device add ");
		quote_shell(out, vm->hostname);
		strbuf_add(out, " seed disk source=\"$PWD\"/");
		quote_shell(out, vm->seed);
		strbuf_addc(out, '\n');
	}
	return 0;
}
