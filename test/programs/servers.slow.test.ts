// Programs that serve others or work beside each other: over unix sockets, on one data base, as another user.
import { describe, test } from 'vitest';
import { same } from '../harness.ts';

const sh = (script: string) => same(['sh', '-c', script], { timeout: 600_000 });

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

// Some three minutes on a busy machine with two cores.
test('postgres: initdb, 1,000 inserts, a backend is killed, restart', () =>
  sh(`dir=$(mktemp -d); chown postgres $dir; cat > $dir/run <<'END'
cd $1; PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
initdb -D db -A trust --no-sync -E UTF8 --locale C > init.log 2>&1; echo initdb $?
printf "listen_addresses=''\nunix_socket_directories='$1'\n" >> db/postgresql.conf
pg_ctl -D db -l log -w -t 120 start > start.log; echo start $?
sql="psql -h $1 -qAt postgres"
$sql -c 'create table t(i int primary key, s text)'
seq 1000 | sed "s/.*/insert into t values (&, 'row &');/" | $sql; echo inserts $?
$sql -c 'select count(*), sum(i) from t'
$sql -c 'select pg_sleep(600)' > sleep.log 2>&1 &
find="select pid from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()"
until pid=$($sql -c "$find") && [ -n "$pid" ]; do sleep 0.2; done
kill -9 $pid; wait; echo killed
until $sql -c 'select count(*), sum(i) from t' 2> again.log; do sleep 0.2; done
pg_ctl -D db -w -t 120 -m fast restart -l log > restart.log; echo restart $?
$sql -c 'select count(*), sum(i), max(s) from t'
pg_ctl -D db -w -t 60 -m fast stop > stop.log; echo stop $?
END
    setpriv --reuid=postgres --regid=postgres --clear-groups sh $dir/run $dir; rm -rf $dir`));

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
