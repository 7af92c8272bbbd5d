/* Every row of the table of places on an ext4 image: what stands there is changed as the row says. */
#include "guest_image.h"

#include "provision/places.h"

#define MAC "52:54:00:aa:bb:01"
#define OTHER "5c3d9a1e-7b42-4d58-9f6e-0a1b2c3d4e5f"

static const char devices[] = "VERSION=1.1.2\nIDTYPE=sys_serial IDNAME=tmpl-1 DEVNAME=/dev/vda2 "
			      "PVID=aaaa PART=2\nIDTYPE=devname IDNAME=/dev/vdb PVID=b\n";

/* Names that are found elsewhere, or that a folder of the image has. */
static bool is_special(const struct place *p, const char *path)
{
	static const char *const taken[] = {"/boot/*",
					    "/boot/efi/*",
					    "/efi/*",
					    "/var/log/journal/*",
					    "/run/log/journal/*",
					    "/etc/hostname",
					    "/etc/sysconfig/network",
					    "/var/lib/cloud/data/previous-hostname",
					    "/etc/hosts",
					    "/etc/machine-id",
					    "/var/lib/dbus/machine-id"};

	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (str_eq(taken[i], path))
			return true;
	return p->editor == EDIT_INITRD || p->editor == EDIT_SSH_KEY || p->editor == EDIT_JOURNAL ||
	       p->editor == EDIT_CLOUD_OFF || p->editor == EDIT_CLOUD_SOURCES ||
	       p->editor == EDIT_CLOUD_POLICY;
}

/* The pattern as one name: each * becomes a letter and the row's number. */
static const char *path_of(struct arena *a, const char *pattern, size_t row)
{
	struct strbuf out = {0};
	const char *path;

	for (; *pattern; pattern++)
		if (*pattern == '*')
			strbuf_printf(&out, "%c%zu", strchr(pattern, '/') ? 'd' : 'x', row);
		else if (*pattern == '?')
			strbuf_addc(&out, 'y');
		else
			strbuf_addc(&out, *pattern);
	path = arena_dup(a, strbuf_str(&out));
	strbuf_fini(&out);
	return path;
}

static const char *content(enum place_editor editor)
{
	switch (editor) {
	case EDIT_HOSTNAME:
		return "template01\n";
	case EDIT_NAME_WORDS:
		return "a=" UUID "\nm=" MACHINE "\nn = template01;\n";
	case EDIT_NETWORK:
	case EDIT_CLOUD_NETWORK:
		return "uuid=" OTHER "\nmac=" MAC "\naddress=10.0.0.5/24\n";
	case EDIT_UUID_TEXT:
		return "id:" OTHER "\n";
	case EDIT_INITIATOR:
		return "InitiatorName=iqn.1993-08.org.debian:01:abc123\n";
	case EDIT_LVM_DEVICES:
		return devices;
	case EDIT_RANDOM:
	case EDIT_HOSTID:
		return "0123456789abcdef";
	default:
		return "a=" UUID "\nm=" MACHINE "\nn = template01;\n";
	}
}

static void fill(struct image *m)
{
	usual_files(m);
	for (size_t i = 0; i < places_count(); i++) {
		const struct place *p = places_at(i);

		for (size_t k = 0; k < ARRAY_SIZE(p->paths) && p->paths[k]; k++)
			if (!is_special(p, p->paths[k]))
				put(m, path_of(&m->a, p->paths[k], i), content(p->editor));
	}
}

static bool was_said(const struct guest_plan *plan, const struct place *p, const char *path,
		     enum guest_action action)
{
	for (size_t i = 0; i < plan->n; i++)
		if (str_eq(plan->changes[i].kind, p->id) && str_eq(plan->changes[i].where, path) &&
		    plan->changes[i].action == action)
			return true;
	return false;
}

static void holds(const char *path, const char *text, const char *want, bool wanted)
{
	if (!text || (strstr(text, want) != NULL) != wanted)
		fail_msg("%s %s %s: %s", path, wanted ? "has no" : "still has", want,
			 text ? text : "(gone)");
}

static void rewritten(const struct place *p, const char *path, const char *now)
{
	switch (p->editor) {
	case EDIT_HOSTNAME:
	case EDIT_NAME_WORDS:
		holds(path, now, "web-001", true);
		holds(path, now, "template01", false);
		break;
	case EDIT_NETWORK:
	case EDIT_CLOUD_NETWORK:
		holds(path, now, MAC, false);
		holds(path, now, "02:11:22:33:44:55", true);
		/* only NetworkManager's and ifcfg's own ids are known as a connection's */
		holds(path, now, "address=10.0.0.5/24", true);
		break;
	case EDIT_UUID_TEXT:
		holds(path, now, "id:", true);
		holds(path, now, OTHER, false);
		break;
	case EDIT_INITIATOR:
		holds(path, now, "iqn.1993-08.org.debian:01:", true);
		holds(path, now, "abc123", false);
		break;
	case EDIT_LVM_DEVICES:
		holds(path, now,
		      "IDTYPE=devname IDNAME=/dev/vda2 DEVNAME=/dev/vda2 PVID=aaaa PART=2\n", true);
		break;
	case EDIT_RANDOM:
	case EDIT_HOSTID:
		assert_non_null(now);
		assert_memory_not_equal(now, "0123", 4);
		break;
	default:
		holds(path, now, "a=", true);
		holds(path, now, UUID, false);
		holds(path, now, MACHINE, false);
	}
}

static void look(struct image *m, struct guest_fs *fs, const struct guest_plan *plan, size_t row,
		 const char *pattern, bool clean)
{
	const struct place *p = places_at(row);
	const char *path = path_of(&m->a, pattern, row), *now = text_of(m, fs, path);

	if (p->privacy && !clean)
		assert_non_null(now);
	else if (p->action == PLACE_REMOVE && (now || !was_said(plan, p, path, GUEST_REMOVED)))
		fail_msg("%s: %s was not removed", p->id, path);
	else if (p->action == PLACE_REPORT && (!now || !was_said(plan, p, path, GUEST_KEPT)))
		fail_msg("%s: %s was not reported", p->id, path);
	else if (p->action != PLACE_REMOVE && p->action != PLACE_REPORT)
		rewritten(p, path, now);
}

static void every_row_does_what_it_says(void **state)
{
	static const char *const all[] = {"all"};
	const struct guest_options options[] = {
		{.ssh_keys = GUEST_SSH_KEEP},
		{.ssh_keys = GUEST_SSH_KEEP, .clean = all, .nclean = 1}};
	struct image m;
	size_t looked = 0;

	(void)state;
	if (!begin(&m))
		skip();
	fill(&m);
	make(&m);
	for (size_t o = 0; o < ARRAY_SIZE(options); o++) {
		struct guest_plan plan = {0};
		struct guest_fs *fs;

		mint(&m, &options[o], &plan);
		fs = reopened(&m);
		for (size_t i = 0; i < places_count(); i++)
			for (size_t k = 0; k < 12 && places_at(i)->paths[k]; k++)
				if (!is_special(places_at(i), places_at(i)->paths[k])) {
					look(&m, fs, &plan, i, places_at(i)->paths[k], o == 1);
					looked++;
				}
		guest_fs_close(fs);
		guest_plan_fini(&plan);
		disk_close(m.disk);
		m.disk = disk_overlay(m.base);
	}
	print_message("%zu places of %zu rows\n", looked / 2, places_count());
	end(&m);
}

/* Only what was asked for by its id. */
static void cleaning_is_by_id(void **state)
{
	static const char *const some[] = {"histories", "mail"};
	const struct guest_options o = {
		.ssh_keys = GUEST_SSH_KEEP, .clean = some, .nclean = ARRAY_SIZE(some)};
	struct guest_plan plan = {0};
	struct guest_fs *fs;
	struct image m;

	(void)state;
	if (!begin(&m))
		skip();
	usual_files(&m);
	put(&m, "/root/.bash_history", "secret\n");
	put(&m, "/var/mail/root", "mail\n");
	put(&m, "/root/.ssh/known_hosts", "host\n");
	make(&m);
	mint(&m, &o, &plan);
	fs = reopened(&m);
	assert_null(text_of(&m, fs, "/root/.bash_history"));
	assert_null(text_of(&m, fs, "/var/mail/root"));
	assert_non_null(text_of(&m, fs, "/root/.ssh/known_hosts"));
	guest_fs_close(fs);
	guest_plan_fini(&plan);
	end(&m);
}

/* The user's rows come after ours and do the same things. */
static void user_rows_are_done(void **state)
{
	static const char yaml[] = "- {id: a, path: /opt/a/token, action: remove}\n"
				   "- {id: b, path: /opt/b/id, action: uuid}\n"
				   "- {id: c, path: /opt/*/name, action: hostname}\n"
				   "- {id: d, path: /opt/d/key, action: report, missed: one key}\n";
	struct guest_options o = {.ssh_keys = GUEST_SSH_KEEP};
	struct guest_plan plan = {0};
	struct place *rows;
	struct guest_fs *fs;
	struct image m;

	(void)state;
	if (!begin(&m))
		skip();
	assert_int_equal(places_read(&m.a, yaml, strlen(yaml), "p.yaml", &rows, &o.nplaces, NULL),
			 0);
	o.places = rows;
	usual_files(&m);
	put(&m, "/opt/a/token", "t\n");
	put(&m, "/opt/b/id", OTHER "\n");
	put(&m, "/opt/c/name", "template01\n");
	put(&m, "/opt/d/key", "k\n");
	make(&m);
	mint(&m, &o, &plan);
	fs = reopened(&m);
	assert_null(text_of(&m, fs, "/opt/a/token"));
	holds("/opt/b/id", text_of(&m, fs, "/opt/b/id"), OTHER, false);
	assert_string_equal(text_of(&m, fs, "/opt/c/name"), "web-001\n");
	assert_string_equal(change_of(&plan, "d")->reason, "one key");
	guest_fs_close(fs);
	guest_plan_fini(&plan);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_does_what_it_says),
		cmocka_unit_test(cleaning_is_by_id),
		cmocka_unit_test(user_rows_are_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
