/* QEMU's named x86 CPU models and what each offers to a guest under KVM.
 * Made by probe/cpu_models.sh from QEMU 7.2.22 (query-cpu-model-expansion, static). Do not edit.
 * Left out: what KVM gives to every guest or switches off unless asked (hypervisor, x2apic, svm, monitor, acpi),
 * bits that no CPUID word holds, and vme, which TCG hides and every CPU has. */
#pragma once

/* clang-format off */

const struct cpu_model cpu_models[] = {
	{"486-v1", "GenuineIntel",
	 "fpu pse"},
	{"Broadwell-v1", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu "
	 "fsgsbase fxsr hle invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pge pni "
	 "popcnt pse pse36 rdrand rdseed rdtscp rtm sep smap smep sse sse2 sse4_1 sse4_2 ssse3 syscall tsc "
	 "tsc_deadline_timer xsave xsaveopt"},
	{"Broadwell-v2", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu "
	 "fsgsbase fxsr invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pge pni "
	 "popcnt pse pse36 rdrand rdseed rdtscp sep smap smep sse sse2 sse4_1 sse4_2 ssse3 syscall tsc "
	 "tsc_deadline_timer xsave xsaveopt"},
	{"Broadwell-v3", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu "
	 "fsgsbase fxsr hle invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pge pni "
	 "popcnt pse pse36 rdrand rdseed rdtscp rtm sep smap smep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 "
	 "syscall tsc tsc_deadline_timer xsave xsaveopt"},
	{"Broadwell-v4", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu "
	 "fsgsbase fxsr invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pge pni "
	 "popcnt pse pse36 rdrand rdseed rdtscp sep smap smep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 syscall "
	 "tsc tsc_deadline_timer xsave xsaveopt"},
	{"Cascadelake-Server-v1", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 avx512_vnni avx512bw avx512cd avx512dq avx512f "
	 "avx512vl bmi1 bmi2 clflush clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr hle "
	 "invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge pku pni popcnt "
	 "pse pse36 rdrand rdseed rdtscp rtm sep smap smep spec_ctrl spec_ctrl_ssbd sse sse2 sse4_1 sse4_2 "
	 "ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave xsavec xsaveopt"},
	{"Cascadelake-Server-v2", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat arch_capabilities avx avx2 avx512_vnni avx512bw avx512cd "
	 "avx512dq avx512f avx512vl bmi1 bmi2 clflush clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu "
	 "fsgsbase fxsr hle invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb "
	 "pge pku pni popcnt pse pse36 rdrand rdseed rdtscp rtm sep smap smep spec_ctrl spec_ctrl_ssbd sse "
	 "sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave xsavec xsaveopt"},
	{"Cascadelake-Server-v3", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat arch_capabilities avx avx2 avx512_vnni avx512bw avx512cd "
	 "avx512dq avx512f avx512vl bmi1 bmi2 clflush clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu "
	 "fsgsbase fxsr invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge "
	 "pku pni popcnt pse pse36 rdrand rdseed rdtscp sep smap smep spec_ctrl spec_ctrl_ssbd sse sse2 "
	 "sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave xsavec xsaveopt"},
	{"Cascadelake-Server-v4", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat arch_capabilities avx avx2 avx512_vnni avx512bw avx512cd "
	 "avx512dq avx512f avx512vl bmi1 bmi2 clflush clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu "
	 "fsgsbase fxsr invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge "
	 "pku pni popcnt pse pse36 rdrand rdseed rdtscp sep smap smep spec_ctrl spec_ctrl_ssbd sse sse2 "
	 "sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave xsavec xsaveopt"},
	{"Cascadelake-Server-v5", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat arch_capabilities avx avx2 avx512_vnni avx512bw avx512cd "
	 "avx512dq avx512f avx512vl bmi1 bmi2 clflush clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu "
	 "fsgsbase fxsr invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge "
	 "pku pni popcnt pse pse36 rdrand rdseed rdtscp sep smap smep spec_ctrl spec_ctrl_ssbd sse sse2 "
	 "sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave xsavec xsaveopt xsaves"},
	{"Conroe-v1", "GenuineIntel",
	 "apic clflush cmov cx8 de fpu fxsr lahf_lm lm mca mce mmx msr mtrr nx pae pat pge pni pse pse36 sep "
	 "sse sse2 ssse3 syscall tsc"},
	{"Cooperlake-v1", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat arch_capabilities avx avx2 avx512_bf16 avx512_vnni avx512bw "
	 "avx512cd avx512dq avx512f avx512vl bmi1 bmi2 clflush clflushopt clwb cmov cx16 cx8 de erms f16c "
	 "fma fpu fsgsbase fxsr hle intel_stibp invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat "
	 "pcid pclmulqdq pdpe1gb pge pku pni popcnt pse pse36 rdrand rdseed rdtscp rtm sep smap smep "
	 "spec_ctrl spec_ctrl_ssbd sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave "
	 "xsavec xsaveopt"},
	{"Cooperlake-v2", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat arch_capabilities avx avx2 avx512_bf16 avx512_vnni avx512bw "
	 "avx512cd avx512dq avx512f avx512vl bmi1 bmi2 clflush clflushopt clwb cmov cx16 cx8 de erms f16c "
	 "fma fpu fsgsbase fxsr hle intel_stibp invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat "
	 "pcid pclmulqdq pdpe1gb pge pku pni popcnt pse pse36 rdrand rdseed rdtscp rtm sep smap smep "
	 "spec_ctrl spec_ctrl_ssbd sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave "
	 "xsavec xsaveopt xsaves"},
	{"Denverton-v1", "GenuineIntel",
	 "3dnowprefetch aes apic arat arch_capabilities clflush clflushopt cmov cx16 cx8 de erms fpu "
	 "fsgsbase fxsr lahf_lm lm mca mce mmx movbe mpx msr mtrr nx pae pat pclmulqdq pdpe1gb pge pni "
	 "popcnt pse pse36 rdrand rdseed rdtscp sep sha_ni smap smep spec_ctrl spec_ctrl_ssbd sse sse2 "
	 "sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave xsavec xsaveopt"},
	{"Denverton-v2", "GenuineIntel",
	 "3dnowprefetch aes apic arat arch_capabilities clflush clflushopt cmov cx16 cx8 de erms fpu "
	 "fsgsbase fxsr lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pclmulqdq pdpe1gb pge pni popcnt "
	 "pse pse36 rdrand rdseed rdtscp sep sha_ni smap smep spec_ctrl spec_ctrl_ssbd sse sse2 sse4_1 "
	 "sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave xsavec xsaveopt"},
	{"Denverton-v3", "GenuineIntel",
	 "3dnowprefetch aes apic arat arch_capabilities clflush clflushopt cmov cx16 cx8 de erms fpu "
	 "fsgsbase fxsr lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pclmulqdq pdpe1gb pge pni popcnt "
	 "pse pse36 rdrand rdseed rdtscp sep sha_ni smap smep spec_ctrl spec_ctrl_ssbd sse sse2 sse4_1 "
	 "sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave xsavec xsaveopt xsaves"},
	{"Dhyana-v1", "HygonGenuine",
	 "3dnowprefetch abm adx apic arat avx avx2 bmi1 bmi2 clflush clflushopt cmov cr8_legacy cx16 cx8 de "
	 "f16c fma fpu fsgsbase fxsr fxsr_opt ibpb lahf_lm lm mca mce misalignsse mmx mmxext movbe msr mtrr "
	 "nx osvw pae pat pdpe1gb pge pni popcnt pse pse36 rdrand rdseed rdtscp sep smap smep sse sse2 "
	 "sse4_1 sse4_2 sse4a ssse3 syscall topoext tsc xgetbv1 xsave xsavec xsaveopt"},
	{"Dhyana-v2", "HygonGenuine",
	 "3dnowprefetch abm adx apic arat avx avx2 bmi1 bmi2 clflush clflushopt cmov cr8_legacy cx16 cx8 de "
	 "f16c fma fpu fsgsbase fxsr fxsr_opt ibpb lahf_lm lm mca mce misalignsse mmx mmxext movbe msr mtrr "
	 "nx osvw pae pat pdpe1gb pge pni popcnt pse pse36 rdrand rdseed rdtscp sep smap smep sse sse2 "
	 "sse4_1 sse4_2 sse4a ssse3 syscall topoext tsc xgetbv1 xsave xsavec xsaveopt xsaves"},
	{"EPYC-Milan-v1", "AuthenticAMD",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush clflushopt clwb clzero cmov "
	 "cr8_legacy cx16 cx8 de erms f16c fma fpu fsgsbase fsrm fxsr fxsr_opt ibpb ibrs invpcid lahf_lm lm "
	 "mca mce misalignsse mmx mmxext movbe msr mtrr nx osvw pae pat pcid pclmulqdq pdpe1gb perfctr_core "
	 "pge pku pni popcnt pse pse36 rdpid rdrand rdseed rdtscp sep sha_ni smap smep ssbd sse sse2 sse4_1 "
	 "sse4_2 sse4a ssse3 stibp syscall topoext tsc umip wbnoinvd xgetbv1 xsave xsavec xsaveerptr "
	 "xsaveopt xsaves"},
	{"EPYC-Rome-v1", "AuthenticAMD",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush clflushopt clwb clzero cmov "
	 "cr8_legacy cx16 cx8 de f16c fma fpu fsgsbase fxsr fxsr_opt ibpb lahf_lm lm mca mce misalignsse mmx "
	 "mmxext movbe msr mtrr nx osvw pae pat pclmulqdq pdpe1gb perfctr_core pge pni popcnt pse pse36 "
	 "rdpid rdrand rdseed rdtscp sep sha_ni smap smep sse sse2 sse4_1 sse4_2 sse4a ssse3 stibp syscall "
	 "topoext tsc umip wbnoinvd xgetbv1 xsave xsavec xsaveerptr xsaveopt xsaves"},
	{"EPYC-Rome-v2", "AuthenticAMD",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush clflushopt clwb clzero cmov "
	 "cr8_legacy cx16 cx8 de f16c fma fpu fsgsbase fxsr fxsr_opt ibpb ibrs lahf_lm lm mca mce "
	 "misalignsse mmx mmxext movbe msr mtrr nx osvw pae pat pclmulqdq pdpe1gb perfctr_core pge pni "
	 "popcnt pse pse36 rdpid rdrand rdseed rdtscp sep sha_ni smap smep ssbd sse sse2 sse4_1 sse4_2 sse4a "
	 "ssse3 stibp syscall topoext tsc umip wbnoinvd xgetbv1 xsave xsavec xsaveerptr xsaveopt xsaves"},
	{"EPYC-v1", "AuthenticAMD",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush clflushopt cmov cr8_legacy cx16 cx8 "
	 "de f16c fma fpu fsgsbase fxsr fxsr_opt lahf_lm lm mca mce misalignsse mmx mmxext movbe msr mtrr nx "
	 "osvw pae pat pclmulqdq pdpe1gb pge pni popcnt pse pse36 rdrand rdseed rdtscp sep sha_ni smap smep "
	 "sse sse2 sse4_1 sse4_2 sse4a ssse3 syscall topoext tsc xgetbv1 xsave xsavec xsaveopt"},
	{"EPYC-v2", "AuthenticAMD",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush clflushopt cmov cr8_legacy cx16 cx8 "
	 "de f16c fma fpu fsgsbase fxsr fxsr_opt ibpb lahf_lm lm mca mce misalignsse mmx mmxext movbe msr "
	 "mtrr nx osvw pae pat pclmulqdq pdpe1gb pge pni popcnt pse pse36 rdrand rdseed rdtscp sep sha_ni "
	 "smap smep sse sse2 sse4_1 sse4_2 sse4a ssse3 syscall topoext tsc xgetbv1 xsave xsavec xsaveopt"},
	{"EPYC-v3", "AuthenticAMD",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush clflushopt clzero cmov cr8_legacy "
	 "cx16 cx8 de f16c fma fpu fsgsbase fxsr fxsr_opt ibpb lahf_lm lm mca mce misalignsse mmx mmxext "
	 "movbe msr mtrr nx osvw pae pat pclmulqdq pdpe1gb perfctr_core pge pni popcnt pse pse36 rdrand "
	 "rdseed rdtscp sep sha_ni smap smep sse sse2 sse4_1 sse4_2 sse4a ssse3 syscall topoext tsc xgetbv1 "
	 "xsave xsavec xsaveerptr xsaveopt xsaves"},
	{"Haswell-v1", "GenuineIntel",
	 "abm aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr hle "
	 "invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pge pni popcnt pse pse36 "
	 "rdrand rdtscp rtm sep smep sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xsave "
	 "xsaveopt"},
	{"Haswell-v2", "GenuineIntel",
	 "abm aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr "
	 "invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pge pni popcnt pse pse36 "
	 "rdrand rdtscp sep smep sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xsave xsaveopt"},
	{"Haswell-v3", "GenuineIntel",
	 "abm aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr hle "
	 "invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pge pni popcnt pse pse36 "
	 "rdrand rdtscp rtm sep smep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer "
	 "xsave xsaveopt"},
	{"Haswell-v4", "GenuineIntel",
	 "abm aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr "
	 "invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pge pni popcnt pse pse36 "
	 "rdrand rdtscp sep smep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xsave "
	 "xsaveopt"},
	{"Icelake-Server-v1", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 avx512_bitalg avx512_vbmi2 avx512_vnni "
	 "avx512_vpopcntdq avx512bw avx512cd avx512dq avx512f avx512vbmi avx512vl bmi1 bmi2 clflush "
	 "clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr gfni hle invpcid la57 lahf_lm lm "
	 "mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge pku pni popcnt pse pse36 rdrand "
	 "rdseed rdtscp rtm sep smap smep spec_ctrl spec_ctrl_ssbd sse sse2 sse4_1 sse4_2 ssse3 syscall tsc "
	 "tsc_deadline_timer umip vaes vpclmulqdq wbnoinvd xgetbv1 xsave xsavec xsaveopt"},
	{"Icelake-Server-v2", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 avx512_bitalg avx512_vbmi2 avx512_vnni "
	 "avx512_vpopcntdq avx512bw avx512cd avx512dq avx512f avx512vbmi avx512vl bmi1 bmi2 clflush "
	 "clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr gfni invpcid la57 lahf_lm lm mca "
	 "mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge pku pni popcnt pse pse36 rdrand "
	 "rdseed rdtscp sep smap smep spec_ctrl spec_ctrl_ssbd sse sse2 sse4_1 sse4_2 ssse3 syscall tsc "
	 "tsc_deadline_timer umip vaes vpclmulqdq wbnoinvd xgetbv1 xsave xsavec xsaveopt"},
	{"Icelake-Server-v3", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat arch_capabilities avx avx2 avx512_bitalg avx512_vbmi2 "
	 "avx512_vnni avx512_vpopcntdq avx512bw avx512cd avx512dq avx512f avx512vbmi avx512vl bmi1 bmi2 "
	 "clflush clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr gfni invpcid la57 lahf_lm "
	 "lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge pku pni popcnt pse pse36 "
	 "rdrand rdseed rdtscp sep smap smep spec_ctrl spec_ctrl_ssbd sse sse2 sse4_1 sse4_2 ssse3 syscall "
	 "tsc tsc_deadline_timer umip vaes vpclmulqdq wbnoinvd xgetbv1 xsave xsavec xsaveopt"},
	{"Icelake-Server-v4", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat arch_capabilities avx avx2 avx512_bitalg avx512_vbmi2 "
	 "avx512_vnni avx512_vpopcntdq avx512bw avx512cd avx512dq avx512f avx512ifma avx512vbmi avx512vl "
	 "bmi1 bmi2 clflush clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu fsgsbase fsrm fxsr gfni "
	 "invpcid la57 lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge pku pni "
	 "popcnt pse pse36 rdpid rdrand rdseed rdtscp sep sha_ni smap smep spec_ctrl spec_ctrl_ssbd sse sse2 "
	 "sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer umip vaes vpclmulqdq wbnoinvd xgetbv1 xsave "
	 "xsavec xsaveopt"},
	{"Icelake-Server-v5", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat arch_capabilities avx avx2 avx512_bitalg avx512_vbmi2 "
	 "avx512_vnni avx512_vpopcntdq avx512bw avx512cd avx512dq avx512f avx512ifma avx512vbmi avx512vl "
	 "bmi1 bmi2 clflush clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu fsgsbase fsrm fxsr gfni "
	 "invpcid la57 lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge pku pni "
	 "popcnt pse pse36 rdpid rdrand rdseed rdtscp sep sha_ni smap smep spec_ctrl spec_ctrl_ssbd sse sse2 "
	 "sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer umip vaes vpclmulqdq wbnoinvd xgetbv1 xsave "
	 "xsavec xsaveopt xsaves"},
	{"Icelake-Server-v6", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat arch_capabilities avx avx2 avx512_bitalg avx512_vbmi2 "
	 "avx512_vnni avx512_vpopcntdq avx512bw avx512cd avx512dq avx512f avx512ifma avx512vbmi avx512vl "
	 "bmi1 bmi2 clflush clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu fsgsbase fsrm fxsr gfni "
	 "invpcid la57 lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge pku pni "
	 "popcnt pse pse36 rdpid rdrand rdseed rdtscp sep sha_ni smap smep spec_ctrl spec_ctrl_ssbd sse sse2 "
	 "sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer umip vaes vpclmulqdq wbnoinvd xgetbv1 xsave "
	 "xsavec xsaveopt xsaves"},
	{"IvyBridge-v1", "GenuineIntel",
	 "aes apic arat avx clflush cmov cx16 cx8 de erms f16c fpu fsgsbase fxsr lahf_lm lm mca mce mmx msr "
	 "mtrr nx pae pat pclmulqdq pge pni popcnt pse pse36 rdrand rdtscp sep smep sse sse2 sse4_1 sse4_2 "
	 "ssse3 syscall tsc tsc_deadline_timer xsave xsaveopt"},
	{"IvyBridge-v2", "GenuineIntel",
	 "aes apic arat avx clflush cmov cx16 cx8 de erms f16c fpu fsgsbase fxsr lahf_lm lm mca mce mmx msr "
	 "mtrr nx pae pat pclmulqdq pge pni popcnt pse pse36 rdrand rdtscp sep smep spec_ctrl sse sse2 "
	 "sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xsave xsaveopt"},
	{"KnightsMill-v1", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 avx512_4fmaps avx512_4vnniw avx512_vpopcntdq avx512cd "
	 "avx512er avx512f avx512pf bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr "
	 "lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pclmulqdq pdpe1gb pge pni popcnt pse pse36 rdrand "
	 "rdseed rdtscp sep smep ss sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xsave "
	 "xsaveopt"},
	{"Nehalem-v1", "GenuineIntel",
	 "apic clflush cmov cx16 cx8 de fpu fxsr lahf_lm lm mca mce mmx msr mtrr nx pae pat pge pni popcnt "
	 "pse pse36 sep sse sse2 sse4_1 sse4_2 ssse3 syscall tsc"},
	{"Nehalem-v2", "GenuineIntel",
	 "apic clflush cmov cx16 cx8 de fpu fxsr lahf_lm lm mca mce mmx msr mtrr nx pae pat pge pni popcnt "
	 "pse pse36 sep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 syscall tsc"},
	{"Opteron_G1-v1", "AuthenticAMD",
	 "apic clflush cmov cx8 de fpu fxsr lm mca mce mmx msr mtrr nx pae pat pge pni pse pse36 sep sse "
	 "sse2 syscall tsc"},
	{"Opteron_G2-v1", "AuthenticAMD",
	 "apic clflush cmov cx16 cx8 de fpu fxsr lahf_lm lm mca mce mmx msr mtrr nx pae pat pge pni pse "
	 "pse36 sep sse sse2 syscall tsc"},
	{"Opteron_G3-v1", "AuthenticAMD",
	 "abm apic clflush cmov cx16 cx8 de fpu fxsr lahf_lm lm mca mce misalignsse mmx msr mtrr nx pae pat "
	 "pge pni popcnt pse pse36 rdtscp sep sse sse2 sse4a syscall tsc"},
	{"Opteron_G4-v1", "AuthenticAMD",
	 "3dnowprefetch abm aes apic avx clflush cmov cx16 cx8 de fma4 fpu fxsr lahf_lm lm mca mce "
	 "misalignsse mmx msr mtrr nx pae pat pclmulqdq pdpe1gb pge pni popcnt pse pse36 rdtscp sep sse sse2 "
	 "sse4_1 sse4_2 sse4a ssse3 syscall tsc xop xsave"},
	{"Opteron_G5-v1", "AuthenticAMD",
	 "3dnowprefetch abm aes apic avx clflush cmov cx16 cx8 de f16c fma fma4 fpu fxsr lahf_lm lm mca mce "
	 "misalignsse mmx msr mtrr nx pae pat pclmulqdq pdpe1gb pge pni popcnt pse pse36 rdtscp sep sse sse2 "
	 "sse4_1 sse4_2 sse4a ssse3 syscall tbm tsc xop xsave"},
	{"Penryn-v1", "GenuineIntel",
	 "apic clflush cmov cx16 cx8 de fpu fxsr lahf_lm lm mca mce mmx msr mtrr nx pae pat pge pni pse "
	 "pse36 sep sse sse2 sse4_1 ssse3 syscall tsc"},
	{"SandyBridge-v1", "GenuineIntel",
	 "aes apic arat avx clflush cmov cx16 cx8 de fpu fxsr lahf_lm lm mca mce mmx msr mtrr nx pae pat "
	 "pclmulqdq pge pni popcnt pse pse36 rdtscp sep sse sse2 sse4_1 sse4_2 ssse3 syscall tsc "
	 "tsc_deadline_timer xsave xsaveopt"},
	{"SandyBridge-v2", "GenuineIntel",
	 "aes apic arat avx clflush cmov cx16 cx8 de fpu fxsr lahf_lm lm mca mce mmx msr mtrr nx pae pat "
	 "pclmulqdq pge pni popcnt pse pse36 rdtscp sep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 syscall tsc "
	 "tsc_deadline_timer xsave xsaveopt"},
	{"Skylake-Client-v1", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu "
	 "fsgsbase fxsr hle invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pge pni "
	 "popcnt pse pse36 rdrand rdseed rdtscp rtm sep smap smep sse sse2 sse4_1 sse4_2 ssse3 syscall tsc "
	 "tsc_deadline_timer xgetbv1 xsave xsavec xsaveopt"},
	{"Skylake-Client-v2", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu "
	 "fsgsbase fxsr hle invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pge pni "
	 "popcnt pse pse36 rdrand rdseed rdtscp rtm sep smap smep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 "
	 "syscall tsc tsc_deadline_timer xgetbv1 xsave xsavec xsaveopt"},
	{"Skylake-Client-v3", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu "
	 "fsgsbase fxsr invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pge pni "
	 "popcnt pse pse36 rdrand rdseed rdtscp sep smap smep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 syscall "
	 "tsc tsc_deadline_timer xgetbv1 xsave xsavec xsaveopt"},
	{"Skylake-Client-v4", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de erms f16c fma fpu "
	 "fsgsbase fxsr invpcid lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pge pni "
	 "popcnt pse pse36 rdrand rdseed rdtscp sep smap smep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 syscall "
	 "tsc tsc_deadline_timer xgetbv1 xsave xsavec xsaveopt xsaves"},
	{"Skylake-Server-v1", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 avx512bw avx512cd avx512dq avx512f avx512vl bmi1 bmi2 "
	 "clflush clflushopt clwb cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr hle invpcid lahf_lm lm "
	 "mca mce mmx movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge pku pni popcnt pse pse36 rdrand "
	 "rdseed rdtscp rtm sep smap smep sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer "
	 "xgetbv1 xsave xsavec xsaveopt"},
	{"Skylake-Server-v2", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 avx512bw avx512cd avx512dq avx512f avx512vl bmi1 bmi2 "
	 "clflush clwb cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr hle invpcid lahf_lm lm mca mce mmx "
	 "movbe msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge pku pni popcnt pse pse36 rdrand rdseed rdtscp "
	 "rtm sep smap smep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 "
	 "xsave xsavec xsaveopt"},
	{"Skylake-Server-v3", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 avx512bw avx512cd avx512dq avx512f avx512vl bmi1 bmi2 "
	 "clflush clwb cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr invpcid lahf_lm lm mca mce mmx movbe "
	 "msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge pku pni popcnt pse pse36 rdrand rdseed rdtscp sep "
	 "smap smep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave "
	 "xsavec xsaveopt"},
	{"Skylake-Server-v4", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 avx512bw avx512cd avx512dq avx512f avx512vl bmi1 bmi2 "
	 "clflush clwb cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr invpcid lahf_lm lm mca mce mmx movbe "
	 "msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge pku pni popcnt pse pse36 rdrand rdseed rdtscp sep "
	 "smap smep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave "
	 "xsavec xsaveopt"},
	{"Skylake-Server-v5", "GenuineIntel",
	 "3dnowprefetch abm adx aes apic arat avx avx2 avx512bw avx512cd avx512dq avx512f avx512vl bmi1 bmi2 "
	 "clflush clwb cmov cx16 cx8 de erms f16c fma fpu fsgsbase fxsr invpcid lahf_lm lm mca mce mmx movbe "
	 "msr mtrr nx pae pat pcid pclmulqdq pdpe1gb pge pku pni popcnt pse pse36 rdrand rdseed rdtscp sep "
	 "smap smep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer xgetbv1 xsave "
	 "xsavec xsaveopt xsaves"},
	{"Snowridge-v1", "GenuineIntel",
	 "3dnowprefetch aes apic arat arch_capabilities cldemote clflush clflushopt clwb cmov "
	 "core_capabilities cx16 cx8 de erms fpu fsgsbase fxsr gfni lahf_lm lm mca mce mmx movbe movdir64b "
	 "movdiri mpx msr mtrr nx pae pat pclmulqdq pdpe1gb pge pni popcnt pse pse36 rdrand rdseed rdtscp "
	 "sep sha_ni smap smep spec_ctrl spec_ctrl_ssbd sse sse2 sse4_1 sse4_2 ssse3 syscall tsc "
	 "tsc_deadline_timer umip xgetbv1 xsave xsavec xsaveopt"},
	{"Snowridge-v2", "GenuineIntel",
	 "3dnowprefetch aes apic arat arch_capabilities cldemote clflush clflushopt clwb cmov "
	 "core_capabilities cx16 cx8 de erms fpu fsgsbase fxsr gfni lahf_lm lm mca mce mmx movbe movdir64b "
	 "movdiri msr mtrr nx pae pat pclmulqdq pdpe1gb pge pni popcnt pse pse36 rdrand rdseed rdtscp sep "
	 "sha_ni smap smep spec_ctrl spec_ctrl_ssbd sse sse2 sse4_1 sse4_2 ssse3 syscall tsc "
	 "tsc_deadline_timer umip xgetbv1 xsave xsavec xsaveopt"},
	{"Snowridge-v3", "GenuineIntel",
	 "3dnowprefetch aes apic arat arch_capabilities cldemote clflush clflushopt clwb cmov "
	 "core_capabilities cx16 cx8 de erms fpu fsgsbase fxsr gfni lahf_lm lm mca mce mmx movbe movdir64b "
	 "movdiri msr mtrr nx pae pat pclmulqdq pdpe1gb pge pni popcnt pse pse36 rdrand rdseed rdtscp sep "
	 "sha_ni smap smep spec_ctrl spec_ctrl_ssbd sse sse2 sse4_1 sse4_2 ssse3 syscall tsc "
	 "tsc_deadline_timer umip xgetbv1 xsave xsavec xsaveopt xsaves"},
	{"Snowridge-v4", "GenuineIntel",
	 "3dnowprefetch aes apic arat arch_capabilities cldemote clflush clflushopt clwb cmov cx16 cx8 de "
	 "erms fpu fsgsbase fxsr gfni lahf_lm lm mca mce mmx movbe movdir64b movdiri msr mtrr nx pae pat "
	 "pclmulqdq pdpe1gb pge pni popcnt pse pse36 rdrand rdseed rdtscp sep sha_ni smap smep spec_ctrl "
	 "spec_ctrl_ssbd sse sse2 sse4_1 sse4_2 ssse3 syscall tsc tsc_deadline_timer umip xgetbv1 xsave "
	 "xsavec xsaveopt xsaves"},
	{"Westmere-v1", "GenuineIntel",
	 "aes apic arat clflush cmov cx16 cx8 de fpu fxsr lahf_lm lm mca mce mmx msr mtrr nx pae pat "
	 "pclmulqdq pge pni popcnt pse pse36 sep sse sse2 sse4_1 sse4_2 ssse3 syscall tsc"},
	{"Westmere-v2", "GenuineIntel",
	 "aes apic arat clflush cmov cx16 cx8 de fpu fxsr lahf_lm lm mca mce mmx msr mtrr nx pae pat "
	 "pclmulqdq pge pni popcnt pse pse36 sep spec_ctrl sse sse2 sse4_1 sse4_2 ssse3 syscall tsc"},
	{"athlon-v1", "AuthenticAMD",
	 "3dnow 3dnowext apic cmov cx8 de fpu fxsr mca mce mmx mmxext msr mtrr pae pat pge pse pse36 sep sse "
	 "sse2 tsc"},
	{"core2duo-v1", "GenuineIntel",
	 "apic clflush cmov cx16 cx8 de fpu fxsr lahf_lm lm mca mce mmx msr mtrr nx pae pat pge pni pse "
	 "pse36 sep ss sse sse2 ssse3 syscall tsc"},
	{"coreduo-v1", "GenuineIntel",
	 "apic clflush cmov cx8 de fpu fxsr mca mce mmx msr mtrr nx pae pat pge pni pse sep ss sse sse2 tsc"},
	{"kvm32-v1", "GenuineIntel",
	 "apic clflush cmov cx8 de fpu fxsr mca mce mmx msr mtrr pae pat pge pni pse pse36 sep sse sse2 tsc"},
	{"kvm64-v1", "GenuineIntel",
	 "apic clflush cmov cx16 cx8 de fpu fxsr lm mca mce mmx msr mtrr nx pae pat pge pni pse pse36 sep "
	 "sse sse2 syscall tsc"},
	{"n270-v1", "GenuineIntel",
	 "apic clflush cmov cx8 de fpu fxsr lahf_lm mca mce mmx movbe msr mtrr nx pae pat pge pni pse sep ss "
	 "sse sse2 ssse3 tsc"},
	{"pentium-v1", "GenuineIntel",
	 "apic cx8 de fpu mce mmx msr pse tsc"},
	{"pentium2-v1", "GenuineIntel",
	 "apic cmov cx8 de fpu fxsr mca mce mmx msr mtrr pae pat pge pse pse36 sep tsc"},
	{"pentium3-v1", "GenuineIntel",
	 "apic cmov cx8 de fpu fxsr mca mce mmx msr mtrr pae pat pge pse pse36 sep sse tsc"},
	{"phenom-v1", "AuthenticAMD",
	 "3dnow 3dnowext abm apic clflush cmov cx16 cx8 de fpu fxsr fxsr_opt lahf_lm lm mca mce mmx mmxext "
	 "msr mtrr nx pae pat pdpe1gb pge pni popcnt pse pse36 rdtscp sep sse sse2 sse4a syscall tsc"},
	{"qemu32-v1", "GenuineIntel",
	 "apic cmov cx8 de fpu fxsr mce mmx msr pae pat pge pni pse sep sse sse2 tsc"},
	{"qemu64-v1", "AuthenticAMD",
	 "apic clflush cmov cx16 cx8 de fpu fxsr lahf_lm lm mca mce mmx msr mtrr nx pae pat pge pni pse "
	 "pse36 sep sse sse2 syscall tsc"},
};

/* A name without a version means this one. */
static const struct cpu_model_alias aliases[] = {
	{"486", "486-v1"},
	{"Broadwell", "Broadwell-v1"},
	{"Broadwell-IBRS", "Broadwell-v3"},
	{"Broadwell-noTSX", "Broadwell-v2"},
	{"Broadwell-noTSX-IBRS", "Broadwell-v4"},
	{"Cascadelake-Server", "Cascadelake-Server-v1"},
	{"Cascadelake-Server-noTSX", "Cascadelake-Server-v3"},
	{"Conroe", "Conroe-v1"},
	{"Cooperlake", "Cooperlake-v1"},
	{"Denverton", "Denverton-v1"},
	{"Dhyana", "Dhyana-v1"},
	{"EPYC", "EPYC-v1"},
	{"EPYC-IBPB", "EPYC-v2"},
	{"EPYC-Milan", "EPYC-Milan-v1"},
	{"EPYC-Rome", "EPYC-Rome-v1"},
	{"Haswell", "Haswell-v1"},
	{"Haswell-IBRS", "Haswell-v3"},
	{"Haswell-noTSX", "Haswell-v2"},
	{"Haswell-noTSX-IBRS", "Haswell-v4"},
	{"Icelake-Server", "Icelake-Server-v1"},
	{"Icelake-Server-noTSX", "Icelake-Server-v2"},
	{"IvyBridge", "IvyBridge-v1"},
	{"IvyBridge-IBRS", "IvyBridge-v2"},
	{"KnightsMill", "KnightsMill-v1"},
	{"Nehalem", "Nehalem-v1"},
	{"Nehalem-IBRS", "Nehalem-v2"},
	{"Opteron_G1", "Opteron_G1-v1"},
	{"Opteron_G2", "Opteron_G2-v1"},
	{"Opteron_G3", "Opteron_G3-v1"},
	{"Opteron_G4", "Opteron_G4-v1"},
	{"Opteron_G5", "Opteron_G5-v1"},
	{"Penryn", "Penryn-v1"},
	{"SandyBridge", "SandyBridge-v1"},
	{"SandyBridge-IBRS", "SandyBridge-v2"},
	{"Skylake-Client", "Skylake-Client-v1"},
	{"Skylake-Client-IBRS", "Skylake-Client-v2"},
	{"Skylake-Client-noTSX-IBRS", "Skylake-Client-v3"},
	{"Skylake-Server", "Skylake-Server-v1"},
	{"Skylake-Server-IBRS", "Skylake-Server-v2"},
	{"Skylake-Server-noTSX-IBRS", "Skylake-Server-v3"},
	{"Snowridge", "Snowridge-v1"},
	{"Westmere", "Westmere-v1"},
	{"Westmere-IBRS", "Westmere-v2"},
	{"athlon", "athlon-v1"},
	{"core2duo", "core2duo-v1"},
	{"coreduo", "coreduo-v1"},
	{"kvm32", "kvm32-v1"},
	{"kvm64", "kvm64-v1"},
	{"n270", "n270-v1"},
	{"pentium", "pentium-v1"},
	{"pentium2", "pentium2-v1"},
	{"pentium3", "pentium3-v1"},
	{"phenom", "phenom-v1"},
	{"qemu32", "qemu32-v1"},
	{"qemu64", "qemu64-v1"},
};
/* clang-format on */
