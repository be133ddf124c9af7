// Threads with a mutex and a channel, a panic that is caught, one that ends a thread, thread-local data.
use std::cell::Cell;
use std::sync::{mpsc, Arc, Condvar, Mutex};
use std::thread;

thread_local!(static OWN: Cell<u32> = Cell::new(1));

fn main() {
    let counter = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (0..4)
        .map(|i| {
            let counter = counter.clone();
            thread::spawn(move || {
                OWN.with(|own| own.set(own.get() + i));
                for _ in 0..500 {
                    *counter.lock().unwrap() += 1;
                }
                OWN.with(|own| own.get())
            })
        })
        .collect();
    let own: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    println!("{} {:?} {}", *counter.lock().unwrap(), own, OWN.with(|own| own.get()));

    let (send, receive) = mpsc::channel();
    thread::spawn(move || (0..5).for_each(|i| send.send(i * i).unwrap()));
    println!("{:?}", receive.iter().collect::<Vec<i32>>());

    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let other = pair.clone();
    let setter = thread::spawn(move || {
        *other.0.lock().unwrap() = true;
        other.1.notify_one();
    });
    let mut ready = pair.0.lock().unwrap();
    while !*ready {
        ready = pair.1.wait(ready).unwrap();
    }
    drop(ready);
    setter.join().unwrap();

    std::panic::set_hook(Box::new(|info| println!("panic: {}", info.payload().is::<&str>())));
    println!("{}", std::panic::catch_unwind(|| panic!("boom")).is_err());
    let none: Vec<i32> = vec![];
    println!("{}", thread::spawn(move || none[1]).join().is_err());
    let message = "ü".repeat(3).to_uppercase();
    println!("{message} {:?}", message.parse::<f64>().is_err());
    std::process::exit(3);
}
