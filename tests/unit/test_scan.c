/* Many patterns in one pass: against a search that looks everywhere. */
#include "provision/scan.h"

#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct hits {
	size_t n;
	size_t off[64];
	uint32_t tag[64];
};

static void take(void *ctx, size_t off, const struct scan_pattern *p)
{
	struct hits *h = ctx;

	assert_true(h->n < ARRAY_SIZE(h->off));
	h->off[h->n] = off;
	h->tag[h->n++] = p->tag;
}

static struct hits search(struct scan *s, const char *text, size_t len)
{
	struct hits h = {0};

	scan_run(s, (const uint8_t *)text, len, 0, len, take, &h);
	return h;
}

static void a_pattern_is_found_wherever_it_begins(void **state)
{
	struct arena a = {0};
	struct scan s = {.a = &a};
	char text[96];

	(void)state;
	assert_true(scan_add(&s, SCAN_EXACT, "\1\2\3\4\5\6\7", 7, 1));
	assert_true(scan_add(&s, SCAN_LETTERS, "Some-Longer-Text", 16, 2));
	assert_false(scan_add(&s, SCAN_EXACT, "short", 5, 3));
	scan_ready(&s);
	for (size_t off = 0; off + 16 <= sizeof text; off++) {
		struct hits h;

		memset(text, ' ', sizeof text);
		memcpy(text + off, "\1\2\3\4\5\6\7", 7);
		h = search(&s, text, sizeof text);
		assert_int_equal(h.n, 1);
		assert_int_equal(h.off[0], off);
		memset(text, 0, sizeof text);
		memcpy(text + off, "sOmE-lOnGeR-tExT", 16);
		h = search(&s, text, sizeof text);
		assert_int_equal(h.n, 1);
		assert_int_equal(h.off[0], off);
		assert_int_equal(h.tag[0], 2);
		/* not beyond the end */
		assert_int_equal(search(&s, text, off + 15).n, 0);
	}
	arena_fini(&a);
}

static void an_id_is_not_found_in_a_longer_one(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef";
	struct arena a = {0};
	struct scan s = {.a = &a};

	(void)state;
	scan_add(&s, SCAN_ID, id, 32, 1);
	scan_add(&s, SCAN_SHORT_ID, "7A3C-91E5", 9, 2);
	scan_ready(&s);
	assert_int_equal(search(&s, "id=0123456789ABCDEF0123456789ABCDEF\n", 36).n, 1);
	assert_int_equal(search(&s, "id=0123456789abcdef0123456789abcdef0", 36).n, 0);
	assert_int_equal(search(&s, "UUID=7a3c-91e5 /boot", 20).n, 1);
	assert_int_equal(search(&s, "c1a5b7d2-7a3c-91e5-9b0c-5d7e8f9a1b2c", 36).n, 0);
	arena_fini(&a);
}

/* Many patterns, some of them parts of others, in noise of few different bytes. */
static void it_finds_what_a_slow_search_finds(void **state)
{
	enum { PATTERNS = 300, TEXT = 20000 };
	static uint8_t text[TEXT];
	struct arena a = {0};
	struct scan s = {.a = &a};
	unsigned seed = 7;
	size_t slow = 0, fast = 0;
	struct hits h;

	(void)state;
	for (size_t i = 0; i < TEXT; i++)
		text[i] = (uint8_t)("ab0-"[(seed = seed * 1103515245 + 12345) >> 16 & 3]);
	for (size_t i = 0; i < PATTERNS; i++) {
		size_t len = 9 + (seed >> 20) % 24;

		seed = seed * 1103515245 + 12345;
		scan_add(&s, SCAN_EXACT, text + (seed >> 8) % (TEXT - 64), len, (uint32_t)i);
	}
	scan_ready(&s);
	for (size_t at = 0; at < TEXT; at += 50) {
		for (size_t i = 0; i < s.n; i++)
			for (size_t off = at; off < at + 50; off++)
				slow += off + s.patterns[i].len <= TEXT &&
					memcmp(text + off, s.patterns[i].bytes,
					       s.patterns[i].len) == 0;
		h = (struct hits){0};
		scan_run(&s, text, TEXT, at, at + 50, take, &h);
		fast += h.n;
	}
	assert_true(slow >= PATTERNS);
	assert_int_equal(slow, fast);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_is_found_wherever_it_begins),
		cmocka_unit_test(an_id_is_not_found_in_a_longer_one),
		cmocka_unit_test(it_finds_what_a_slow_search_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
