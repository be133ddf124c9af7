import { describe, expect, it } from 'vitest';
import { E } from '../../src/lx/abi/errno.ts';
import { File, FileKind, registerFileOps } from '../../src/lx/kernel/file.ts';
import {
  closeOnExec,
  copyFileTableLocked,
  fdCloexec,
  fdClose,
  fdDup,
  fdGet,
  fdInstall,
  fdReplace,
  newFile,
  openFds,
  releaseFiles,
} from '../../src/lx/kernel/files.ts';
import { RLIMIT, setRlimit } from '../../src/lx/kernel/rlimits.ts';
import { Process } from '../../src/lx/kernel/task.ts';
import { addProcess, leaderOf, newWorld } from './world.ts';

const released: number[] = [];
registerFileOps(FileKind.nullDev, { release: (_lx, file) => void released.push(file) });

function setUp() {
  released.length = 0;
  const world = newWorld();
  const process = addProcess(world, 2);
  const lx = world.as(leaderOf(world, process));
  const open = (): number => newFile(world.k, FileKind.nullDev, 0);
  return { world, process, lx, open };
}

describe('descriptor tables', () => {
  it('give the lowest free number, also after closing in the middle', () => {
    const { lx, open } = setUp();
    for (let fd = 0; fd < 200; fd++) expect(fdInstall(lx, open(), false)).toBe(fd);
    for (const fd of [150, 7, 30]) expect(fdClose(lx, fd)).toBe(0);
    for (const fd of [7, 30, 150, 200]) expect(fdInstall(lx, open(), false)).toBe(fd);
  });

  it('fdInstall with a minimum leaves lower ones free', () => {
    const { lx, open } = setUp();
    expect(fdInstall(lx, open(), false, 10)).toBe(10);
    expect(fdInstall(lx, open(), false)).toBe(0);
    expect(fdInstall(lx, open(), false, 10)).toBe(11);
  });

  it('answer EBADF, and EMFILE at RLIMIT_NOFILE without keeping the description', () => {
    const { lx, process, open } = setUp();
    setRlimit(lx.k, process, RLIMIT.NOFILE, 2, 2);
    for (const fd of [0, -1, 1e6]) expect(fdClose(lx, fd)).toBe(-E.BADF);
    expect(fdInstall(lx, open(), false)).toBe(0);
    expect(fdInstall(lx, open(), false)).toBe(1);
    const third = open();
    expect(fdInstall(lx, third, false)).toBe(-E.MFILE);
    expect(released).toEqual([third]);
    expect(fdDup(lx, 0, false)).toBe(-E.MFILE);
    expect(fdReplace(lx, 0, 2, false)).toBe(-E.BADF);
  });

  it('release a description with its last descriptor', () => {
    const { lx, open } = setUp();
    const file = open();
    fdInstall(lx, file, false);
    expect(fdDup(lx, 0, true)).toBe(1);
    expect([fdCloexec(lx, 0), fdCloexec(lx, 1)]).toEqual([false, true]);
    fdClose(lx, 0);
    expect(released).toEqual([]);
    expect(fdGet(lx, 1)).toBe(file);
    fdClose(lx, 1);
    expect(released).toEqual([file]);
  });

  it('fdReplace closes what was there', () => {
    const { lx, open } = setUp();
    const [one, two] = [open(), open()];
    fdInstall(lx, one, false);
    fdInstall(lx, two, false);
    expect(fdReplace(lx, 0, 1, false)).toBe(1);
    expect(released).toEqual([two]);
    expect(lx.k.i32[one + File.refs]).toBe(2);
  });

  it('are copied over fork with the same descriptions, and closed on exec and exit', () => {
    const { lx, process, open } = setUp();
    const files = [open(), open()];
    fdInstall(lx, files[0], false);
    fdInstall(lx, files[1], true);
    const { k } = lx;
    const copy = k.locked(() => copyFileTableLocked(k, k.i32[process + Process.files]));
    closeOnExec(lx);
    expect(openFds(k, k.i32[process + Process.files])).toEqual([0]);
    expect(openFds(k, copy)).toEqual([0, 1]);
    releaseFiles(lx, process);
    expect(released).toEqual([]);
    k.i32[process + Process.files] = copy;
    releaseFiles(lx, process);
    expect(released).toEqual(files);
  });
});
