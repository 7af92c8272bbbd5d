/* A .vmx for VMware, and a descriptor for each raw disk: VMware runs flat extents as they are. */
#include "provision/target.h"
#include "provision/quote.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { SECTOR = 512, SCSI_UNITS = 15 };

static void setting(struct strbuf *out, const char *key, const char *value)
{
	strbuf_printf(out, "%s = ", key);
	quote_vmx(out, value);
	strbuf_addc(out, '\n');
}

/* "56 4d ... 8 bytes - 8 bytes": how VMware writes a UUID. */
static void uuid_setting(struct strbuf *out, const char *key, const char *uuid)
{
	size_t digits = 0;

	strbuf_printf(out, "%s = \"", key);
	for (; *uuid; uuid++) {
		if (*uuid == '-')
			continue;
		if (digits && digits % 2 == 0)
			strbuf_addc(out, digits == 16 ? '-' : ' ');
		strbuf_addc(out, *uuid);
		digits++;
	}
	strbuf_add(out, "\"\n");
}

/* Two signed 64-bit halves: ESX keeps the generation id so. */
static void genid_settings(struct strbuf *out, const char *uuid)
{
	struct uuid u;
	uint64_t half[2] = {0};

	if (uuid_parse(uuid, &u) < 0)
		return;
	for (size_t i = 0; i < 16; i++)
		half[i / 8] = half[i / 8] << 8 | u.bytes[i];
	strbuf_printf(out, "vm.genid = \"%" PRId64 "\"\nvm.genidX = \"%" PRId64 "\"\n",
		      (int64_t)half[0], (int64_t)half[1]);
}

static const char *nic_model(const char *model)
{
	if (str_eq(model, "e1000") || str_eq(model, "e1000e"))
		return model;
	return str_eq(model, "pcnet") ? "vlance" : "vmxnet3";
}

static void add_nic(struct strbuf *out, const struct vm_nic *n, size_t i)
{
	strbuf_printf(out,
		      "ethernet%zu.present = \"TRUE\"\nethernet%zu.virtualDev = \"%s\"\n"
		      "ethernet%zu.addressType = \"static\"\nethernet%zu.address = \"%s\"\n"
		      /* VMware allows its own prefix only, unless told not to look. */
		      "ethernet%zu.checkMACAddress = \"FALSE\"\n",
		      i, i, nic_model(n->model), i, i, n->mac, i);
	if (!n->network) {
		strbuf_printf(out, "ethernet%zu.connectionType = \"%s\"\n", i,
			      n->bridge ? "bridged" : "nat");
		return;
	}
	strbuf_printf(out, "ethernet%zu.networkName = ", i);
	quote_vmx(out, n->network);
	strbuf_addc(out, '\n');
}

int target_vmware(const struct vm *vm, struct strbuf *out, struct err *e)
{
	if (vm->seed && vm->seed_is_disk)
		return err_set(e, ENOTSUP, "target vmware attaches discs only: --carrier iso");
	if (vm->ndisks > SCSI_UNITS)
		return err_set(e, ENOTSUP, "target vmware: more than %d disks", SCSI_UNITS);
	strbuf_add(out, ".encoding = \"UTF-8\"\nconfig.version = \"8\"\n"
			"virtualHW.version = \"13\"\nguestOS = \"other3xlinux-64\"\n");
	setting(out, "displayName", vm->name);
	setting(out, "annotation", vm->title);
	strbuf_printf(out, "numvcpus = \"%u\"\nmemsize = \"%" PRIu64 "\"\n", vm->cpus,
		      vm->memory >> 20);
	strbuf_printf(out, "firmware = \"%s\"\n", vm->efi ? "efi" : "bios");
	uuid_setting(out, "uuid.bios", vm->smbios);
	uuid_setting(out, "uuid.location", vm->smbios);
	strbuf_add(out, "uuid.action = \"keep\"\n");
	genid_settings(out, vm->vmgenid);
	strbuf_add(out, "disk.EnableUUID = \"TRUE\"\nscsi0.present = \"TRUE\"\n"
			"scsi0.virtualDev = \"pvscsi\"\npciBridge0.present = \"TRUE\"\n"
			"pciBridge4.present = \"TRUE\"\npciBridge4.virtualDev = \"pcieRootPort\"\n"
			"pciBridge4.functions = \"8\"\nvmci0.present = \"TRUE\"\n");
	for (size_t i = 0; i < vm->ndisks; i++) {
		/* Unit 7 is the controller itself. */
		size_t unit = i < 7 ? i : i + 1;

		strbuf_printf(out,
			      "scsi0:%zu.present = \"TRUE\"\nscsi0:%zu.fileName = "
			      "\"disk%zu.vmdk\"\n",
			      unit, unit, i);
	}
	if (vm->seed) {
		strbuf_add(out, "sata0.present = \"TRUE\"\nsata0:0.present = \"TRUE\"\n"
				"sata0:0.deviceType = \"cdrom-image\"\n"
				"sata0:0.startConnected = \"TRUE\"\n");
		setting(out, "sata0:0.fileName", vm->seed);
	}
	for (size_t i = 0; i < vm->nguestinfo; i++)
		setting(out, vm->guestinfo[i].name, vm->guestinfo[i].value);
	for (size_t i = 0; i < vm->nnics; i++)
		add_nic(out, &vm->nics[i], i);
	strbuf_add(out, "serial0.present = \"TRUE\"\nserial0.fileType = \"file\"\n"
			"serial0.fileName = \"console.log\"\n");
	return 0;
}

int target_vmware_disk(const struct vm *vm, size_t i, struct strbuf *out, struct err *e)
{
	const struct vm_disk *d = &vm->disks[i];
	uint64_t sectors = (d->size + SECTOR - 1) / SECTOR;

	if (d->size % SECTOR)
		return err_set(e, ENOTSUP, "target vmware: disk %zu does not end at a sector", i);
	strbuf_printf(out,
		      "# Disk DescriptorFile\nversion=1\nencoding=\"UTF-8\"\nCID=%.8s\n"
		      "parentCID=ffffffff\ncreateType=\"monolithicFlat\"\n\n"
		      "# Extent description\nRW %" PRIu64 " FLAT ",
		      d->image_id, sectors);
	quote_vmx(out, d->file);
	strbuf_printf(out,
		      " 0\n\n# The Disk Data Base\n#DDB\n\nddb.adapterType = \"lsilogic\"\n"
		      "ddb.geometry.cylinders = \"%" PRIu64 "\"\nddb.geometry.heads = \"255\"\n"
		      "ddb.geometry.sectors = \"63\"\nddb.virtualHWVersion = \"13\"\n",
		      sectors / (255 * 63));
	uuid_setting(out, "ddb.uuid", d->image_id);
	return 0;
}
