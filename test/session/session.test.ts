// lxjit as a process of the host: streams, signals, exit status; and several sessions in one process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { LXJIT, runLxjit, same } from '../harness.ts';
import { lxjit } from '../library/busybox.ts';

/** Runs a shell command line in which `$L` is lxjit; answers its output and status. */
async function shell(line: string): Promise<{ output: string; status: number | null }> {
  const env = { ...process.env, L: `${process.execPath} ${LXJIT}` };
  const child = spawn('bash', ['-c', line], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  const [status] = await once(child, 'close');
  return { output, status: status as number | null };
}

describe('streams of the host', () => {
  it('takes no more of standard input than the guest reads', async () => {
    const { output } = await shell("printf '123456' | ($L head -c 2; echo; cat)");
    expect(output).toBe('12\n3456');
  });

  it('leaves the offset of an inherited file where the guest left it', async () => {
    const { output } = await shell(
      "f=$(mktemp); printf 'a\\nb\\nc\\n' > $f; ($L head -n1; cat) < $f; rm $f",
    );
    expect(output).toBe('a\nb\nc\n');
  });

  it('appends to an inherited output file', async () => {
    const { output } = await shell(
      'f=$(mktemp); { echo 1; $L echo 2; echo 3; } > $f; cat $f; rm $f',
    );
    expect(output).toBe('1\n2\n3\n');
  });

  it('waits for a slow reader, and loses nothing', async () => {
    const { output } = await shell('$L head -c 1000000 /dev/zero | (sleep 0.5; wc -c)');
    expect(output.trim()).toBe('1000000');
  });

  it('ends when its reader has gone', async () => {
    const { output } = await shell('$L yes | head -n1; echo ${PIPESTATUS[0]}');
    expect(output).toBe('y\n141\n');
  });

  it('dies of a signal although its reader does not read', async () => {
    const { output } = await shell(
      'd=$(mktemp -d); mkfifo $d/f; { ($L yes & p=$!; sleep 1; kill -TERM $p; wait $p; echo ended $? >&3; echo > $d/f) | read x < $d/f; } 3>&1; rm -r $d',
    );
    expect(output).toContain('ended 143');
  });
});

describe('life and death', () => {
  it('has the status of its program', () => same(['sh', '-c', 'exit 7']));
  it('reports the signal that killed it', async () => {
    const result = await runLxjit(['sh', '-c', 'kill -SEGV $$']);
    expect(result).toMatchObject({ status: 139, stderr: 'Segmentation fault\n' });
  });

  it('stays until the last background process has ended', () =>
    same(['sh', '-c', 'mkfifo p; (read x < p; sleep 0.3; echo late) & echo early; echo > p']));

  it('passes signals on, and the guest may handle them', async () => {
    const { output } = await shell(
      `f=$(mktemp); $L bash -c 'trap "echo got; exit 9" USR1; echo ready; while :; do sleep 0.1; done' > $f & p=$!
       until grep -q ready $f; do sleep 0.1; done; kill -USR1 $p; wait $p; echo $?; cat $f; rm $f`,
    );
    expect(output).toBe('9\nready\ngot\n');
  });

  it('kills a process in a hot loop', () =>
    same([
      'bash',
      '-c',
      'exec 2>/dev/null; while :; do :; done & sleep 0.2; kill -9 $!; wait $! 2>/dev/null; echo $?',
    ]));
});

describe('sessions in one process', () => {
  it('run side by side', async () => {
    const run = async (code: number) => {
      await using session = await lxjit.Session.create({
        root: { directory: '/', readOnly: true },
      });
      return (await session.run(['/bin/sh', '-c', `x=$(echo ${code} | cat); exit $x`])).code;
    };
    expect(await Promise.all([run(3), run(4), run(5)])).toEqual([3, 4, 5]);
  });
});
