/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Agents and what they saw (oracle content).
 *
 * Every agent has a word of its own in each page, so that each word has one
 * writer. What it reads is the owner's stamp.
 */
#ifndef SM_SAMPLER_H
#define SM_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "memory/model.h"
#include "module/device.h"
#include "wire.h"

struct sm_host;
struct sm_mirror;

/**
 * struct sm_agent_write - the last write of an agent to a page
 * @value: what it wrote
 * @state: state of the page then; 0: not known, or none
 */
struct sm_agent_write {
	uint64_t value;
	uint64_t state;
};

/**
 * struct sm_agent - an agent
 * @dev: its number and ring
 * @mirror: what it goes through
 * @name: "agent 3"
 * @writes: by page, its last write
 * @running: it must be stopped
 */
struct sm_agent {
	struct sm_device_agent dev;
	const struct sm_mirror *mirror;
	char name[16];
	struct sm_agent_write *writes;
	bool running;
};

/**
 * struct sm_sampler - all agents
 * @host: the device
 * @agents: agent i writes word SM_WORD_AGENT + i
 * @nr: how many
 */
struct sm_sampler {
	struct sm_host *host;
	struct sm_agent agents[SM_MAX_AGENTS];
	unsigned int nr;
};

int sm_sampler_start(struct sm_sampler *s, struct sm_host *host);
bool sm_sampler_stop(struct sm_sampler *s);
unsigned int sm_sampler_drain(struct sm_sampler *s);
void sm_sampler_free(struct sm_sampler *s);

#endif /* SM_SAMPLER_H */
