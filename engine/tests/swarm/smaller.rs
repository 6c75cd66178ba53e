//! Making a run that goes wrong small: fewer choices, and lower ones, as long as it goes wrong in the same way.

use crate::play::{Played, play};
use crate::world::World;
use std::time::{Duration, Instant};

/// Runs that are spent on it, and time.
const TRIES: u32 = 5_000;
const TIME: Duration = Duration::from_secs(60);

/// What kind of wrong it is: the words without their numbers.
fn kind(played: &Played) -> String {
    let first = played.wrongs.first().map_or("", String::as_str);
    let head = first.split_once(": ").map_or(first, |(head, _)| head);
    let words = if head.len() < 16 { first.get(..first.len().min(40)).unwrap_or(first) } else { head };
    words.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// The smallest run that goes wrong as this one does.
pub(crate) fn shrunk(of: &Played) -> Played {
    // Each try prints its panics otherwise.
    std::panic::set_hook(Box::new(|_| {}));
    let (seed, wanted) = (of.book.seed, kind(of));
    let again = |choices: &[u64], traced: bool| play(World::of_choices(seed, choices), seed, traced);
    let until = Instant::now() + TIME;
    let choices = throng::sim::shrink(of.choices.clone(), TRIES, |choices| {
        if Instant::now() > until {
            return false;
        }
        let played = again(choices, false);
        !played.wrongs.is_empty() && kind(&played) == wanted
    });
    eprintln!("swarm: from {} choices to {}", of.choices.len(), choices.len());
    again(&choices, true)
}
