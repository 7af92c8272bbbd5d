/* /proc/self/mountinfo of a hostile capture. */
#include "probe/mountinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct mount_list m;

	mountinfo_parse(&m, &a, arena_dupn(&a, data, size));
	mountinfo_of(&m, "/dev/kvm");
	for (size_t i = 0; i < m.count; i++)
		mount_option(m.lines[i].options, "nodev");
	arena_fini(&a);
	return 0;
}
