/* Storage facts and rows. Nothing is written to find out. */
#include "probe/storage.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "probe/check_module.h"
#include "probe/host.h"
#include "probe/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#define ENOUGH ((int64_t)4 << 30) /* one small guest image and what it grows by */

/* ---- filesystems ---- */

static const struct filesystem {
	unsigned long magic;
	const char *name;
	enum known reflink; /* UNKNOWN: it depends */
} filesystems[] = {
	{0xef53, "ext4", NO},
	{0x58465342, "xfs", UNKNOWN},
	{0x9123683e, "btrfs", YES},
	{0xca451a4e, "bcachefs", YES},
	{0x2fc12fc1, "zfs", UNKNOWN},
	{0x01021994, "tmpfs", NO},
	{0x794c7630, "overlay", UNKNOWN},
	{0x6969, "nfs", UNKNOWN},
	{0xff534d42, "cifs", UNKNOWN},
	{0xfe534d42, "smb2", UNKNOWN},
	{0xf2f52010, "f2fs", NO},
	{0x7461636f, "ocfs2", YES},
	{0x01161970, "gfs2", NO},
	{0x00c36400, "ceph", NO},
	{0x858458f6, "ramfs", NO},
	{0x73717368, "squashfs", NO},
	{0x65735546, "fuse", UNKNOWN},
	{0x2011bab0, "exfat", NO},
	{0x01021997, "9p", UNKNOWN},
	{0x4d44, "vfat", NO},
};

static const struct filesystem *filesystem_of(unsigned long magic)
{
	for (size_t i = 0; i < ARRAY_SIZE(filesystems); i++)
		if (filesystems[i].magic == magic)
			return &filesystems[i];
	return NULL;
}

static const struct filesystem *filesystem_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(filesystems); i++)
		if (str_eq(filesystems[i].name, name))
			return &filesystems[i];
	return str_eq(name, "ext3") || str_eq(name, "ext2") ? &filesystems[0] : NULL;
}

/* XFS tells in its geometry. Version 4 of that call exists in every kernel since 2003; 112 bytes, flags at 92. */
#define XFS_GEOMETRY _IOC(_IOC_READ, 'X', 124, 112)

enum { XFS_FLAGS_AT = 92, XFS_REFLINK = 1 << 20 };

static int xfs_reflink(const char *path)
{
	uint8_t geometry[112] = {0};
	SCOPED(close_at) int fd = sys_open(path, O_RDONLY | O_DIRECTORY | O_NOCTTY, 0);
	uint32_t flags;

	if (fd < 0 || ioctl(fd, XFS_GEOMETRY, geometry) < 0)
		return UNKNOWN;
	memcpy(&flags, geometry + XFS_FLAGS_AT, sizeof flags);
	return flags & XFS_REFLINK ? YES : NO;
}

/* ---- the places ---- */

static const struct {
	const char *key;
	const char *paths[4]; /* the first that exists */
} places[STORAGE_PLACES] = {
	[PLACE_HERE] = {"statfs/here", {"."}},
	[PLACE_IMAGES] = {"statfs/images", {"/var/lib/libvirt/images", "/var/lib", "/var", "/"}},
	[PLACE_TMP] = {"statfs/tmp", {"/tmp"}},
};

/* Answer: "PATH MAGIC AVAILABLE-BYTES READ-ONLY REFLINK", the last three numbers decimal. */
static int ask_place(void *arg, struct strbuf *out)
{
	const char *const *paths = arg;
	struct statfs s;
	uint64_t room;
	int reflink, r = -ENOENT;

	for (size_t i = 0; i < 4 && paths[i]; i++) {
		r = sys_statfs(paths[i], &s);
		if (r < 0)
			continue;
		reflink = (unsigned long)s.f_type == 0x58465342 ? xfs_reflink(paths[i]) : UNKNOWN;
		if (__builtin_mul_overflow((uint64_t)s.f_bavail, (uint64_t)s.f_bsize, &room) ||
		    room > INT64_MAX)
			room = INT64_MAX;
		strbuf_printf(out, "%s %lx %llu %d %d", paths[i],
			      (unsigned long)s.f_type & 0xffffffff, (unsigned long long)room,
			      (s.f_flags & ST_RDONLY) != 0, reflink);
		return 0;
	}
	return r;
}

static struct fact reflink_fact(const char *source, const char *text, const struct filesystem *fs,
				int told)
{
	enum known k = told != UNKNOWN ? (enum known)told : fs ? fs->reflink : UNKNOWN;

	if (k == UNKNOWN)
		return fact_unknown(source, EOPNOTSUPP);
	return fact_because(source, k == YES, text);
}

static void take_answer(struct host *h, struct storage_place *p, const char *key,
			const char *answer)
{
	char path[128];
	unsigned long magic;
	long long room;
	int read_only, told;
	const struct filesystem *fs;
	const char *text;

	if (sscanf(answer, "%127s %lx %lld %d %d", path, &magic, &room, &read_only, &told) != 5 ||
	    room < 0) {
		p->space = p->reflink = p->writable = fact_unknown(key, EINVAL);
		return;
	}
	fs = filesystem_of(magic);
	text = arena_printf(h->a, "%s (%s)", str_eq(path, ".") ? "the current folder" : path,
			    fs ? fs->name : "unknown filesystem");
	p->space = fact_num(key, room);
	p->space.text = text;
	p->writable = fact_because(key, !read_only, text);
	p->reflink = reflink_fact(key, text, fs, told);
}

/* A captured folder has no answers, but its mounts tell the kind of filesystem. */
static void guess_place(struct host *h, size_t which, const struct mount_list *mounts)
{
	struct storage_place *p = &h->storage.place[which];
	const char *path = places[which].paths[0];
	const struct mount_line *m = path[0] == '/' ? mountinfo_of(mounts, path) : NULL;

	if (m)
		p->reflink = reflink_fact("/proc/self/mountinfo",
					  arena_printf(h->a, "%s (%s)", path, m->type),
					  filesystem_named(m->type), UNKNOWN);
}

static void gather(struct host *h)
{
	struct storage_facts *s = &h->storage;
	struct mount_list mounts = {0};
	const char *answer;

	if (!tree_has_answers(h->t))
		mountinfo_read(&mounts, h->t);
	for (size_t i = 0; i < STORAGE_PLACES; i++) {
		struct storage_place *p = &s->place[i];
		int r = tree_answer(h->t, places[i].key, ask_place, (void *)places[i].paths,
				    &answer);

		if (r >= 0) {
			take_answer(h, p, places[i].key, answer);
			continue;
		}
		p->space = p->reflink = p->writable = fact_unknown(places[i].key, r);
		if (mounts.count)
			guess_place(h, i, &mounts);
	}
	s->loop_node = fact_exists(h->t, "/dev/loop-control");
	s->nbd_node = fact_exists(h->t, "/dev/nbd0");
	s->mapper_node = fact_exists(h->t, "/dev/mapper/control");
}

/* ---- rows ---- */

#define ROW(id_, member_, title_) FACT("storage." id_, storage.member_, title_)

static const struct fact_row facts[] = {
	ROW("space-here", place[PLACE_HERE].space, "room in the current folder"),
	ROW("space-images", place[PLACE_IMAGES].space, "room for libvirt's images"),
	ROW("space-tmp", place[PLACE_TMP].space, "room in /tmp"),
	ROW("reflink-here", place[PLACE_HERE].reflink, "copies share blocks in the current folder"),
	ROW("reflink-images", place[PLACE_IMAGES].reflink,
	    "copies share blocks where libvirt's images lie"),
	ROW("reflink-tmp", place[PLACE_TMP].reflink, "copies share blocks in /tmp"),
	ROW("loop-node", loop_node, "/dev/loop-control is there"),
	ROW("nbd-node", nbd_node, "/dev/nbd0 is there"),
	ROW("mapper-node", mapper_node, "/dev/mapper/control is there"),
};

static double gib(int64_t bytes)
{
	return (double)bytes / (double)(1 << 30);
}

static void judge_space(const struct host *h, struct finding *f)
{
	const struct storage_place *best = NULL;

	for (size_t i = 0; i < STORAGE_PLACES; i++) {
		const struct storage_place *p = &h->storage.place[i];

		if (!fact_is_yes(p->space))
			continue;
		finding_cite(f, &p->space);
		if (fact_is_yes(p->writable) && (!best || p->space.num > best->space.num))
			best = p;
	}
	if (!f->ncites)
		finding_if_unknown(f, &h->storage.place[PLACE_IMAGES].space);
	else if (!best)
		finding_miss(f, "every place for images is mounted read-only");
	else if (best->space.num < ENOUGH)
		finding_miss(f, "only %.1f GiB in %s", gib(best->space.num), best->space.text);
	else
		finding_pass(f, "%.1f GiB in %s", gib(best->space.num), best->space.text);
}

static void judge_reflink(const struct host *h, struct finding *f)
{
	bool known = false;

	for (size_t i = 0; i < STORAGE_PLACES; i++) {
		const struct fact *r = &h->storage.place[i].reflink;

		finding_cite(f, r);
		known |= !fact_is_unknown(*r);
		if (fact_is_yes(*r)) {
			finding_pass(f, "%s", r->text);
			return;
		}
	}
	if (known)
		finding_skip(
			f,
			"no filesystem for images here shares blocks; qcow2 overlays do without");
	else
		finding_if_unknown(f, &h->storage.place[PLACE_IMAGES].reflink);
}

static void judge_loop(const struct host *h, struct finding *f)
{
	finding_cite(f, &h->storage.loop_node);
	finding_module(f, h, MODULE_LOOP);
}

static void judge_nbd(const struct host *h, struct finding *f)
{
	finding_cite(f, &h->storage.nbd_node);
	finding_module(f, h, MODULE_NBD);
}

static void judge_thin(const struct host *h, struct finding *f)
{
	finding_cite(f, &h->storage.mapper_node);
	finding_module(f, h, MODULE_DM_THIN_POOL);
}

static const struct check checks[] = {
	{
		.id = "storage.space",
		.title = "there is room for images",
		.category = CAT_STORAGE,
		.miss = WARN,
		.judge = judge_space,
		.why = "A guest image begins at a few GiB and grows. Looked at: the current "
		       "folder, libvirt's "
		       "folder for images, /tmp; the roomiest counts.",
		.fix = "free some space, or keep images on another filesystem",
	},
	{
		.id = "storage.reflink",
		.title = "copies of images can share blocks (reflink)",
		.category = CAT_STORAGE,
		.miss = WARN,
		.judge = judge_reflink,
		.why = "On btrfs, bcachefs and XFS made with reflink=1 a full copy of an image "
		       "takes no time and "
		       "no space until it changes.",
	},
	{
		.id = "storage.loop",
		.title = "loop devices",
		.category = CAT_STORAGE,
		.miss = WARN,
		.judge = judge_loop,
		.why = "A raw image becomes a block device through loop, for tools that want one.",
	},
	{
		.id = "storage.nbd",
		.title = "network block devices (nbd)",
		.category = CAT_STORAGE,
		.miss = WARN,
		.judge = judge_nbd,
		.why = "qemu-nbd --connect shows an image of any format as a block device through "
		       "it.",
	},
	{
		.id = "storage.dm-thin",
		.title = "thin volumes (dm-thin)",
		.category = CAT_STORAGE,
		.miss = WARN,
		.judge = judge_thin,
		.why = "LVM thin pools give each guest a volume that takes only what it writes, "
		       "with snapshots.",
	},
};

const struct area storage_area = {
	.name = "storage",
	.gather = gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = checks,
	.nchecks = ARRAY_SIZE(checks),
};
