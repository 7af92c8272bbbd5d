/* Digests against the published vectors. */
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* FIPS 180-4's "abc". */
static void abc_has_its_published_digests(void **state)
{
	static const char *const expected[DIGEST_KINDS] = {
		[DIGEST_SHA1] = "a9993e364706816aba3e25717850c26c9cd0d89d",
		[DIGEST_SHA256] =
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		[DIGEST_SHA384] = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
				  "8086072ba1e7cc2358"
				  "baeca134c825a7",
		[DIGEST_SHA512] = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
				  "2192992a274fc1a836b"
				  "a3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	};

	(void)state;
	for (int k = 0; k < DIGEST_KINDS; k++) {
		uint8_t d[DIGEST_MAX];
		char hex[2 * DIGEST_MAX + 1];
		struct err e = {0};

		assert_int_equal(digest_of((enum digest_kind)k, "abc", 3, d, &e), 0);
		hex_format(d, digest_kind_size((enum digest_kind)k), hex);
		assert_string_equal(hex, expected[k]);
	}
}

/* RFC 4231, test case 2. */
static void hmac_has_its_published_code(void **state)
{
	uint8_t out[32];
	char hex[65];
	struct err e = {0};

	(void)state;
	assert_int_equal(hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out, &e), 0);
	hex_format(out, 32, hex);
	assert_string_equal(hex,
			    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abc_has_its_published_digests),
		cmocka_unit_test(hmac_has_its_published_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
