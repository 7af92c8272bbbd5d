/* The list of targets. */
#include "provision/target.h"

#include "base/scope.h"

#include <errno.h>

const struct target targets[] = {
	{"qemu", "a script that runs it, with KVM or without", "run.sh", 0755, NULL, "{}",
	 target_qemu},
	{"libvirt", "a domain for virsh define", "domain.xml", 0644, NULL,
	 "virsh define {} && virsh start {name}", target_libvirt},
};

const size_t target_count = ARRAY_SIZE(targets);

const struct target *target_find(const char *name)
{
	for (size_t i = 0; i < target_count; i++)
		if (str_eq(targets[i].name, name))
			return &targets[i];
	return NULL;
}

int target_check(const struct target *t, const struct vm *vm, struct err *e)
{
	for (size_t i = 0; t->disk_format && i < vm->ndisks; i++)
		if (!str_eq(t->disk_format, vm->disks[i].format))
			return err_set(
				e, ENOTSUP,
				"target %s takes %s disks only: --disk full --disk-format %s",
				t->name, t->disk_format, t->disk_format);
	return 0;
}
