/* Any file as a template: opened, held against its manifest, its disks opened and their first data read. */
#include "base/scope.h"
#include "base/sys.h"
#include "templates/template.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nor may an input start qemu-nbd: that is not looked for. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	setenv("PATH", "/nonexistent", 1);
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	return 0;
}

static void read_disk(struct template *t, const struct template_disk *d)
{
	SCOPED(template_image_close_at) struct template_image x = {0};
	static uint8_t buf[4096];
	struct extent e;
	struct err err;
	uint64_t at = 0;

	if (template_disk_open(t, d, &x, &err) < 0 || !x.image)
		return;
	for (int i = 0; i < 50 && at < x.image->size; i++, at += e.len) {
		if (disk_extent(x.image, x.image->size - at, at, &e, &err) < 0)
			return;
		if (disk_pread(x.image, buf, e.len < sizeof buf ? (size_t)e.len : sizeof buf, at,
			       &err) < 0)
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const properties[] = {"a.b=1"};
	const struct template_choices choices = {
		.properties = size % 2 ? properties : NULL,
		.nproperties = size % 2,
		.disk_format = size % 3 ? NULL : "raw",
	};
	static const struct trust_options any = {0};
	SCOPED(close_at) int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct template t;
	struct trust trust;
	struct err e;
	char path[40];

	if (fd < 0 || sys_write(fd, data, size) < 0)
		return 0;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (template_open(&t, path, &choices, &e) == 0) {
		template_check(&t, &e);
		if (trust_check(&t.package, &any, &trust, &e) == 0)
			trust_check_members(&t.package, NULL, NULL, &e);
		for (size_t i = 0; i < t.ndisks && i < 4; i++)
			read_disk(&t, &t.disks[i]);
	}
	template_close(&t);
	return 0;
}
