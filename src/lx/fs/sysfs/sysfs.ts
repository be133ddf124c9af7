// sysfs: the few files of /sys that programs look at, as a table of text by path. Directories follow from the paths.

import { MAGIC } from '../../abi/stat.ts';
import type { Lx } from '../../kernel/lx.ts';
import { TextFs } from '../text-fs.ts';

const CPUS = Math.max(1, navigator.hardwareConcurrency);
const cpuList = CPUS === 1 ? '0\n' : `0-${CPUS - 1}\n`;

// biome-ignore format: aligned rows
const files: Record<string, (lx: Lx) => string> = {
  '/devices/system/cpu/online':                               () => cpuList,
  '/devices/system/cpu/possible':                             () => cpuList,
  '/devices/system/cpu/present':                              () => cpuList,
  '/devices/system/cpu/kernel_max':                           () => `${CPUS - 1}\n`,
  '/devices/system/node/online':                              () => '0\n',
  '/devices/system/node/possible':                            () => '0\n',
  '/devices/system/node/has_memory':                          () => '0\n',
  '/devices/system/node/node0/cpulist':                       () => cpuList,
  '/devices/system/node/node0/cpumap':                        () => `${((1 << CPUS) - 1).toString(16)}\n`,
  '/devices/system/node/node0/distance':                      () => '10\n',
  '/kernel/mm/transparent_hugepage/enabled':                  () => 'always madvise [never]\n',
  '/kernel/mm/transparent_hugepage/defrag':                   () => 'always defer defer+madvise madvise [never]\n',
  '/kernel/mm/transparent_hugepage/hpage_pmd_size':           () => '2097152\n',
  '/kernel/mm/transparent_hugepage/shmem_enabled':            () => 'always within_size advise [never] deny force\n',
};
for (let cpu = 0; cpu < CPUS; cpu++) {
  files[`/devices/system/cpu/cpu${cpu}/topology/core_id`] = () => `${cpu}\n`;
  files[`/devices/system/cpu/cpu${cpu}/topology/physical_package_id`] = () => '0\n';
  files[`/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`] = () => `${cpu}\n`;
}

const emptyDirs = ['/block', '/bus', '/class', '/class/net', '/dev', '/devices', '/fs', '/module'];

export class SysFs extends TextFs {
  constructor() {
    super('sysfs', MAGIC.sysfs, 21, files, emptyDirs);
  }
}
