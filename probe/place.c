/* The place area: gathers in order, lists its facts, and says it all in a few words. */
#include "probe/host.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

/* The shell of these products is a VM of their own; who asks usually means the machine around it. */
static const struct {
	const char *release_part; /* of the kernel's release */
	const char *path;
	const char *name;
} machines[] = {
	{"linuxkit", NULL, "the VM of Docker Desktop"},
	{"WSL2", NULL, "the VM of WSL 2"},
	{"microsoft-standard", NULL, "the VM of WSL 2"},
	{NULL, "/etc/lima-release", "a VM of Lima"},
	{NULL, "/mnt/lima-cidata", "a VM of Lima"},
	{NULL, "/etc/containers/podman-machine", "the VM of podman machine"},
	{NULL, "/opt/google/cros-containers", "the Linux VM of ChromeOS"},
	{"orbstack", NULL, "the VM of OrbStack"},
	{"colima", NULL, "the VM of Colima"},
};

static void gather_machine(struct host *h)
{
	struct place *p = &h->place;
	const char *release = fact_str(p->kernel_release, "");

	p->tested_machine = fact_no("kernel release");
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (machines[i].release_part ? !strstr(release, machines[i].release_part)
					     : !tree_exists(h->t, machines[i].path))
			continue;
		p->tested_machine = fact_text(
			machines[i].path ? machines[i].path : "kernel release", machines[i].name);
		return;
	}
}

static void gather(struct host *h)
{
	place_gather_system(h);
	place_gather_vm(h);
	place_gather_container(h);
	place_gather_cloud(h);
	place_decide(h);
	place_gather_words(h);
	gather_machine(h);
}

const char *place_in_words(const struct host *h, struct arena *a)
{
	const struct place *p = &h->place;
	const char *arch = fact_str(p->arch, "a");
	const char *cloud = fact_str(p->cloud, NULL);
	const char *vm = p->hv != HV_NONE
				 ? arena_printf(a, "%s VM under %s", arch, place_hv_name(p->hv))
			 : p->xen == XEN_DOM0 ? "dom0 of Xen"
			 : p->hyperv_root     ? "root partition of Hyper-V"
			 : p->vm.is == NO     ? arena_printf(a, "%s bare metal", arch)
					      : arena_printf(a, "%s machine of unknown kind", arch);

	if (cloud)
		vm = arena_printf(a, "%s (%s)", vm, cloud);
	if (p->box == BOX_NONE)
		return vm;
	return arena_printf(a, "container of %s on %s", place_box_name(p->box), vm);
}

static json_t *signs_json(const struct signs *s, bool hv)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->count; i++) {
		const struct sign *row = &s->row[i];
		json_t *o = json_object();

		json_object_set_new(o, "says",
				    json_string(hv ? place_hv_name((enum hv)row->kind)
						   : place_box_name((enum box)row->kind)));
		json_object_set_new(o, "source", json_string(row->source));
		json_object_set_new(o, "text", json_string(row->text));
		json_object_set_new(o, "weight", json_integer(row->weight));
		json_array_append_new(list, o);
	}
	return list;
}

static void details(const struct host *h, json_t *out)
{
	json_t *o = json_object();

	json_object_set_new(o, "vm_signs", signs_json(&h->place.vm_signs, true));
	json_object_set_new(o, "container_signs", signs_json(&h->place.box_signs, false));
	json_object_set_new(out, "place", o);
}

static const struct fact_row facts[] = {
	FACT("place.kind", place.kind, "Kind of place"),
	FACT("place.vm", place.vm, "Virtual machine under"),
	FACT("place.vm-evidence", place.vm_evidence, "What shows the hypervisor"),
	FACT("place.container", place.container, "Container of"),
	FACT("place.container-evidence", place.container_evidence, "What shows the container"),
	FACT("place.sandbox", place.sandbox, "Sandbox around this program"),
	FACT("place.confidence", place.confidence, "How sure this is"),
	FACT("place.conflict", place.conflict, "Facts that contradict"),
	FACT("place.cloud", place.cloud, "Cloud"),
	FACT("place.confidential-guest", place.confidential_guest, "Confidential guest"),
	FACT("place.tested-machine", place.tested_machine, "Machine inside a product's own VM"),
	FACT("place.arch", place.arch, "Architecture"),
	FACT("place.kernel-release", place.kernel_release, "Kernel release"),
	FACT("place.distro", place.distro, "Distribution"),
	FACT("place.distro-like", place.distro_like, "Distribution is like"),
	FACT("place.distro-version", place.distro_version, "Distribution version"),
	FACT("place.distro-name", place.distro_name, "Distribution in full"),
	FACT("place.package-manager", place.package_manager, "Package manager"),
	FACT("place.uid", place.uid, "Effective user id"),
	FACT("place.virt-what", place.virt_what, "In virt-what's words"),
	FACT("place.hypervisor-vendor", place.hypervisor_vendor, "Hypervisor vendor (as lscpu)"),
	FACT("place.virtualization-type", place.virtualization_type,
	     "Virtualization type (as lscpu)"),
};

const struct area place_area = {
	.name = "place",
	.gather = gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = place_checks,
	.nchecks = PLACE_CHECKS,
	.details = details,
};
