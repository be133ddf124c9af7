// Programs that live on long double, natively and as guests.
import { describe, test } from 'vitest';
import { ALL_MODES, guest, same } from '../harness.ts';

describe('long double', () => {
  test('glibc: conversions, arithmetic, functions', () => same([guest('long-double.c')]));
  test('gcc: long double and _Float128', () => same([guest('wide-float.c', '-D_GNU_SOURCE')]));
  test('SIGFPE: codes, frames, a handler that mends the state', () =>
    same([guest('x87-signals.c')], {}, ALL_MODES));
  test('seq', () => same(['seq', '-f', '%.18Lg', '0.1', '0.1', '2']));
  test('printf', () =>
    same(['/usr/bin/printf', '%.30Lf %La %Le\\n', '0.1', '1e-4940', '123456789.987654321']));
});
