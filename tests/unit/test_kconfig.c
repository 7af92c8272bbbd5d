/* Kernel configurations: what counts as set. */
#include "base/scope.h"
#include "probe/kconfig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libdeflate.h>

static int read_text(const char *text, struct kconfig_option *options, size_t n, struct arena *a)
{
	return kconfig_read(text, strlen(text), options, n, a);
}

static void set_and_unset_are_told_apart(void **state)
{
	struct kconfig_option o[] = {{"KVM"}, {"KVM_INTEL"}, {"TUN"}, {"LOCALVERSION"}, {"VFIO"}};
	struct arena a = {0};

	(void)state;
	assert_int_equal(read_text("#\n# Automatically generated\nCONFIG_KVM=m\n"
				   "# CONFIG_KVM_INTEL is not set\nCONFIG_TUN=y\r\n"
				   "CONFIG_LOCALVERSION=\"-x y\"",
				   o, ARRAY_SIZE(o), &a),
			 4);
	assert_string_equal(o[0].value, "m");
	assert_null(o[1].value);
	assert_string_equal(o[2].value, "y");
	assert_string_equal(o[3].value, "\"-x y\"");
	assert_null(o[4].value);
	arena_fini(&a);
}

static void names_are_matched_whole(void **state)
{
	struct kconfig_option o[] = {{"KVM"}, {"KVM_INTEL"}};
	struct arena a = {0};

	(void)state;
	assert_int_equal(read_text("CONFIG_KVM_INTEL_X=y\nXCONFIG_KVM=y\nCONFIG_KVMX=y\n"
				   "# CONFIG_KVM is not setup\nCONFIG_KV=y\n CONFIG_KVM=y\n",
				   o, 2, &a),
			 4);
	assert_null(o[0].value);
	assert_null(o[1].value);
	arena_fini(&a);
}

static void the_last_line_counts(void **state)
{
	struct kconfig_option o[] = {{"KVM"}, {"TUN"}};
	struct arena a = {0};

	(void)state;
	read_text("CONFIG_KVM=m\n# CONFIG_KVM is not set\nCONFIG_TUN=n\nCONFIG_TUN=y\n", o, 2, &a);
	assert_null(o[0].value);
	assert_string_equal(o[1].value, "y");
	read_text("CONFIG_TUN=n\n", o, 2, &a);
	assert_null(o[1].value);
	arena_fini(&a);
}

static void text_without_options_is_no_configuration(void **state)
{
	struct kconfig_option o[] = {{"KVM"}};
	struct arena a = {0};

	(void)state;
	assert_int_equal(read_text("", o, 1, &a), -ENODATA);
	assert_int_equal(read_text("# hello\nCONFIG\nCONFIG_=y\n", o, 1, &a), -ENODATA);
	arena_fini(&a);
}

static size_t gzip(const char *text, uint8_t *out, size_t room)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	size_t n = libdeflate_gzip_compress(c, text, strlen(text), out, room);

	libdeflate_free_compressor(c);
	return n;
}

static void gzipped_text_is_read_and_damage_is_noticed(void **state)
{
	struct kconfig_option o[] = {{"KVM"}};
	struct arena a = {0};
	uint8_t gz[256];
	size_t n = gzip("CONFIG_KVM=y\n", gz, sizeof gz);

	(void)state;
	assert_int_equal(kconfig_read(gz, n, o, 1, &a), 1);
	assert_string_equal(o[0].value, "y");
	assert_int_equal(kconfig_read(gz, n - 3, o, 1, &a), -EFBIG); /* a size that lies */
	assert_int_equal(kconfig_read(gz, 5, o, 1, &a), -EINVAL);
	gz[12] ^= 0x40;
	assert_int_equal(kconfig_read(gz, n, o, 1, &a), -EINVAL);
	memset(gz + n - 4, 0xff, 4);
	assert_int_equal(kconfig_read(gz, n, o, 1, &a), -EFBIG);
	arena_fini(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_and_unset_are_told_apart),
		cmocka_unit_test(names_are_matched_whole),
		cmocka_unit_test(the_last_line_counts),
		cmocka_unit_test(text_without_options_is_no_configuration),
		cmocka_unit_test(gzipped_text_is_read_and_damage_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
