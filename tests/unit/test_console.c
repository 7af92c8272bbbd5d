/* The serial console on kernel command lines. */
#include "provision/guest_console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void set(const char *from, bool whole, bool on, const char *to, size_t lines)
{
	struct strbuf out = {0};

	assert_int_equal(console_set(from, strlen(from), whole, on, &out), lines);
	assert_string_equal(strbuf_str(&out), to);
	strbuf_fini(&out);
}

static void command_lines_are_found(void **state)
{
	(void)state;
	assert_int_equal(console_in("\tlinux /vmlinuz ro console=ttyS0\n", 33, false), 1);
	assert_int_equal(console_in("linux /vmlinuz ro\n", 18, false), 0);
	assert_int_equal(console_in("set x=console=ttyS0\n", 20, false), -1);
	assert_int_equal(console_in("root=x console=ttyS0", 20, true), 1);
	assert_int_equal(console_in("GRUB_CMDLINE_LINUX=\"console=ttyS0,9600\"\n", 40, false), 1);
	assert_int_equal(console_in("linux /vmlinuz # console=ttyS", 28, false), 0);
}

static void it_is_added_and_taken_away(void **state)
{
	static const char off[] = "menuentry x {\n\tlinux\t/vmlinuz root=UUID=1 ro quiet\n}\n";
	static const char on[] =
		"menuentry x {\n\tlinux\t/vmlinuz root=UUID=1 ro quiet console=tty0 "
		"console=ttyS0,115200\n}\n";

	(void)state;
	set(off, false, true, on, 1);
	set(on, false, true, on, 0);
	set(on, false, false,
	    "menuentry x {\n\tlinux\t/vmlinuz root=UUID=1 ro quiet console=tty0\n}\n", 1);
	set("GRUB_CMDLINE_LINUX=\"\"\n", false, true,
	    "GRUB_CMDLINE_LINUX=\"console=tty0 console=ttyS0,115200\"\n", 1);
	set("GRUB_CMDLINE_LINUX=\"console=ttyS0 quiet\"", false, false,
	    "GRUB_CMDLINE_LINUX=\" quiet\"", 1);
	set("root=/dev/vda1", true, true, "root=/dev/vda1 console=tty0 console=ttyS0,115200", 1);
	set("options root=1 \n", false, true, "options root=1 console=tty0 console=ttyS0,115200 \n",
	    1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines_are_found),
		cmocka_unit_test(it_is_added_and_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
