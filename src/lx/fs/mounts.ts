// What a session has mounted, and where. The one place that knows all file systems.
import type { SessionConfig } from '../kernel/lx.ts';
import { Namespace, setGuestFsMaker } from '../vfs/namespace.ts';
import { setNamespaceMaker } from '../vfs/paths.ts';
import './drivefs/host-file.ts';
import { DevFs } from './devfs/devfs.ts';
import { DriveFs } from './drivefs/drivefs.ts';
import { HostTmpFs } from './drivefs/host-tmpfs.ts';
import { ProcFs } from './procfs/procfs.ts';
import { SysFs } from './sysfs/sysfs.ts';
import './tmpfs/tmp-file.ts';
import { TmpFs } from './tmpfs/tmpfs.ts';

function makeNamespace(config: SessionConfig): Namespace {
  const namespace = new Namespace();
  // Who has the whole host need not be kept inside a part of it.
  const confined = config.root !== '/';
  const drive = (host: string, readOnly = false): DriveFs =>
    new DriveFs(host, { readOnly, confined });
  const inMemory = config.inMemory?.mounts ?? [];
  const root = inMemory.find(({ guest }) => guest === '');
  namespace.mount('', root === undefined ? drive(config.root, config.rootReadOnly) : tmpFs(root));
  namespace.mount('/proc', new ProcFs());
  namespace.mount('/sys', new SysFs());
  namespace.mount('/dev', new DevFs());
  if (config.root === '/')
    namespace.mount(SHM, new DriveFs(SHM, { type: 'tmpfs', source: 'tmpfs' }));
  const given = [
    ...config.mounts.map((m) => ({ at: m.guest, fs: () => drive(m.host, m.readOnly) })),
    ...inMemory.filter((m) => m !== root).map((m) => ({ at: m.guest, fs: () => tmpFs(m) })),
  ];
  // Parents first: a mount may lie in another.
  for (const { at, fs } of given.sort((a, b) => a.at.length - b.at.length)) {
    namespace.mount(canonical(at), fs());
  }
  return namespace;
}

const SHM = '/dev/shm';
const tmpFs = (m: { root: number; readOnly: boolean }): TmpFs => new TmpFs(m.root, m.readOnly);

/** '/a//b/' is '/a/b'. */
const canonical = (path: string): string => `/${path.split('/').filter(Boolean).join('/')}`;

setNamespaceMaker(makeNamespace);

setGuestFsMaker((config, { type, host, root, readOnly, source }) => {
  if (root !== 0) return new TmpFs(root, readOnly);
  if (host === '') return type === 'proc' ? new ProcFs() : new SysFs();
  const Fs = type === 'tmpfs' ? HostTmpFs : DriveFs;
  return new Fs(host, { readOnly, type, source, confined: config.root !== '/' });
});
