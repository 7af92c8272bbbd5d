/* Judging the place: is it known, does it contradict itself, is it the machine that was meant. */
#include "probe/host.h"

#include "base/scope.h"

static void judge_known(const struct host *h, struct finding *f)
{
	const struct place *p = &h->place;

	finding_cite(f, &p->kind);
	finding_cite(f, &p->vm_evidence);
	finding_cite(f, &p->container_evidence);
	if (p->kind.is == UNKNOWN)
		finding_unsure(f, "neither the CPU, the firmware nor the kernel says where this "
				  "system runs");
	else
		finding_pass(f, "%s", place_in_words(h, f->a));
}

static void judge_conflict(const struct host *h, struct finding *f)
{
	const struct place *p = &h->place;

	finding_cite(f, &p->conflict);
	finding_cite(f, &p->container_evidence);
	if (p->conflict.is == YES)
		finding_warn(f, "%s", p->conflict.text);
	else
		finding_pass(f, NULL);
}

static void judge_confidential(const struct host *h, struct finding *f)
{
	const struct place *p = &h->place;

	finding_cite(f, &p->confidential_guest);
	if (finding_if_unknown(f, &p->confidential_guest))
		return;
	if (p->confidential_guest.is == NO)
		finding_pass(f, NULL);
	else
		finding_miss(f, "this is a confidential guest (%s): KVM refuses to run in it",
			     p->confidential_guest.text);
}

static void judge_machine(const struct host *h, struct finding *f)
{
	const struct place *p = &h->place;

	finding_cite(f, &p->tested_machine);
	if (p->tested_machine.is != YES)
		finding_pass(f, NULL);
	else
		finding_warn(
			f, "this is %s, not your desktop: what is said here holds for that VM only",
			p->tested_machine.text);
}

const struct check place_checks[PLACE_CHECKS] = {
	{
		.id = "place.known",
		.title = "it is known where this system runs",
		.category = CAT_PLACE,
		.miss = WARN,
		.judge = judge_known,
		.why = "Bare metal, a VM or a container need different fixes. The CPU's hypervisor "
		       "bit and signature, the firmware's names, the device tree, the kernel's own "
		       "files, namespaces and control groups are asked independently.",
	},
	{
		.id = "place.conflict",
		.title = "nothing contradicts where this system runs",
		.category = CAT_PLACE,
		.miss = WARN,
		.judge = judge_conflict,
		.why = "A file such as /.dockerenv may have come with an image that now boots as a "
		       "VM, and a hypervisor may imitate another. Tools that trust one mark are "
		       "then wrong; this check names the mark and what speaks against it.",
	},
	{
		.id = "place.confidential-guest",
		.title = "the memory of this system is open to its own KVM",
		.category = CAT_PLACE,
		.miss = WARN,
		.judge = judge_confidential,
		.why = "In a SEV, TDX or Secure Execution guest memory is encrypted towards the "
		       "hypervisor, and KVM refuses to start VMs there.",
		.fix = "run VMs on a host that is not a confidential guest",
	},
	{
		.id = "place.tested-machine",
		.title = "the machine that answers is the machine that was meant",
		.category = CAT_PLACE,
		.miss = WARN,
		.judge = judge_machine,
		.why = "Docker Desktop, podman machine, Lima, WSL and ChromeOS run their shells in "
		       "a VM of their own; the answer is about that VM, not the computer.",
	},
};
