// A worker of runInWorker(): one task on its own thread.
import { parentPort, workerData } from 'node:worker_threads';
import { Kernel } from '../../src/lx/kernel/kmem.ts';
import type { Lx } from '../../src/lx/kernel/lx.ts';
import { type Job, newLx } from './harness.ts';

const { url, name, job } = workerData as { url: string; name: string; job: Job };
const body = (await import(url))[name] as (lx: Lx, data: unknown) => unknown;
parentPort?.postMessage(body(newLx(new Kernel(job.kernel), job.task, job.memory), job.data));
