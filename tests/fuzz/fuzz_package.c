/* OVA and other archives: members, descriptor, manifest. */
#include "base/scope.h"
#include "base/sys.h"
#include "templates/package.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(close_at) int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct arena a = {0};
	struct package p;
	struct err e;
	char path[40];

	if (fd < 0 || sys_write(fd, data, size) < 0)
		return 0;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (package_open(&p, &a, path, &e) == 0) {
		for (size_t i = 0; i < p.ovf.nfiles; i++) {
			const struct member *pieces;
			size_t n;

			package_file(&p, &p.ovf.files[i], &pieces, &n, &e);
		}
		package_close(&p);
	}
	arena_fini(&a);
	return 0;
}
