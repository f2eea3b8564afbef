/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that another process uses than the one that opened them. */
#ifndef SM_DRM_PEER_H
#define SM_DRM_PEER_H
#ifdef HAVE_DRM

struct gpu_lane;

int gpu_peer_fork(struct gpu_lane *l);
int gpu_peer_pass(struct gpu_lane *l);

#endif /* HAVE_DRM */
#endif /* SM_DRM_PEER_H */
