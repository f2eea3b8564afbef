/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a session runs on: the program, the kernel, the module, the host, and what
 * that is made of.
 */
#ifndef SM_MACHINE_H
#define SM_MACHINE_H

#include <json-c/json.h>

/* Environment: who sends us to a machine of his lab knows these. */
#define SM_MACHINE_LABEL	"STALEMATE_LABEL"
#define SM_MACHINE_JOB		"STALEMATE_JOB"
#define SM_MACHINE_OFFSET	"STALEMATE_CLOCK_OFFSET"
#define SM_MACHINE_CONSOLE	"STALEMATE_CONSOLE"

/**
 * sm_machine_put_program() - put which program this is
 * @o: object that gets "stalemate" (the version), "commit" of the tree that it was
 *	built from (null if that is not known), and "program_build_id"
 */
void sm_machine_put_program(struct json_object *o);

/**
 * sm_machine_put_hardware() - put what the kernel was started with and built with,
 * and what the machine is made of
 * @o: object that gets "cmdline", "build_id" of the kernel, "config" and
 *	"config_hash" (its file, and FNV-1a of that), "cpu", "cpus", "memory" in
 *	bytes, and "devices", see sm_devices_json()
 */
void sm_machine_put_hardware(struct json_object *o);

/**
 * sm_machine_put_kernel() - put which kernel it is
 * @o: object that gets "kernel", "kernel_version" and "arch"
 */
void sm_machine_put_kernel(struct json_object *o);

/**
 * sm_machine_put_module() - put which module is loaded
 * @o: object that gets "module": its "version", "srcversion" and "build_id", or
 *	null
 */
void sm_machine_put_module(struct json_object *o);

/**
 * sm_machine_put_host() - put where and when
 * @o: object that gets "host", "boot_id", "start", and of the environment "label",
 *	"job" and "clock_offset" (seconds that this clock is ahead of the
 *	controller's, from -10 to 10 years), each null if there is none
 */
void sm_machine_put_host(struct json_object *o);

/**
 * sm_machine_put_console() - put what a machine said before it went down
 * @o: object that gets "console": the end of the file that the environment names, as
 *	of pstore, in printable characters; nothing if there is none
 */
void sm_machine_put_console(struct json_object *o);

#endif /* SM_MACHINE_H */
