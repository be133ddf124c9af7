// `lxjit syscalls`: the table of system calls, as text.
import { syscalls } from '../lx/sys/table.ts';

export function syscallListing(): string {
  const rows = syscalls.filter((row) => row !== undefined);
  const count = (support: string): number => rows.filter((row) => row.support === support).length;
  const lines = rows.map((row) =>
    [
      String(row.number).padStart(4),
      row.name.padEnd(24),
      row.support.padEnd(8),
      row.mapping.padEnd(9),
      row.note ?? '',
    ]
      .join(' ')
      .trimEnd(),
  );
  const head = `  nr ${'name'.padEnd(24)} support  how`;
  const sum = `${rows.length} system calls: ${count('full')} full, ${count('partial')} partial, ${count('stub')} stubs; all others answer ENOSYS.`;
  return `${[head, ...lines, '', sum].join('\n')}\n`;
}
