/* A KubeVirt VirtualMachine. Its disks are claims of the clone's name, filled by `virtctl image-upload`. */
#include "provision/target.h"
#include "provision/quote.h"

#include <inttypes.h>

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
}

static void add_nics(struct strbuf *out, const struct vm *vm)
{
	strbuf_add(out, vm->nnics ? "          interfaces:\n" : "          interfaces: []\n");
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

int target_kubevirt(const struct vm *vm, struct strbuf *out, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < vm->ndisks; i++)
		strbuf_printf(out,
			      "# virtctl image-upload pvc %s-disk%zu --size=%" PRIu64
			      "Mi --image-path=%s\n",
			      vm->hostname, i, (vm->disks[i].size + (1 << 20) - 1) >> 20,
			      vm->disks[i].file);
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
	return 0;
}
