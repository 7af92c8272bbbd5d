/* The table of checks, and the rows that a subject gets. */
#include "provision/verify_parts.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "provision/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct verify_check verify_checks[VERIFY_CHECKS] = {
	[VERIFY_LEDGER_SCHEMA] = {"ledger.schema", "fleet.json is a ledger that can be read", true},
	[VERIFY_LEDGER_UNIQUE] = {"ledger.unique", "no identity is in the ledger twice", true},
	[VERIFY_FLEET_FILES] =
		{"fleet.files",
		 "the key is its owner's, known_hosts and hosts say what the ledger says", true},
	[VERIFY_BASE_DIGEST] = {"base.digest",
				"every base is byte for byte what was made of its template", true},
	[VERIFY_LEDGER_RECORD] = {"ledger.record", "identity.json and fleet.json say the same"},
	[VERIFY_LEDGER_FILES] = {"ledger.files",
				 "the folder's files are those listed, by size and digest"},
	[VERIFY_FILES_MODES] = {"files.modes", "disks and seeds can be read by their owner only"},
	[VERIFY_DESCRIPTION] = {"description.agrees",
				"the descriptions name this machine's ids, addresses and disks"},
	[VERIFY_CHAIN] = {"chain.backing", "each disk is whole and stands on the fleet's base"},
	[VERIFY_STORAGE] =
		{"storage.tables",
		 "partition tables and filesystems are whole, the ledger's ids are on them"},
	[VERIFY_IDENTITY] = {"guest.identity",
			     "the guest is who the ledger says: machine-id and storage ids"},
	[VERIFY_NAMES] = {"guest.names",
			  "the guest has its own host name, and the template's nowhere"},
	[VERIFY_HOST_KEYS] = {"guest.host-keys",
			      "SSH host keys are those listed, and private halves fit"},
	[VERIFY_GUEST_MODES] = {"guest.modes", "secrets in the guest can be read by root only"},
	[VERIFY_REFS_STORAGE] = {"refs.storage",
				 "what files say of disks and filesystems is in this machine"},
	[VERIFY_REFS_NETWORK] = {"refs.network",
				 "network configuration names this machine's addresses only"},
	[VERIFY_SCAN_TEMPLATE] = {"scan.template", "no id or secret of the template is left"},
	[VERIFY_SCAN_SIBLINGS] = {"scan.siblings", "no id of a sibling is there"},
	[VERIFY_SCAN_INITRD] =
		{"scan.initramfs",
		 "initial ramdisks, unpacked, hold no old id that is not overridden"},
	[VERIFY_CHECKERS] = {"checkers", "filesystem checkers find nothing"},
	[VERIFY_BOOT_LOGIN] = {"boot.login", "booted, it asks for a login"},
	[VERIFY_BOOT_CONSOLE] =
		{"boot.console",
		 "no device timed out, no dependency failed, no loader missed a disk"},
	[VERIFY_BOOT_NAME] = {"boot.name", "the login prompt has the machine's own host name"},
	[VERIFY_BOOT_NETWORK] = {"boot.network",
				 "its first card took an address under its own MAC"},
	[VERIFY_BOOT_UNITS] = {"boot.units", "no unit failed to start"},
	[VERIFY_BOOT_OFF] = {"boot.off",
			     "it obeyed its power button and unmounted its filesystems"},
	[VERIFY_BOOT_IDENTITY] = {"boot.identity",
				  "the boot changed neither machine-id, host name nor host keys"},
	[VERIFY_BOOT_STORAGE] = {"boot.storage", "the boot changed no id of a disk or filesystem"},
	[VERIFY_BOOT_JOURNAL] = {"boot.journal", "the boot's journal is under its machine-id"},
	[VERIFY_BOOT_TIME] = {"boot.time", "it starts as fast as its template"},
};

const char *verify_verdict_name(enum verify_verdict v)
{
	static const char *const names[] = {"skip", "pass", "fail"};

	return (size_t)v < ARRAY_SIZE(names) ? names[v] : "";
}

struct verify_subject *verify_subject_new(struct verify *v, const char *name, bool is_fleet)
{
	struct verify_subject *s = arena_alloc(&v->mem, sizeof *s);

	s->name = arena_dup(&v->mem, name);
	s->is_fleet = is_fleet;
	for (size_t i = 0; i < VERIFY_CHECKS; i++)
		s->rows[i].note = "";
	ARENA_GROW(&v->mem, v->subjects, v->n, v->room);
	v->subjects[v->n++] = s;
	return s;
}

static void add(struct verify_subject *s, enum verify_id id, enum verify_verdict verdict,
		const char *text)
{
	struct verify_row *row = &s->rows[id];

	if (verdict == VERIFY_FAIL) {
		ARENA_GROW(&s->mem, row->findings, row->n, row->room);
		row->findings[row->n++] = text;
		s->failed += row->verdict != VERIFY_FAIL;
		row->verdict = VERIFY_FAIL;
	} else if (row->verdict != VERIFY_FAIL &&
		   (verdict == VERIFY_PASS || row->verdict == VERIFY_SKIP)) {
		row->verdict = verdict;
		row->note = text;
	}
}

/* clang-format off */
#define SAY(name, verdict)                                                                         \
	void name(struct verify_subject *s, enum verify_id id, const char *fmt, ...)               \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		add(s, id, verdict, arena_vprintf(&s->mem, fmt, ap));                              \
		va_end(ap);                                                                        \
	}
SAY(verify_wrong, VERIFY_FAIL)
SAY(verify_holds, VERIFY_PASS)
SAY(verify_skip, VERIFY_SKIP)
/* clang-format on */

void verify_except(struct verify_subject *s, const char *kind, const char *where, const char *value,
		   const char *reason)
{
	ARENA_GROW(&s->mem, s->exceptions, s->nexceptions, s->exceptions_room);
	s->exceptions[s->nexceptions++] =
		(struct verify_exception){arena_dup(&s->mem, kind), arena_dup(&s->mem, where),
					  arena_dup(&s->mem, value), arena_dup(&s->mem, reason)};
}

bool verify_is_wrong(const struct verify_subject *s, enum verify_id id)
{
	return s->rows[id].verdict == VERIFY_FAIL;
}

int verify_machine(struct verify_clone *c, struct err *e)
{
	verify_storage(c);
	verify_guest(c);
	verify_names(c);
	verify_host_keys(c);
	verify_guest_modes(c);
	verify_refs_storage(c);
	verify_refs_network(c);
	verify_initrds(c);
	verify_left(c);
	verify_checkers(c);
	return c->v->o->boot ? verify_boot(c, e) : 0;
}

int verify_clone_all(struct verify_clone *c, struct err *e)
{
	int r;

	if (c->record && c->dir >= 0) {
		verify_ledger_record(c);
		verify_ledger_files(c);
		verify_file_modes(c);
		verify_descriptions(c);
	}
	verify_chain_open(c);
	r = verify_machine(c, e);
	verify_chain_close(c);
	return r;
}

static bool has_file(int dir, const char *name)
{
	SCOPED(close_at) int fd = sys_open_beneath(dir, name, O_PATH, 0);

	return fd >= 0;
}

/* DIR/NAME of a clone in a fleet: DIR is the fleet's. */
static int in_fleet(struct verify *v, const char *path, struct err *e)
{
	const char *parent = arena_printf(&v->mem, "%s/..", path);
	char real[PATH_MAX];

	if (!realpath(path, real))
		return err_sys(e, errno, "%s", path);
	return verify_fleet(v, parent, strrchr(real, '/') + 1, e);
}

int verify_path(struct verify *v, const char *path, struct err *e)
{
	SCOPED(close_at) int dir = sys_open(path, O_RDONLY | O_DIRECTORY, 0);

	if (dir < 0 && dir != -ENOTDIR)
		return err_sys(e, dir, "%s", path);
	if (dir >= 0 && has_file(dir, LEDGER_FILE))
		return verify_fleet(v, path, NULL, e);
	if (dir >= 0 && has_file(dir, IDENTITY_FILE))
		return in_fleet(v, path, e);
	return verify_image(v, path, e);
}

size_t verify_unsure(const struct verify *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += v->subjects[i]->unsure != NULL;
	return n;
}

size_t verify_failed(const struct verify *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += v->subjects[i]->failed;
	return n;
}

void verify_fini(struct verify *v)
{
	for (size_t i = 0; i < v->n; i++)
		arena_fini(&v->subjects[i]->mem);
	arena_fini(&v->mem);
	v->n = 0;
}
