/* Device nodes: one table, the same questions for each row. */
#include "probe/node.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "probe/host.h"
#include "probe/mountinfo.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const struct row {
	const char *path, *driver;
	unsigned minor;
	const char *use;
} rows[NODE_COUNT] = {
#define NODE_ROW(id, path, driver, minor, use) [NODE_##id] = {path, driver, minor, use},
	NODES(NODE_ROW)
#undef NODE_ROW
};

enum { MISC_MAJOR = 10, CAP_DAC_OVERRIDE_BIT = 1, READ_WRITE = 6 };

/* ---- the driver's number ---- */

/* "232 kvm" */
static bool misc_minor(const char *misc, const char *driver, unsigned *minor)
{
	const char *line;
	size_t n;

	while (str_line(&misc, &line, &n)) {
		char name[64];
		unsigned m;
		char one[80];

		if (n >= sizeof one)
			continue;
		memcpy(one, line, n);
		one[n] = 0;
		if (sscanf(one, "%u %63s", &m, name) == 2 && str_eq(name, driver)) {
			*minor = m;
			return true;
		}
	}
	return false;
}

static struct fact find_driver(struct host *h, const struct row *row, unsigned *minor)
{
	static const char misc[] = "/proc/misc";
	const char *text, *path = arena_printf(h->a, "/sys/class/misc/%s/dev", row->driver);
	unsigned major;
	int r = tree_read(h->t, misc, TREE_TEXT_MAX, &text, NULL);

	if (r == 0) {
		if (!misc_minor(text, row->driver, minor))
			return fact_no(misc);
		return fact_text(misc, arena_printf(h->a, "%u:%u", MISC_MAJOR, *minor));
	}
	if (tree_line(h->t, path, &text) == 0 && sscanf(text, "%u:%u", &major, minor) == 2)
		return fact_text(path, text);
	return fact_unknown(misc, r);
}

static void compare_number(struct host *h, struct node *n, const struct row *row,
			   const struct tree_stat *st)
{
	unsigned minor = row->minor;
	const char *number = arena_printf(h->a, "%u:%u", st->rdev_major, st->rdev_minor);

	n->driver = find_driver(h, row, &minor);
	if (!minor) {
		n->number = fact_unknown(n->path, ENODATA);
		return;
	}
	n->number = fact_text(n->path, number);
	if (st->rdev_major == MISC_MAJOR && st->rdev_minor == minor)
		return;
	n->number.is = NO;
	n->number.text = arena_printf(h->a, "%s, but the driver's number is %u:%u", number,
				      MISC_MAJOR, minor);
}

/* ---- what the node is ---- */

static const char *kind_of(mode_t mode)
{
	if (S_ISREG(mode))
		return "a regular file";
	if (S_ISDIR(mode))
		return "a folder";
	if (S_ISBLK(mode))
		return "a block device";
	if (S_ISFIFO(mode))
		return "a FIFO";
	if (S_ISSOCK(mode))
		return "a socket";
	return S_ISCHR(mode) ? "a character device" : "of an unknown kind";
}

struct acl_question {
	const char *path;
};

/* Hexadecimal, because answers are text. No ACL is an answer too: "". */
static int ask_acl(void *arg, struct strbuf *out)
{
	const struct acl_question *q = arg;
	uint8_t bytes[1024];
	ssize_t n = sys_getxattr(q->path, "system.posix_acl_access", bytes, sizeof bytes);

	if (n == -ENODATA || n == -EOPNOTSUPP)
		return 0;
	if (n < 0)
		return (int)n;
	for (ssize_t i = 0; i < n; i++)
		strbuf_printf(out, "%02x", bytes[i]);
	return 0;
}

static void add_entry(struct host *h, struct strbuf *out, const struct acl *acl,
		      const struct acl_entry *e)
{
	unsigned perm = acl_effective(acl, e);

	if (e->tag != ACL_USER && e->tag != ACL_GROUP)
		return;
	strbuf_printf(out, "%s%s:%s:%c%c%c", out->len ? "," : "",
		      e->tag == ACL_USER ? "user" : "group",
		      e->tag == ACL_USER ? who_user_name(h, e->id) : who_group_name(h, e->id),
		      perm & 4 ? 'r' : '-', perm & 2 ? 'w' : '-', perm & 1 ? 'x' : '-');
}

static void gather_acl(struct host *h, struct node *n)
{
	struct acl_question q = {n->path};
	const char *hex, *key = arena_printf(h->a, "xattr%s/system.posix_acl_access", n->path);
	struct strbuf words = {0};
	int r = tree_answer(h->t, key, ask_acl, &q, &hex);

	if (r < 0 || !acl_parse_hex(&n->entries, hex)) {
		n->acl = fact_unknown(key, r < 0 ? r : EINVAL);
		return;
	}
	for (size_t i = 0; i < n->entries.count; i++)
		add_entry(h, &words, &n->entries, &n->entries.entries[i]);
	n->acl = fact_because(key, words.len > 0, arena_dup(h->a, strbuf_str(&words)));
	strbuf_fini(&words);
}

static void gather_nodev(struct node *n, const struct mount_list *mounts, int r)
{
	static const char source[] = "/proc/self/mountinfo";
	const struct mount_line *m = mountinfo_of(mounts, n->path);

	if (r < 0 || !m)
		n->nodev = fact_unknown(source, r < 0 ? r : ENODATA);
	else
		n->nodev = fact_because(source,
					mount_option(m->options, "nodev") ||
						mount_option(m->super_options, "nodev"),
					m->where);
}

/* ---- who may open it ---- */

static bool dac_override(const struct who *w, const struct node *n)
{
	if (w->caps.is != YES || !(w->caps.num >> CAP_DAC_OVERRIDE_BIT & 1))
		return false;
	/* Inside a user namespace a capability counts only for files whose ids it maps. */
	return w->userns.is != YES || (n->uid != OVERFLOW_ID && n->gid != OVERFLOW_ID);
}

static enum access_way decide(const struct who *w, const struct node *n)
{
	const struct acl *acl = &n->entries;
	bool group_matched = false, group_grants = false;
	unsigned group_bits = n->bits >> 3 & 7;

	if (dac_override(w, n))
		return ACCESS_ROOT;
	if (w->uid == n->uid)
		return (n->bits >> 6 & READ_WRITE) == READ_WRITE ? ACCESS_OWNER : ACCESS_NONE;
	for (size_t i = 0; i < acl->count; i++) {
		const struct acl_entry *e = &acl->entries[i];

		if (e->tag == ACL_USER && e->id == w->uid)
			return (acl_effective(acl, e) & READ_WRITE) == READ_WRITE ? ACCESS_ACL_USER
										  : ACCESS_NONE;
		/* With an ACL the mode's group bits are the mask; the group's own are in its entry. */
		if (e->tag == ACL_OWNING_GROUP)
			group_bits = acl_effective(acl, e);
	}
	if (who_in_group(w, n->gid)) {
		if ((group_bits & READ_WRITE) == READ_WRITE)
			return ACCESS_GROUP;
		group_matched = true;
	}
	for (size_t i = 0; i < acl->count; i++) {
		const struct acl_entry *e = &acl->entries[i];

		if (e->tag != ACL_GROUP || !who_in_group(w, e->id))
			continue;
		group_matched = true;
		group_grants = group_grants || (acl_effective(acl, e) & READ_WRITE) == READ_WRITE;
	}
	if (group_grants)
		return ACCESS_ACL_GROUP;
	if (group_matched)
		return ACCESS_NONE;
	return (n->bits & READ_WRITE) == READ_WRITE ? ACCESS_OTHER : ACCESS_NONE;
}

static const char *const ways[] = {
	[ACCESS_UNKNOWN] = "unknown",
	[ACCESS_NONE] = "nothing grants it",
	[ACCESS_ROOT] = "as root",
	[ACCESS_OWNER] = "as owner",
	[ACCESS_ACL_USER] = "by an ACL entry for the user",
	[ACCESS_GROUP] = "by group",
	[ACCESS_ACL_GROUP] = "by an ACL entry for a group",
	[ACCESS_OTHER] = "everybody may",
};

static void gather_access(const struct who *w, struct node *n)
{
	if (!w->known) {
		n->access = fact_unknown(n->path, w->user.err);
		return;
	}
	n->way = decide(w, n);
	/* A group that this namespace does not map can still grant: only opening tells. */
	if (n->way == ACCESS_NONE && w->userns.is == YES && n->gid == OVERFLOW_ID) {
		n->way = ACCESS_UNKNOWN;
		n->access = fact_unknown(n->path, 0);
		return;
	}
	n->access = fact_because(n->path, n->way != ACCESS_NONE, ways[n->way]);
}

/* A CPU dump, or a capture of a few files, says nothing about nodes by having none. */
static bool tells_of_nodes(const struct host *h)
{
	static const char *const signs[] = {"/dev/null", "/sys/module", "/proc/misc",
					    "/proc/modules"};

	if (tree_is_live(h->t))
		return true;
	if (!tree_has_answers(h->t) && !tree_exists(h->t, "/dev"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (tree_exists(h->t, signs[i]))
			return true;
	return false;
}

static void gather_node(struct host *h, struct node *n, const struct row *row,
			const struct mount_list *mounts, int mounts_err)
{
	struct tree_stat st;
	int r = tree_stat(h->t, row->path, &st);

	if (r == -ENOENT && !tells_of_nodes(h))
		r = -ENODATA;
	n->path = row->path;
	n->there = r == 0                          ? fact_yes(n->path)
		   : r == -ENOENT || r == -ENOTDIR ? fact_no(n->path)
						   : fact_unknown(n->path, r);
	n->device = n->number = n->mode = n->acl = n->nodev = n->access =
		fact_unknown(n->path, r < 0 ? r : 0);
	if (r < 0) {
		unsigned minor;

		n->driver = find_driver(h, row, &minor);
		return;
	}
	n->bits = st.mode & 07777;
	n->uid = st.uid;
	n->gid = st.gid;
	n->device = fact_because(n->path, S_ISCHR(st.mode), kind_of(st.mode));
	n->mode = fact_text(n->path,
			    arena_printf(h->a, "%04o %s:%s", n->bits, who_user_name(h, st.uid),
					 who_group_name(h, st.gid)));
	n->mode.num = n->bits;
	n->mode.has_num = true;
	compare_number(h, n, row, &st);
	gather_acl(h, n);
	gather_nodev(n, mounts, mounts_err);
	gather_access(&h->who, n);
}

/* ---- udev ---- */

static void gather_udev(struct host *h)
{
	static const char rules[] = "/usr/lib/udev/rules.d";
	/* The same record that libudev reads; asked as a file so that a capture has it. */
	static const char record[] = "/run/udev/data/c10:232";
	struct nodes *n = &h->nodes;
	struct udev_effect *e = &n->kvm_effect;
	const char *text;
	int r;

	n->udev = fact_exists(h->t, "/run/udev/control");
	n->kvm_seat = fact_because(record, false, "not tagged");
	if (tree_read(h->t, record, TREE_TEXT_MAX, &text, NULL) == 0 && strstr(text, "G:uaccess"))
		n->kvm_seat = fact_because(record, true, "G:uaccess");
	r = udev_rules_read(e, h->t, "kvm", "misc");
	if (r < 0) {
		n->kvm_rule = fact_unknown(rules, r);
		return;
	}
	n->kvm_rule = fact_because(e->file ? e->file : rules, e->matched,
				   arena_printf(h->a, "%04o %s:%s", e->has_mode ? e->mode : 0600,
						e->owner ? e->owner : "root",
						e->group ? e->group : "root"));
}

bool node_lasting_access(const struct host *h)
{
	const struct udev_effect *e = &h->nodes.kvm_effect;
	const struct node *now = &h->nodes.node[NODE_KVM];
	struct node later = {.bits = e->has_mode ? e->mode : e->group ? 0660 : 0600};

	/* udev sets mode and group anew and drops nobody's ACL entry but its own. */
	if (e->group && !str_eq(e->group, "root")) {
		if (!str_eq(e->group, who_group_name(h, now->gid)))
			return false;
		later.gid = now->gid;
	}
	return decide(&h->who, &later) != ACCESS_NONE;
}

/* ---- all of it ---- */

static struct fact count_vfio_groups(struct host *h)
{
	struct tree_names names;
	int64_t groups = 0;
	int r = tree_list(h->t, "/dev/vfio", &names);

	if (r == -ENOENT)
		return fact_num("/dev/vfio", 0);
	if (r < 0)
		return fact_unknown("/dev/vfio", r);
	for (size_t i = 0; i < names.count; i++)
		groups += names.names[i][0] >= '0' && names.names[i][0] <= '9';
	return fact_num("/dev/vfio", groups);
}

void nodes_gather(struct host *h)
{
	struct mount_list mounts = {0};
	int r = mountinfo_read(&mounts, h->t);

	for (int i = 0; i < NODE_COUNT; i++)
		gather_node(h, &h->nodes.node[i], &rows[i], &mounts, r);
	h->nodes.vfio_groups = count_vfio_groups(h);
	gather_udev(h);
	h->nodes.device_cgroup = fact_unknown("the device cgroup", 0);
	h->nodes.lsm = fact_unknown("/proc/self/attr/current", 0);
	h->nodes.enforcing = fact_unknown("/sys/fs/selinux/enforce", 0);
}

static json_t *node_json(const struct host *h, const struct node *n, const struct row *row)
{
	json_t *o = json_object();

	(void)h;
	json_object_set_new(o, "path", json_string(n->path));
	json_object_set_new(o, "for", json_string(row->use));
	json_object_set_new(o, "device", json_boolean(n->device.is == YES));
	if (n->mode.is == YES)
		json_object_set_new(o, "mode", json_string(n->mode.text));
	if (n->number.text)
		json_object_set_new(o, "number", json_string(n->number.text));
	if (n->acl.is == YES)
		json_object_set_new(o, "acl", json_string(n->acl.text));
	if (n->access.is != UNKNOWN) {
		json_object_set_new(o, "access", json_boolean(n->access.is == YES));
		json_object_set_new(o, "by", json_string(n->access.text));
	}
	return o;
}

void nodes_details(const struct host *h, json_t *details)
{
	json_t *list = json_array();

	for (int i = 0; i < NODE_COUNT; i++)
		if (h->nodes.node[i].there.is == YES)
			json_array_append_new(list, node_json(h, &h->nodes.node[i], &rows[i]));
	json_object_set_new(details, "nodes", list);
}
