/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second face of this GPU: a node that libdrm_amdgpu takes for amdgpu's, on a PCI
 * device of ATI's that is given to it by hand. It answers what a program needs for
 * user pointers and SDMA, and refuses all else as amdgpu does.
 */
#ifndef SM_DRM_FACE_H
#define SM_DRM_FACE_H

int sm_face_check(void);
void sm_face_register(void);
void sm_face_unregister(void);

#endif /* SM_DRM_FACE_H */
