/* A plan in the making. */
#pragma once

#include "provision/guest_survey.h"

enum edit_op {
	OP_WRITE,  /* replace path's content */
	OP_CREATE, /* a new file, or replace it with this mode */
	OP_FOLDER, /* for new files: made before them */
	OP_MKDIR,
	OP_SYMLINK, /* path -> to, replacing what is there */
	OP_REMOVE,  /* recursive */
	OP_RENAME,  /* path -> to */
	OP_SET_UUID,
};

struct guest_edit {
	enum edit_op op;
	size_t volume;
	const char *path, *to; /* inside the filesystem */
	char *data;
	size_t len;
	const struct guest_patch *patches; /* instead of data: of a file that is len long */
	size_t npatches;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct uuid uuid;
	const char *expect; /* what the filesystem's id must read as afterwards */
	bool seed;
};

struct disk_edit {
	const char *old_id; /* the disk must still have it */
	struct uuid id;
	struct uuid *parts;
	const struct uuid **set; /* NULL: kept */
	size_t nparts;
	bool wanted;
};

struct guest_edits {
	struct guest_edit *items;
	size_t n, room;
	struct disk_edit *disks;
	size_t ndisks;
	struct lvm_change *lvm;
	size_t nlvm, lvm_room;
	struct md_change *md;
	size_t nmd, md_room;
};

struct work {
	struct guest *g;
	const struct guest_survey *s;
	const struct identity *id;
	const struct guest_options *o;
	struct guest_plan *plan;
	struct arena *a; /* the plan's */
	struct refs
		refs; /* the same order as s->old; entries after those are MACs' and connections' */
	struct edit_names names;
	char machine_id[40]; /* the new one */
	size_t rows;         /* room of plan->changes */
	size_t key_rows;     /* room of plan->host_keys */
};

/* ---- guest_work.c ---- */

void work_say(struct work *w, const char *kind, const char *where, const char *old_value,
	      const char *new_value, enum guest_action action, const char *reason);
struct guest_edit *work_edit(struct work *w, enum edit_op op, size_t volume, const char *path);
/* The content of a file as edited so far, a copy in the plan that may be written to; NULL when it is not a file that
 * was read. The edit is made on the first call. */
struct guest_edit *work_file(struct work *w, const struct found *f);
/* The edit of a file whose new content is text. */
void work_set(struct work *w, const struct found *f, const char *text, size_t len);
/* The edit of a file that else stays as it is; takes list. */
void work_patch(struct work *w, const struct found *f, const struct guest_patch *list, size_t n);
/* A file that is not there yet; nothing when its folder is not there. True when it will be. */
bool work_create(struct work *w, const char *path, mode_t mode, const char *text, size_t len);
/* The edit of a path in a filesystem: the one there is, or a new one of the file that exists there or not. */
struct guest_edit *work_edit_at(struct work *w, size_t volume, const char *inner, bool exists);
/* The edit that gives a file its content, or NULL. */
struct guest_edit *work_planned(struct work *w, size_t volume, const char *inner);
bool work_has_folder(const struct work *w, size_t volume, const char *inner);
/* Nothing that is planned removes this file any more. Edits may move. */
void work_keep(struct work *w, const char *inner, size_t volume);
int work_random(void *p, size_t n, struct err *e);

/* "3 references" */
const char *work_count(struct work *w, size_t n, const char *what);

/* ---- guest_edit.c ---- */

/* Plans one found place. */
int work_found(struct work *w, const struct found *f, struct err *e);
/* ---- guest_ramdisk.c ---- */
int work_ramdisk(struct work *w, const struct found *f, struct err *e);
/* ---- guest_keys.c ---- */
int work_host_key(struct work *w, const struct found *f, struct err *e);
int work_missing_keys(struct work *w, struct err *e);
/* ---- guest_seed.c: cloud-init's places ---- */
int work_cloud_off(struct work *w, const struct found *f, struct err *e);
int work_cloud_sources(struct work *w, const struct found *f, struct err *e);
int work_cloud_policy(struct work *w, const struct found *f, struct err *e);
int work_cloud_network(struct work *w, const struct found *f, struct err *e);
int work_refs(struct work *w, const struct found *f, struct err *e); /* guest_edit.c */
/* ---- guest_network.c ---- */
/* The addresses of o->network, in the words of the stack that the guest uses. */
int work_network(struct work *w, struct err *e);
/* ---- guest_serial.c ---- */
/* --serial-console on or off. */
void work_console(struct work *w);
/* ---- guest_md.c ---- */
/* New ids of arrays, into w->refs and the edits. */
int work_arrays(struct work *w, struct err *e);
/* An mdadm.conf with the new names of arrays; how many. */
size_t work_array_names(const struct work *w, const char *text, size_t len, struct strbuf *out);
/* ---- guest_ids.c ---- */
/* Why no id of storage changes at all, or NULL. */
const char *work_all_kept(struct work *w);
/* Why this one stays: what names it cannot be edited; or NULL. */
const char *work_pin(const struct work *w, const char *old_text);
/* New ids for storage, machine and interfaces, into w->refs. */
int work_ids(struct work *w, struct err *e);
/* The edits of storage, after those of files. */
int work_storage(struct work *w, struct err *e);
