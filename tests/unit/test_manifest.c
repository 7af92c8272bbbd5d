/* Manifests: every spelling in the wild, and everything else refused. */
#include "templates/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEX40 "0123456789abcdef0123456789ABCDEF01234567"
#define HEX64 HEX40 "0123456789abcdef01234567"

static void spellings_are_read(void **state)
{
	static const struct {
		const char *text, *name;
		enum digest_kind kind;
	} cases[] = {
		{"SHA1(a.ovf)= " HEX40 "\n", "a.ovf", DIGEST_SHA1},
		{"SHA256(a.ovf)= " HEX64, "a.ovf", DIGEST_SHA256},
		{"SHA256 (a.ovf) = " HEX64 "\r\n", "a.ovf", DIGEST_SHA256},
		{"SHA2-256(a.ovf)=" HEX64 "\n\n", "a.ovf", DIGEST_SHA256},
		{"sha1(disk (1).vmdk)= " HEX40, "disk (1).vmdk", DIGEST_SHA1},
		{"SHA512(x)= " HEX64 HEX64, "x", DIGEST_SHA512},
		{"\xef\xbb\xbfSHA1(a)= " HEX40, "a", DIGEST_SHA1},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err e = {0};
		struct manifest m;

		if (manifest_parse(&a, cases[i].text, strlen(cases[i].text), "m.mf", &m, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(m.count, 1);
		assert_string_equal(m.entries[0].name, cases[i].name);
		assert_int_equal(m.entries[0].kind, cases[i].kind);
		assert_int_equal(m.entries[0].digest[1], 0x23);
	}
	arena_fini(&a);
}

static void everything_else_fails_closed(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{"", "lists no file"},
		{"hello\n", "m.mf:1: not a line of the form"},
		{"SHA1(a)= " HEX40 "\nMD5(b)= 0123456789abcdef0123456789abcdef\n",
		 "m.mf:2: an algorithm"},
		{"SHA256(a)= " HEX40, "wrong length"},
		{"SHA1(a)= " HEX40 "\nSHA1(a)= " HEX40, "m.mf:2: a file that is listed twice"},
		{"SHA1(../a)= " HEX40, "leaves the package"},
		{"SHA1(/etc/passwd)= " HEX40, "leaves the package"},
		{"SHA1()= " HEX40, "an empty"},
		{"SHA1(a)= zz23456789abcdef0123456789ABCDEF01234567", "not hexadecimal"},
		{"SHA1 x (a)= " HEX40, "not a line of the form"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err e = {0};
		struct manifest m;

		assert_true(manifest_parse(&a, cases[i].text, strlen(cases[i].text), "m.mf", &m,
					   &e) < 0);
		if (!strstr(e.text, cases[i].sentence))
			fail_msg("'%s' is not in '%s'", cases[i].sentence, e.text);
	}
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings_are_read),
		cmocka_unit_test(everything_else_fails_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
