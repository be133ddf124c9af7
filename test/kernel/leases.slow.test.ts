// A lease that is not given up in time: 45 seconds, on the real kernel too. Quick ones: the section leases of guest.test.ts.
import { it } from 'vitest';
import { guest, same } from '../harness.ts';

it('is taken away', () => same([guest('kernel/async.c'), 'overdue']));
