/* SSH host keys: the texts, and what OpenSSH says of them. */
#include "provision/sshkey.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "provision/sshkey_text.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void base64_both_ways(void **state)
{
	static const char *const pairs[][2] = {
		{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
	struct strbuf out = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		strbuf_fini(&out);
		base64_add(&out, pairs[i][0], strlen(pairs[i][0]), 0);
		assert_string_equal(strbuf_str(&out), pairs[i][1]);
		strbuf_fini(&out);
		assert_true(base64_read(pairs[i][1], strlen(pairs[i][1]), &out));
		assert_string_equal(strbuf_str(&out), pairs[i][0]);
	}
	strbuf_fini(&out);
	base64_add(&out, "foobar", 6, 4);
	assert_string_equal(strbuf_str(&out), "Zm9v\nYmFy\n");
	strbuf_fini(&out);
	assert_false(base64_read("Zm9vY", 5, &out));
	strbuf_fini(&out);
}

static void numbers_are_positive_and_short(void **state)
{
	struct strbuf out = {0};

	(void)state;
	ssh_add_mpint(&out, "\0\0\x80\x01", 4);
	assert_int_equal(out.len, 7);
	assert_memory_equal(out.text, "\0\0\0\3\0\x80\x01", 7);
	out.len = 0;
	ssh_add_mpint(&out, "\0", 1);
	assert_memory_equal(out.text, "\0\0\0\0", 4);
	strbuf_fini(&out);
}

/* From `ssh-keygen -l` of OpenSSH 9.2. */
static void known_fingerprint(void **state)
{
	static const char line[] =
		"ssh-ed25519 "
		"AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9"
		"GKJl root@github";
	struct arena a = {0};
	struct ssh_public key;

	(void)state;
	assert_int_equal(ssh_public_parse(&a, line, &key), 0);
	assert_string_equal(key.fingerprint, "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
	assert_true(str_ends(key.line, "GKJl"));
	assert_true(ssh_public_parse(&a, "ssh-rsa", &key) < 0);
	assert_true(ssh_public_parse(&a, "ssh-rsa ????", &key) < 0);
	assert_true(ssh_public_parse(&a, "", &key) < 0);
	arena_fini(&a);
}

static const char *say(struct arena *a, const char *command)
{
	FILE *f = popen(command, "r");
	char text[4096] = "";
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

	text[n] = '\0';
	if (f)
		pclose(f);
	return arena_dup(a, text);
}

static void openssh_agrees(void **state)
{
	struct arena a = {0};
	char dir[] = "/tmp/vmint-key-XXXXXX";

	(void)state;
	if (system("command -v ssh-keygen >/dev/null 2>&1") != 0) {
		print_message("ssh-keygen is not installed\n");
		skip();
	}
	assert_non_null(mkdtemp(dir));
	for (enum ssh_key_type t = 0; t < SSH_KEY_TYPES; t++) {
		const char *file = arena_printf(&a, "%s/%s", dir, ssh_key_type_name(t));
		const char *said;
		struct ssh_key key;
		struct err e = {0};

		assert_int_equal(ssh_key_make(&a, t, "root@web-001", &key, &e), 0);
		assert_int_equal(
			sys_write_whole(file, key.private_text, strlen(key.private_text), 0600), 0);
		said = say(&a, arena_printf(&a, "ssh-keygen -y -f %s 2>&1", file));
		assert_string_equal(said, key.public_text);
		said = say(&a, arena_printf(&a, "ssh-keygen -l -f %s 2>&1", file));
		assert_non_null(strstr(said, key.fingerprint));
		remove(file);
	}
	remove(dir);
	arena_fini(&a);
}

static void pooled_keys_are_all_different(void **state)
{
	char home[] = "/tmp/vmint-pool-XXXXXX";
	const char *folder;
	struct ssh_key_pool *p;
	struct ssh_key_fill fill = {.want = 2};
	struct arena a = {0};
	struct ssh_key one, two, three;
	struct err e = {0};

	(void)state;
	assert_non_null(mkdtemp(home));
	folder = arena_printf(&a, "%s/a/b", home);
	/* none there: keys are made */
	assert_int_equal(ssh_key_pool_open(&p, folder, &e), 0);
	assert_int_equal(ssh_key_pool_take(p, &a, "root@z", &one, &e), 0);
	assert_int_equal(ssh_key_pool_made(p), 1);
	ssh_key_pool_close(p);
	assert_int_equal(ssh_key_pool_fill(folder, &fill, &e), 0);
	assert_int_equal(fill.made, 2);
	assert_int_equal(ssh_key_pool_fill(folder, &fill, &e), 0);
	assert_int_equal(fill.made, 0);
	assert_int_equal(fill.have, 2);

	assert_int_equal(ssh_key_pool_open(&p, folder, &e), 0);
	assert_int_equal(ssh_key_pool_take(p, &a, "root@a", &one, &e), 0);
	assert_int_equal(ssh_key_pool_take(p, &a, "root@b", &two, &e), 0);
	assert_int_equal(ssh_key_pool_take(p, &a, "root@c", &three, &e), 0);
	assert_string_not_equal(one.line, two.line);
	assert_string_not_equal(two.line, three.line);
	assert_true(str_ends(two.public_text, " root@b\n"));
	assert_int_equal(ssh_key_pool_made(p), 1);
	assert_int_equal(ssh_key_pool_settle(p, &e), 0);
	ssh_key_pool_close(p);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_int_equal(ssh_key_pool_open(&p, folder, &e), -EPERM);
	rmdir(folder);
	rmdir(arena_printf(&a, "%s/a", home));
	rmdir(home);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_both_ways),
		cmocka_unit_test(numbers_are_positive_and_short),
		cmocka_unit_test(known_fingerprint),
		cmocka_unit_test(openssh_agrees),
		cmocka_unit_test(pooled_keys_are_all_different),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
