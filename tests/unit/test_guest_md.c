/* A small Debian on a mirror: its ids change on every member, and what names them follows. */
#include "guest_image.h"
#include "md_image.h"

#include "base/digest.h"
#include "provision/guest_audit.h"
#include "provision/guest_parts.h"

enum { MIB = 1 << 20, DATA = 40 * MIB, MEMBER = 42 * MIB };

#define ARRAY "ARRAY /dev/md/0 metadata=1.2 UUID=" MD_TEXT
#define BARE "0123456789abcdef1032547698badcfe"

static void md_files(struct image *m, const char *conf)
{
	usual_files(m);
	put(m, "/etc/mdadm/mdadm.conf", conf);
	put(m, "/etc/default/grub", "GRUB_CMDLINE_LINUX=\"rd.md.uuid=" MD_TEXT "\"\n");
	put(m, "/etc/crypttab", "x /dev/disk/by-id/md-uuid-" MD_TEXT " none\n");
	put(m, "/boot/grub/grub.cfg",
	    "set root='mduuid/" BARE "'\nlinux /vmlinuz root=UUID=" UUID "\n");
	run(&m->a,
	    "mkdir -p %s/cpio/etc/mdadm %s/root/boot && cp %s/root/etc/mdadm/mdadm.conf "
	    "%s/cpio/etc/mdadm/ && cd %s/cpio && find . | cpio -o -H newc 2>/dev/null | gzip "
	    ">../root/boot/initrd.img-6.1.0-9-amd64",
	    m->dir, m->dir, m->dir, m->dir, m->dir);
}

struct mirror {
	struct image image;
	struct disk *disks[2];
};

static struct md_member_spec spec(unsigned minor, unsigned i, const char *name)
{
	return (struct md_member_spec){.minor = minor,
				       .level = 1,
				       .places = 2,
				       .number = i,
				       .role = (uint16_t)i,
				       .name = name,
				       .size = MEMBER,
				       .data = minor == 2 ? MIB : 0,
				       .used = DATA,
				       .bitmap = true,
				       .events = 4};
}

static bool made(struct mirror *x, unsigned minor, const char *name, const char *conf)
{
	if (!begin(&x->image))
		return false;
	md_files(&x->image, conf);
	make(&x->image);
	for (unsigned i = 0; i < 2; i++) {
		struct md_member_spec m = spec(minor, i, name);
		uint8_t *b;

		x->disks[i] = disk_memory(MEMBER);
		b = disk_memory_bytes(x->disks[i]);
		assert_int_equal(disk_pread(x->image.base, b + m.data, DATA, 0, NULL), 0);
		md_put(b, &m);
	}
	return true;
}

static void gone(struct mirror *x)
{
	for (size_t i = 0; i < 2; i++)
		disk_close(x->disks[i]);
	end(&x->image);
}

static void mint_mirror(struct mirror *x, struct guest_plan *plan)
{
	const struct guest_options o = {0};
	const struct identity id = identity_of("web-001");
	struct guest *g = NULL;
	struct err e = {0};

	assert_int_equal(guest_open(&g, &x->image.a, x->disks, 2, &e), 0);
	if (guest_plan_make(g, &id, &o, plan, &e) < 0)
		fail_msg("%s", e.text);
	if (guest_plan_apply(g, plan, &e) < 0)
		fail_msg("%s", e.text);
	guest_close(g);
}

static const char *text_in(struct mirror *x, struct guest *g, const char *path)
{
	size_t n;
	const char *text = guest_text(g, &x->image.a, path, 1 << 20, &n);

	return text ? text : "";
}

static const char *bare(struct arena *a, const char *id)
{
	char *out = arena_dup(a, id), *to = out;

	for (; *id; id++)
		if (*id != ':')
			*to++ = *id;
	*to = '\0';
	return out;
}

static void everything_follows_on_both_members(void **state)
{
	struct guest_plan plan = {0};
	struct mirror x = {0};
	struct guest *g = NULL;
	struct err e = {0};
	const char *id;

	(void)state;
	if (!made(&x, 2, "template01:0", ARRAY " name=template01:0\nHOMEHOST template01\n"))
		skip();
	mint_mirror(&x, &plan);
	assert_memory_equal(disk_memory_bytes(x.disks[0]) + MIB,
			    disk_memory_bytes(x.disks[1]) + MIB, DATA);
	assert_int_equal(change_of(&plan, "md-uuid")->action, GUEST_CHANGED);
	assert_string_equal(change_of(&plan, "md-uuid")->old_value, MD_TEXT);
	assert_string_equal(change_of(&plan, "md-uuid")->where, "md0");
	assert_string_equal(change_of(&plan, "md-name")->new_value, "web-001:0");
	assert_string_equal(change_of(&plan, "md-device-uuid")->where, "vda");
	id = change_of(&plan, "md-uuid")->new_value;

	assert_int_equal(guest_open(&g, &x.image.a, x.disks, 2, &e), 0);
	assert_string_equal(guest_facts(g)->arrays[0].id, id);
	assert_string_equal(guest_facts(g)->arrays[0].name, "web-001:0");
	assert_string_not_equal(guest_facts(g)->arrays[0].members[0].id,
				guest_facts(g)->arrays[0].members[1].id);
	assert_string_equal(text_in(&x, g, "/etc/mdadm/mdadm.conf"),
			    arena_printf(&x.image.a,
					 "ARRAY /dev/md/0 metadata=1.2 UUID=%s name=web-001:0\n"
					 "HOMEHOST web-001\n",
					 id));
	assert_non_null(strstr(text_in(&x, g, "/etc/default/grub"), id));
	assert_non_null(strstr(text_in(&x, g, "/etc/crypttab"), id));
	assert_non_null(strstr(text_in(&x, g, "/boot/grub/grub.cfg"), bare(&x.image.a, id)));
	assert_null(strstr(text_in(&x, g, "/boot/grub/grub.cfg"), BARE));
	guest_close(g);
	guest_plan_fini(&plan);
	gone(&x);
}

static void the_initial_ramdisk_has_the_new_name(void **state)
{
	struct guest_plan plan = {0};
	struct mirror x = {0};
	struct guest *g = NULL;
	struct err e = {0};
	const char *data;
	size_t n;

	(void)state;
	if (system("command -v cpio >/dev/null") != 0 ||
	    !made(&x, 0, "template01:0", ARRAY " name=template01:0\n"))
		skip();
	mint_mirror(&x, &plan);
	assert_int_equal(guest_open(&g, &x.image.a, x.disks, 2, &e), 0);
	guest_facts(g);
	data = guest_text(g, &x.image.a, "/boot/initrd.img-6.1.0-9-amd64", 1 << 20, &n);
	assert_non_null(data);
	assert_non_null(memmem(data, n, "name=web-001:0\n", 15));
	assert_non_null(memmem(data, n, change_of(&plan, "md-uuid")->new_value, 35));
	guest_close(g);
	guest_plan_fini(&plan);
	gone(&x);
}

/* Its UUID ends in a digest of the host's name, by which mdadm knows it as its own. */
static void the_first_format_keeps_its_home(void **state)
{
	struct guest_plan plan = {0};
	struct mirror x = {0};
	uint8_t digest[DIGEST_MAX], *b;

	(void)state;
	if (!made(&x, 90, "", ARRAY "\n"))
		skip();
	assert_int_equal(digest_of(DIGEST_SHA1, "template01", 10, digest, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		const struct md_member_spec m = spec(90, 0, "");

		b = disk_memory_bytes(x.disks[i]) + md_place(&m);
		memcpy(b + 56, digest, 8);
		put_le32(b + 152, md_sum(b, 4096, 152));
		memcpy(b + 4096 + 16, digest, 8);
	}
	mint_mirror(&x, &plan);
	assert_null(change_of(&plan, "md-name"));
	assert_null(change_of(&plan, "md-device-uuid"));
	assert_int_equal(change_of(&plan, "md-uuid")->action, GUEST_CHANGED);
	assert_int_equal(digest_of(DIGEST_SHA1, "web-001", 7, digest, NULL), 0);
	assert_memory_equal(b + 56, digest, 8);
	assert_memory_equal(b + 4096 + 16, digest, 8);
	assert_memory_equal(b + 20, b + 4096 + 8, 4);
	guest_plan_fini(&plan);
	gone(&x);
}

static void a_name_that_something_else_uses_stays(void **state)
{
	struct guest_plan plan = {0};
	struct mirror x = {0};

	(void)state;
	if (!made(&x, 2, "template01:0", "ARRAY /dev/md/0 name=template01:0\n"))
		skip();
	mint_mirror(&x, &plan);
	assert_int_equal(change_of(&plan, "md-uuid")->action, GUEST_CHANGED);
	assert_int_equal(change_of(&plan, "md-name")->action, GUEST_KEPT);
	assert_non_null(strstr(change_of(&plan, "md-name")->reason, "without its UUID"));
	guest_plan_fini(&plan);
	gone(&x);
}

/* An image that cannot be edited names the array: it keeps its UUID, and the members get their own ids all the same. */
static void what_cannot_be_edited_pins_it(void **state)
{
	struct guest_plan plan = {0};
	struct mirror x = {0};
	struct guest *g = NULL;
	struct err e = {0};

	(void)state;
	if (!begin(&x.image))
		skip();
	md_files(&x.image, ARRAY "\n");
	put(&x.image, "/boot/grub/i386-pc/load.cfg",
	    "search.fs_uuid " UUID " root mduuid/" BARE "\n");
	make(&x.image);
	for (unsigned i = 0; i < 2; i++) {
		struct md_member_spec m = spec(2, i, "template01:0");
		uint8_t *b;

		x.disks[i] = disk_memory(MEMBER);
		b = disk_memory_bytes(x.disks[i]);
		assert_int_equal(disk_pread(x.image.base, b + MIB, DATA, 0, NULL), 0);
		md_put(b, &m);
	}
	mint_mirror(&x, &plan);
	assert_int_equal(change_of(&plan, "md-uuid")->action, GUEST_KEPT);
	assert_non_null(strstr(change_of(&plan, "md-uuid")->reason, "core.img"));
	assert_int_equal(change_of(&plan, "md-name")->action, GUEST_KEPT);
	assert_int_equal(change_of(&plan, "md-device-uuid")->action, GUEST_CHANGED);
	assert_int_equal(guest_open(&g, &x.image.a, x.disks, 2, &e), 0);
	assert_string_equal(guest_facts(g)->arrays[0].id, MD_TEXT);
	assert_null(guest_facts(g)->arrays[0].why);
	guest_close(g);
	guest_plan_fini(&plan);
	gone(&x);
}

/* /boot is on an array that is left alone: what is in it may name any id. */
static void a_boot_that_is_out_of_reach_pins_everything(void **state)
{
	struct md_member_spec odd = spec(2, 0, "template01:1");
	struct guest_plan plan = {0};
	struct mirror x = {0};

	(void)state;
	if (!begin(&x.image))
		skip();
	md_files(&x.image, ARRAY "\n");
	put(&x.image, "/etc/fstab",
	    "UUID=" UUID
	    " / ext4 rw 0 1\nUUID=99e8bffa-c678-48b9-b7cb-1a4d0bb03ead /boot ext4 rw 0 2\n");
	make(&x.image);
	odd.level = 5;
	odd.size = 2 * MIB;
	odd.used = MIB / 2;
	x.disks[0] = disk_memory(odd.size);
	md_put(disk_memory_bytes(x.disks[0]), &odd);
	x.disks[1] = disk_memory(DATA);
	assert_int_equal(disk_pread(x.image.base, disk_memory_bytes(x.disks[1]), DATA, 0, NULL), 0);
	mint_mirror(&x, &plan);
	assert_int_equal(change_of(&plan, "md-uuid")->action, GUEST_KEPT);
	assert_int_equal(change_of(&plan, "fs-uuid")->action, GUEST_KEPT);
	assert_non_null(strstr(change_of(&plan, "fs-uuid")->reason, "/boot may refer to it"));
	guest_plan_fini(&plan);
	gone(&x);
}

static void arrays_are_told_and_compared(void **state)
{
	struct mirror x = {0};
	struct guest *g = NULL;
	struct err e = {0};
	struct strbuf out = {0};
	struct audit audit;
	struct audit_shared *shared;
	size_t n, found = 0;

	(void)state;
	if (!made(&x, 2, "template01:0", ARRAY "\n"))
		skip();
	audit = (struct audit){.a = &x.image.a};
	assert_int_equal(guest_open(&g, &x.image.a, x.disks, 2, &e), 0);
	guest_describe(guest_facts(g), &out);
	assert_non_null(strstr(strbuf_str(&out), "raid1 of vda, vdb, metadata 1.2, UUID=" MD_TEXT
						 " name=template01:0\n"));
	assert_string_equal(guest_facts(g)->root->device, "md0");
	assert_int_equal(guest_spec_volume(g, "/dev/md/0"), 2);
	assert_int_equal(guest_spec_volume(g, "/dev/disk/by-id/md-uuid-" MD_TEXT), 2);
	assert_int_equal(guest_spec_volume(g, "/dev/disk/by-id/md-name-template01:0"), 2);
	audit_add(&audit, "one", guest_facts(g));
	audit_add(&audit, "two", guest_facts(g));
	audit_compare(&audit, &shared, &n);
	for (size_t i = 0; i < n; i++)
		found += str_starts(shared[i].kind, "md-");
	assert_int_equal(found, 3);
	strbuf_fini(&out);
	guest_close(g);
	gone(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_follows_on_both_members),
		cmocka_unit_test(the_initial_ramdisk_has_the_new_name),
		cmocka_unit_test(the_first_format_keeps_its_home),
		cmocka_unit_test(a_name_that_something_else_uses_stays),
		cmocka_unit_test(what_cannot_be_edited_pins_it),
		cmocka_unit_test(a_boot_that_is_out_of_reach_pins_everything),
		cmocka_unit_test(arrays_are_told_and_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
