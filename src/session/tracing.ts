// What a worker tells about system calls: lines of --strace, counts of --stats.
import { openSync, writeSync } from 'node:fs';
import type { Kernel } from '../lx/kernel/kmem.ts';
import type { SessionConfig, SyscallTrace } from '../lx/kernel/lx.ts';
import { createStatsTrace } from '../lx/sys/stats.ts';
import { createTrace } from '../lx/sys/strace/trace.ts';
import type { Timeline } from './timeline.ts';

const STDERR = 2;

export function createTracing(
  k: Kernel,
  config: SessionConfig,
  timeline: Timeline | undefined,
): SyscallTrace | null {
  const traces: SyscallTrace[] = [];
  // The clock of the statistics runs innermost: they must not count the writing of trace lines.
  if (config.strace !== undefined) traces.push(straceTo(config.strace));
  if (config.stats) traces.push(createStatsTrace(k));
  if (timeline !== undefined) traces.push(timeline);
  if (traces.length <= 1) return traces[0] ?? null;
  return {
    enter(...args) {
      for (const trace of traces) trace.enter(...args);
    },
    started(...args) {
      for (const trace of traces) trace.started?.(...args);
    },
    signal(...args) {
      for (const trace of traces) trace.signal?.(...args);
    },
    killed(...args) {
      for (const trace of traces) trace.killed?.(...args);
    },
    leave(...args) {
      for (const trace of traces.toReversed()) trace.leave(...args);
    },
  };
}

/** '' is stderr; a file is appended to, whole lines at a time, by every worker (the command emptied it). */
function straceTo(file: string): SyscallTrace {
  const fd = file === '' ? STDERR : openSync(file, 'a');
  return createTrace((text) => writeAll(fd, Buffer.from(text, 'latin1')), file !== '');
}

function writeAll(fd: number, bytes: Buffer): void {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return; // nobody reads it any more
    }
  }
}
