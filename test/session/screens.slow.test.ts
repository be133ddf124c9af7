// Full-screen programs as a person sees them: tmux (natively) is the terminal, and its screen after each key is compared.
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LXJIT } from '../harness.ts';

const STEP_MS = 120_000;
const POLL_MS = 100;
const QUIET_POLLS = 5;

/** What the screen shows before the keys are typed, and the keys: tmux's names (Enter, C-z), or 'text as it is. */
type Step = readonly [string | RegExp, ...string[]];

class Screen {
  readonly #socket: string;
  constructor(socket: string) {
    this.#socket = socket;
  }

  tmux(...args: string[]): Promise<string> {
    return new Promise((resolve) => {
      execFile('tmux', ['-f', '/dev/null', '-S', this.#socket, ...args], (_, output) =>
        resolve(output),
      );
    });
  }

  open(command: string): Promise<string> {
    return this.tmux('new-session', '-d', '-x', '80', '-y', '24', 'sh', '-c', command);
  }

  /** The screen when it shows `wanted` and has come to rest. */
  async show(wanted: string | RegExp): Promise<string> {
    const end = Date.now() + STEP_MS;
    let last = '';
    for (let quiet = 0; Date.now() < end; await sleep(POLL_MS)) {
      const now = (await this.tmux('capture-pane', '-p')).trimEnd();
      quiet = now === last ? quiet + 1 : 0;
      last = now;
      const there = typeof wanted === 'string' ? now.includes(wanted) : wanted.test(now);
      if (there && quiet >= QUIET_POLLS) return now;
    }
    throw new Error(`${wanted} did not come:\n${last}`);
  }

  async type(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.tmux('send-keys', ...(key.startsWith("'") ? ['-l', key.slice(1)] : [key]));
    }
  }

  close(): Promise<string> {
    return this.tmux('kill-server');
  }
}

const LINES = Array.from({ length: 100 }, (_, i) => `line ${i + 1}\n`).join('');

/** The screens that `command` shows. It finds a file `f` of a hundred lines, and ends with its status in brackets. */
async function screens(command: string, steps: readonly Step[]): Promise<string[]> {
  const dir = join(tmpdir(), `lxjit-screen-${process.pid}`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  writeFileSync(join(dir, 'f'), LINES);
  const screen = new Screen(`${dir}.tmux`);
  const env = `env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=${dir} LANG=C.UTF-8 TERM=screen TZ=UTC PS1="@ "`;
  await screen.open(`cd ${dir}; ${env} ${command}; echo "[$?]"; exec sleep 1000`);
  try {
    const shown: string[] = [];
    for (const [wanted, ...keys] of steps) {
      shown.push(await screen.show(wanted));
      await screen.type(keys);
    }
    return shown;
  } finally {
    await screen.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function sameScreens(command: string, steps: readonly Step[]): Promise<void> {
  const native = await screens(command, steps);
  expect(await screens(`'${process.execPath}' '${LXJIT}' ${command}`, steps)).toEqual(native);
}

const PROMPT = /@$/;
const ended = /\[0\]$/;

describe('on the screen', () => {
  it('vim edits a file', () =>
    sameScreens('vim -u NONE f', [
      ['line 1', "'ihello ", 'Escape', "':s/line/LINE/", 'Enter'],
      ['hello LINE 1', "'Goend", 'Escape', "':wq", 'Enter'],
      [ended],
    ]));
  it('nano edits a file', () =>
    sameScreens('nano f', [
      ['line 1', "'abc", 'C-k'],
      [/^line 2$/m, 'C-o', 'Enter'],
      ['Wrote', 'C-x'],
      [ended],
    ]));
  it('less pages and searches', () =>
    sameScreens('less f', [
      ['line 23', 'Space'],
      ['line 46', "'/77", 'Enter'],
      ['line 77', "'q"],
      [ended],
    ]));
  it('bash edits its command line and controls jobs', () =>
    sameScreens('bash --norc -i', [
      [PROMPT, "'echo one two", 'C-w', "'three", 'Enter'],
      [/one three\n@$/, 'Up', "' four", 'Enter'],
      [/three four\n@$/, "'sleep 50", 'Enter'],
      [/sleep 50$/, 'C-z'],
      [/Stopped.*\n@$/, "'bg", 'Enter'],
      [/sleep 50 &\n@$/, "'fg", 'Enter'],
      [/fg\nsleep 50$/, 'C-c'],
      [/\^C\n@$/, "'stty size; echo $COLUMNS $LINES", 'Enter'],
      [/80 24\n@$/, "'exit 4", 'Enter'],
      [/\[4\]$/],
    ]));
});
