/* SPDX-License-Identifier: GPL-2.0-only */
/* The build id of a program, a module or the kernel: which build it is, for certain. */
#ifndef SM_BUILD_ID_H
#define SM_BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>

/**
 * sm_build_id_of_notes() - find a build id among ELF notes
 * @notes: the notes, as in /sys/kernel/notes
 * @len: bytes of them
 * @id: filled in, in hexadecimal digits
 * @size: bytes at @id
 *
 * Return: false if there is none, or it does not fit.
 */
bool sm_build_id_of_notes(const void *notes, size_t len, char *id, size_t size);

/**
 * sm_build_id_of_file() - the same, of a file that holds notes
 * @path: the file
 * @id: filled in
 * @size: bytes at @id
 *
 * Return: false if there is none, or it cannot be read.
 */
bool sm_build_id_of_file(const char *path, char *id, size_t size);

/**
 * sm_build_id_of_program() - the same, of this program
 * @id: filled in
 * @size: bytes at @id
 *
 * Return: false if it was linked without one.
 */
bool sm_build_id_of_program(char *id, size_t size);

#endif /* SM_BUILD_ID_H */
