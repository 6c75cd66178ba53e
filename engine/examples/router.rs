//! One of several workers for each message: in turn, by load, or by a key that keeps its worker when another one is lost; and a
//! router that is an actor itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use throng::{Actor, Address, Context, Dispatcher, Fault, Inline, JoinError, RouteError, Router, System};

/// Which worker had which message.
type Book = Arc<Mutex<BTreeMap<u64, usize>>>;

struct Worker(usize, Book);

impl Actor for Worker {
    type Msg = u64;
    fn handle(&mut self, n: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Ok(mut book) = self.1.lock() {
            book.insert(n, self.0);
        }
        Ok(())
    }
}

type Hired = (Vec<Address<u64>>, Book);

fn add(router: &Router<u64>, inline: &Inline, many: usize) -> Result<Hired, JoinError> {
    let book = Book::default();
    let workers: Vec<_> = (0..many).map(|n| inline.spawn(Worker(n, Arc::clone(&book)))).collect();
    for worker in &workers {
        router.add(*worker)?;
    }
    Ok((workers, book))
}

fn read(book: &Book) -> Vec<usize> {
    book.lock().map(|book| book.values().copied().collect()).unwrap_or_default()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let mut turns = Router::round_robin();
    if let Err(RouteError::Empty(n)) = turns.send(7_u64) {
        println!("nobody is there: {n} comes back");
    }
    let (_, book) = add(&turns, &inline, 3)?;
    (0..6_u64).try_for_each(|n| turns.send(n))?;
    inline.run_until_idle();
    println!("in turn: {:?}", read(&book));

    let mut loads = Router::least_loaded();
    let (workers, book) = add(&loads, &inline, 3)?;
    // The first is busy with these.
    (100..102_u64).try_for_each(|n| workers[0].try_send(n))?;
    (0..6_u64).try_for_each(|n| loads.send(n))?;
    inline.run_until_idle();
    println!("by load: {:?}", &read(&book)[..6]);

    let keys = Router::by_key(|n: &u64| n % 100);
    let (workers, book) = add(&keys, &inline, 4)?;
    let front = inline.spawn(Dispatcher::new(keys.clone()));
    (0..100_u64).try_for_each(|n| front.try_send(n))?;
    inline.run_until_idle();
    let before = read(&book);
    let _ = workers[2].stop();
    inline.run_until_idle();
    (0..100_u64).try_for_each(|n| front.try_send(n))?;
    inline.run_until_idle();
    let moved: Vec<_> =
        before.iter().zip(read(&book)).filter(|(old, new)| *old != new).map(|(old, _)| *old).collect();
    println!(
        "worker 2 is lost: only keys of it moved: {}",
        !moved.is_empty() && moved.iter().all(|old| *old == 2)
    );
    println!("{} members are left", keys.members().len());
    Ok(())
}
