/* A fleet's ledger as machines of an audit: shares of one fleet need not be in one place to be proved disjoint. */
#include "provision/guest_audit.h"

#include "base/json.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>

enum { LEDGER_MAX = 1 << 30 };

static void add(struct audit *x, const char *kind, const char *value, const char *where)
{
	if (!value || !*value || str_eq(value, "dhcp"))
		return;
	ARENA_GROW(x->a, x->items, x->nitems, x->items_room);
	x->items[x->nitems++] =
		(struct audit_item){kind, arena_dup(x->a, value), where, x->nmachines - 1};
}

/* One text, or each text of a list, or a member of each object of a list. */
static void add_member(struct audit *x, const char *kind, const json_t *record, const char *key,
		       const char *member)
{
	const json_t *value = json_object_get(record, key), *row;
	const char *where = arena_dup(x->a, key);
	size_t i;

	if (json_is_string(value))
		add(x, kind, json_string_value(value), where);
	json_array_foreach(value, i, row)
		add(x, kind, member ? json_get_text(row, member) : json_string_value(row), where);
}

static void add_clone(struct audit *x, const char *path, const char *name, const json_t *record)
{
	static const struct {
		const char *kind, *key, *member;
	} rows[] = {
		{"hostname", "hostname", NULL},       {"machine-id", "machine_id", NULL},
		{"smbios-uuid", "smbios_uuid", NULL}, {"vmgenid", "vmgenid", NULL},
		{"instance-id", "instance_id", NULL}, {"mac", "macs", NULL},
		{"address", "addresses", NULL},       {"ssh-host-key", "ssh_host_keys", NULL},
		{"disk-serial", "disks", "serial"},   {"image-id", "disks", "image_id"},
	};

	ARENA_GROW(x->a, x->machines, x->nmachines, x->machines_room);
	x->machines[x->nmachines++] = arena_printf(x->a, "%s: %s", path, name);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		add_member(x, rows[i].kind, record, rows[i].key, rows[i].member);
}

int audit_ledger(struct audit *x, const char *path, struct err *e)
{
	struct strbuf text = {0};
	json_t *root = NULL;
	const json_t *record;
	size_t i;
	int r = sys_read_file(path, &text, LEDGER_MAX);

	if (r < 0)
		err_sys(e, r, "%s", path);
	else if (!(root = json_parse(strbuf_str(&text), text.len, path, e)))
		r = -EINVAL;
	else if (!json_get_text(root, "schema") ||
		 !str_eq(json_get_text(root, "schema"), "vmint.fleet/1"))
		r = err_set(e, EINVAL, "%s: not a fleet.json of vmint", path);
	json_array_foreach(r == 0 ? json_object_get(root, "clones") : NULL, i, record)
	{
		const char *name = json_get_text(record, "name");

		if (!name)
			r = err_set(e, EINVAL, "%s: clone %zu has no name", path, i + 1);
		else
			add_clone(x, path, name, record);
	}
	json_decref(root);
	strbuf_fini(&text);
	return r;
}
