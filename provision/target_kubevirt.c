/* A KubeVirt VirtualMachine. Its disks are claims of the clone's name, filled by `virtctl image-upload`. */
#include "provision/target.h"
#include "provision/quote.h"

#include "cloud-init/mime.h"

#include <inttypes.h>
#include <string.h>

static void pair(struct strbuf *out, const char *indent, const char *key, const char *value)
{
	strbuf_printf(out, "%s%s: ", indent, key);
	quote_yaml(out, value);
	strbuf_addc(out, '\n');
}

static const char *bus_of(const struct vm_disk *d)
{
	/* KubeVirt has no IDE. */
	return str_eq(d->bus, "ide") ? "sata" : d->bus;
}

static void add_disks(struct strbuf *out, const struct vm *vm)
{
	strbuf_add(out, "          disks:\n");
	for (size_t i = 0; i < vm->ndisks; i++) {
		strbuf_printf(out,
			      "            - name: disk%zu\n              bootOrder: %zu\n"
			      "              disk:\n                bus: %s\n",
			      i, i + 1, bus_of(&vm->disks[i]));
		pair(out, "              ", "serial", vm->disks[i].serial);
	}
	if (vm->user_data)
		strbuf_printf(out,
			      "            - name: seed\n              disk:\n"
			      "                bus: %s\n",
			      vm->ndisks ? bus_of(&vm->disks[0]) : "virtio");
}

static void add_nics(struct strbuf *out, const struct vm *vm)
{
	/* Without a word, a machine that has none gets one. */
	strbuf_add(out, vm->nnics ? "          interfaces:\n"
				  : "          autoattachPodInterface: false\n"
				    "          interfaces: []\n");
	for (size_t i = 0; i < vm->nnics; i++) {
		strbuf_printf(out, "            - name: nic%zu\n", i);
		pair(out, "              ", "macAddress", vm->nics[i].mac);
		pair(out, "              ", "model",
		     str_eq(vm->nics[i].model, "vmxnet3") ? "virtio" : vm->nics[i].model);
		strbuf_printf(out, "              %s: {}\n",
			      vm->nics[i].network || i ? "bridge" : "masquerade");
	}
}

static void add_networks(struct strbuf *out, const struct vm *vm)
{
	strbuf_add(out, vm->nnics ? "      networks:\n" : "      networks: []\n");
	for (size_t i = 0; i < vm->nnics; i++) {
		strbuf_printf(out, "        - name: nic%zu\n", i);
		if (vm->nics[i].network || i) {
			strbuf_add(out, "          multus:\n");
			pair(out, "            ", "networkName",
			     vm->nics[i].network ? vm->nics[i].network : "default");
		} else {
			strbuf_add(out, "          pod: {}\n");
		}
	}
}

static void add_base64(struct strbuf *out, const char *key, const char *text)
{
	if (!text)
		return;
	strbuf_printf(out, "  %s: \"", key);
	base64_encode(out, text, strlen(text), 0);
	strbuf_add(out, "\"\n");
}

/* KubeVirt makes the disc itself. Inline texts may hold 2 KiB only, a secret more. */
static void add_secret(struct strbuf *out, const struct vm *vm)
{
	strbuf_add(out, "apiVersion: v1\nkind: Secret\nmetadata:\n");
	pair(out, "  ", "name", vm->hostname);
	strbuf_add(out, "type: Opaque\ndata:\n");
	add_base64(out, "userdata", vm->user_data);
	add_base64(out, "networkdata", vm->network_data);
	strbuf_add(out, "---\n");
}

static void add_seed(struct strbuf *out, const struct vm *vm)
{
	strbuf_add(out, "        - name: seed\n          cloudInitNoCloud:\n"
			"            secretRef:\n");
	pair(out, "              ", "name", vm->hostname);
	if (!vm->network_data)
		return;
	strbuf_add(out, "            networkDataSecretRef:\n");
	pair(out, "              ", "name", vm->hostname);
}

/* An image that stands on another one is refused there. */
static void add_upload(struct strbuf *out, const struct vm *vm, size_t i)
{
	const struct vm_disk *d = &vm->disks[i];

	if (d->linked)
		strbuf_printf(out, "# qemu-img convert -O qcow2 %s whole%zu.qcow2\n", d->file, i);
	strbuf_printf(out,
		      "# virtctl image-upload pvc %s-disk%zu --size=%" PRIu64 "Mi --image-path=",
		      vm->hostname, i, (d->size + (1 << 20) - 1) >> 20);
	if (d->linked)
		strbuf_printf(out, "whole%zu.qcow2\n", i);
	else
		strbuf_printf(out, "%s\n", d->file);
}

int target_kubevirt(const struct vm *vm, struct strbuf *out, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < vm->ndisks; i++)
		add_upload(out, vm, i);
	if (vm->user_data)
		add_secret(out, vm);
	strbuf_add(out, "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata:\n");
	pair(out, "  ", "name", vm->hostname);
	strbuf_add(out, "spec:\n  runStrategy: Halted\n  template:\n    metadata:\n"
			"      labels:\n");
	pair(out, "        ", "kubevirt.io/vm", vm->hostname);
	strbuf_add(out, "    spec:\n");
	pair(out, "      ", "hostname", vm->hostname);
	strbuf_printf(out,
		      "      domain:\n        cpu:\n          cores: %u\n"
		      "        memory:\n          guest: %" PRIu64 "Mi\n"
		      "        firmware:\n",
		      vm->cpus, vm->memory >> 20);
	pair(out, "          ", "uuid", vm->smbios);
	pair(out, "          ", "serial", vm->smbios);
	strbuf_printf(out, "          bootloader:\n            %s\n",
		      vm->efi ? "efi: {secureBoot: false}" : "bios: {useSerial: true}");
	strbuf_add(out, "        devices:\n");
	add_disks(out, vm);
	add_nics(out, vm);
	strbuf_add(out, "          rng: {}\n");
	add_networks(out, vm);
	strbuf_add(out, "      volumes:\n");
	for (size_t i = 0; i < vm->ndisks; i++)
		strbuf_printf(out,
			      "        - name: disk%zu\n          persistentVolumeClaim:\n"
			      "            claimName: \"%s-disk%zu\"\n",
			      i, vm->hostname, i);
	if (vm->user_data)
		add_seed(out, vm);
	return 0;
}
