// Floating-point programs, native and under lxjit: baseline code on both guest CPUs, AVX2 and FMA code on the larger one.
import { readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { ALL_MODES, guest, MODES, same } from '../harness.ts';

describe.each(['v2', 'v3'])('guest CPU %s', (cpu) => {
  const options = { options: [`--cpu=${cpu}`] };
  it('floating point', () => same([guest('sse/floating.c')], options));
  it('floating point of SSE4.2', () => same([guest('sse/floating.c', '-msse4.2', '-O3')], options));
  it('exceptions', () =>
    same([guest('sse/exceptions.c')], options, cpu === 'v3' ? ALL_MODES : MODES));
  it('intrinsics', () => same([guest('sse/intrinsics.c')], options));
});

const hostFlags = readFileSync('/proc/cpuinfo', 'latin1');
describe.runIf(/ avx2 /.test(hostFlags) && / fma /.test(hostFlags))('guest CPU v3', () => {
  const options = { options: ['--cpu=v3'] };
  const flags = ['-O3', '-march=x86-64-v3'];
  it('AVX2, FMA, BMI', () => same([guest('sse/floating.c', ...flags)], options));
  it('vector functions', () => same([guest('sse/floating.c', ...flags, '-ffast-math')], options));
});
