// Programs that serve others or work beside each other: over unix sockets, on one data base, as another user.
import { describe, test } from 'vitest';
import { same } from '../harness.ts';

const sh = (script: string) => same(['sh', '-c', script], { timeout: 300_000 });

test('redis-server and redis-cli over a unix socket', () =>
  sh(`redis-server --unixsocket s --port 0 --save "" > /dev/null 2>&1 & cli="redis-cli -s s"
    until [ -S s ]; do sleep 0.05; done
    $cli set a 1; $cli incr a; $cli lpush l x y z; $cli lrange l 0 -1; $cli mset b 2 c 3; $cli --raw keys '[abc]' | sort
    $cli eval 'return redis.call("get", KEYS[1]) + 40' 1 a; seq 200 | sed 's/.*/rpush m &/' | $cli | tail -1
    $cli expire a 100; $cli hset h f v; $cli nosuch; $cli config get maxmemory; $cli shutdown nosave; wait; echo $?; ls`));

test('sqlite3: two writers, WAL', () =>
  sh(`sqlite3 db 'pragma journal_mode=wal; create table t(a)'
    for w in 1 2; do
      (for i in 1 2 3 4; do sqlite3 -cmd '.timeout 20000' db "begin immediate; insert into t values ($w * 10 + $i); commit"; done) &
    done; wait
    sqlite3 db 'select count(*), sum(a) from t; pragma integrity_check; pragma wal_checkpoint(truncate)'; rm -f db*`));

describe('other users', () => {
  test('sudo, su, setpriv, runuser', () =>
    sh(`sudo -n id; sudo -n -u nobody id -un; su -s /bin/sh -c 'id -u; id -G' nobody; runuser -u nobody -- id -nu
      setpriv --reuid=65534 --regid=65534 --clear-groups id; sudo -n sh -c 'echo $SUDO_USER; exit 4'; echo $?`));
});

describe('stress-ng --verify', () => {
  // biome-ignore format: a list
  const stressors = [
    'futex', 'sem', 'shm', 'mq', 'pipe', 'fork', 'vfork', 'clone', 'signal', 'timer', 'eventfd', 'epoll', 'sigsegv',
    'mmap', 'memcpy', 'pthread', 'switch', 'inotify', 'kill', 'wait', 'fcntl', 'flock',
  ];
  for (const name of stressors) {
    test(name, () =>
      sh(`stress-ng --verify --temp-path . --${name} 1 --${name}-ops 5 --timeout 20 > log 2>&1; status=$?
        [ $status = 0 ] || cat log; rm -rf log tmp-*; exit $status`),
    );
  }
});
