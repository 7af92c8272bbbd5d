/* What makes a machine from the outside: its descriptor, or the record beside a clone. */
#include "provision/guest_audit.h"

#include "base/json.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <string.h>

enum { RECORD_MAX = 16 << 20 };

/* ---- OVF ---- */

struct adding {
	struct audit *x;
	size_t systems;
};

static void add_system(const struct ovf_system *s, void *arg)
{
	struct adding *to = arg;

	/* the machines of a collection are not the one whose disks were looked at */
	if (to->systems++)
		return;
	audit_item_add(to->x, "smbios-uuid", s->vbox_uuid, "vbox:Machine");
	for (size_t i = 0; i < s->nhardware; i++) {
		const struct ovf_hardware *hw = &s->hardware[i];

		for (size_t k = 0; k < hw->nconfigs; k++)
			if (str_eq(hw->configs[k].key, "uuid.bios"))
				audit_item_add(to->x, "smbios-uuid", hw->configs[k].value,
					       "uuid.bios");
		for (size_t k = 0; k < hw->nitems; k++)
			if (hw->items[k].type == OVF_ETHERNET)
				audit_item_add(to->x, "mac", hw->items[k].address, "descriptor");
	}
}

void audit_add_ovf(struct audit *x, const struct ovf *ovf)
{
	struct adding to = {.x = x};

	ovf_each_system(ovf, add_system, &to);
}

/* ---- identity.json ---- */

static void add_disks(struct audit *x, const json_t *disks)
{
	static const char *const fields[][2] = {{"serial", "disk-serial"},
						{"image_id", "image-id"}};

	for (size_t i = 0; i < json_array_size(disks); i++) {
		const json_t *d = json_array_get(disks, i);

		for (size_t k = 0; k < ARRAY_SIZE(fields); k++)
			audit_item_add(x, fields[k][1], json_get_text(d, fields[k][0]),
				       "identity.json");
	}
}

void audit_add_record(struct audit *x, const char *path)
{
	static const char *const fields[][2] = {{"smbios_uuid", "smbios-uuid"},
						{"vmgenid", "vmgenid"},
						{"instance_id", "instance-id"}};
	struct strbuf text = {0};
	json_t *root = NULL;
	const json_t *c, *macs;

	if (sys_read_file(path, &text, RECORD_MAX) == 0)
		root = json_parse(strbuf_str(&text), text.len, path, NULL);
	c = json_object_get(root, "clone");
	for (size_t i = 0; c && i < ARRAY_SIZE(fields); i++)
		audit_item_add(x, fields[i][1], json_get_text(c, fields[i][0]), "identity.json");
	macs = json_object_get(c, "macs");
	for (size_t i = 0; i < json_array_size(macs); i++)
		audit_item_add(x, "mac", json_string_value(json_array_get(macs, i)),
			       "identity.json");
	add_disks(x, json_object_get(c, "disks"));
	json_decref(root);
	strbuf_fini(&text);
}
