// Starts the translator, the session's worker that has Binaryen. Only when a guest worker asks for it.
import { Worker } from 'node:worker_threads';
import type { TranslatorInit, TranslatorMessage } from '../jit/translator.ts';
import { workerOptions } from './prestart.ts';

const here = import.meta.url;
const ENTRY = new URL(here.endsWith('.ts') ? './translator-worker.ts' : './translator.js', here);

/** It makes much garbage: V8's default lets 100 MB of that lie about, which gains nothing. */
const YOUNG_MB = 8;

export function newTranslator(
  runtime: WebAssembly.Module,
  codeLimit: number,
  cache: string | undefined,
): Worker {
  const workerData: TranslatorInit = { runtime, codeLimit, cache };
  const worker = new Worker(ENTRY, {
    workerData,
    ...workerOptions,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    stdout: true,
    stderr: true,
  });
  worker.unref();
  return worker;
}

/** Has it finish what it was asked for last; resolves then, or after `patience` ms. */
export function finishTranslator(translator: Worker, patience: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patience);
    translator.once('message', () => {
      clearTimeout(timer);
      resolve();
    });
    translator.postMessage('finish' satisfies TranslatorMessage);
  });
}
