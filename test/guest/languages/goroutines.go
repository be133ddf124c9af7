// A thousand goroutines, a nil dereference recovered, garbage collection under pressure, preemption of a hot loop.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

type node struct {
	left, right *node
	value       *int
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1)}
}

func (n *node) count() int {
	if n == nil {
		return 0
	}
	return 1 + n.left.count() + n.right.count()
}

func goroutines() {
	var wait sync.WaitGroup
	var lock sync.Mutex
	sum := 0
	for i := 0; i < 1000; i++ {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			runtime.Gosched()
			lock.Lock()
			sum += i
			lock.Unlock()
		}(i)
	}
	wait.Wait()
	fmt.Println("sum", sum)
}

func faults() {
	defer func() { fmt.Println("recovered:", recover()) }()
	var n *node
	fmt.Println(*n.value)
}

func division(by int) {
	defer func() { fmt.Println("recovered:", recover()) }()
	fmt.Println(1 / by)
}

func garbage() {
	var kept [][]byte
	total := 0
	for i := 0; i < 5000; i++ {
		b := make([]byte, 1000+i%5000)
		b[len(b)-1] = byte(i)
		if i%100 == 0 {
			kept = append(kept, b)
		}
	}
	for i := 0; i < 4; i++ {
		total += tree(10).count()
	}
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println(len(kept), total, stats.NumGC > 0)
}

func preemption() {
	old := runtime.GOMAXPROCS(1)
	stop := false
	go func() {
		for x := 0; !stop; x++ {
		}
	}()
	time.Sleep(20 * time.Millisecond)
	fmt.Println("preempted")
	runtime.GOMAXPROCS(old)
}

func timers() {
	timeout := time.After(30 * time.Millisecond)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	<-tick.C
	<-timeout
	fmt.Println("timers")
}

func main() {
	goroutines()
	faults()
	division(0)
	garbage()
	timers()
	preemption()
}
