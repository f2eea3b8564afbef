/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: events/stalemate/ in tracefs. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM stalemate

#if !defined(SM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SM_TRACE_H

#include <linux/tracepoint.h>

/* A device fault: what it covered, how it ended, how often it was repeated. */
TRACE_EVENT(sm_fault,
	TP_PROTO(u32 mirror, unsigned long va, unsigned int npages, u32 flags,
		 unsigned int retries, int ret),
	TP_ARGS(mirror, va, npages, flags, retries, ret),
	TP_STRUCT__entry(
		__field(u32, mirror)
		__field(unsigned long, va)
		__field(unsigned int, npages)
		__field(u32, flags)
		__field(unsigned int, retries)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->mirror = mirror;
		__entry->va = va;
		__entry->npages = npages;
		__entry->flags = flags;
		__entry->retries = retries;
		__entry->ret = ret;
	),
	TP_printk("mirror=%u va=0x%lx npages=%u flags=%u retries=%u ret=%d",
		  __entry->mirror, __entry->va, __entry->npages,
		  __entry->flags, __entry->retries, __entry->ret)
);

/* An invalidation that reached a mirror, and what it dropped there. */
TRACE_EVENT(sm_invalidate,
	TP_PROTO(u32 mirror, u32 event, unsigned long start, unsigned long end,
		 u64 dropped),
	TP_ARGS(mirror, event, start, end, dropped),
	TP_STRUCT__entry(
		__field(u32, mirror)
		__field(u32, event)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(u64, dropped)
	),
	TP_fast_assign(
		__entry->mirror = mirror;
		__entry->event = event;
		__entry->start = start;
		__entry->end = end;
		__entry->dropped = dropped;
	),
	TP_printk("mirror=%u event=%u start=0x%lx end=0x%lx dropped=%llu",
		  __entry->mirror, __entry->event, __entry->start,
		  __entry->end, __entry->dropped)
);

/* A device load or store through an entry. */
TRACE_EVENT(sm_access,
	TP_PROTO(u32 mirror, unsigned long va, unsigned int len, bool write,
		 u64 tlb_ent),
	TP_ARGS(mirror, va, len, write, tlb_ent),
	TP_STRUCT__entry(
		__field(u32, mirror)
		__field(unsigned long, va)
		__field(unsigned int, len)
		__field(bool, write)
		__field(u64, tlb_ent)
	),
	TP_fast_assign(
		__entry->mirror = mirror;
		__entry->va = va;
		__entry->len = len;
		__entry->write = write;
		__entry->tlb_ent = tlb_ent;
	),
	TP_printk("mirror=%u va=0x%lx len=%u %s entry=0x%llx",
		  __entry->mirror, __entry->va, __entry->len,
		  __entry->write ? "write" : "read", __entry->tlb_ent)
);

/* A kernel-side oracle found something. */
TRACE_EVENT(sm_violation,
	TP_PROTO(u32 oracle, u32 mirror, u64 va, u64 tlb_ent, u64 cpu),
	TP_ARGS(oracle, mirror, va, tlb_ent, cpu),
	TP_STRUCT__entry(
		__field(u32, oracle)
		__field(u32, mirror)
		__field(u64, va)
		__field(u64, tlb_ent)
		__field(u64, cpu)
	),
	TP_fast_assign(
		__entry->oracle = oracle;
		__entry->mirror = mirror;
		__entry->va = va;
		__entry->tlb_ent = tlb_ent;
		__entry->cpu = cpu;
	),
	TP_printk("oracle=%u mirror=%u va=0x%llx entry=0x%llx cpu=0x%llx",
		  __entry->oracle, __entry->mirror, __entry->va,
		  __entry->tlb_ent, __entry->cpu)
);

#endif /* SM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
