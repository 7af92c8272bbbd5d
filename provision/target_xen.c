/* xl.cfg: a hardware virtual machine for Xen. Its syntax is nearly Python's. */
#include "provision/target.h"
#include "provision/quote.h"

#include <inttypes.h>

static void add_nic(struct strbuf *out, const struct vm_nic *n, size_t i)
{
	struct strbuf v = {0};

	/* Values end at a comma; bridge names have been checked to hold none. */
	strbuf_printf(&v, "mac=%s,model=%s", n->mac,
		      str_eq(n->model, "virtio") ? "virtio-net" : n->model);
	if (n->bridge)
		strbuf_printf(&v, ",bridge=%s", n->bridge);
	strbuf_add(out, i ? ", " : "");
	quote_python(out, strbuf_str(&v));
	strbuf_fini(&v);
}

static void add_disk(struct strbuf *out, const struct vm *vm, size_t i)
{
	const struct vm_disk *d = &vm->disks[i];
	struct strbuf v = {0};

	/* target= takes all that follows it, commas too, so it is last. */
	strbuf_printf(&v, "format=%s,vdev=xvd%c,access=rw,target=%s/%s", d->format,
		      (char)('a' + i % 26), vm->folder, d->file);
	strbuf_add(out, i ? ", " : "");
	quote_python(out, strbuf_str(&v));
	strbuf_fini(&v);
}

static void add_seed(struct strbuf *out, const struct vm *vm)
{
	struct strbuf v = {0};

	if (!vm->seed)
		return;
	strbuf_printf(&v, "format=raw,vdev=xvdz,access=ro,target=%s/%s", vm->folder, vm->seed);
	strbuf_add(out, vm->ndisks ? ", " : "");
	quote_python(out, strbuf_str(&v));
	strbuf_fini(&v);
}

int target_xen(const struct vm *vm, struct strbuf *out, struct err *e)
{
	(void)e;
	strbuf_add(out, "type = 'hvm'\nname = ");
	quote_python(out, vm->name);
	/* xl takes no generation id of others: it makes a new one whenever it makes the machine. */
	strbuf_printf(out, "\nuuid = '%s'\nms_vm_genid = 'generate'\n", vm->smbios);
	strbuf_printf(out, "vcpus = %u\nmemory = %" PRIu64 "\nbios = '%s'\n", vm->cpus,
		      vm->memory >> 20, vm->efi ? "ovmf" : "seabios");
	strbuf_add(out, "boot = 'c'\nserial = 'pty'\non_poweroff = 'destroy'\non_reboot = "
			"'restart'\ndisk = [");
	for (size_t i = 0; i < vm->ndisks; i++)
		add_disk(out, vm, i);
	add_seed(out, vm);
	strbuf_add(out, "]\nvif = [");
	for (size_t i = 0; i < vm->nnics; i++)
		add_nic(out, &vm->nics[i], i);
	strbuf_add(out, "]\n");
	return 0;
}
