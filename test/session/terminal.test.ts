// The host's terminal: a person at a pty (made by script(1)) types at a program, natively and under lxjit.
import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { LXJIT } from '../harness.ts';

const QUIET_MS = 400;
/** A slow machine is no failure. */
const LIMIT_MS = 120_000;

/**
 * Runs a shell command on a terminal. Each step waits for the output to contain a text, then types. Answers all that
 * came out, and the status.
 */
function atTerminal(
  command: string,
  steps: readonly (readonly [string, string])[],
): Promise<string> {
  const child = spawn('script', ['-qec', `stty rows 24 cols 80; ${command}`, '/dev/null'], {
    stdio: 'pipe',
  });
  let output = '';
  let step = 0;
  let from = 0;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(
          `step ${step} (${JSON.stringify(steps[step])}) did not come; output: ${JSON.stringify(output)}`,
        ),
      );
    }, LIMIT_MS);
    const typeNext = (): void => {
      while (step < steps.length && output.indexOf(steps[step][0], from) >= 0) {
        from = output.length;
        const keys = steps[step++][1];
        setTimeout(() => child.stdin.write(keys), QUIET_MS);
      }
    };
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString('latin1');
      typeNext();
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(`${output}[${code}]`);
    });
  });
}

/** The same with the program natively and under lxjit. `ready` makes both print a first line when they can be typed at. */
async function sameAtTerminal(
  command: string,
  steps: readonly (readonly [string, string])[],
): Promise<string> {
  const native = await atTerminal(`sh -c '${command}'`, steps);
  const ours = await atTerminal(`'${process.execPath}' '${LXJIT}' sh -c '${command}'`, steps);
  expect(ours).toBe(native);
  return native;
}

describe('the terminal of the host', () => {
  it('edits lines, echoes, and ends the input at ^D', async () => {
    const output = await sameAtTerminal('echo ready; cat', [
      ['ready\r\n', 'abc\x7fd\n'],
      ['d\r\nabd\r\n', '\x04'],
    ]);
    expect(output).toContain('c\b \bd');
  });

  it('passes ^C on as SIGINT', () =>
    sameAtTerminal('trap "echo caught; exit 3" INT; echo ready; sleep 20; echo not reached', [
      ['ready\r\n', '\x03'],
    ]));

  it('has a size, a name and a foreground group', () =>
    sameAtTerminal(
      'stty size; tty > /dev/null && echo named; stty -a | grep -c icanon; echo ready; read x; echo "<$x>"',
      [['ready\r\n', 'word\n']],
    ));

  it('is given back as it was', async () => {
    const lxjit = `'${process.execPath}' '${LXJIT}'`;
    const output = await atTerminal(
      `stty -g > /tmp/lxjit-tty-$$; ${lxjit} sh -c 'echo ready; read x; kill -9 $$'; stty -g | cmp - /tmp/lxjit-tty-$$ && echo restored; rm /tmp/lxjit-tty-$$`,
      [['ready\r\n', 'x\n']],
    );
    expect(output).toContain('restored');
  });

  it('stops and continues jobs of a shell in it', async () => {
    const output = await atTerminal(
      `'${process.execPath}' '${LXJIT}' --env 'PS1=@ ' bash --norc --noediting -i`,
      [
        ['@ ', 'sleep 100\n'],
        ['sleep 100\r\n', '\x1a'],
        ['Stopped', 'jobs; kill %1; wait %1\n'],
        ['Terminated', 'exit 5\n'],
      ],
    );
    expect(output).toMatch(/\[1\]\+ {2}Stopped +sleep 100/);
    expect(output).toContain('[5]');
  });
});
