/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results on disk: a file is there as a whole, or as it was before.
 */
#ifndef SM_SAVE_H
#define SM_SAVE_H

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

#endif /* SM_SAVE_H */
