/* Reads and edits one filesystem of an image for test scripts, by the engine for its type, command after command:
 *	fstool IMAGE TYPE COMMAND...
 *	uuid | engine | cat PATH | stat PATH | list PATH | link PATH | replace PATH TEXT | create PATH TEXT |
 *	mkdir PATH | symlink PATH TARGET | remove PATH | rename FROM TO | set UUID | flush | big PATH MiB */
#include "provision/appliance.h"
#include "provision/guestfs.h"

#include "base/scope.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
	struct guest_fs *fs;
	struct arena a;
};

static int show_uuid(struct run *t, char **arg, struct err *e)
{
	(void)arg;
	(void)e;
	puts(guest_fs_uuid(t->fs));
	return 0;
}

static int show_engine(struct run *t, char **arg, struct err *e)
{
	(void)arg;
	(void)e;
	puts(guest_fs_engine(t->fs));
	return 0;
}

static int cat(struct run *t, char **arg, struct err *e)
{
	const char *data;
	size_t n;
	int r = guest_fs_read(t->fs, &t->a, arg[0], GUEST_FILE_MAX, &data, &n, e);

	if (r == 0)
		fwrite(data, 1, n, stdout);
	return r;
}

static int show_stat(struct run *t, char **arg, struct err *e)
{
	struct guest_stat st;
	int r = guest_fs_stat(t->fs, arg[0], true, &st, e);

	if (r == 0)
		printf("%o %u:%u %llu %lld\n", st.mode, st.uid, st.gid, (unsigned long long)st.size,
		       (long long)st.mtime);
	return r;
}

static int list(struct run *t, char **arg, struct err *e)
{
	struct guest_names names;
	int r = guest_fs_list(t->fs, &t->a, arg[0], &names, e);

	for (size_t i = 0; r == 0 && i < names.count; i++)
		puts(names.names[i]);
	return r;
}

static int show_link(struct run *t, char **arg, struct err *e)
{
	const char *target;
	int r = guest_fs_link(t->fs, &t->a, arg[0], &target, e);

	if (r == 0)
		puts(target);
	return r;
}

static int replace(struct run *t, char **arg, struct err *e)
{
	return guest_fs_replace(t->fs, arg[0], arg[1], strlen(arg[1]), e);
}

static int create(struct run *t, char **arg, struct err *e)
{
	return guest_fs_create(t->fs, arg[0], 0640, 7, 8, arg[1], strlen(arg[1]), e);
}

static int make_folder(struct run *t, char **arg, struct err *e)
{
	return guest_fs_mkdir(t->fs, arg[0], 02755, 7, 8, e);
}

static int make_link(struct run *t, char **arg, struct err *e)
{
	return guest_fs_symlink(t->fs, arg[0], arg[1], e);
}

static int take_away(struct run *t, char **arg, struct err *e)
{
	return guest_fs_remove(t->fs, arg[0], true, e);
}

static int move(struct run *t, char **arg, struct err *e)
{
	return guest_fs_rename(t->fs, arg[0], arg[1], e);
}

static int set(struct run *t, char **arg, struct err *e)
{
	struct uuid u;

	if (uuid_parse(arg[0], &u) < 0)
		return err_set(e, 22, "%s: no UUID", arg[0]);
	return guest_fs_set_uuid(t->fs, &u, false, e);
}

static int flush(struct run *t, char **arg, struct err *e)
{
	(void)arg;
	return guest_fs_flush(t->fs, e);
}

static int big(struct run *t, char **arg, struct err *e)
{
	size_t n = (size_t)atoi(arg[1]) << 20;
	char *data = arena_alloc(&t->a, n);

	memset(data, 'b', n);
	return guest_fs_create(t->fs, arg[0], 0644, 0, 0, data, n, e);
}

static const struct command {
	const char *name;
	int args;
	int (*run)(struct run *t, char **arg, struct err *e);
} commands[] = {
	{"uuid", 0, show_uuid},    {"engine", 0, show_engine}, {"cat", 1, cat},
	{"stat", 1, show_stat},    {"list", 1, list},          {"link", 1, show_link},
	{"replace", 2, replace},   {"create", 2, create},      {"mkdir", 1, make_folder},
	{"symlink", 2, make_link}, {"remove", 1, take_away},   {"rename", 2, move},
	{"set", 1, set},           {"flush", 0, flush},        {"big", 2, big},
};

static const struct command *command_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (str_eq(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct run t = {0};
	struct disk *d = NULL;
	struct err e = {0};
	int r = argc > 2 ? disk_raw_open(argv[1], false, &d, &e) : -1;

	if (r == 0)
		r = guest_fs_open(d, argv[2], &t.fs, &e);
	for (int i = 3; r == 0 && i < argc;) {
		const struct command *c = command_of(argv[i++]);

		if (!c || i + c->args > argc)
			return 2;
		r = c->run(&t, argv + i, &e);
		i += c->args;
		fflush(stdout);
	}
	if (r == 0)
		r = guest_fs_flush(t.fs, &e);
	if (r < 0)
		fprintf(stderr, "fstool: %s\n", e.text);
	guest_fs_close(t.fs);
	appliance_stop();
	disk_close(d);
	arena_fini(&t.a);
	return r < 0 ? 3 : 0;
}
