/* A script that makes an Incus (or LXD) machine of the clone: image metadata, the qcow2, and its own settings. */
#include "provision/target.h"
#include "provision/qemu_devices.h"
#include "provision/quote.h"

#include <inttypes.h>

static void set_key(struct strbuf *out, const char *key, const char *value)
{
	struct strbuf v = {0};

	strbuf_printf(&v, "%s=%s", key, value);
	strbuf_add(out, " \\\n\t-c ");
	quote_shell(out, strbuf_str(&v));
	strbuf_fini(&v);
}

/* A blank disk is a volume of the pool: there is nothing to import. */
static void add_blank(struct strbuf *out, const struct vm *vm, size_t i)
{
	if (!vm->disks[i].blank)
		return;
	strbuf_printf(
		out,
		"\"$incus\" storage volume create \"${POOL:-default}\" %s-disk%zu --type=block "
		"size=%" PRIu64 "B\n\"$incus\" config device add %s disk%zu disk "
		"pool=\"${POOL:-default}\" source=%s-disk%zu\n",
		vm->hostname, i, vm->disks[i].size, vm->hostname, i, vm->hostname, i);
}

int target_incus(const struct vm *vm, struct strbuf *out, struct err *e)
{
	struct strbuf v = {0};

	(void)e;
	strbuf_add(out, "#!/bin/sh\n# INCUS=lxc incus.sh does the same with LXD.\nset -eu\n"
			"cd \"$(dirname \"$0\")\"\nincus=${INCUS:-incus}\n"
			"work=$(mktemp -d)\ntrap 'rm -rf \"$work\"' EXIT\n"
			"cat >\"$work/metadata.yaml\" <<'VMINT_END'\n"
			"architecture: x86_64\ncreation_date: 1\nproperties:\n  description: ");
	quote_yaml(out, vm->title);
	strbuf_add(out, "\n  os: Linux\n  release: vmint\nVMINT_END\n"
			"tar -C \"$work\" -cf \"$work/metadata.tar\" metadata.yaml\n");
	/* An image stands alone: the chain behind a linked disk is flattened. */
	strbuf_add(out, "qemu-img convert -f ");
	strbuf_printf(out, "%s -O qcow2 ",
		      vm->ndisks ? qemu_disk_format(vm->disks[0].format) : "raw");
	quote_shell(out, vm->ndisks ? vm->disks[0].file : "");
	strbuf_add(out,
		   " \"$work/disk.qcow2\"\n"
		   "\"$incus\" image import \"$work/metadata.tar\" \"$work/disk.qcow2\" --alias ");
	strbuf_printf(&v, "vmint-%s", vm->smbios);
	quote_shell(out, strbuf_str(&v));
	strbuf_add(out, "\n\"$incus\" init ");
	quote_shell(out, strbuf_str(&v));
	strbuf_addc(out, ' ');
	quote_shell(out, vm->hostname);
	strbuf_add(out, " --vm");
	strbuf_fini(&v);
	set_key(out, "volatile.uuid", vm->smbios);
	set_key(out, "volatile.uuid.generation", vm->vmgenid);
	if (vm->nnics)
		set_key(out, "volatile.eth0.hwaddr", vm->nics[0].mac);
	strbuf_printf(out, " \\\n\t-c limits.cpu=%u -c limits.memory=%" PRIu64 "MiB", vm->cpus,
		      vm->memory >> 20);
	strbuf_printf(out, " \\\n\t-c security.secureboot=false%s\n",
		      vm->efi ? "" : " -c security.csm=true");
	for (size_t i = 1; i < vm->ndisks; i++)
		add_blank(out, vm, i);
	if (vm->seed) {
		strbuf_add(out, "\"$incus\" config device add ");
		quote_shell(out, vm->hostname);
		strbuf_add(out, " seed disk source=\"$PWD\"/");
		quote_shell(out, vm->seed);
		strbuf_addc(out, '\n');
	}
	return 0;
}
