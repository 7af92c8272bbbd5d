/* Quoting: what comes out of the other language is what went in. */
#include "provision/quote.h"

#include "base/arena.h"
#include "base/scope.h"
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *const hostile[] = {
	"plain",
	"",
	"two words",
	"'; rm -rf / #",
	"\"; Remove-Item C:\\ -Recurse; \"",
	"$(reboot) `reboot` ${HOME} %PATH% $env:Path",
	"<x a=\"1\">&amp;]]>--><!-- </x>",
	"a: b, [c] {d} - e # f ? g & *h !i |j >k @l",
	"yes",
	"0x10",
	"line\nbreak\ttab\rreturn",
	"back\\slash \\n \\",
	"|22 pipe",
	"k = \"v\"\nfoo = \"bar\"",
	"gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x98\x80",
	"quotes \xe2\x80\x98 \xe2\x80\x99 \xe2\x80\x9a \xe2\x80\x9b",
	"a,b,,c=d",
	"-n",
	"\xe2\x80\xa8 separators \xe2\x80\xa9",
};

static void shell_words_come_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		struct strbuf command = {0};
		char back[256] = "";
		FILE *f;

		strbuf_add(&command, "printf '%s' ");
		quote_shell(&command, hostile[i]);
		f = popen(strbuf_str(&command), "r");
		assert_non_null(f);
		back[fread(back, 1, sizeof back - 1, f)] = 0;
		assert_int_equal(pclose(f), 0);
		assert_string_equal(back, hostile[i]);
		strbuf_fini(&command);
	}
}

static void yaml_scalars_come_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		struct arena a = {0};
		struct strbuf text = {0};
		struct yaml_node *root;
		struct err e = {0};

		strbuf_add(&text, "key: ");
		quote_yaml(&text, hostile[i]);
		strbuf_add(&text, "\nafter: 1\n");
		assert_int_equal(yaml_parse(&a, strbuf_str(&text), text.len, "y", &root, &e), 0);
		assert_int_equal(root->count, 4);
		assert_string_equal(yaml_get(root, "key")->text, hostile[i]);
		strbuf_fini(&text);
		arena_fini(&a);
	}
}

static void expect(void (*quote)(struct strbuf *, const char *), const char *in, const char *out)
{
	struct strbuf text = {0};

	quote(&text, in);
	assert_string_equal(strbuf_str(&text), out);
	strbuf_fini(&text);
}

static void each_language_has_its_own_dangers(void **state)
{
	(void)state;
	expect(quote_xml, "<a b='\"&\">", "&lt;a b=&apos;&quot;&amp;&quot;&gt;");
	expect(quote_xml, "a\n\t\x01\x7f", "a&#10;&#9;\xef\xbf\xbd\x7f");
	expect(quote_xml, "\xff\xc0\x80\xed\xa0\x80|",
	       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|");
	expect(quote_powershell, "a'b$c`d", "'a''b$c`d'");
	expect(quote_powershell, "\xe2\x80\x99;", "'\xe2\x80\x99\xe2\x80\x99;'");
	expect(quote_vmx, "a\"b|c\nd", "\"a|22b|7Cc|0Ad\"");
	expect(quote_python, "a'\\\n", "'a\\'\\\\\\x0a'");
	expect(quote_qemu, "a,b", "a,,b");
	expect(quote_yaml, "a\"\\\n\x01", "\"a\\\"\\\\\\n\\x01\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shell_words_come_back),
		cmocka_unit_test(yaml_scalars_come_back),
		cmocka_unit_test(each_language_has_its_own_dangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
