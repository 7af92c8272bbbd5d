/* Doing what a plan says, innermost first: files, filesystem ids, LVM, md, partition tables. */
#include "provision/guest_work.h"

#include "base/scope.h"

#include <errno.h>
#include <string.h>

static struct guest_fs *volume_of(struct guest *g, const struct guest_edit *x, struct err *e)
{
	struct guest_fs *fs = x->volume < g->storage.nvolumes ? guest_volume(g, x->volume) : NULL;

	if (!fs)
		err_set(e, EINVAL, "volume %zu cannot be opened: this is not the guest of the plan",
			x->volume);
	return fs;
}

static int remove_it(struct guest_fs *fs, const struct guest_edit *x, struct err *e)
{
	struct err quiet = {0};
	int r = guest_fs_remove(fs, x->path, true, &quiet);

	/* already gone with its folder */
	if (r == 0 || r == -ENOENT)
		return 0;
	return err_set(e, -r, "%s", quiet.text);
}

static int link_it(struct guest_fs *fs, const struct guest_edit *x, struct err *e)
{
	int r = remove_it(fs, x, e);

	return r < 0 ? r : guest_fs_symlink(fs, x->path, x->to, e);
}

static int set_id(struct guest_fs *fs, const struct guest_edit *x, struct err *e)
{
	int r = guest_fs_set_uuid(fs, &x->uuid, x->seed, e);

	if (r < 0)
		return r;
	if (!str_eq(guest_fs_uuid(fs), x->expect))
		return err_set(e, EIO, "%s: its id became %s, not %s", x->path, guest_fs_uuid(fs),
			       x->expect);
	return 0;
}

static int do_edit(struct guest *g, const struct guest_edit *x, struct err *e)
{
	struct guest_fs *fs = volume_of(g, x, e);

	if (!fs)
		return -EINVAL;
	switch (x->op) {
	case OP_WRITE:
		return x->patches ? guest_fs_patch(fs, x->path, x->len, x->patches, x->npatches, e)
				  : guest_fs_replace(fs, x->path, x->data, x->len, e);
	case OP_CREATE:
		return guest_fs_create(fs, x->path, x->mode, x->uid, x->gid, x->data, x->len, e);
	case OP_FOLDER:
	case OP_MKDIR:
		return guest_fs_mkdir(fs, x->path, x->mode, x->uid, x->gid, e);
	case OP_SYMLINK:
		return link_it(fs, x, e);
	case OP_REMOVE:
		return remove_it(fs, x, e);
	case OP_RENAME:
		return guest_fs_rename(fs, x->path, x->to, e);
	case OP_SET_UUID:
		return set_id(fs, x, e);
	}
	return 0;
}

static const char *op_name(enum edit_op op)
{
	static const char *const names[] = {"writing",           "creating",    "making the folder",
					    "making the folder", "linking",     "removing",
					    "renaming",          "a new id for"};

	return names[op];
}

static int do_phase(struct guest *g, const struct guest_edits *x, const enum edit_op *ops,
		    size_t nops, bool backwards, struct err *e)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct guest_edit *edit = &x->items[backwards ? x->n - 1 - i : i];
		bool mine = false;
		int r;

		for (size_t k = 0; k < nops; k++)
			mine = mine || edit->op == ops[k];
		if (!mine)
			continue;
		r = do_edit(g, edit, e);
		if (r < 0)
			return err_in(e, r, "%s %s", op_name(edit->op), edit->path);
	}
	return 0;
}

static int flush_all(struct guest *g, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < g->storage.nvolumes && r == 0; i++)
		if (g->fs[i])
			r = guest_fs_flush(g->fs[i], e);
	return r;
}

static int set_tables(struct guest *g, const struct guest_edits *x, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < x->ndisks && r == 0; i++) {
		if (!x->disks[i].wanted)
			continue;
		if (x->disks[i].nparts != g->storage.disks[i].nparts ||
		    !str_eq(x->disks[i].old_id, g->storage.disks[i].id))
			return err_set(e, EINVAL, "disk %zu is not the disk of the plan", i + 1);
		r = storage_set_ids(&g->storage.disks[i], &x->disks[i].id,
				    (const struct uuid *const *)x->disks[i].set, e);
	}
	return r;
}

int guest_plan_apply(struct guest *g, const struct guest_plan *p, struct err *e)
{
	/* Renames after all edits by the old names, the deepest first: a folder was found before what is in it. */
	static const enum edit_op writes[] = {OP_WRITE, OP_CREATE, OP_SYMLINK},
				  folders[] = {OP_FOLDER}, removes[] = {OP_REMOVE},
				  makes[] = {OP_MKDIR}, renames[] = {OP_RENAME},
				  ids[] = {OP_SET_UUID};
	const struct guest_edits *x = p->edits;
	int r;

	if (x->ndisks != g->storage.ndisks)
		return err_set(e, EINVAL, "the guest has %zu disks, the plan %zu",
			       g->storage.ndisks, x->ndisks);
	r = do_phase(g, x, folders, ARRAY_SIZE(folders), false, e);
	if (r == 0)
		r = do_phase(g, x, writes, ARRAY_SIZE(writes), false, e);
	if (r == 0)
		r = do_phase(g, x, removes, ARRAY_SIZE(removes), false, e);
	if (r == 0)
		r = do_phase(g, x, makes, ARRAY_SIZE(makes), false, e);
	if (r == 0)
		r = do_phase(g, x, renames, ARRAY_SIZE(renames), true, e);
	if (r == 0)
		r = flush_all(g, e);
	if (r == 0)
		r = do_phase(g, x, ids, ARRAY_SIZE(ids), false, e);
	if (r == 0)
		r = flush_all(g, e);
	if (r == 0 && x->nlvm)
		r = storage_set_lvm(&g->storage, x->lvm, x->nlvm, e);
	if (r == 0 && x->nmd)
		r = storage_set_md(&g->storage, x->md, x->nmd, e);
	return r < 0 ? r : set_tables(g, x, e);
}
