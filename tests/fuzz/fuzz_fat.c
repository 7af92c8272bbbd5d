/* Any bytes as the head of a FAT filesystem: listed, read, changed. */
#include "provision/guestfs.h"

#include "base/scope.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IMAGE = 512 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct uuid u = {{1, 2, 3, 4}};
	static char big[30000];
	SCOPED(disk_close_at) struct disk *d = disk_memory(IMAGE);
	struct guest_names n;
	struct arena a = {0};
	struct guest_fs *fs;
	const char *text;
	size_t len;

	memcpy(disk_memory_bytes(d), data, size < IMAGE ? size : IMAGE);
	if (guest_fs_open(d, "vfat", &fs, NULL) < 0)
		return 0;
	if (guest_fs_list(fs, &a, "/", &n, NULL) == 0) {
		for (size_t i = 0; i < n.count && i < 8; i++) {
			char path[1024];

			snprintf(path, sizeof path, "/%.900s", n.names[i]);
			guest_fs_read(fs, &a, path, 1 << 20, &text, &len, NULL);
			guest_fs_replace(fs, path, big, i * 4000, NULL);
		}
		if (n.count)
			guest_fs_remove(fs, arena_printf(&a, "/%s", n.names[0]), true, NULL);
	}
	guest_fs_mkdir(fs, "/loader", 0755, 0, 0, NULL);
	guest_fs_create(fs, "/loader/a-long-name.conf", 0644, 0, 0, big, sizeof big, NULL);
	guest_fs_rename(fs, "/loader/a-long-name.conf", "/b.conf", NULL);
	guest_fs_remove(fs, "/loader", true, NULL);
	guest_fs_set_uuid(fs, &u, false, NULL);
	guest_fs_flush(fs, NULL);
	guest_fs_close(fs);
	arena_fini(&a);
	return 0;
}
