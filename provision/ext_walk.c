/* Extent trees and block maps, without recursion and with limits. */
#include "provision/ext_walk.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <sys/stat.h>

enum {
	I_MODE = 0,
	I_SIZE = 4,
	I_BLOCKS = 0x1c,
	I_FLAGS = 0x20,
	I_BLOCK = 0x28,
	I_BLOCK_SIZE = 60,
	I_FILE_ACL = 0x68,
	EH_MAGIC = 0xf30a,
	DEPTH_MAX = 5,
	MAP_COST = 16, /* a map block costs a read and a thousand looks */
};

struct level {
	uint8_t *bytes; /* a header and its entries */
	unsigned at, count;
};

bool ext_has_blocks(const uint8_t *inode)
{
	unsigned type = le16(inode + I_MODE) & S_IFMT;
	uint32_t flags = le32(inode + I_FLAGS);

	if (type != S_IFREG && type != S_IFDIR && type != S_IFLNK)
		return false;
	if (flags & EXT4_INLINE_DATA_FL)
		return false;
	if (type != S_IFLNK || (flags & EXT4_EXTENTS_FL))
		return true;
	/* A short symlink's text is where the map would be; an attribute block does not make it a long one. */
	return le32(inode + I_SIZE) >= I_BLOCK_SIZE;
}

static int damaged(struct err *e)
{
	return err_set(e, EUCLEAN, "its block map is damaged");
}

static int header_check(const uint8_t *h, unsigned room, unsigned depth, struct level *l,
			struct err *e)
{
	unsigned entries = le16(h + 2), max = le16(h + 4);

	if (le16(h) != EH_MAGIC || le16(h + 6) != depth || entries > max || max * 12 + 12 > room)
		return damaged(e);
	l->at = 0;
	l->count = entries;
	return 0;
}

static int count_pieces(struct ext_walk *w, uint64_t n, struct err *e)
{
	if (w->limit < n)
		return err_set(e, EUCLEAN, "its block map has too many pieces");
	w->limit -= n;
	return 0;
}

static int visit(struct ext_walk *w, const struct ext_piece *p, struct err *e)
{
	int r = count_pieces(w, 1, e);

	if (r == 0 && (!p->count || !range_inside(p->block, p->count, w->blocks)))
		r = damaged(e);
	return r < 0 ? r : w->visit(w->arg, p, e);
}

static int leaf(struct ext_walk *w, const struct level *l, struct err *e)
{
	int r = 0;

	for (unsigned i = 0; i < l->count && r == 0; i++) {
		const uint8_t *x = l->bytes + 12 + 12 * i;
		unsigned len = le16(x + 4);
		struct ext_piece p = {
			.block = (uint64_t)le16(x + 6) << 32 | le32(x + 8),
			.first = le32(x),
			.unwritten = len > 32768,
		};

		p.count = p.unwritten ? len - 32768 : len;
		r = visit(w, &p, e);
	}
	return r;
}

static int read_node(struct ext_walk *w, uint64_t block, uint8_t *to, struct err *e)
{
	struct ext_piece p = {.block = block, .count = 1, .node = to};

	if (block >= w->blocks)
		return damaged(e);
	if (disk_pread(w->disk, to, w->block_size, block * w->block_size, e) < 0)
		return -EIO;
	return visit(w, &p, e);
}

/* depth levels of index blocks above the leaves; l[depth] is the root. */
static int tree(struct ext_walk *w, struct level *l, unsigned depth, uint8_t *room, struct err *e)
{
	unsigned top = depth, at = depth;

	for (;;) {
		const uint8_t *x = l[at].bytes + 12 + 12 * l[at].at;
		int r;

		if (at == 0 || l[at].at == l[at].count) {
			r = at == 0 && !w->nodes_only ? leaf(w, &l[0], e) : 0;
			if (r != 0 || at == top)
				return r;
			at++;
			continue;
		}
		l[at].at++;
		at--;
		l[at].bytes = room + (size_t)at * w->block_size;
		r = read_node(w, (uint64_t)le16(x + 8) << 32 | le32(x + 4), l[at].bytes, e);
		if (r == 0)
			r = header_check(l[at].bytes, w->block_size, at, &l[at], e);
		if (r != 0)
			return r;
	}
}

static int walk_extents(struct ext_walk *w, const uint8_t *root, struct err *e)
{
	struct level l[DEPTH_MAX + 1] = {0};
	unsigned depth = le16(root + 6);
	SCOPED(free_at) uint8_t *room = NULL;
	int r;

	if (depth > DEPTH_MAX)
		return damaged(e);
	l[depth].bytes = (uint8_t *)root;
	r = header_check(root, I_BLOCK_SIZE, depth, &l[depth], e);
	if (r < 0)
		return r;
	if (depth > 0)
		room = xcalloc(depth, w->block_size);
	return tree(w, l, depth, room, e);
}

struct map {
	uint8_t *bytes;
	unsigned at, count;
};

static int map_data(struct ext_walk *w, uint32_t block, uint64_t *first, uint64_t skip,
		    struct err *e)
{
	struct ext_piece p = {.block = block, .count = 1, .first = *first};

	*first += skip;
	return block && !w->nodes_only ? visit(w, &p, e) : 0;
}

/* One of the three indirect pointers: level 1 to 3 of blocks above the data. */
static int walk_indirect(struct ext_walk *w, uint32_t block, unsigned levels, uint64_t *first,
			 uint8_t *room, struct err *e)
{
	const unsigned each = w->block_size / 4;
	struct map m[4] = {0};
	uint64_t spans[4] = {1, each, (uint64_t)each * each, (uint64_t)each * each * each};
	uint8_t root[4];
	unsigned at = levels;

	put_le32(root, block);
	m[at] = (struct map){.bytes = root, .count = 1};
	while (at <= levels) {
		uint32_t next;
		int r;

		if (m[at].at == m[at].count) {
			at++;
			continue;
		}
		next = le32(m[at].bytes + 4 * m[at].at++);
		if (at == 0 || next == 0) {
			r = map_data(w, next, first, spans[at], e);
			if (r != 0)
				return r;
			continue;
		}
		at--;
		m[at] = (struct map){.bytes = room + (size_t)at * w->block_size, .count = each};
		if (next >= w->blocks)
			return damaged(e);
		r = disk_pread(w->disk, m[at].bytes, w->block_size, (uint64_t)next * w->block_size,
			       e);
		if (r == 0)
			r = count_pieces(w, MAP_COST, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int walk_map(struct ext_walk *w, const uint8_t *i_block, struct err *e)
{
	SCOPED(free_at) uint8_t *room = NULL;
	uint64_t first = 0;
	int r = 0;

	for (unsigned i = 0; i < 12 && r == 0; i++)
		r = map_data(w, le32(i_block + 4 * i), &first, 1, e);
	for (unsigned levels = 1; levels <= 3 && r == 0; levels++) {
		uint32_t block = le32(i_block + 4 * (11 + levels));

		if (!room && block)
			room = xcalloc(3, w->block_size);
		r = walk_indirect(w, block, levels, &first, room, e);
	}
	return r;
}

int ext_walk_inode(struct ext_walk *w, const uint8_t *inode, struct err *e)
{
	if (le32(inode + I_FLAGS) & EXT4_EXTENTS_FL)
		return walk_extents(w, inode + I_BLOCK, e);
	return walk_map(w, inode + I_BLOCK, e);
}

static int look(void *arg, const struct ext_piece *p, struct err *e)
{
	(void)arg;
	(void)p;
	(void)e;
	return 0;
}

int ext_inode_sane(struct ext *x, const union ext_inode *inode, const char *path, struct err *e)
{
	struct ext_walk w = {
		.disk = x->fs.disk,
		.block_size = x->e2->blocksize,
		.blocks = ext2fs_blocks_count(x->e2->super),
		.limit = EXT_RUNS_MAX,
		.visit = look,
	};
	int r;

	/* libext2fs has put the inode into host order: the same on the little-endian machines we run on. */
	if (!ext_has_blocks(inode->bytes))
		return 0;
	r = ext_walk_inode(&w, inode->bytes, e);
	return r < 0 ? err_in(e, r, "%s", path) : 0;
}
