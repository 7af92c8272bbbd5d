/* Journals that debugfs filled, written back by us and by e2fsck: the same blocks; and what is left of old contents. */
#include "guest_tools.h"

#include "base/bytes.h"
#include "base/str.h"
#include "provision/guestfs.h"
#include "provision/jbd2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { IMAGE = 16 << 20 };

static const struct kind {
	const char *type, *options, *open; /* mke2fs's, and of debugfs's journal_open */
	unsigned block;
} kinds[] = {
	{"ext3", "-t ext3 -b 1024", "", 1024},
	{"ext3", "-t ext3 -b 4096", "", 4096},
	{"ext4", "-t ext4 -b 1024 -O ^64bit", "-c -v 2", 1024},
	{"ext4", "-t ext4 -b 4096 -O 64bit", "-c -v 2", 4096},
	{"ext4", "-t ext4 -b 1024 -O 64bit", "-c -v 3", 1024},
	{"ext4", "-t ext4 -b 4096 -O ^64bit", "-c -v 3", 4096},
	{"ext4", "-t ext4 -b 1024 -O ^metadata_csum", "-c -v 1", 1024},
};

static char dir[] = "/tmp/vmint-jbd2-XXXXXX";

static int make_tree(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	return shell("cd %s && mkdir -p tree/etc && echo old-name >tree/etc/hostname && echo kept "
		     ">tree/etc/kept && echo content >tree/etc/gone && head -c 9000 /dev/zero | tr "
		     "'\\0' S >tree/etc/secret",
		     dir);
}

static int drop_tree(void **state)
{
	(void)state;
	return shell("rm -rf %s", dir);
}

static struct image make(const struct kind *k)
{
	struct image i = image_new(IMAGE);

	assert_int_equal(
		shell("mke2fs -q -F %s -d %s/tree %s >/dev/null 2>&1", k->options, dir, i.path), 0);
	return i;
}

static unsigned block_of(const struct image *i, const char *file)
{
	char text[64];

	said(text, sizeof text, "debugfs -R 'blocks %s' %s 2>/dev/null", file, i->path);
	return (unsigned)atoi(text);
}

/* One block of the filesystem as debugfs shall log it. */
static void block_file(const char *name, unsigned size, const char *text, bool magic)
{
	char path[128];
	uint8_t b[4096] = {0};
	FILE *f;

	memcpy(b, text, strlen(text));
	if (magic)
		put_be32(b, 0xc03b3998);
	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(b, 1, size, f), size);
	fclose(f);
}

/* A transaction each: new contents of three files, one of them like a block of the log; one revoked; one that is not
 * committed. debugfs's first checksums (v1) are right for one transaction only. */
static void fill_journal(const struct image *i, const struct kind *k)
{
	unsigned name = block_of(i, "/etc/hostname"), kept = block_of(i, "/etc/kept"),
		 gone = block_of(i, "/etc/gone");

	block_file("one", k->block, "new-name\n", false);
	block_file("two", k->block, "XXXXescaped", true);
	block_file("three", k->block, "never", false);
	if (strstr(k->open, "-v 1"))
		assert_int_equal(shell("cd %s && printf 'jo %s\\njw -b %u one\\njc\\n' >cmd && "
				       "debugfs -w -f cmd %s >log 2>&1",
				       dir, k->open, name, i->path),
				 0);
	else
		assert_int_equal(
			shell("cd %s && printf 'jo %s\\njw -b %u one\\njc\\njo\\njw -b %u "
			      "two\\njc\\njo\\njw -b %u three\\njc\\njo\\njw -r %u\\njc\\njo\\njw "
			      "-b "
			      "%u -c three\\njc\\n' >cmd && debugfs -w -f cmd %s >log 2>&1",
			      dir, k->open, name, gone, kept, kept, name, i->path),
			0);
}

static bool needs_recovery(const struct image *i)
{
	return shell("dumpe2fs -h %s 2>/dev/null | grep -q needs_recovery", i->path) == 0;
}

/* Superblocks, descriptors and the journal itself are each one's own matter. */
static bool is_ours(const char *list, unsigned block, unsigned size)
{
	char word[16];

	snprintf(word, sizeof word, " %u ", block);
	return block < 8 * 4096 / size || (block % 8192 < 80 && size == 1024) ||
	       strstr(list, word) != NULL;
}

static void same_blocks(const struct image *a, const struct image *b, const struct kind *k)
{
	SCOPED(disk_close_at) struct disk *x = image_in_memory(a);
	SCOPED(disk_close_at) struct disk *y = image_in_memory(b);
	SCOPED(free_at) char *list = xcalloc(1, 1 << 17);

	list[0] = ' ';
	said(list + 1, (1 << 17) - 1, "debugfs -R 'blocks <8>' %s 2>/dev/null", a->path);
	for (unsigned n = 0; n < IMAGE / k->block; n++)
		if (!is_ours(list, n, k->block) &&
		    memcmp(disk_memory_bytes(x) + (size_t)n * k->block,
			   disk_memory_bytes(y) + (size_t)n * k->block, k->block) != 0)
			fail_msg("%s: block %u differs from e2fsck's", k->options, n);
}

static void is_clean(const struct image *i, const char *what)
{
	if (shell("e2fsck -fn %s >%s/fsck 2>&1 || { cat %s/fsck; false; }", i->path, dir, dir) != 0)
		fail_msg("e2fsck complains about %s", what);
}

static void a_journal_is_written_back_as_by_e2fsck(void **state)
{
	(void)state;
	if (!have("mke2fs") || !have("debugfs") || !have("e2fsck"))
		skip();
	for (size_t n = 0; n < ARRAY_SIZE(kinds); n++) {
		const struct kind *k = &kinds[n];
		SCOPED(image_gone) struct image i = make(k);
		SCOPED(image_gone) struct image theirs = image_new(0);
		struct arena a = {0};
		struct guest_fs *fs;
		struct err e = {0};
		const char *text;
		size_t len;

		fill_journal(&i, k);
		assert_true(needs_recovery(&i));
		shell("cp %s %s; e2fsck -fy %s >/dev/null 2>&1", i.path, theirs.path, theirs.path);
		SCOPED(disk_close_at) struct disk *d = image_open(&i, false);
		if (guest_fs_open(d, k->type, &fs, &e) < 0)
			fail_msg("%s: %s", k->options, e.text);
		if (!guest_fs_notice(fs) || guest_fs_pinned(fs))
			fail_msg("%s: %s", k->options, guest_fs_pinned(fs));
		assert_int_equal(guest_fs_read(fs, &a, "/etc/hostname", 99, &text, &len, &e), 0);
		assert_memory_equal(text, "new-name\n", len);
		assert_int_equal(guest_fs_read(fs, &a, "/etc/kept", 99, &text, &len, &e), 0);
		assert_string_equal(text, "kept\n");
		assert_int_equal(guest_fs_read(fs, &a, "/etc/gone", 99, &text, &len, &e), 0);
		if (!strstr(k->open, "-v 1"))
			assert_memory_equal(text, "\xc0\x3b\x39\x98", 4);
		/* nothing is written for having looked */
		assert_int_equal(guest_fs_flush(fs, &e), 0);
		assert_true(needs_recovery(&i));
		assert_int_equal(guest_fs_replace(fs, "/etc/kept", "kept\n", 5, &e), 0);
		assert_int_equal(guest_fs_flush(fs, &e), 0);
		guest_fs_close(fs);
		arena_fini(&a);
		assert_false(needs_recovery(&i));
		is_clean(&i, k->options);
		same_blocks(&i, &theirs, k);
	}
}

/* The old text of a file in the log, where it was once written through it. */
static void nothing_old_stays_in_the_journal(void **state)
{
	(void)state;
	if (!have("mke2fs") || !have("debugfs") || !have("e2fsck"))
		skip();
	for (size_t n = 0; n < ARRAY_SIZE(kinds); n++) {
		const struct kind *k = &kinds[n];
		SCOPED(image_gone) struct image i = make(k);
		struct guest_fs *fs;

		fill_journal(&i, k);
		shell("e2fsck -fy %s >/dev/null 2>&1", i.path);
		assert_int_equal(shell("grep -aq new-name %s", i.path), 0);
		SCOPED(disk_close_at) struct disk *d = image_open(&i, false);
		assert_int_equal(guest_fs_open(d, k->type, &fs, NULL), 0);
		assert_int_equal(guest_fs_replace(fs, "/etc/hostname", "x\n", 2, NULL), 0);
		assert_int_equal(guest_fs_replace(fs, "/etc/secret", "y\n", 2, NULL), 0);
		assert_int_equal(guest_fs_remove(fs, "/etc/kept", false, NULL), 0);
		assert_int_equal(guest_fs_rename(fs, "/etc/gone", "/etc/other", NULL), 0);
		assert_int_equal(guest_fs_flush(fs, NULL), 0);
		guest_fs_close(fs);
		is_clean(&i, k->options);
		/* contents, freed blocks, ends of files, names of entries */
		if (shell("grep -aoE 'never|new-name|old-name|SSSS|kept|gone|escaped' %s >%s/left",
			  i.path, dir) == 0) {
			shell("sort %s/left | uniq -c", dir);
			/* the renamed file still says it */
			assert_int_equal(shell("test \"$(sort -u %s/left)\" = escaped", dir), 0);
		}
	}
}

/* A damaged block of the log is nobody's to write back. */
static void a_wrong_checksum_is_refused(void **state)
{
	(void)state;
	if (!have("mke2fs") || !have("debugfs"))
		skip();
	const struct kind *k = &kinds[4];
	SCOPED(image_gone) struct image i = make(k);
	struct guest_fs *fs;
	struct err e = {0};

	fill_journal(&i, k);
	SCOPED(disk_close_at) struct disk *m = image_in_memory(&i);
	char *at = memmem(disk_memory_bytes(m), IMAGE, "new-name", 8);

	assert_non_null(at);
	*at = 'N';
	assert_int_equal(guest_fs_open(m, k->type, &fs, NULL), 0);
	assert_non_null(guest_fs_pinned(fs));
	assert_non_null(strstr(guest_fs_pinned(fs), "wrong checksum"));
	assert_int_equal(guest_fs_replace(fs, "/etc/kept", "x", 1, &e), -EUCLEAN);
	guest_fs_close(fs);
}

static void files_deleted_while_open_are_given_back(void **state)
{
	static const char *const options[] = {"-t ext4 -O ^orphan_file", "-t ext4 -O orphan_file",
					      "-t ext3"};

	(void)state;
	if (!have("mke2fs") || !have("debugfs") || !have("e2fsck"))
		skip();
	for (size_t n = 0; n < ARRAY_SIZE(options); n++) {
		const struct kind k = {"ext4", options[n], "", 4096};
		SCOPED(image_gone) struct image i = make(&k);
		struct guest_fs *fs;
		struct err e = {0};
		char ino[32];

		said(ino, sizeof ino,
		     "debugfs -R 'stat /etc/secret' %s 2>/dev/null | sed "
		     "'s/Inode: \\([0-9]*\\).*/\\1/;q'",
		     i.path);
		assert_int_equal(shell("cd %s && printf 'unlink /etc/secret\\nsif <%s> links_count "
				       "0\\nssv last_orphan %s\\n' >cmd && debugfs -w -f cmd %s "
				       ">log 2>&1",
				       dir, ino, ino, i.path),
				 0);
		SCOPED(disk_close_at) struct disk *d = image_open(&i, false);
		assert_int_equal(guest_fs_open(d, "ext4", &fs, NULL), 0);
		if (guest_fs_pinned(fs))
			fail_msg("%s: %s", options[n], guest_fs_pinned(fs));
		if (guest_fs_replace(fs, "/etc/kept", "x", 1, &e) < 0)
			fail_msg("%s: %s", options[n], e.text);
		assert_int_equal(guest_fs_flush(fs, NULL), 0);
		guest_fs_close(fs);
		is_clean(&i, options[n]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_journal_is_written_back_as_by_e2fsck),
		cmocka_unit_test(nothing_old_stays_in_the_journal),
		cmocka_unit_test(a_wrong_checksum_is_refused),
		cmocka_unit_test(files_deleted_while_open_are_given_back),
	};

	return cmocka_run_group_tests(tests, make_tree, drop_tree);
}
