// What a session has mounted, and where. The one place that knows all file systems.
import type { SessionConfig } from '../kernel/lx.ts';
import { Namespace } from '../vfs/namespace.ts';
import { setNamespaceMaker } from '../vfs/paths.ts';
import './drivefs/host-file.ts';
import { DevFs } from './devfs/devfs.ts';
import { DriveFs } from './drivefs/drivefs.ts';
import { ScratchFs } from './drivefs/scratch.ts';
import { ProcFs } from './procfs/procfs.ts';
import { SysFs } from './sysfs/sysfs.ts';

function makeNamespace(config: SessionConfig): Namespace {
  const namespace = new Namespace();
  namespace.mount('', new DriveFs(config.root));
  namespace.mount('/proc', new ProcFs());
  namespace.mount('/sys', new SysFs());
  namespace.mount('/dev', new DevFs());
  const shm =
    config.root === '/' ? new DriveFs('/dev/shm', false, 'tmpfs', 'tmpfs') : new ScratchFs();
  namespace.mount('/dev/shm', shm);
  for (const { host, guest, readOnly } of config.mounts) {
    namespace.mount(canonical(guest), new DriveFs(host, readOnly));
  }
  return namespace;
}

/** '/a//b/' is '/a/b'. */
const canonical = (path: string): string => `/${path.split('/').filter(Boolean).join('/')}`;

setNamespaceMaker(makeNamespace);
