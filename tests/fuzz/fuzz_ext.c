/* Any change to a small ext4: opened, listed, read, replaced, removed, given another UUID.
 * The input is a list of patches (offset, byte) on an image made once, so that most of it stays a filesystem. */
#include "provision/guestfs.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/sys.h"
#include "base/str.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { IMAGE = 1 << 20, PATCH = 4, KINDS = 3 };

static uint8_t *images[KINDS];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const options[KINDS] = {"-t ext4 -b 1024 -I 256 -O inline_data -N 64",
						   "-t ext4 -b 1024 -O ^metadata_csum -N 64",
						   "-t ext2 -b 1024 -N 64"};
	char line[1024], path[] = "/tmp/vmint-fuzz-XXXXXX";
	int fd = mkstemp(path);

	(void)argc;
	(void)argv;
	for (int k = 0; k < KINDS; k++) {
		snprintf(line, sizeof line,
			 "PATH=$PATH:/sbin:/usr/sbin; d=$(mktemp -d); mkdir -p $d/etc/ssh; echo h >"
			 "$d/etc/hostname; ln -s hostname $d/etc/l; seq 1 3000 >$d/etc/big; mke2fs "
			 "-q -F %s "
			 "-d $d %s 1M >/dev/null 2>&1; rm -rf $d",
			 options[k], path);
		images[k] = calloc(1, IMAGE);
		if (system(line) != 0 || sys_pread(fd, images[k], IMAGE, 0) <= 0)
			_Exit(77);
	}
	unlink(path);
	close(fd);
	return 0;
}

static void look(struct guest_fs *fs, struct arena *a)
{
	static const char *const paths[] = {"/", "/etc", "/etc/ssh", "/lost+found"};
	struct guest_names n;
	const char *text;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		guest_fs_list(fs, a, paths[i], &n, NULL);
	guest_fs_read(fs, a, "/etc/hostname", 4096, &text, &len, NULL);
	guest_fs_read(fs, a, "/etc/l", 4096, &text, &len, NULL);
	guest_fs_read(fs, a, "/etc/big", 1 << 20, &text, &len, NULL);
}

static void change(struct guest_fs *fs)
{
	static const struct uuid u = {{1, 2, 3, 4}};
	static char big[9000];

	guest_fs_replace(fs, "/etc/hostname", big, 200, NULL);
	guest_fs_replace(fs, "/etc/l", big, sizeof big, NULL);
	guest_fs_replace(fs, "/etc/big", "x", 1, NULL);
	guest_fs_mkdir(fs, "/etc/new", 0755, 0, 0, NULL);
	guest_fs_create(fs, "/etc/new/key", 0600, 0, 0, "k", 1, NULL);
	guest_fs_symlink(fs, "/etc/new/l", "key", NULL);
	guest_fs_rename(fs, "/etc/new", "/etc/ssh/new", NULL);
	guest_fs_remove(fs, "/etc", true, NULL);
	guest_fs_flush(fs, NULL);
	guest_fs_set_uuid(fs, &u, false, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(disk_close_at) struct disk *d = disk_memory(IMAGE);
	struct arena a = {0};
	struct guest_fs *fs;

	if (size < 1)
		return 0;
	memcpy(disk_memory_bytes(d), images[data[0] % KINDS], IMAGE);
	for (size_t i = 1; i + PATCH <= size; i += PATCH) {
		uint32_t at = (uint32_t)data[i] | (uint32_t)data[i + 1] << 8 |
			      (uint32_t)data[i + 2] << 16;

		disk_memory_bytes(d)[at % IMAGE] = data[i + 3];
	}
	if (guest_fs_open(d, "ext4", &fs, NULL) == 0) {
		look(fs, &a);
		change(fs);
		guest_fs_close(fs);
	}
	arena_fini(&a);
	return 0;
}
