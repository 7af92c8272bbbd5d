/* What names a machine or a person is replaced, in its shape, the same by the same; what tells its kind stays. */
#include "base/tree_scrub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *key, *text, *expected;
};

static void expect(const struct row *rows, size_t n)
{
	struct scrub *s = scrub_new();

	for (size_t i = 0; i < n; i++)
		scrub_learn(s, 'r', rows[i].key, rows[i].text, strlen(rows[i].text));
	for (size_t i = 0; i < n; i++) {
		struct strbuf text = {0};

		strbuf_add(&text, rows[i].text);
		scrub_data(s, rows[i].key[0] == '/' ? 'r' : 'a', rows[i].key, &text);
		assert_string_equal(strbuf_str(&text), rows[i].expected);
		assert_int_equal(strlen(strbuf_str(&text)), text.len);
		strbuf_fini(&text);
	}
	scrub_free(s);
}

#define EXPECT(...)                                                                                \
	do {                                                                                       \
		static const struct row rows_[] = {__VA_ARGS__};                                   \
		expect(rows_, sizeof rows_ / sizeof *rows_);                                       \
	} while (0)

static void addresses_of_cards_keep_their_maker(void **state)
{
	(void)state;
	EXPECT({"/sys/class/net/eth0/address", "52:54:00:aB:cd:ef\n", "52:54:00:00:00:01\n"},
	       {"/sys/class/net/eth1/address", "3c:ec:ef:12:34:56\n", "3c:ec:ef:00:00:02\n"},
	       {"udev/x", "a=52:54:00:ab:cd:ef enx525400abcdef",
		"a=52:54:00:00:00:01 enx525400000001"},
	       {"/sys/class/net/lo/address", "00:00:00:00:00:00\n", "00:00:00:00:00:00\n"},
	       {"/proc/x", "0000:00:1f.2 12:34:56 1:2:3:4:5:6 00:11:22:33:44:55:66",
		"0000:00:1f.2 12:34:56 1:2:3:4:5:6 00:11:22:33:44:55:66"});
}

static void uuids_are_replaced_wherever_they_stand(void **state)
{
	(void)state;
	EXPECT({"/sys/class/dmi/id/product_uuid", "4c4c4544-0042-4410-8052-cac04f4d3732\n",
		"00000000-0000-4000-8000-000000000001\n"},
	       {"/proc/cmdline", "root=UUID=4C4C4544-0042-4410-8052-CAC04F4D3732 ro",
		"root=UUID=00000000-0000-4000-8000-000000000001 ro"},
	       {"/proc/driver/nvidia/gpus/0/information",
		"GPU UUID: GPU-5a5a5a5a-0042-4410-8052-cac04f4d3732\n",
		"GPU UUID: GPU-00000000-0000-4000-8000-000000000002\n"},
	       {"/proc/1/cgroup", "pod4c4c4544_0042_4410_8052_cac04f4d3732",
		"pod4c4c4544_0042_4410_8052_cac04f4d3732"},
	       {"/sys/hypervisor/uuid", "ec2a5a5a-0042-4410-8052-cac04f4d3732",
		"ec200000-0000-4000-8000-000000000003"},
	       {"/sys/class/dmi/id/product_uuid", "03000200-0400-0500-0006-000700080009",
		"03000200-0400-0500-0006-000700080009"},
	       {"/sys/bus/vmbus/devices/x/class_id", "{4c4c4544-0042-4410-8052-cac04f4d3732}",
		"{4c4c4544-0042-4410-8052-cac04f4d3732}"});
}

static void serial_numbers_keep_their_shape(void **state)
{
	(void)state;
	EXPECT({"/sys/class/dmi/id/product_serial", "CN7475156a0042\n", "XX0000000x0001\n"},
	       {"/sys/class/dmi/id/board_serial", "To Be Filled By O.E.M.\n",
		"To Be Filled By O.E.M.\n"},
	       {"/sys/class/dmi/id/product_serial", "VMware-42 1f aa\n", "VMware-00 0x x2\n"},
	       {"/sys/class/dmi/id/chassis_asset_tag", "Amazon EC2\n", "Amazon EC2\n"},
	       {"/sys/class/dmi/id/chassis_asset_tag", "INV-4711\n", "XXX-0003\n"},
	       {"/sys/block/sda/device/wwid", "naa.5000c500\n", "xxx.0000x004\n"},
	       {"/sys/class/dmi/id/product_name", "PowerEdge R740\n", "PowerEdge R740\n"});
}

static void host_names_are_found_in_earlier_answers(void **state)
{
	(void)state;
	EXPECT({"uname", "Linux\nweb-01\n6.1.0\n", "Linux\nhost-1\n6.1.0\n"},
	       {"/proc/cmdline", "x=web-01 y=web-012 ip=10.1.2.3::10.1.2.1 v=1.2.3",
		"x=host-1 y=web-012 ip=192.0.2.1::192.0.2.2 v=1.2.3"},
	       {"/proc/sys/kernel/hostname", "web-01\n", "host-1\n"},
	       {"/etc/hosts", "127.0.0.1 localhost\n10.1.2.3 web-01 db\n",
		"127.0.0.1 localhost\n192.0.2.1 host-1 host-2\n"});
}

static void machine_and_container_ids_go(void **state)
{
	(void)state;
	EXPECT({"/etc/machine-id", "0123456789abcdef0123456789abcdef\n",
		"00000000000000000000000000000001\n"},
	       {"/proc/self/cgroup",
		"0::/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
		"0::/docker/0000000000000000000000000000000000000000000000000000000000000002\n"},
	       {"cpuid/0/1.0", "0123456789abcdef0123456789abcdef",
		"0123456789abcdef0123456789abcdef"});
}

static void people_go_and_services_stay(void **state)
{
	(void)state;
	EXPECT({"/etc/passwd",
		"root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:Alice,1:/home/alice:/bin/sh\n",
		"root:x:0:0:root:/root:/bin/sh\nuser1:x:1000:1000::/home/user1:/bin/sh\n"},
	       {"/etc/group", "kvm:x:108:libvirt-qemu,alice,bob\nalice:x:1000:",
		"kvm:x:108:libvirt-qemu,user1,user2\nuser1:x:1000:"},
	       {"/proc/self/mountinfo", "1 2 8:1 / /home/alice/mnt rw - nfs 10.0.0.9:/export rw\n",
		"1 2 8:1 / /home/user1/mnt rw - nfs 192.0.2.1:/export rw\n"},
	       {"/etc/subuid", "alice:100000:65536\n", "user1:100000:65536\n"});
}

static void names_in_lists_and_questions_agree(void **state)
{
	struct scrub *s = scrub_new();
	struct strbuf list = {0}, key = {0};

	(void)state;
	strbuf_addn(&list, "lo\0enx0123456789ab\0", 19);
	scrub_data(s, 'd', "/sys/class/net", &list);
	assert_int_equal(list.len, 19);
	assert_memory_equal(list.text, "lo\0enx012345000001\0", 19);
	strbuf_add(&key, "/sys/class/net/enx0123456789ab/address");
	scrub_key(s, &key);
	assert_string_equal(key.text, "/sys/class/net/enx012345000001/address");
	strbuf_fini(&list);
	strbuf_fini(&key);
	strbuf_add(&list, "4:memory:/vm/0123456789abcdef0123456789abcdef\n");
	scrub_data(s, 'r', "/proc/self/cgroup", &list);
	strbuf_add(&key, "/sys/fs/cgroup/memory/vm/0123456789abcdef0123456789abcdef/memory.max");
	scrub_key(s, &key);
	assert_string_equal(list.text, "4:memory:/vm/00000000000000000000000000000001\n");
	assert_string_equal(key.text,
			    "/sys/fs/cgroup/memory/vm/00000000000000000000000000000001/memory.max");
	strbuf_fini(&list);
	strbuf_fini(&key);
	strbuf_add(&key,
		   "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c");
	scrub_key(s, &key);
	assert_non_null(strstr(key.text, "8be4df61-93ca-11d2"));
	strbuf_fini(&key);
	scrub_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_cards_keep_their_maker),
		cmocka_unit_test(uuids_are_replaced_wherever_they_stand),
		cmocka_unit_test(serial_numbers_keep_their_shape),
		cmocka_unit_test(host_names_are_found_in_earlier_answers),
		cmocka_unit_test(machine_and_container_ids_go),
		cmocka_unit_test(people_go_and_services_stay),
		cmocka_unit_test(names_in_lists_and_questions_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
