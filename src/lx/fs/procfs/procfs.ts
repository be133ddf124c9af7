// procfs (first version: static files follow).
import { MAGIC } from '../../abi/stat.ts';
import { TextFs } from '../text-fs.ts';

export class ProcFs extends TextFs {
  constructor() {
    super('proc', MAGIC.proc, 20, { '/filesystems': () => 'nodev\tproc\n\text4\n' }, []);
  }
}
