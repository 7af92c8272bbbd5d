/* Makes windows of a disk image members of a RAID1 that is in sync; what the array holds is put there by others.
 *	mdtool DISK.raw METADATA UUID NAME USED START:SIZE...    all in bytes; 0.90, 1.0, 1.1 or 1.2; 32 digits
 * Prints where the array's data begins in each window, in bytes of the image. */
#include "provision/md_super.h"
#include "tests/unit/md_image.h"

#include "base/scope.h"
#include "base/str.h"
#include "templates/disk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DATA_OFFSET = 1 << 20, ROOM = 8192, FIRST = 5 };

static int member_put(struct disk *d, const struct md_member_spec *m, uint64_t start, struct err *e)
{
	SCOPED(disk_close_at) struct disk *window = NULL;
	uint8_t block[ROOM] = {0};
	int r = disk_slice(d, start, m->size, &window, e);

	if (r < 0)
		return r;
	if (m->minor == 90)
		md_put_0(block, m);
	else
		md_put_1(block, m);
	r = disk_pwrite(window, block, MD_BLOCK, md_place(m), e);
	if (r == 0)
		printf("%" PRIu64 "\n", start + m->data);
	return r;
}

static int members_put(char **arg, int n, struct disk *d, struct md_member_spec *m, struct err *e)
{
	int r = 0;

	m->places = (unsigned)n;
	for (int i = 0; i < n && r == 0; i++) {
		uint64_t start;

		if (sscanf(arg[i], "%" SCNu64 ":%" SCNu64, &start, &m->size) != 2)
			return err_set(e, EINVAL, "%s: no START:SIZE", arg[i]);
		m->number = (unsigned)i;
		m->role = (uint16_t)i;
		r = member_put(d, m, start, e);
	}
	return r;
}

static int make(int argc, char **arg, struct err *e)
{
	static const char *const formats[] = {"1.0", "1.1", "1.2"};
	SCOPED(disk_close_at) struct disk *d = NULL;
	struct md_member_spec m = {.minor = 90, .level = 1, .events = 18, .name = arg[3]};
	struct uuid u;
	int r = uuid_parse(arg[2], &u);

	if (r < 0)
		return err_set(e, EINVAL, "%s: no 32 digits", arg[2]);
	for (unsigned i = 0; i < ARRAY_SIZE(formats); i++)
		if (str_eq(formats[i], arg[1]))
			m.minor = i;
	m.uuid = u.bytes;
	m.used = strtoull(arg[4], NULL, 10);
	m.data = m.minor == 1 || m.minor == 2 ? DATA_OFFSET : 0;
	r = disk_raw_open(arg[0], false, &d, e);
	return r < 0 ? r : members_put(arg + FIRST, argc - FIRST, d, &m, e);
}

int main(int argc, char **argv)
{
	struct err e = {0};

	if (argc < 2 + FIRST) {
		fprintf(stderr, "usage: mdtool DISK.raw METADATA UUID NAME USED START:SIZE...\n");
		return 2;
	}
	if (make(argc - 1, argv + 1, &e) < 0) {
		fprintf(stderr, "mdtool: %s\n", e.text);
		return 1;
	}
	return 0;
}
