/* SPDX-License-Identifier: GPL-2.0-only */
/* The PCI devices of a machine: whose drivers are under test is among them. */
#ifndef SM_DEVICES_H
#define SM_DEVICES_H

#include <json-c/json.h>

#define SM_DEVICES_PCI	"/sys/bus/pci/devices"

/**
 * sm_devices_json() - which devices there are
 * @folder: SM_DEVICES_PCI, or what a test has in its place
 *
 * Bridges are left out. Of each: its "slot", "id" (vendor:device), "subsystem",
 * "class", "revision", "driver" and, where sysfs has any, "firmware": an object
 * with a version by name.
 *
 * Return: a new array, in the order of slots.
 */
struct json_object *sm_devices_json(const char *folder);

#endif /* SM_DEVICES_H */
