# SPDX-License-Identifier: GPL-2.0-only
#
# A part of Makefile.am: what tests are built of, and which are run.

# --- programs that tests run inside a guest: one file each, and a small harness,
# which asks the library what a complaint of the kernel looks like

guest_programs = \
	userspace/tests/guest/abandon \
	userspace/tests/guest/abi_args \
	userspace/tests/guest/abi_compat \
	userspace/tests/guest/abi_map \
	userspace/tests/guest/abi_owner \
	userspace/tests/guest/abi_range \
	userspace/tests/guest/agents \
	userspace/tests/guest/amdgpu_fuzz \
	userspace/tests/guest/defects \
	userspace/tests/guest/denied \
	userspace/tests/guest/dirty \
	userspace/tests/guest/drm_engine \
	userspace/tests/guest/drm_fence \
	userspace/tests/guest/drm_fuzz \
	userspace/tests/guest/drm_long \
	userspace/tests/guest/drm_svm \
	userspace/tests/guest/emitters \
	userspace/tests/guest/endings \
	userspace/tests/guest/events \
	userspace/tests/guest/failnth \
	userspace/tests/guest/failnth_driver \
	userspace/tests/guest/failnth_drm \
	userspace/tests/guest/failnth_end \
	userspace/tests/guest/gib \
	userspace/tests/guest/held \
	userspace/tests/guest/kernel_words \
	userspace/tests/guest/kvm_hold \
	userspace/tests/guest/lifetime \
	userspace/tests/guest/migrate \
	userspace/tests/guest/mirror_access \
	userspace/tests/guest/mirror_huge \
	userspace/tests/guest/mirror_inval \
	userspace/tests/guest/mirror_snapshot \
	userspace/tests/guest/nonblock \
	userspace/tests/guest/peek_kvm \
	userspace/tests/guest/peek_odp \
	userspace/tests/guest/pinned \
	userspace/tests/guest/reclaim \
	userspace/tests/guest/refused \
	userspace/tests/guest/release \
	userspace/tests/guest/rxe_link \
	userspace/tests/guest/sabotage \
	userspace/tests/guest/sva_gib \
	userspace/tests/guest/uffd \
	userspace/tests/guest/witness \
	userspace/tests/guest/young

userspace_tests_guest_libksm_a_SOURCES = \
	userspace/tests/guest/amdgpu_file.c \
	userspace/tests/guest/amdgpu_file.h \
	userspace/tests/guest/drm_kit.c \
	userspace/tests/guest/drm_kit.h \
	userspace/tests/guest/ksm.c \
	userspace/tests/guest/ksm.h \
	userspace/tests/guest/ksm_dev.c \
	userspace/tests/guest/ksm_gpu.c \
	userspace/tests/guest/ksm_gpu.h \
	userspace/tests/guest/ksm_log.c \
	userspace/tests/guest/ksm_reap.c \
	userspace/tests/guest/ksm_nth.c \
	userspace/tests/guest/ksm_rxe.c \
	userspace/tests/guest/ksm_rxe.h

LDADD = userspace/tests/guest/libksm.a userspace/libstalemate.a $(NUMA_LIBS) $(IBVERBS_LIBS) $(AMDGPU_LIBS) $(DRM_LIBS) $(TRACEFS_LIBS)

# --- unit tests: one program per file, each a test of automake's harness
#
# The table is plain C of the module, compiled once more for userspace: as part
# of a program with flags of its own, so that its object is not kbuild's.

unit_tests = \
	userspace/tests/unit/test_agent_feed \
	userspace/tests/unit/test_amdgpu \
	userspace/tests/unit/test_blocks \
	userspace/tests/unit/test_brief \
	userspace/tests/unit/test_cache \
	userspace/tests/unit/test_call \
	userspace/tests/unit/test_call_back \
	userspace/tests/unit/test_call_each \
	userspace/tests/unit/test_cause \
	userspace/tests/unit/test_cells \
	userspace/tests/unit/test_child \
	userspace/tests/unit/test_cli \
	userspace/tests/unit/test_clock \
	userspace/tests/unit/test_crash \
	userspace/tests/unit/test_denied \
	userspace/tests/unit/test_device \
	userspace/tests/unit/test_death \
	userspace/tests/unit/test_drm \
	userspace/tests/unit/test_dying \
	userspace/tests/unit/test_export \
	userspace/tests/unit/test_gntdev \
	userspace/tests/unit/test_journal \
	userspace/tests/unit/test_journal_limits \
	userspace/tests/unit/test_klog \
	userspace/tests/unit/test_klog_who \
	userspace/tests/unit/test_ktap \
	userspace/tests/unit/test_kvm_slots \
	userspace/tests/unit/test_lacks \
	userspace/tests/unit/test_legal \
	userspace/tests/unit/test_load \
	userspace/tests/unit/test_machine \
	userspace/tests/unit/test_many \
	userspace/tests/unit/test_meet \
	userspace/tests/unit/test_memory \
	userspace/tests/unit/test_model \
	userspace/tests/unit/test_names \
	userspace/tests/unit/test_options \
	userspace/tests/unit/test_oracle_kernel \
	userspace/tests/unit/test_peek \
	userspace/tests/unit/test_proof \
	userspace/tests/unit/test_radeon \
	userspace/tests/unit/test_reach \
	userspace/tests/unit/test_report \
	userspace/tests/unit/test_report_files \
	userspace/tests/unit/test_resume \
	userspace/tests/unit/test_rng \
	userspace/tests/unit/test_round \
	userspace/tests/unit/test_run \
	userspace/tests/unit/test_run_json \
	userspace/tests/unit/test_sabotage \
	userspace/tests/unit/test_sdma \
	userspace/tests/unit/test_session \
	userspace/tests/unit/test_set \
	userspace/tests/unit/test_signature \
	userspace/tests/unit/test_skip \
	userspace/tests/unit/test_stacks \
	userspace/tests/unit/test_storm \
	userspace/tests/unit/test_stuck \
	userspace/tests/unit/test_sva \
	userspace/tests/unit/test_sva_comers \
	userspace/tests/unit/test_sva_flush \
	userspace/tests/unit/test_switches \
	userspace/tests/unit/test_symbols \
	userspace/tests/unit/test_template \
	userspace/tests/unit/test_thread \
	userspace/tests/unit/test_tlb \
	userspace/tests/unit/test_tlb_drop \
	userspace/tests/unit/test_tlb_random \
	userspace/tests/unit/test_util \
	userspace/tests/unit/test_verbs_shape \
	userspace/tests/unit/test_verdict \
	userspace/tests/unit/test_victim \
	userspace/tests/unit/test_witness \
	userspace/tests/unit/test_work

if HAVE_SQLITE3
unit_tests += userspace/tests/unit/test_history userspace/tests/unit/test_html
unit_tests += userspace/tests/unit/test_import
endif

unit_ldadd = userspace/libstalemate.a $(JSON_C_LIBS) $(NUMA_LIBS) $(IBVERBS_LIBS) $(AMDGPU_LIBS) $(DRM_LIBS) $(TRACEFS_LIBS) $(CMOCKA_LIBS)
table_cppflags = $(AM_CPPFLAGS) -I$(srcdir)/kmod

userspace_tests_unit_test_agent_feed_LDADD = $(unit_ldadd)
userspace_tests_unit_test_amdgpu_SOURCES = \
	kmod/drm/sdma_decode.c \
	userspace/tests/unit/test_amdgpu.c \
	userspace/tests/unit/amdgpu_bed.h userspace/tests/unit/wrap_amdgpu.h
userspace_tests_unit_test_amdgpu_LDADD = $(unit_ldadd)
userspace_tests_unit_test_amdgpu_CPPFLAGS = $(table_cppflags)
userspace_tests_unit_test_amdgpu_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=amdgpu_dev_userptr -Wl,--wrap=amdgpu_dev_drop \
	-Wl,--wrap=amdgpu_queue_submit -Wl,--wrap=amdgpu_queue_wait
userspace_tests_unit_test_blocks_SOURCES = \
	userspace/tests/unit/test_blocks.c userspace/tests/unit/wrap_write.h
userspace_tests_unit_test_blocks_LDADD = $(unit_ldadd)
userspace_tests_unit_test_blocks_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=sm_util_write_file
userspace_tests_unit_test_brief_LDADD = $(unit_ldadd)
userspace_tests_unit_test_export_LDADD = $(unit_ldadd)
userspace_tests_unit_test_cache_SOURCES = \
	userspace/tests/unit/test_cache.c \
	userspace/tests/unit/tlb_fixture.h
userspace_tests_unit_test_cache_LDADD = $(unit_ldadd)
userspace_tests_unit_test_cache_CPPFLAGS = $(table_cppflags)

userspace_tests_unit_test_call_SOURCES = \
	userspace/tests/unit/call_bed.h \
	userspace/tests/unit/host_bed.h \
	userspace/tests/unit/test_call.c
userspace_tests_unit_test_call_LDADD = $(unit_ldadd)
userspace_tests_unit_test_call_back_SOURCES = \
	userspace/tests/unit/call_bed.h \
	userspace/tests/unit/host_bed.h \
	userspace/tests/unit/test_call_back.c
userspace_tests_unit_test_call_back_LDADD = $(unit_ldadd)
userspace_tests_unit_test_call_each_SOURCES = \
	userspace/tests/unit/call_bed.h \
	userspace/tests/unit/host_bed.h \
	userspace/tests/unit/test_call_each.c
userspace_tests_unit_test_call_each_LDADD = $(unit_ldadd)
userspace_tests_unit_test_cause_SOURCES = \
	userspace/tests/unit/test_cause.c \
	userspace/tests/unit/wrap_entry.h
userspace_tests_unit_test_cause_LDADD = $(unit_ldadd)
userspace_tests_unit_test_cause_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=sm_device_entry
userspace_tests_unit_test_cells_LDADD = $(unit_ldadd)
userspace_tests_unit_test_child_SOURCES = \
	userspace/tests/unit/test_child.c \
	userspace/tests/unit/wrap_child.h
userspace_tests_unit_test_child_LDADD = $(unit_ldadd)
userspace_tests_unit_test_child_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=kill -Wl,--wrap=prctl
userspace_tests_unit_test_cli_LDADD = $(unit_ldadd)
userspace_tests_unit_test_clock_LDADD = $(unit_ldadd)
userspace_tests_unit_test_crash_LDADD = $(unit_ldadd)
userspace_tests_unit_test_denied_SOURCES = \
	userspace/tests/unit/host_bed.h \
	userspace/tests/unit/test_denied.c
userspace_tests_unit_test_denied_LDADD = $(unit_ldadd)
userspace_tests_unit_test_device_SOURCES = \
	userspace/tests/unit/test_device.c \
	userspace/tests/unit/wrap_device.h
userspace_tests_unit_test_device_LDADD = $(unit_ldadd)
userspace_tests_unit_test_device_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=open -Wl,--wrap=ioctl
userspace_tests_unit_test_death_LDADD = $(unit_ldadd)
userspace_tests_unit_test_drm_SOURCES = \
	userspace/tests/unit/host_bed.h \
	userspace/tests/unit/fake_syncobj.c \
	userspace/tests/unit/test_drm.c
userspace_tests_unit_test_drm_LDADD = $(unit_ldadd)
userspace_tests_unit_test_dying_LDADD = $(unit_ldadd)
userspace_tests_unit_test_gntdev_LDADD = $(unit_ldadd)
userspace_tests_unit_test_journal_SOURCES = \
	userspace/tests/unit/journal_bed.h \
	userspace/tests/unit/scratch.h \
	userspace/tests/unit/test_journal.c \
	userspace/tests/unit/wrap_disk.h
userspace_tests_unit_test_journal_LDADD = $(unit_ldadd)
userspace_tests_unit_test_journal_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=fsync -Wl,--wrap=write
userspace_tests_unit_test_journal_limits_SOURCES = \
	userspace/tests/unit/journal_bed.h \
	userspace/tests/unit/scratch.h \
	userspace/tests/unit/test_journal_limits.c \
	userspace/tests/unit/wrap_disk.h
userspace_tests_unit_test_journal_limits_LDADD = $(unit_ldadd)
userspace_tests_unit_test_journal_limits_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=fsync
userspace_tests_unit_test_klog_LDADD = $(unit_ldadd)
userspace_tests_unit_test_klog_who_SOURCES = \
	userspace/tests/unit/klog_reports.h \
	userspace/tests/unit/test_klog_who.c
userspace_tests_unit_test_klog_who_LDADD = $(unit_ldadd)
userspace_tests_unit_test_ktap_LDADD = $(unit_ldadd)
userspace_tests_unit_test_kvm_slots_SOURCES = \
	userspace/tests/unit/host_bed.h \
	userspace/tests/unit/test_kvm_slots.c
userspace_tests_unit_test_kvm_slots_LDADD = $(unit_ldadd)
userspace_tests_unit_test_lacks_SOURCES = \
	userspace/tests/unit/test_lacks.c \
	userspace/tests/unit/wrap_lacks.h
userspace_tests_unit_test_lacks_LDADD = $(unit_ldadd)
userspace_tests_unit_test_lacks_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=access -Wl,--wrap=syscall
userspace_tests_unit_test_legal_LDADD = $(unit_ldadd)
userspace_tests_unit_test_load_SOURCES = \
	userspace/tests/unit/test_load.c \
	userspace/tests/unit/wrap_child.h
userspace_tests_unit_test_load_LDADD = $(unit_ldadd)
userspace_tests_unit_test_load_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=kill
userspace_tests_unit_test_history_SOURCES = \
	userspace/tests/unit/scratch.h \
	userspace/tests/unit/history_bed.h userspace/tests/unit/test_history.c
userspace_tests_unit_test_history_LDADD = $(unit_ldadd) $(SQLITE3_LIBS)
userspace_tests_unit_test_import_SOURCES = \
	userspace/tests/unit/scratch.h \
	userspace/tests/unit/history_bed.h userspace/tests/unit/test_import.c
userspace_tests_unit_test_import_LDADD = $(unit_ldadd) $(SQLITE3_LIBS)

userspace_tests_unit_test_html_LDADD = $(unit_ldadd) $(SQLITE3_LIBS)

userspace_tests_unit_test_machine_SOURCES = \
	userspace/tests/unit/scratch.h \
	userspace/tests/unit/test_machine.c
userspace_tests_unit_test_machine_LDADD = $(unit_ldadd)
userspace_tests_unit_test_many_SOURCES = \
	userspace/cli/catalogue.c \
	userspace/cli/cli.h \
	userspace/cli/names.c \
	userspace/cli/names.h \
	userspace/cli/combos.c \
	userspace/cli/combos.h \
	userspace/cli/options.c \
	userspace/cli/options.h \
	userspace/cli/options_run.c \
	userspace/cli/skip.c \
	userspace/cli/skip.h \
	userspace/tests/unit/in_process.h \
	userspace/tests/unit/real_ops.h \
	userspace/tests/unit/test_many.c \
	userspace/tests/unit/wrap_tables.h
userspace_tests_unit_test_many_LDADD = $(unit_ldadd)
userspace_tests_unit_test_many_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=sm_defects
userspace_tests_unit_test_meet_SOURCES = \
	userspace/tests/unit/host_bed.h \
	userspace/tests/unit/real_ops.h \
	userspace/tests/unit/storm_bed.h \
	userspace/tests/unit/test_meet.c
userspace_tests_unit_test_meet_LDADD = $(unit_ldadd)
userspace_tests_unit_test_memory_LDADD = $(unit_ldadd)
userspace_tests_unit_test_model_LDADD = $(unit_ldadd)
userspace_tests_unit_test_names_SOURCES = \
	userspace/tests/unit/real_ops.h \
	userspace/cli/names.c \
	userspace/cli/names.h \
	userspace/tests/unit/test_names.c
userspace_tests_unit_test_names_LDADD = $(unit_ldadd)
userspace_tests_unit_test_options_LDADD = $(unit_ldadd)
userspace_tests_unit_test_oracle_kernel_SOURCES = \
	userspace/tests/unit/in_process.h \
	userspace/tests/one_backend.h \
	userspace/tests/unit/test_oracle_kernel.c \
	userspace/tests/unit/wrap_kernel.h
userspace_tests_unit_test_oracle_kernel_LDADD = $(unit_ldadd)
userspace_tests_unit_test_oracle_kernel_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=sm_klog_open -Wl,--wrap=sm_taint_read \
	-Wl,--wrap=sm_util_nap -Wl,--wrap=sm_device_open
userspace_tests_unit_test_peek_SOURCES = \
	userspace/tests/unit/test_peek.c \
	userspace/tests/unit/wrap_device.h \
	userspace/tests/unit/wrap_time.h \
	userspace/tests/unit/host_bed.h
userspace_tests_unit_test_peek_LDADD = $(unit_ldadd)
userspace_tests_unit_test_peek_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=sm_device_peek -Wl,--wrap=sm_pagemap_open \
	-Wl,--wrap=sm_pagemap_read -Wl,--wrap=sm_util_nap \
	-Wl,--wrap=sm_util_now
userspace_tests_unit_test_proof_LDADD = $(unit_ldadd)
userspace_tests_unit_test_radeon_SOURCES = \
	userspace/tests/unit/test_radeon.c \
	userspace/tests/unit/wrap_radeon.h
userspace_tests_unit_test_radeon_LDADD = $(unit_ldadd)
userspace_tests_unit_test_radeon_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=radeon_dev_userptr -Wl,--wrap=radeon_dev_drop \
	-Wl,--wrap=radeon_dev_submit -Wl,--wrap=radeon_dev_wait
userspace_tests_unit_test_reach_LDADD = $(unit_ldadd)
userspace_tests_unit_test_report_SOURCES = \
	userspace/tests/unit/report_bed.h \
	userspace/tests/unit/test_report.c
userspace_tests_unit_test_report_LDADD = $(unit_ldadd)
userspace_tests_unit_test_report_files_SOURCES = \
	userspace/tests/unit/report_bed.h \
	userspace/tests/unit/test_report_files.c
userspace_tests_unit_test_report_files_LDADD = $(unit_ldadd)
userspace_tests_unit_test_resume_SOURCES = \
	userspace/tests/unit/test_resume.c \
	userspace/tests/unit/wrap_sysfs.h
userspace_tests_unit_test_resume_LDADD = $(unit_ldadd)
userspace_tests_unit_test_resume_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=sm_util_read_file
userspace_tests_unit_test_rng_LDADD = $(unit_ldadd)
userspace_tests_unit_test_round_SOURCES = \
	kmod/round.c \
	userspace/tests/unit/test_round.c
userspace_tests_unit_test_round_LDADD = $(unit_ldadd)
userspace_tests_unit_test_round_CPPFLAGS = $(table_cppflags)
userspace_tests_unit_test_run_json_LDADD = $(unit_ldadd)
userspace_tests_unit_test_run_LDADD = $(unit_ldadd)
userspace_tests_unit_test_sabotage_LDADD = $(unit_ldadd)
userspace_tests_unit_test_sdma_SOURCES = \
	kmod/drm/sdma_decode.c \
	userspace/tests/unit/test_sdma.c
userspace_tests_unit_test_sdma_LDADD = $(unit_ldadd)
userspace_tests_unit_test_sdma_CPPFLAGS = $(table_cppflags)
userspace_tests_unit_test_session_SOURCES = \
	userspace/tests/unit/session_runners.h \
	userspace/tests/unit/test_session.c \
	userspace/tests/unit/wrap_session.h
userspace_tests_unit_test_session_LDADD = $(unit_ldadd)
userspace_tests_unit_test_session_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=sm_klog_open -Wl,--wrap=sm_taint_read -Wl,--wrap=kill \
	-Wl,--wrap=sm_util_nap
userspace_tests_unit_test_set_LDADD = $(unit_ldadd)
userspace_tests_unit_test_signature_LDADD = $(unit_ldadd)
userspace_tests_unit_test_skip_SOURCES = \
	userspace/cli/skip.c \
	userspace/cli/skip.h \
	userspace/tests/unit/test_skip.c
userspace_tests_unit_test_skip_LDADD = $(unit_ldadd)
userspace_tests_unit_test_stacks_LDADD = $(unit_ldadd)
userspace_tests_unit_test_storm_SOURCES = \
	userspace/tests/unit/host_bed.h \
	userspace/tests/unit/storm_bed.h \
	userspace/tests/unit/test_storm.c
userspace_tests_unit_test_storm_LDADD = $(unit_ldadd)
userspace_tests_unit_test_stuck_SOURCES = \
	userspace/tests/unit/test_stuck.c \
	userspace/tests/unit/wrap_child.h \
	userspace/tests/unit/host_bed.h
userspace_tests_unit_test_stuck_LDADD = $(unit_ldadd)
userspace_tests_unit_test_stuck_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=kill -Wl,--wrap=sm_child_fork -Wl,--wrap=sm_device_open
userspace_tests_unit_test_sva_SOURCES = \
	userspace/tests/unit/test_sva.c \
	userspace/tests/unit/wrap_sva.h
userspace_tests_unit_test_sva_LDADD = $(unit_ldadd)
userspace_tests_unit_test_sva_comers_SOURCES = \
	userspace/tests/unit/test_sva_comers.c \
	userspace/tests/unit/host_bed.h \
	userspace/tests/unit/wrap_sva.h
userspace_tests_unit_test_sva_comers_LDADD = $(unit_ldadd)
userspace_tests_unit_test_sva_comers_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=sva_nic_open -Wl,--wrap=sva_nic_close \
	-Wl,--wrap=sva_nic_unbind -Wl,--wrap=sva_nic_go
userspace_tests_unit_test_sva_flush_LDADD = $(unit_ldadd)
userspace_tests_unit_test_sva_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sva_nic_go
userspace_tests_unit_test_switches_SOURCES = \
	userspace/tests/unit/test_switches.c \
	userspace/tests/unit/wrap_blocks.h userspace/tests/unit/wrap_glob.h \
	userspace/tests/unit/wrap_swaps.h
userspace_tests_unit_test_switches_LDADD = $(unit_ldadd)
userspace_tests_unit_test_switches_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=glob -Wl,--wrap=sm_swaps_read -Wl,--wrap=sm_swaps_on \
	-Wl,--wrap=sm_blocks_read -Wl,--wrap=sm_blocks_restore
userspace_tests_unit_test_symbols_LDADD = $(unit_ldadd)
userspace_tests_unit_test_template_SOURCES = \
	userspace/tests/unit/in_process.h \
	userspace/tests/unit/test_template.c
userspace_tests_unit_test_template_LDADD = $(unit_ldadd)
userspace_tests_unit_test_thread_LDADD = $(unit_ldadd)
userspace_tests_unit_test_verbs_shape_LDADD = $(unit_ldadd)
userspace_tests_unit_test_verdict_LDADD = $(unit_ldadd)
userspace_tests_unit_test_victim_SOURCES = \
	userspace/tests/unit/host_bed.h \
	userspace/tests/unit/test_victim.c
userspace_tests_unit_test_victim_LDADD = $(unit_ldadd)
userspace_tests_unit_test_witness_LDADD = $(unit_ldadd)
userspace_tests_unit_test_work_LDADD = $(unit_ldadd)

userspace_tests_unit_test_tlb_SOURCES = \
	userspace/tests/unit/test_tlb.c \
	userspace/tests/unit/tlb_fixture.h
userspace_tests_unit_test_tlb_LDADD = $(unit_ldadd)
userspace_tests_unit_test_tlb_CPPFLAGS = $(table_cppflags)

userspace_tests_unit_test_tlb_drop_SOURCES = \
	userspace/tests/unit/test_tlb_drop.c \
	userspace/tests/unit/tlb_fixture.h
userspace_tests_unit_test_tlb_drop_LDADD = $(unit_ldadd)
userspace_tests_unit_test_tlb_drop_CPPFLAGS = $(table_cppflags)

userspace_tests_unit_test_tlb_random_SOURCES = \
	kmod/tlb.c \
	userspace/tests/unit/test_tlb_random.c \
	userspace/tests/unit/tlb_ref.c \
	userspace/tests/unit/tlb_ref.h
userspace_tests_unit_test_tlb_random_LDADD = $(unit_ldadd)
userspace_tests_unit_test_tlb_random_CPPFLAGS = $(table_cppflags)

userspace_tests_unit_test_util_LDADD = $(unit_ldadd)

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

# --- tests of whole programs, as scripts
#
# The program once more, with what tells mistakes about memory. Its arena is where
# the address sanitizer leaves room, as 1 TiB is in its shadow memory.

script_tests = \
	userspace/tests/unit/test_commands.sh \
	userspace/tests/unit/test_endings.sh \
	userspace/tests/unit/test_drm_storm.sh \
	userspace/tests/unit/test_nights.sh \
	userspace/tests/unit/test_pretended.sh \
	userspace/tests/unit/test_sanitized.sh

userspace_tests_unit_sanitized_SOURCES = \
	$(userspace_libstalemate_a_SOURCES) \
	$(userspace_stalemate_SOURCES)
nodist_userspace_tests_unit_sanitized_SOURCES = \
	$(nodist_userspace_libstalemate_a_SOURCES)
userspace_tests_unit_sanitized_CFLAGS = $(AM_CFLAGS) -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all
userspace_tests_unit_sanitized_CPPFLAGS = $(AM_CPPFLAGS) \
	-USM_ARENA_START -DSM_ARENA_START=0x300000000000ULL
userspace_tests_unit_sanitized_LDADD = $(program_libs)

check_PROGRAMS += userspace/tests/unit/pretending
if HAVE_SANITIZERS
check_PROGRAMS += userspace/tests/unit/sanitized
endif

# The program with a module that is pretended, see pretend.h.
userspace_tests_unit_pretending_SOURCES = \
	$(userspace_stalemate_SOURCES) \
	userspace/tests/unit/pretend.c \
	userspace/tests/unit/pretend.h \
	userspace/tests/unit/pretend_agent.c \
	userspace/tests/unit/pretend_look.c
userspace_tests_unit_pretending_LDADD = userspace/libstalemate.a \
	$(program_libs)
userspace_tests_unit_pretending_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=open -Wl,--wrap=ioctl -Wl,--wrap=sm_pagemap_read

# The program with a GPU that is pretended.
check_PROGRAMS += userspace/tests/unit/gpu_pretending
userspace_tests_unit_gpu_pretending_SOURCES = \
	$(userspace_stalemate_SOURCES) \
	userspace/tests/unit/fake_syncobj.c \
	userspace/tests/unit/pretend_gpu.c \
	userspace/tests/unit/pretend_gpu.h
userspace_tests_unit_gpu_pretending_LDADD = userspace/libstalemate.a \
	$(program_libs)
userspace_tests_unit_gpu_pretending_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=gpu_peer_pass

dist_check_SCRIPTS = $(script_tests)
TESTS += $(script_tests)
TEST_EXTENSIONS = .sh
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	SANITIZERS='$(SANITIZERS)'; export SANITIZERS;

check-local:
if !HAVE_CMOCKA
	@echo "SKIP: unit tests: $(UNIT_TESTS)"
endif
