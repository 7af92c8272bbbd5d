/* Devices and network of captured hosts: IOMMU on and off, groups, SR-IOV, mdev. */
#include "base/scope.h"
#include "probe/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct probe_options options;

struct captured {
	struct host host;
	struct tree *tree;
};

static void open_host(struct captured *c, const char *name)
{
	char path[200];
	struct err e;

	snprintf(path, sizeof path, "tests/fixtures/hosts/%s", name);
	assert_int_equal(tree_open(&c->tree, path, &e), 0);
	memset(&c->host, 0, sizeof c->host);
	c->host.t = c->tree;
	c->host.a = tree_arena(c->tree);
	c->host.opt = &options;
	kernel_area.gather(&c->host);
	network_area.gather(&c->host);
	devices_area.gather(&c->host);
}

static struct finding judge(struct captured *c, const struct area *area, const char *id)
{
	struct finding f = {.a = c->host.a};

	for (size_t i = 0; i < area->nchecks; i++)
		if (strcmp(area->checks[i].id, id) == 0) {
			f.check = &area->checks[i];
			f.fix = f.check->fix;
			f.check->judge(&c->host, &f);
			return f;
		}
	fail_msg("no check is called %s", id);
	return f;
}

static void assert_says(const struct finding *f, enum verdict v, const char *part)
{
	assert_int_equal(f->verdict, v);
	if (part) {
		assert_non_null(f->note);
		if (!strstr(f->note, part))
			fail_msg("%s: \"%s\" lacks \"%s\"", f->check->id, f->note, part);
	}
}

#define DEVICE_SAYS(c, id, verdict, part)                                                          \
	do {                                                                                       \
		struct finding f_ = judge((c), &devices_area, (id));                               \
		assert_says(&f_, (verdict), (part));                                               \
	} while (0)

#define NETWORK_SAYS(c, id, verdict, part)                                                         \
	do {                                                                                       \
		struct finding f_ = judge((c), &network_area, (id));                               \
		assert_says(&f_, (verdict), (part));                                               \
	} while (0)

static void a_host_ready_for_passthrough_passes(void **state)
{
	struct captured c;

	(void)state;
	open_host(&c, "intel-vfio-ready");
	DEVICE_SAYS(&c, "devices.iommu", PASS, "dmar0 dmar1");
	DEVICE_SAYS(&c, "devices.iommu-groups", PASS, "4 groups, 3 of them with a single device");
	DEVICE_SAYS(&c, "devices.interrupt-remapping", PASS, NULL);
	DEVICE_SAYS(&c, "devices.vfio-noiommu", PASS, NULL);
	DEVICE_SAYS(&c, "devices.group-viability", PASS, "1 group ready");
	DEVICE_SAYS(&c, "devices.gpu", PASS, "1 of 2 bound to VFIO");
	tree_close(c.tree);
}

static void a_bridge_and_its_card_make_one_viable_group(void **state)
{
	const struct pci_device *gpu;
	struct captured c;

	(void)state;
	open_host(&c, "intel-vfio-ready");
	gpu = devices_find(&c.host.devices, "0000:01:00.0");
	assert_non_null(gpu);
	assert_string_equal(gpu->group->number, "2");
	assert_int_equal(gpu->group->count, 3);
	assert_null(group_blocker(gpu->group));
	assert_null(group_stranger(gpu));
	tree_close(c.tree);
}

static void virtual_functions_are_counted(void **state)
{
	struct captured c;

	(void)state;
	open_host(&c, "intel-vfio-ready");
	DEVICE_SAYS(&c, "devices.sriov", PASS,
		    "64 virtual functions offered, 4 made: 0000:02:00.0");
	NETWORK_SAYS(&c, "network.sriov", PASS, "ens1f0: 64");
	tree_close(c.tree);
}

static void mediated_types_are_counted(void **state)
{
	struct captured c;

	(void)state;
	open_host(&c, "intel-vfio-ready");
	DEVICE_SAYS(&c, "devices.mdev", PASS, "2 types on 0000:00:02.0");
	tree_close(c.tree);
}

static void firmware_table_is_decoded(void **state)
{
	struct captured c;

	(void)state;
	open_host(&c, "intel-vfio-ready");
	assert_int_equal(c.host.devices.acpi_units.num, 1);
	assert_true(fact_is_yes(c.host.devices.acpi_remap));
	tree_close(c.tree);
	open_host(&c, "amd-group-held");
	assert_true(fact_is_unknown(c.host.devices.acpi_units));
	tree_close(c.tree);
}

static void words_behind_two_dashes_are_not_the_kernels(void **state)
{
	struct captured c;

	(void)state;
	open_host(&c, "intel-vfio-ready");
	assert_string_equal(c.host.devices.cmdline.text, "intel_iommu=on iommu=pt");
	tree_close(c.tree);
}

static void a_device_held_by_the_host_spoils_its_group(void **state)
{
	struct captured c;

	(void)state;
	open_host(&c, "amd-group-held");
	DEVICE_SAYS(&c, "devices.iommu", PASS, "bypass it");
	DEVICE_SAYS(&c, "devices.group-viability", WARN,
		    "group 14 cannot be opened: 0000:06:00.1 is held by snd_hda_intel");
	DEVICE_SAYS(&c, "devices.interrupt-remapping", WARN, "bypass the IOMMU");
	DEVICE_SAYS(&c, "devices.vfio-noiommu", WARN, "enable_unsafe_noiommu_mode");
	tree_close(c.tree);
}

static void an_unused_iommu_is_told_from_none(void **state)
{
	struct captured c;
	struct finding f;

	(void)state;
	open_host(&c, "intel-iommu-off");
	f = judge(&c, &devices_area, "devices.iommu");
	assert_says(&f, WARN, "the firmware offers VT-d");
	assert_non_null(strstr(f.fix, "intel_iommu=on"));
	DEVICE_SAYS(&c, "devices.mdev", UNSURE, NULL);
	tree_close(c.tree);
}

static void a_stranger_in_a_gpus_group_is_named(void **state)
{
	struct captured c;

	(void)state;
	open_host(&c, "gpu-with-stranger");
	DEVICE_SAYS(&c, "devices.group-viability", WARN, "shares group 1 with 0000:02:00.0 (igb)");
	tree_close(c.tree);
}

static void bridges_are_found_in_plain_folders(void **state)
{
	struct captured c;

	(void)state;
	open_host(&c, "intel-vfio-ready");
	NETWORK_SAYS(&c, "network.bridge", PASS, "br0");
	NETWORK_SAYS(&c, "network.forwarding", PASS, NULL);
	NETWORK_SAYS(&c, "network.tun", UNSURE, NULL);
	tree_close(c.tree);
}

static void a_support_report_tells_devices_too(void **state)
{
	struct captured c;

	(void)state;
	open_host(&c, "sosreport");
	DEVICE_SAYS(&c, "devices.gpu", PASS, "0000:00:02.0 (i915)");
	DEVICE_SAYS(&c, "devices.iommu", PASS, NULL);
	DEVICE_SAYS(&c, "devices.group-viability", UNSURE, NULL);
	DEVICE_SAYS(&c, "devices.sriov", UNSURE, NULL);
	tree_close(c.tree);
}

static void a_vm_gets_its_iommu_from_outside(void **state)
{
	static struct host h; /* all unknown */

	(void)state;
	h.place.hv = HV_KVM;
	assert_non_null(strstr(place_iommu_advice(&h), "-device intel-iommu"));
	h.place.hv = HV_VMWARE;
	assert_non_null(strstr(place_iommu_advice(&h), "vvtd.enable"));
	h.place.cloud = fact_text("DMI", "Amazon EC2");
	assert_non_null(strstr(place_iommu_advice(&h), "bare-metal"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vm_gets_its_iommu_from_outside),
		cmocka_unit_test(a_host_ready_for_passthrough_passes),
		cmocka_unit_test(a_bridge_and_its_card_make_one_viable_group),
		cmocka_unit_test(virtual_functions_are_counted),
		cmocka_unit_test(mediated_types_are_counted),
		cmocka_unit_test(firmware_table_is_decoded),
		cmocka_unit_test(words_behind_two_dashes_are_not_the_kernels),
		cmocka_unit_test(a_device_held_by_the_host_spoils_its_group),
		cmocka_unit_test(an_unused_iommu_is_told_from_none),
		cmocka_unit_test(a_stranger_in_a_gpus_group_is_named),
		cmocka_unit_test(bridges_are_found_in_plain_folders),
		cmocka_unit_test(a_support_report_tells_devices_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
