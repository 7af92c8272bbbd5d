/* A .nspawn file: the raw disk as a container, for systemd-nspawn and machinectl. */
#include "provision/target.h"

int target_nspawn(const struct vm *vm, struct strbuf *out, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < vm->ndisks; i++)
		if (vm->disks[i].blank)
			strbuf_printf(out, "# %s is not attached: a container has no disks\n",
				      vm->disks[i].file);
	strbuf_printf(out, "# cp --reflink=auto --sparse=always %s /var/lib/machines/%s.raw\n",
		      vm->ndisks ? vm->disks[0].file : "disk0.raw", vm->name);
	strbuf_printf(out,
		      "# cp machine.nspawn /etc/systemd/nspawn/%s.nspawn; machinectl start %s\n",
		      vm->name, vm->name);
	strbuf_printf(out, "[Exec]\nBoot=yes\nHostname=%s\nMachineID=%s\n", vm->hostname,
		      vm->machine_id);
	/* The address of the pair's inner end cannot be said here. */
	strbuf_add(out, "\n[Network]\nVirtualEthernet=yes\n");
	return 0;
}
