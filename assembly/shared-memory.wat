;; What the interpreter needs of the memory that processes share (src/lx/mm/shared-memory.ts): AssemblyScript knows one
;; memory only. An instance is made for a process when it maps its first shared page; its functions lie in the function
;; table (SHARED_* slots of shared/layout.ts).
;;
;; A process reaches a shared page through three words, all in shared memory:
;;
;;   root   1,024 leaves by bits 22…31 of the guest address
;;   leaf   1,024 slots by bits 12…21
;;   slot   of the shared object, the same for all who map it: address of the page, and ENTRY_* bits
;;
;; A word that is 0 (or a slot without ENTRY_PRESENT) means: not there yet, the kernel has to look.
(module
  (import "env" "memory" (memory $process 1 65536 shared))
  (import "env" "shared" (memory $shared 1 65536 shared))

  ;; The slot that find() came by last.
  (global $slot (mut i32) (i32.const 0))

  ;; Address in shared memory of guest address $at in the address space $root, or 0.
  (func $find (param $root i32) (param $at i32) (result i32)
    (local $slot i32)
    (local $entry i32)
    (if (i32.eqz (local.get $root)) (then (return (i32.const 0))))
    (local.set $slot
      (i32.load $shared
        (i32.add (local.get $root) (i32.shl (i32.shr_u (local.get $at) (i32.const 22)) (i32.const 2)))))
    (if (i32.eqz (local.get $slot)) (then (return (i32.const 0))))
    (local.set $slot
      (i32.load $shared
        (i32.add
          (local.get $slot)
          (i32.and (i32.shr_u (local.get $at) (i32.const 10)) (i32.const 0xffc)))))
    (if (i32.eqz (local.get $slot)) (then (return (i32.const 0))))
    (local.set $entry (i32.load $shared (local.get $slot)))
    (if (i32.eqz (i32.and (local.get $entry) (i32.const 1))) ;; ENTRY_PRESENT
      (then (return (i32.const 0))))
    (global.set $slot (local.get $slot))
    (i32.or
      (i32.and (local.get $entry) (i32.const -4096))
      (i32.and (local.get $at) (i32.const 4095))))

  ;; A store to the page that find() came by last has been done. Afterwards, not before: who writes pages back to their file
  ;; clears the bit and then looks at the page.
  (func $mark
    (if (i32.eqz (i32.and (i32.load $shared (global.get $slot)) (i32.const 2))) ;; ENTRY_DIRTY
      (then (drop (i32.atomic.rmw.or $shared (global.get $slot) (i32.const 2))))))

  ;; Is it $size aligned bytes, which one access moves?
  (func $single (param $at i32) (param $size i32) (result i32)
    (i32.and
      (i32.and
        (i32.le_u (local.get $size) (i32.const 8))
        (i32.eq (i32.popcnt (local.get $size)) (i32.const 1)))
      (i32.eqz (i32.and (local.get $at) (i32.sub (local.get $size) (i32.const 1))))))

  ;; Copies $size bytes at guest address $at, all on one page, to $to in the process's memory. 0: the page is not there.
  (func (export "fetch") (param $root i32) (param $at i32) (param $size i32) (param $to i32) (result i32)
    (local $from i32)
    (local.set $from (call $find (local.get $root) (local.get $at)))
    (if (i32.eqz (local.get $from)) (then (return (i32.const 0))))
    (if (i32.eqz (call $single (local.get $from) (local.get $size)))
      (then
        (memory.copy $process $shared (local.get $to) (local.get $from) (local.get $size))
        (return (i32.const 1))))
    (if (i32.eq (local.get $size) (i32.const 8))
      (then (i64.store $process (local.get $to) (i64.load $shared (local.get $from))) (return (i32.const 1))))
    (if (i32.eq (local.get $size) (i32.const 4))
      (then (i32.store $process (local.get $to) (i32.load $shared (local.get $from))) (return (i32.const 1))))
    (if (i32.eq (local.get $size) (i32.const 2))
      (then (i32.store16 $process (local.get $to) (i32.load16_u $shared (local.get $from))) (return (i32.const 1))))
    (i32.store8 $process (local.get $to) (i32.load8_u $shared (local.get $from)))
    (i32.const 1))

  ;; The other way: $size bytes at $from go to guest address $at.
  (func (export "put") (param $root i32) (param $at i32) (param $size i32) (param $from i32) (result i32)
    (local $to i32)
    (local.set $to (call $find (local.get $root) (local.get $at)))
    (if (i32.eqz (local.get $to)) (then (return (i32.const 0))))
    (call $store (local.get $to) (local.get $size) (local.get $from))
    (call $mark)
    (i32.const 1))

  (func $store (param $to i32) (param $size i32) (param $from i32)
    (if (i32.eqz (call $single (local.get $to) (local.get $size)))
      (then
        (memory.copy $shared $process (local.get $to) (local.get $from) (local.get $size))
        (return)))
    (if (i32.eq (local.get $size) (i32.const 8))
      (then (i64.store $shared (local.get $to) (i64.load $process (local.get $from))) (return)))
    (if (i32.eq (local.get $size) (i32.const 4))
      (then (i32.store $shared (local.get $to) (i32.load $process (local.get $from))) (return)))
    (if (i32.eq (local.get $size) (i32.const 2))
      (then (i32.store16 $shared (local.get $to) (i32.load16_u $process (local.get $from))) (return)))
    (i32.store8 $shared (local.get $to) (i32.load8_u $process (local.get $from))))

  ;; Compares and swaps $size (1, 2, 4, 8) aligned bytes at guest address $at; what was there, zero-extended. A page that
  ;; has just gone away swallows the store.
  (func (export "swap") (param $root i32) (param $at i32) (param $size i32) (param $old i64) (param $new i64) (result i64)
    (local $to i32)
    (local $seen i64)
    (local.set $to (call $find (local.get $root) (local.get $at)))
    (if (i32.eqz (local.get $to)) (then (return (local.get $old))))
    (local.set $seen (call $exchange (local.get $to) (local.get $size) (local.get $old) (local.get $new)))
    (call $mark)
    (local.get $seen))

  (func $exchange (param $to i32) (param $size i32) (param $old i64) (param $new i64) (result i64)
    (if (i32.eq (local.get $size) (i32.const 8))
      (then (return (i64.atomic.rmw.cmpxchg $shared (local.get $to) (local.get $old) (local.get $new)))))
    (if (i32.eq (local.get $size) (i32.const 4))
      (then (return (i64.atomic.rmw32.cmpxchg_u $shared (local.get $to) (local.get $old) (local.get $new)))))
    (if (i32.eq (local.get $size) (i32.const 2))
      (then (return (i64.atomic.rmw16.cmpxchg_u $shared (local.get $to) (local.get $old) (local.get $new)))))
    (i64.atomic.rmw8.cmpxchg_u $shared (local.get $to) (local.get $old) (local.get $new)))

  ;; The lock (word 0 of shared memory) for accesses that no wasm atomic can do: takes it, or gives it back.
  (func (export "split") (param $take i32)
    (if (local.get $take)
      (then
        (loop $again
          (br_if $again (i32.atomic.rmw.cmpxchg $shared (i32.const 0) (i32.const 0) (i32.const 1)))))
      (else (i32.atomic.store $shared (i32.const 0) (i32.const 0))))))
