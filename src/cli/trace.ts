// --stats=trace: spans as Chrome's trace format ("Trace Event Format", complete events), which chrome://tracing, Perfetto and
// speedscope show.
import type { Span } from '../session/timeline.ts';

const MICROSECONDS = 1000;

/** `began`: when lxjit was started, ms since the epoch; it is 0 in the trace. */
export function chromeTrace(spans: readonly Span[], began: number): string {
  const names = new Map<string, object>();
  for (const { pid, tid, of } of spans) {
    const process = pid === 0 ? 'lxjit' : `${of} ${pid}`;
    names.set(`${pid}`, meta('process_name', pid, tid, process));
    names.set(`${pid} ${tid}`, meta('thread_name', pid, tid, of));
  }
  const events = spans.map(({ pid, tid, name, kind, start, ms }) => ({
    ph: 'X',
    pid,
    tid,
    name,
    cat: kind,
    ts: Math.round((start - began) * MICROSECONDS),
    dur: Math.round(ms * MICROSECONDS),
  }));
  events.sort((a, b) => a.ts - b.ts);
  return `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: [...names.values(), ...events] })}\n`;
}

const meta = (name: string, pid: number, tid: number, text: string): object => ({
  ph: 'M',
  pid,
  tid,
  name,
  args: { name: text },
});
