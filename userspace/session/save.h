/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results on disk: a file is there as a whole, or as it was before.
 */
#ifndef SM_SAVE_H
#define SM_SAVE_H

#include <stdbool.h>

/**
 * sm_save_replace() - replace a file, or create it, and sync it
 * @path: the file
 * @s: what is in it, without its last newline
 *
 * Return: 0 or a negative errno; the file is then as it was, and nothing is left
 * beside it.
 */
int sm_save_replace(const char *path, const char *s);

/**
 * sm_save_to() - write to what cannot be replaced, as a device or a pipe
 * @path: where to
 * @s: what, without its last newline
 *
 * Return: 0 or a negative errno.
 */
int sm_save_to(const char *path, const char *s);

/**
 * sm_save_resolve() - where a file is, so that a symbolic link to it stays one
 * @path: the file
 *
 * Return: a new string; NULL: no memory.
 */
char *sm_save_resolve(const char *path);

/**
 * sm_save_is_file() - can it be replaced?
 * @path: what is written
 *
 * Return: false if it is there, and is a device or a pipe, or the like.
 */
bool sm_save_is_file(const char *path);

/**
 * sm_save_sync_directory() - sync what a file is called
 * @path: the file: a new or another name of it is safe only then
 */
void sm_save_sync_directory(const char *path);

#endif /* SM_SAVE_H */
