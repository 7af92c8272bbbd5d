/* What a boot says: on its console, in its journal, on its network, to QEMU's monitor. */
#include "base/bytes.h"
#include "base/scope.h"
#include "provision/boot_console.h"
#include "provision/boot_frames.h"
#include "provision/boot_journal.h"
#include "provision/boot_qmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- console ---- */

/* Whole, and byte by byte with the same outcome. */
static struct console_watch hear(const char *text)
{
	struct console_watch whole = {0}, bytes = {0};

	console_watch_feed(&whole, text, strlen(text));
	for (const char *p = text; *p; p++)
		console_watch_feed(&bytes, p, 1);
	assert_memory_equal(&whole, &bytes, sizeof whole);
	return whole;
}

/* As SeaBIOS, GRUB, the kernel and getty really write them. */
static const char good[] =
	"\033c\033[?7l\033[2J\033[0mSeaBIOS (version 1.16.2-debian-1.16.2-1)\r\n\r\nBooting from "
	"Hard Disk...\r\n"
	"GRUB loading...\r\n\033[0;30;47mWelcome to "
	"GRUB\033[H\033[J\033[1;1H!\r\n\033[H\033[J\033[1;1H  Booting "
	"`Debian GNU/Linux'\r\n[    0.000000] Linux version 6.1.0-56-cloud-amd64\r\n"
	"[\033[0;32m  OK  \033[0m] Reached target \033[0;1;39mmulti-user.target\033[0m - "
	"Multi-User System.\r\n"
	"\r\nDebian GNU/Linux 12 web-1 ttyS0\r\n\r\nweb-1 login: ";

static void a_login_prompt_has_a_name(void **state)
{
	struct console_watch w = hear(good);

	(void)state;
	assert_int_equal(w.end, CONSOLE_LOGIN);
	assert_string_equal(w.host, "web-1");
	assert_int_equal(w.nnotes, 0);
	assert_string_equal(hear("\r\nlocalhost.example.org login: ").host,
			    "localhost.example.org");
	assert_int_equal(hear("\nlogin: ").end, CONSOLE_LOGIN);
}

static void what_only_looks_like_a_prompt_is_none(void **state)
{
	(void)state;
	assert_int_equal(hear("Last login: Mon Nov 21").end, CONSOLE_RUNS);
	assert_int_equal(hear("please type your login: ").end, CONSOLE_RUNS);
	assert_int_equal(hear("web-1 login:").end, CONSOLE_RUNS);
	assert_int_equal(hear("see grub> in the manual").end, CONSOLE_RUNS);
	assert_int_equal(hear("the (initramfs) is loaded").end, CONSOLE_RUNS);
}

static const struct {
	const char *text;
	enum console_end end;
	const char *why;
} failures[] = {
	{"[    1.2] Kernel panic - not syncing: VFS: Unable to mount root fs on "
	 "unknown-block(0,0)\r\n",
	 CONSOLE_PANIC,
	 "[    1.2] Kernel panic - not syncing: VFS: Unable to mount root fs on "
	 "unknown-block(0,0)"},
	{"You are in emergency mode. After logging in, type \"journalctl -xb\" to view\r\n",
	 CONSOLE_EMERGENCY,
	 "You are in emergency mode. After logging in, type \"journalctl -xb\" to view"},
	{"\r\nGive root password for maintenance\r\n(or press Control-D to continue): ",
	 CONSOLE_EMERGENCY, "Give root password for maintenance"},
	{"Cannot open access to console, the root account is locked.\r\n", CONSOLE_EMERGENCY,
	 "Cannot open access to console, the root account is locked."},
	{"\033[H\033[J\033[1;1Hgrub> ", CONSOLE_GRUB, "grub> "},
	{"error: unknown filesystem.\r\nEntering rescue mode...\r\ngrub rescue> ",
	 CONSOLE_GRUB_RESCUE, "grub rescue> "},
	{"ALERT!  UUID=0b1f does not exist.  Dropping to a shell!\r\n(initramfs) ",
	 CONSOLE_INITRAMFS, "(initramfs) "},
	{"\r\nEntering emergency mode. Exit the shell to continue.\r\n", CONSOLE_EMERGENCY,
	 "Entering emergency mode. Exit the shell to continue."},
	{"\033[1m\033[33m\033[40mUEFI Interactive Shell v2.2\r\n", CONSOLE_UEFI_SHELL,
	 "UEFI Interactive Shell v2.2"},
	{"BdsDxe: No bootable option or device was found.\r\n", CONSOLE_NO_SYSTEM,
	 "BdsDxe: No bootable option or device was found."},
	{"Booting from Hard Disk...\r\nBoot failed: not a bootable disk\r\n\r\nNo bootable "
	 "device.\r\n",
	 CONSOLE_NO_SYSTEM, "Boot failed: not a bootable disk"},
};

static void failures_are_known_by_their_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		struct console_watch w = hear(failures[i].text);

		assert_int_equal(w.end, failures[i].end);
		assert_string_equal(w.why, failures[i].why);
		assert_true(*console_end_name(w.end));
	}
}

static void a_failure_after_the_login_prompt_counts(void **state)
{
	char text[sizeof good + 60];
	struct console_watch w;

	(void)state;
	snprintf(text, sizeof text, "%s[ 9.1] Kernel panic - not syncing: sysrq\r\n", good);
	w = hear(text);
	assert_int_equal(w.end, CONSOLE_PANIC);
	assert_true(w.logged_in);
	/* and a prompt after a failure does not heal it */
	assert_int_equal(hear("(initramfs) \r\nx login: ").end, CONSOLE_INITRAMFS);
}

static void what_went_wrong_on_the_way_is_noted_once(void **state)
{
	struct console_watch w =
		hear("[\033[0;1;31m TIME \033[0m] Timed out waiting for device "
		     "\033[0;1;39mdev-d…-by\\x2duuid-0b1f.device\033[0m.\r\n"
		     "[\033[0;1;38;5;185mDEPEND\033[0m] Dependency failed for "
		     "\033[0;1;39mboot-efi.mount\033[0m - /boot/efi.\r\n"
		     "[\033[0;1;31mFAILED\033[0m] Failed to start \033[0;1;39mssh.service\033[0m - "
		     "OpenBSD Secure Shell server.\r\n"
		     "systemd[1]: Failed to start ssh.service - OpenBSD Secure Shell server.\r\n"
		     "error: no such device: c1a5b7d2-3e4f.\r\n");

	(void)state;
	assert_int_equal(w.end, CONSOLE_RUNS);
	assert_int_equal(w.nnotes, 4);
	assert_int_equal(w.notes[0].kind, NOTE_DEVICE);
	assert_int_equal(w.notes[1].kind, NOTE_DEPENDENCY);
	assert_string_equal(w.notes[1].text, "Dependency failed for boot-efi.mount - /boot/efi.");
	assert_string_equal(w.notes[2].text,
			    "Failed to start ssh.service - OpenBSD Secure Shell server.");
	assert_int_equal(w.notes[3].kind, NOTE_LOADER);
}

static void a_line_without_end_keeps_its_tail(void **state)
{
	struct console_watch w = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		console_watch_feed(&w, "grub> x", 7);
	assert_int_equal(w.end, CONSOLE_GRUB);
	w = (struct console_watch){0};
	for (int i = 0; i < 100000; i++)
		console_watch_feed(&w, "Failed to start x ", 18);
	assert_int_equal(w.end, CONSOLE_RUNS);
	console_watch_feed(&w, "Kernel panic - not syncing: x\n", 30);
	assert_int_equal(w.end, CONSOLE_PANIC);
}

static void broken_escapes_swallow_no_more_than_their_line(void **state)
{
	(void)state;
	assert_int_equal(hear("\033]0;a title without end\nx login: ").end, CONSOLE_LOGIN);
	assert_int_equal(hear("\033[31\033[0mx login: ").end, CONSOLE_LOGIN);
	assert_int_equal(hear("\033(Bx login: ").end, CONSOLE_LOGIN);
}

/* ---- journal ---- */

static size_t add_data(uint8_t *file, size_t at, const char *text, uint8_t flags)
{
	size_t n = 64 + strlen(text);

	file[at] = 1;
	file[at + 1] = flags;
	put_le64(file + at + 8, n);
	memcpy(file + at + 64, text, strlen(text));
	return at + ((n + 7) & ~(size_t)7);
}

struct seen {
	char text[200];
	bool stop;
};

static bool remember(void *ctx, const char *text, size_t len)
{
	struct seen *s = ctx;

	strncat(s->text, text, len);
	strcat(s->text, "|");
	return !s->stop;
}

static void a_journal_tells_who_wrote_it(void **state)
{
	uint8_t file[1024] = "LPKSHHRH";
	struct seen s = {0}, first = {.stop = true};
	struct journal_head h;
	size_t end;

	(void)state;
	memset(file + 40, 0xab, 16);
	memset(file + 56, 0xcd, 16);
	put_le64(file + 88, 272);
	put_le64(file + 152, 7);
	end = add_data(file, 272, "MESSAGE=Startup finished in 3s.", 0);
	end = add_data(file, end, "compressed", 4);
	end = add_data(file, end, "_PID=1", 0);
	assert_int_equal(journal_head_read(file, sizeof file, &h, NULL), 0);
	assert_int_equal(h.state, JOURNAL_OFFLINE);
	assert_int_equal(h.machine_id[15], 0xab);
	assert_int_equal(h.boot_id[0], 0xcd);
	assert_int_equal(h.entries, 7);
	journal_walk(file, end, remember, &s);
	assert_string_equal(s.text, "MESSAGE=Startup finished in 3s.|_PID=1|");
	journal_walk(file, end, remember, &first);
	assert_string_equal(first.text, "MESSAGE=Startup finished in 3s.|");
	/* cut short, and an object that says it is larger than the file */
	memset(s.text, 0, sizeof s.text);
	journal_walk(file, end - 8, remember, &s);
	put_le64(file + 272 + 8, UINT64_MAX);
	journal_walk(file, end, remember, &s);
	assert_string_equal(s.text, "MESSAGE=Startup finished in 3s.|");
	file[0] = 'X';
	assert_true(journal_head_read(file, sizeof file, &h, NULL) < 0);
}

/* ---- network ---- */

static const uint8_t server[5] = {0x52, 0x55, 192, 0, 2};

static size_t add_frame(uint8_t *file, size_t at, const uint8_t *mac, uint16_t type,
			const uint8_t *body, size_t n)
{
	put_le32(file + at + 8, (uint32_t)(14 + n));
	memcpy(file + at + 16 + 6, mac, 6);
	file[at + 16 + 12] = (uint8_t)(type >> 8);
	file[at + 16 + 13] = (uint8_t)type;
	memcpy(file + at + 16 + 14, body, n);
	return at + 16 + 14 + n;
}

static size_t dhcp_body(uint8_t *p, unsigned to, uint8_t kind, const char *host)
{
	uint8_t *o = p + 28 + 236;

	memset(p, 0, 400);
	p[0] = 0x45;
	p[9] = 17;
	p[23] = (uint8_t)to;
	memcpy(p + 28 + 16, (const uint8_t[]){192, 0, 2, 101}, 4);
	memcpy(o, (const uint8_t[]){0x63, 0x82, 0x53, 0x63, 53, 1, kind, 12, (uint8_t)strlen(host)},
	       9);
	memcpy(o + 9, host, strlen(host));
	memcpy(o + 9 + strlen(host), (const uint8_t[]){61, 3, 1, 2, 3, 255}, 6);
	return 28 + 236 + 9 + strlen(host) + 6;
}

static void frames_tell_the_lease(void **state)
{
	static const uint8_t guest[6] = {0x0e, 1, 2, 3, 4, 5}, other[6] = {0x52, 0x54, 0, 1, 2, 3};
	static const uint8_t gateway[6] = {0x52, 0x55, 192, 0, 2, 2};
	uint8_t file[2048] = {0xd4, 0xc3, 0xb2, 0xa1}, body[400];
	struct frame_facts f;
	size_t end = 24;

	(void)state;
	file[20] = 1;
	end = add_frame(file, end, guest, 0x800, body, dhcp_body(body, 67, 3, "web-1"));
	end = add_frame(file, end, gateway, 0x800, body, dhcp_body(body, 68, 5, ""));
	frames_read(file, end, server, &f);
	assert_int_equal(f.frames, 1);
	assert_memory_equal(f.mac, guest, 6);
	assert_false(f.other_mac);
	assert_int_equal(f.lease, 0xc0000265);
	assert_string_equal(f.hostname, "web-1");
	assert_int_equal(f.client_len, 3);
	memset(body, 0, sizeof body);
	memcpy(body, (const uint8_t[]){0, 1, 8, 0, 6, 4, 0, 1}, 8);
	memcpy(body + 14, (const uint8_t[]){10, 0, 0, 7}, 4);
	end = add_frame(file, end, other, 0x806, body, 28);
	frames_read(file, end, server, &f);
	assert_true(f.other_mac);
	assert_memory_equal(f.mac2, other, 6);
	assert_int_equal(f.address, 0x0a000007);
	/* an offer is no lease */
	end = add_frame(file, 24, gateway, 0x800, body, dhcp_body(body, 68, 2, ""));
	frames_read(file, end, server, &f);
	assert_int_equal(f.lease, 0);
	file[0] = 0;
	frames_read(file, end, server, &f);
	assert_int_equal(f.frames, 0);
}

/* ---- the monitor ---- */

static void say(struct qmp *q, const char *line)
{
	qmp_line(q, line, strlen(line));
}

static void only_what_the_guest_did_counts(void **state)
{
	struct qmp q = {.fd = -1};

	(void)state;
	say(&q, "{\"QMP\": {\"version\": {}}}");
	assert_true(q.greeted);
	say(&q,
	    "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": false, \"reason\": \"host-signal\"}}");
	say(&q, "{\"event\": \"RESET\", \"data\": {\"guest\": false}}");
	say(&q, "not json");
	say(&q, "[1]");
	assert_false(q.shutdown);
	assert_int_equal(q.resets, 0);
	say(&q, "{\"event\": \"RESET\", \"data\": {\"guest\": true, \"reason\": \"guest-reset\"}}");
	say(&q, "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": "
		"\"guest-shutdown\"}}");
	assert_true(q.shutdown);
	assert_int_equal(q.resets, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_prompt_has_a_name),
		cmocka_unit_test(what_only_looks_like_a_prompt_is_none),
		cmocka_unit_test(failures_are_known_by_their_words),
		cmocka_unit_test(a_failure_after_the_login_prompt_counts),
		cmocka_unit_test(what_went_wrong_on_the_way_is_noted_once),
		cmocka_unit_test(a_line_without_end_keeps_its_tail),
		cmocka_unit_test(broken_escapes_swallow_no_more_than_their_line),
		cmocka_unit_test(a_journal_tells_who_wrote_it),
		cmocka_unit_test(frames_tell_the_lease),
		cmocka_unit_test(only_what_the_guest_did_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
