// What an inode of an in-memory file is made of.
import { struct } from '../../kernel/kmem.ts';

// biome-ignore format: aligned rows
export const Inode = struct({
  ino: 'i32', dev: 'i32',
  mode: 'i32', nlink: 'i32', uid: 'i32', gid: 'i32',
  rdev: 'i32',
  opens: 'i32',                       // open descriptions: an inode lives while it has these or names
  atime: 'u64', mtime: 'u64', ctime: 'u64', btime: 'u64', // ns since 1970
  size: 'f64',
  data: 'i32',                        // files: a block, or a table of chunks; symlinks: a string; directories: a table of names
  chunks: 'i32',                      // files: entries of the table, 0 = a block (data.ts)
  parent: 'i32',                      // directories: the one above, itself for the root
  count: 'i32', first: 'i32', last: 'i32', // directories: names, in order of making (dir.ts)
  xattrs: 'i32',                      // list of Xattr (xattr.ts)
});
